"""Issuing: cards that the account gives out, and what is done with them."""

from source_stripe.streams.stream import DAY, READ_AT, WEEK, StripeStream


class Authorizations(StripeStream):
    resource = "issuing.authorization"
    endpoint = "/v1/issuing/authorizations"
    hidden = "Authorizations in any status are listed."
    permission = "Issuing Authorizations"


class Cardholders(StripeStream):
    resource = "issuing.cardholder"
    endpoint = "/v1/issuing/cardholders"
    hidden = "Blocked and inactive ones are listed with the others."
    permission = "Issuing Cardholders"


class Cards(StripeStream):
    # `number` and `cvc` are there only where they are expanded: never here.
    resource = "issuing.card"
    endpoint = "/v1/issuing/cards"
    hidden = "Canceled and inactive ones are listed with the others."
    permission = "Issuing Cards"


class IssuingDisputes(StripeStream):
    resource = "issuing.dispute"
    endpoint = "/v1/issuing/disputes"
    hidden = "Disputes in any status are listed."
    permission = "Issuing Disputes"


class IssuingPersonalizationDesigns(StripeStream):
    # No event tells of a new one, and the list has no filter by time.
    resource = "issuing.personalization_design"
    endpoint = "/v1/issuing/personalization_designs"
    announced = True
    reread_seconds = DAY
    hidden = "Designs in any status are listed."
    permission = "Issuing Personalization Designs"


class IssuingPhysicalBundles(StripeStream):
    resource = "issuing.physical_bundle"
    endpoint = "/v1/issuing/physical_bundles"
    cursor_field = READ_AT
    reread_seconds = WEEK
    hidden = "Inactive ones are listed with the others."
    permission = "Issuing Physical Bundles"


class IssuingTokens(StripeStream):
    resource = "issuing.token"
    endpoint = "/v1/issuing/tokens"
    parent = Cards
    parent_key = "card_id"
    parent_parameter = "card"
    hidden = "Deleted and suspended ones are listed with the others."
    permission = "Issuing Tokens"


class Transactions(StripeStream):
    resource = "issuing.transaction"
    endpoint = "/v1/issuing/transactions"
    expand = ("purchase_details",)
    permission = "Issuing Transactions"
