"""Core resources: money coming in and going out, and who it belongs to."""

from source_stripe.streams.stream import DAY, READ_AT, WEEK, StripeStream


class Balance(StripeStream):
    resource = "balance"
    endpoint = "/v1/balance"
    single = True
    cursor_field = READ_AT
    primary_key = "object"
    permission = "Balance"


class BalanceSettings(StripeStream):
    resource = "balance_settings"
    endpoint = "/v1/balance_settings"
    single = True
    cursor_field = READ_AT
    primary_key = "object"
    permission = "Balance settings"


class BalanceTransactions(StripeStream):
    # Goes from pending to available without an event.
    resource = "balance_transaction"
    endpoint = "/v1/balance_transactions"
    cursor_field = "created"
    pending = {"status": "pending"}
    permission = "Balance transaction sources"


class Charges(StripeStream):
    # There is no charge.created, but each begins with one of charge.succeeded, charge.failed and charge.pending.
    resource = "charge"
    endpoint = "/v1/charges"
    announced = True
    permission = "Charges and Refunds"


class CountrySpecs(StripeStream):
    resource = "country_spec"
    endpoint = "/v1/country_specs"
    cursor_field = READ_AT
    reread_seconds = WEEK
    permission = "Country specs"


class Disputes(StripeStream):
    resource = "dispute"
    endpoint = "/v1/disputes"
    permission = "Disputes"


class Events(StripeStream):
    # Stripe keeps them for 30 days.
    resource = "event"
    endpoint = "/v1/events"
    cursor_field = "created"
    permission = "Events"


class ExchangeRates(StripeStream):
    # The id is the currency; the rates behind it change daily.
    resource = "exchange_rate"
    endpoint = "/v1/exchange_rates"
    cursor_field = READ_AT
    reread_seconds = DAY
    permission = "Exchange rates"


class FileLinks(StripeStream):
    resource = "file_link"
    endpoint = "/v1/file_links"
    unseen = "Changes and expiry: Stripe writes no events of links."
    cursor_field = "created"
    hidden = "Expired links are listed with the others."  # parameter `expired` of the stripe package
    permission = "Files"


class Files(StripeStream):
    # Files never change: of the events there is `file.created` alone, so `created` says all that `updated` could.
    resource = "file"
    endpoint = "/v1/files"
    cursor_field = "created"
    permission = "Files"


class PaymentIntents(StripeStream):
    resource = "payment_intent"
    endpoint = "/v1/payment_intents"
    unseen = "Changes other than of the status: Stripe has no `payment_intent.updated`."
    permission = "PaymentIntents"


class PaymentIntentAmountDetailsLineItems(StripeStream):
    resource = "payment_intent_amount_details_line_item"
    endpoint = "/v1/payment_intents/{intent}/amount_details_line_items"
    parent = PaymentIntents
    parent_key = "payment_intent_id"
    embedded = "amount_details.line_items"
    embedded_on_demand = True
    permission = "PaymentIntents"


class Payouts(StripeStream):
    resource = "payout"
    endpoint = "/v1/payouts"
    permission = "Payouts"


class PayoutBalanceTransactions(StripeStream):
    # Which transactions a payout settles is known for automatic payouts only; for others `payout` is refused
    # (https://docs.stripe.com/api/balance_transactions/list). The field is named as Airbyte's source names it.
    resource = "balance_transaction"
    endpoint = "/v1/balance_transactions"
    parent = Payouts
    parent_key = "payout"
    parent_parameter = "payout"
    of_parents = {"automatic": True}
    permission = "Balance transaction sources"


class Refunds(StripeStream):
    resource = "refund"
    endpoint = "/v1/refunds"
    permission = "Charges and Refunds"


class SetupIntents(StripeStream):
    resource = "setup_intent"
    endpoint = "/v1/setup_intents"
    # The parameter `attach_to_self` is about a use of intents, not about which are shown.
    permission = "SetupIntents"


class SetupAttempts(StripeStream):
    resource = "setup_attempt"
    endpoint = "/v1/setup_attempts"
    cursor_field = "created"
    parent = SetupIntents
    parent_key = "setup_intent_id"
    parent_parameter = "setup_intent"
    permission = "SetupIntents"
