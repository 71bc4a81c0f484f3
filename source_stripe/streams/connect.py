"""Connect: the accounts of a platform."""

from source_stripe.streams.stream import StripeStream


class Accounts(StripeStream):
    # The platform's own account is not on the list; an account that is no platform has an empty one.
    resource = "account"
    endpoint = "/v1/accounts"
