"""Products: what is for sale, at which price and with which reduction."""

from source_stripe.streams.stream import DAY, READ_AT, WEEK, StripeStream


class Coupons(StripeStream):
    resource = "coupon"
    endpoint = "/v1/coupons"
    expand = ("applies_to",)
    permission = "Coupons"


class Prices(StripeStream):
    # Documented as showing active ones only (https://docs.stripe.com/api/prices/list), seen to show all by
    # others: asked for both ways, the answer is the same whichever is true.
    resource = "price"
    endpoint = "/v1/prices"
    # Nobody but Stripe itself can delete a price.
    deletion_events = ("price.deleted",)
    parameter_sets = ({"active": "true"}, {"active": "false"})
    expand = ("currency_options", "tiers")
    hidden = "Inactive ones are documented as left out: asked for active and for inactive ones."
    permission = "Prices"


class Products(StripeStream):
    resource = "product"
    endpoint = "/v1/products"
    parameter_sets = ({"active": "true"}, {"active": "false"})
    hidden = "What is shown without `active` is not documented: asked for active and for inactive ones."
    permission = "Products"


class ProductFeatures(StripeStream):
    # Attaching a feature to a product is no change of the product, and no event tells of it.
    resource = "product_feature"
    endpoint = "/v1/products/{product}/features"
    cursor_field = READ_AT
    reread_seconds = DAY
    parent = Products
    parent_key = "product_id"
    permission = "Products"


class ProductCatalogTrialOffers(StripeStream):
    # The list filters by `created`; the object does not say when that was.
    resource = "product_catalog.trial_offer"
    endpoint = "/v1/product_catalog/trial_offers"
    cursor_field = READ_AT
    reread_seconds = DAY
    hidden = "Archived ones are listed with the others."  # parameter `active` of the stripe package
    permission = "Products"


class PromotionCodes(StripeStream):
    resource = "promotion_code"
    endpoint = "/v1/promotion_codes"
    expand = ("promotion.coupon",)
    # https://docs.stripe.com/api/promotion_codes/list, `active`
    hidden = "Inactive ones are listed with the others."
    permission = "Promotion Codes"


class ShippingRates(StripeStream):
    resource = "shipping_rate"
    endpoint = "/v1/shipping_rates"
    unseen = "Changes, archiving among them: Stripe writes no events of rates."
    cursor_field = "created"
    # https://docs.stripe.com/api/shipping_rates/list, `active`
    hidden = "Archived ones are listed with the others."
    permission = "Shipping Rates"


class TaxCodes(StripeStream):
    resource = "tax_code"
    endpoint = "/v1/tax_codes"
    cursor_field = READ_AT
    reread_seconds = WEEK
    permission = "Tax codes"


class TaxRates(StripeStream):
    resource = "tax_rate"
    endpoint = "/v1/tax_rates"
    # https://docs.stripe.com/api/tax_rates/list, https://github.com/stripe/stripe-python/issues/1363
    hidden = "Archived ones are listed with the others. Rates that Stripe Tax makes itself are on no list."
    permission = "Tax Rates"
