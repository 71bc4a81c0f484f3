"""Billing: what is sold again and again, and the bills for it."""

from source_stripe.streams.stream import StripeStream


class InvoiceItems(StripeStream):
    # The list filters by `created`; the object calls that moment `date`.
    resource = "invoiceitem"
    endpoint = "/v1/invoiceitems"
    created_field = "date"


class Invoices(StripeStream):
    resource = "invoice"
    endpoint = "/v1/invoices"


class InvoiceLineItems(StripeStream):
    resource = "line_item"
    endpoint = "/v1/invoices/{invoice}/lines"
    cursor_field = "invoice_updated"
    parent = Invoices
    parent_key = "invoice_id"
    embedded = "lines"


class Plans(StripeStream):
    # Documented as unfiltered unless `active` is given; asked for both ways all the same, as prices are.
    resource = "plan"
    endpoint = "/v1/plans"
    parameter_sets = ({"active": "true"}, {"active": "false"})


class Subscriptions(StripeStream):
    # Canceled ones are left out unless asked for (https://docs.stripe.com/api/subscriptions/list).
    resource = "subscription"
    endpoint = "/v1/subscriptions"
    parameter_sets = ({"status": "all"},)


class SubscriptionItems(StripeStream):
    resource = "subscription_item"
    endpoint = "/v1/subscription_items"
    cursor_field = "subscription_updated"
    parent = Subscriptions
    parent_key = "subscription_id"
    parent_parameter = "subscription"
    embedded = "items"
