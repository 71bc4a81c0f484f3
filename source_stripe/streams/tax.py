"""Tax: where the account is registered, and under which number."""

from source_stripe.streams.stream import DAY, READ_AT, StripeStream


class TaxIds(StripeStream):
    # Of the account itself: those of customers are a stream of their own, and no event tells of these.
    resource = "tax_id"
    endpoint = "/v1/tax_ids"
    cursor_field = READ_AT
    reread_seconds = DAY
    # https://docs.stripe.com/api/tax_ids/list, `owner`
    hidden = "The account's own, by default; those of customers are in `customer_tax_ids`."
    permission = "Tax IDs"


class TaxLocations(StripeStream):
    # There is only one type, and it has to be named.
    resource = "tax.location"
    endpoint = "/v1/tax/locations"
    cursor_field = READ_AT
    reread_seconds = DAY
    parameter_sets = ({"type": "performance"},)
    permission = "Tax locations"


class TaxRegistrations(StripeStream):
    resource = "tax.registration"
    endpoint = "/v1/tax/registrations"
    cursor_field = READ_AT
    reread_seconds = DAY
    # https://docs.stripe.com/api/tax/registrations/all, `status`
    parameter_sets = ({"status": "all"},)
    hidden = "What is shown without `status` is not documented: asked for all."
    permission = "Tax registrations"


class TaxSettings(StripeStream):
    resource = "tax.settings"
    endpoint = "/v1/tax/settings"
    single = True
    cursor_field = READ_AT
    primary_key = "object"
    permission = "Tax settings"
