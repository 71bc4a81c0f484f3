"""Usage-based billing: what customers used, and what they have paid for in advance."""

from source_stripe.streams.customers import Customers
from source_stripe.streams.stream import DAY, READ_AT, WEEK, StripeStream


class BillingAlerts(StripeStream):
    # `billing.alert.triggered` carries the occasion, not the alert.
    resource = "billing.alert"
    endpoint = "/v1/billing/alerts"
    cursor_field = READ_AT
    reread_seconds = DAY
    permission = "Billing alerts"


class BillingCreditBalanceTransactions(StripeStream):
    # A parameter by the stripe package, a need by Stripe: without `customer` the answer is a 400.
    resource = "billing.credit_balance_transaction"
    endpoint = "/v1/billing/credit_balance_transactions"
    unseen = "Transactions of customers that do not change otherwise: their event does not say whose they are."
    parent = Customers
    parent_key = "customer_id"
    parent_parameter = "customer"
    permission = "Billing credits"


class BillingCreditGrants(StripeStream):
    resource = "billing.credit_grant"
    endpoint = "/v1/billing/credit_grants"
    hidden = "Expired and voided ones are listed with the others."
    permission = "Billing credits"


class BillingFeedbackOptions(StripeStream):
    resource = "billing.feedback_option"
    endpoint = "/v1/billing/feedback_options"
    cursor_field = READ_AT
    reread_seconds = WEEK
    hidden = "Inactive ones are listed with the others."
    permission = "Subscriptions"


class BillingMeters(StripeStream):
    resource = "billing.meter"
    endpoint = "/v1/billing/meters"
    # https://docs.stripe.com/api/billing/meter/list, `status`
    hidden = "Inactive ones are listed with the others."
    permission = "Billing meters"
