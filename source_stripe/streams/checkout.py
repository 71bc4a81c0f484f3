"""Checkout: pages that Stripe hosts for buying, and links to them."""

from source_stripe.streams.stream import StripeStream


class CheckoutSessions(StripeStream):
    # No event tells that one was opened: those are found by `created`.
    resource = "checkout.session"
    endpoint = "/v1/checkout/sessions"
    hidden = "Open, complete and expired ones are all listed."
    permission = "Checkout Sessions"


class CheckoutSessionsLineItems(StripeStream):
    resource = "item"
    endpoint = "/v1/checkout/sessions/{session}/line_items"
    cursor_field = "checkout_session_updated"
    expand = ("discounts", "taxes")
    parent = CheckoutSessions
    parent_key = "checkout_session_id"
    embedded = "line_items"
    embedded_on_demand = True
    permission = "Checkout Sessions"


class PaymentLinks(StripeStream):
    resource = "payment_link"
    endpoint = "/v1/payment_links"
    # https://docs.stripe.com/api/payment-link/list, `active`
    hidden = "Inactive ones are listed with the others."
    permission = "Payment Links"


class PaymentLinkLineItems(StripeStream):
    resource = "item"
    endpoint = "/v1/payment_links/{payment_link}/line_items"
    expand = ("discounts", "taxes")
    parent = PaymentLinks
    parent_key = "payment_link_id"
    embedded = "line_items"
    embedded_on_demand = True
    permission = "Payment Links"
