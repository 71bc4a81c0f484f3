"""Financial Connections: accounts at other banks that their holders have shared."""

from source_stripe.streams.stream import StripeStream


class FinancialConnectionsAccounts(StripeStream):
    # Owners are listed by an id that only the account's ownership tells, so they are shown here in full.
    resource = "financial_connections.account"
    endpoint = "/v1/financial_connections/accounts"
    expand = ("ownership",)
    hidden = "Disconnected ones are listed with the others."
    permission = "Financial Connections Accounts"


class FinancialConnectionsTransactions(StripeStream):
    # Carries its own `updated`, Unix seconds.
    resource = "financial_connections.transaction"
    endpoint = "/v1/financial_connections/transactions"
    parent = FinancialConnectionsAccounts
    parent_key = "account_id"
    parent_parameter = "account"
    hidden = "Void ones are listed with the others."
    permission = "Financial Connections Transactions"
