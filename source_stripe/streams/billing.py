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
