"""Climate: carbon that the account has paid to remove."""

from source_stripe.streams.stream import READ_AT, WEEK, StripeStream


class ClimateOrders(StripeStream):
    resource = "climate.order"
    endpoint = "/v1/climate/orders"
    permission = "Climate"


class ClimateProducts(StripeStream):
    resource = "climate.product"
    endpoint = "/v1/climate/products"
    permission = "Climate"


class ClimateSuppliers(StripeStream):
    resource = "climate.supplier"
    endpoint = "/v1/climate/suppliers"
    cursor_field = READ_AT
    reread_seconds = WEEK
    permission = "Climate"
