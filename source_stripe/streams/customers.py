"""Customers, and what Stripe keeps below each of them."""

from source_stripe.streams.stream import DAY, READ_AT, StripeStream


class Customers(StripeStream):
    resource = "customer"
    endpoint = "/v1/customers"
    # https://docs.stripe.com/api/customers/list, `test_clock`
    hidden = "Customers of a test clock are listed for that clock only: simulations are not read."
    permission = "Customers"


class BankAccounts(StripeStream):
    # `sources` of a customer are on the customer only where they are expanded.
    resource = "bank_account"
    endpoint = "/v1/customers/{customer}/sources"
    parameter_sets = ({"object": "bank_account"},)
    parent = Customers
    parent_key = "customer_id"
    embedded = "sources"
    embedded_on_demand = True
    permission = "Customers"


class CustomerCards(StripeStream):
    resource = "card"
    endpoint = "/v1/customers/{customer}/sources"
    parameter_sets = ({"object": "card"},)
    parent = Customers
    parent_key = "customer_id"
    embedded = "sources"
    embedded_on_demand = True
    permission = "Customers"


class CustomerSources(StripeStream):
    # What is neither a bank account nor a card: these have streams of their own.
    resource = ("account", "source")
    endpoint = "/v1/customers/{customer}/sources"
    parent = Customers
    parent_key = "customer_id"
    embedded = "sources"
    embedded_on_demand = True
    permission = "Customers"


class CustomerTaxIds(StripeStream):
    resource = "tax_id"
    endpoint = "/v1/customers/{customer}/tax_ids"
    parent = Customers
    parent_key = "customer_id"
    embedded = "tax_ids"
    embedded_on_demand = True
    permission = "Customers"


class CustomerBalanceTransactions(StripeStream):
    resource = "customer_balance_transaction"
    endpoint = "/v1/customers/{customer}/balance_transactions"
    cursor_field = "created"
    parent = Customers
    parent_key = "customer_id"
    permission = "Customers"


class CustomerCashBalanceTransactions(StripeStream):
    resource = "customer_cash_balance_transaction"
    endpoint = "/v1/customers/{customer}/cash_balance_transactions"
    parent = Customers
    parent_key = "customer_id"
    permission = "Customers"


class EntitlementsFeatures(StripeStream):
    resource = "entitlements.feature"
    endpoint = "/v1/entitlements/features"
    cursor_field = READ_AT
    reread_seconds = DAY
    # https://docs.stripe.com/api/entitlements/feature/list, `archived`
    hidden = "Archived ones are listed with the others."
    permission = "Entitlements"


class EntitlementsActiveEntitlements(StripeStream):
    resource = "entitlements.active_entitlement"
    endpoint = "/v1/entitlements/active_entitlements"
    parent = Customers
    parent_key = "customer_id"
    parent_parameter = "customer"
    permission = "Entitlements"
