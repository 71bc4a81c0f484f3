"""A believable business as a pure function of seed and account: who pays what when, and every object of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.world.billing import Billing
from integration_tests.sandbox.world.business import Business
from integration_tests.sandbox.world.payments import Payments
from integration_tests.sandbox.world.transactions import Ledger


class World:
    """All generated objects of an account: strands by list endpoint, children by their parent's index."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self.ledger = Ledger(business)
        self.payments = Payments(business, self.ledger)
        self.billing = Billing(business)

    @cached_property
    def strands(self) -> Mapping[str, list[Strand]]:
        payments, billing = self.payments, self.billing
        return {
            "/v1/balance_transactions": self.ledger.transaction_strands(),
            "/v1/charges": [payments.charge_strand()],
            "/v1/coupons": [billing.coupon_strand()],
            "/v1/customers": [billing.customer_strand()],
            "/v1/disputes": [payments.dispute_strand()],
            "/v1/invoiceitems": [billing.invoice_item_strand()],
            "/v1/invoices": [billing.invoice_strand()],
            "/v1/payment_intents": [payments.intent_strand()],
            "/v1/payment_methods": [payments.method_strand()],
            "/v1/payouts": [self.ledger.payout_strand()],
            "/v1/plans": [billing.plan_strand()],
            "/v1/prices": [billing.price_strand()],
            "/v1/products": [billing.product_strand()],
            "/v1/refunds": [payments.refund_strand()],
            "/v1/subscriptions": [billing.subscription_strand()],
        }

    @cached_property
    def children(self) -> Mapping[str, Callable[[int], list[Json]]]:
        return {"/v1/invoices/{invoice}/lines": self.billing.lines, "/v1/subscription_items": self.billing.items}

    @cached_property
    def child_finders(self) -> Mapping[str, Callable[[str], Json | None]]:
        """Children that can be retrieved without naming their parent."""
        return {"/v1/subscription_items": self.billing.locate_item}

    def parent_of(self, path: str, identifier: str) -> str | None:
        """The identifier of a generated child's parent."""
        if path == "/v1/subscription_items":
            item = self.billing.locate_item(identifier)
            return None if item is None else str(item["subscription"])
        return self.billing.invoice_of_line(identifier)


__all__ = ["Business", "World"]
