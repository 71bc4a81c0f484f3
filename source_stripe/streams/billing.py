"""Billing: what is sold again and again, and the bills for it."""

from source_stripe.streams.stream import DAY, READ_AT, StripeStream


class InvoiceItems(StripeStream):
    # The list filters by `created`; the object calls that moment `date`.
    resource = "invoiceitem"
    endpoint = "/v1/invoiceitems"
    unseen = "Changes of an item: Stripe has no `invoiceitem.updated`."
    created_field = "date"
    expand = ("discounts",)
    # https://docs.stripe.com/api/invoiceitems/list, `pending`
    hidden = "Pending ones and those on an invoice are all listed."
    permission = "Invoice Items"


class Invoices(StripeStream):
    resource = "invoice"
    endpoint = "/v1/invoices"
    # Tax rates are on the invoice in full (`default_tax_rates`) or by id (`total_taxes`): nothing to expand.
    expand = ("discounts", "lines.data.discounts")
    hidden = "Drafts are listed with the others."
    permission = "Invoices"


class InvoiceLineItems(StripeStream):
    resource = "line_item"
    endpoint = "/v1/invoices/{invoice}/lines"
    cursor_field = "invoice_updated"
    expand = ("discounts",)
    parent = Invoices
    parent_key = "invoice_id"
    embedded = "lines"
    permission = "Invoices"


class InvoicePayments(StripeStream):
    resource = "invoice_payment"
    endpoint = "/v1/invoice_payments"
    hidden = "Open, paid and canceled ones are all listed."
    permission = "Invoices"


class InvoiceRenderingTemplates(StripeStream):
    resource = "invoice_rendering_template"
    endpoint = "/v1/invoice_rendering_templates"
    cursor_field = READ_AT
    reread_seconds = DAY
    # https://docs.stripe.com/api/invoice-rendering-template/list, `status`
    hidden = "Archived ones are listed with the others."
    permission = "Invoices"


class CreditNotes(StripeStream):
    resource = "credit_note"
    endpoint = "/v1/credit_notes"
    permission = "Credit notes"


class CreditNoteLineItems(StripeStream):
    resource = "credit_note_line_item"
    endpoint = "/v1/credit_notes/{credit_note}/lines"
    parent = CreditNotes
    parent_key = "credit_note_id"
    embedded = "lines"
    permission = "Credit notes"


class Plans(StripeStream):
    # Documented as unfiltered unless `active` is given; asked for both ways all the same, as prices are.
    resource = "plan"
    endpoint = "/v1/plans"
    parameter_sets = ({"active": "true"}, {"active": "false"})
    expand = ("tiers",)
    hidden = "What is shown without `active` is not documented: asked for active and for inactive ones."
    permission = "Prices"


class Subscriptions(StripeStream):
    # Canceled ones are left out unless asked for (https://docs.stripe.com/api/subscriptions/list).
    resource = "subscription"
    endpoint = "/v1/subscriptions"
    parameter_sets = ({"status": "all"},)
    expand = ("discounts", "items.data.discounts")
    hidden = "Canceled ones are left out unless asked for: asked for all. Those of a test clock are not read."
    permission = "Subscriptions"


class SubscriptionItems(StripeStream):
    resource = "subscription_item"
    endpoint = "/v1/subscription_items"
    cursor_field = "subscription_updated"
    expand = ("discounts",)
    parent = Subscriptions
    parent_key = "subscription_id"
    parent_parameter = "subscription"
    embedded = "items"
    permission = "Subscriptions"


class SubscriptionSchedule(StripeStream):
    # The name is Airbyte's, who have it in the singular.
    resource = "subscription_schedule"
    endpoint = "/v1/subscription_schedules"
    # https://docs.stripe.com/api/subscription_schedules/list, `customer` and `scheduled`
    hidden = "Canceled, completed and released ones are listed. Those of a test clock's customers are not read."
    permission = "Subscriptions"


class Quotes(StripeStream):
    # No event tells of a change to a draft: it shows once the quote is finalized.
    resource = "quote"
    endpoint = "/v1/quotes"
    unseen = "Changes of a draft: Stripe writes no event before the quote is finalized."
    expand = ("discounts",)
    # https://docs.stripe.com/api/quotes/list, `test_clock`
    hidden = "Quotes in any status are listed. Those of a test clock are not read."
    permission = "Quotes"


class QuoteLineItems(StripeStream):
    resource = "item"
    endpoint = "/v1/quotes/{quote}/line_items"
    expand = ("discounts", "taxes")
    parent = Quotes
    parent_key = "quote_id"
    embedded = "line_items"
    embedded_on_demand = True
    permission = "Quotes"


class QuoteComputedUpfrontLineItems(StripeStream):
    # A forecast of the first invoice. Expanding their discounts on the quote would be a fifth level.
    resource = "item"
    endpoint = "/v1/quotes/{quote}/computed_upfront_line_items"
    primary_key = ["quote_id", "id"]
    parent = Quotes
    parent_key = "quote_id"
    embedded = "computed.upfront.line_items"
    embedded_on_demand = True
    permission = "Quotes"


class BillingPortalConfigurations(StripeStream):
    resource = "billing_portal.configuration"
    endpoint = "/v1/billing_portal/configurations"
    # https://docs.stripe.com/api/customer_portal/configurations/list, `active` and `is_default`
    hidden = "Inactive ones, and the default one, are listed with the others."
    permission = "Customer portal"


class TestClocks(StripeStream):
    # In test mode and sandboxes only: live mode answers 400.
    resource = "test_helpers.test_clock"
    endpoint = "/v1/test_helpers/test_clocks"
    permission = "Test clocks"
