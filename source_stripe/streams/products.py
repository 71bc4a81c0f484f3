"""Products: what is for sale and at which price."""

from source_stripe.streams.stream import StripeStream


class Coupons(StripeStream):
    resource = "coupon"
    endpoint = "/v1/coupons"


class Prices(StripeStream):
    # Documented as showing active ones only (https://docs.stripe.com/api/prices/list), seen to show all by
    # others: asked for both ways, the answer is the same whichever is true.
    resource = "price"
    endpoint = "/v1/prices"
    # Nobody but Stripe itself can delete a price.
    deletion_events = ("price.deleted",)
    parameter_sets = ({"active": "true"}, {"active": "false"})


class Products(StripeStream):
    resource = "product"
    endpoint = "/v1/products"
    parameter_sets = ({"active": "true"}, {"active": "false"})
