"""Core resources: money coming in and going out, and who it belongs to."""

from source_stripe.streams.stream import StripeStream


class BalanceTransactions(StripeStream):
    # Goes from pending to available without an event.
    resource = "balance_transaction"
    endpoint = "/v1/balance_transactions"
    cursor_field = "created"


class Charges(StripeStream):
    # There is no charge.created, but each begins with one of charge.succeeded, charge.failed and charge.pending.
    resource = "charge"
    endpoint = "/v1/charges"
    announced = True


class Customers(StripeStream):
    # Customers of a test clock are shown only to those who ask for that clock.
    resource = "customer"
    endpoint = "/v1/customers"


class Disputes(StripeStream):
    resource = "dispute"
    endpoint = "/v1/disputes"


class Events(StripeStream):
    # Stripe keeps them for 30 days.
    resource = "event"
    endpoint = "/v1/events"
    cursor_field = "created"


class PaymentIntents(StripeStream):
    resource = "payment_intent"
    endpoint = "/v1/payment_intents"


class Payouts(StripeStream):
    resource = "payout"
    endpoint = "/v1/payouts"


class Refunds(StripeStream):
    resource = "refund"
    endpoint = "/v1/refunds"
