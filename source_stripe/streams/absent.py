"""What is not read, and why: lists of Stripe's that no stream has, and streams that Stripe has taken away."""

from collections.abc import Mapping

LEFT_OUT: Mapping[str, str] = {
    "/v1/billing/meters/{id}/event_summaries": (
        "sums of usage over a window of time that has to be named, for each customer and each meter"
    ),
    "/v1/credit_notes/preview/lines": "a computation for a credit note that does not exist yet",
    "/v1/customers/{customer}/payment_methods": "a second path to the rows of `payment_methods`",
    "/v1/financial_connections/accounts/{account}/owners": (
        "asks for an ownership besides the account; `financial_connections_accounts` shows owners on the account"
    ),
    "/v1/sources/{source}/source_transactions": "no list gives the sources: only those kept on a customer are known",
    "/v1/tax/calculations/{calculation}/line_items": "no list gives the calculations",
    "/v1/tax/transactions/{transaction}/line_items": "no list gives the tax transactions",
}
"""Path of each list endpoint without a stream → reason."""

GONE: Mapping[str, str] = {
    "usage_records": (
        "Stripe removed usage records with API version 2025-03-31.basil; usage is in billing meters since "
        "(streams `billing_meters` and, for what was charged, `invoice_line_items`)"
    ),
}
"""Name of each stream that Airbyte's source had and Stripe no longer offers → reason."""
