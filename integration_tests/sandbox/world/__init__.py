"""A believable business as a pure function of seed and account: who pays what when, and every object of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cached_property

import orjson

from integration_tests.sandbox.resources import CHILD_BY_PATH
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.world.business import Business
from integration_tests.sandbox.world.catalogue import Catalogue
from integration_tests.sandbox.world.customers import Customers
from integration_tests.sandbox.world.invoices import Invoices
from integration_tests.sandbox.world.payments import Payments
from integration_tests.sandbox.world.subscriptions import Subscriptions
from integration_tests.sandbox.world.synthetic import Parent, Synthetics
from integration_tests.sandbox.world.transactions import Ledger

FAMILIES_KEPT = 1_000
"""Parents whose children are kept once they are made: asked for one parent after the other, again and again, they
would take most of a test's time. Few enough to need no memory to speak of."""


class World:
    """All generated objects of an account: strands by list endpoint, children by their parent."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self.ledger = Ledger(business)
        self.payments = Payments(business, self.ledger)
        self.customers = Customers(business)
        self.catalogue = Catalogue(business)
        self.subscriptions = Subscriptions(business, self.catalogue)
        self.invoices = Invoices(business)
        self.synthetics = Synthetics(business, lambda path: self.strands.get(path, []))
        self._kept: OrderedDict[tuple[str, Parent], bytes] = OrderedDict()

    @cached_property
    def strands(self) -> Mapping[str, list[Strand]]:
        payments, catalogue, invoices = self.payments, self.catalogue, self.invoices
        return {
            "/v1/balance_transactions": self.ledger.transaction_strands(),
            "/v1/charges": [payments.charge_strand()],
            "/v1/coupons": [catalogue.coupon_strand()],
            "/v1/customers": [self.customers.customer_strand()],
            "/v1/disputes": [payments.dispute_strand()],
            "/v1/invoice_payments": [invoices.payment_strand()],
            "/v1/invoiceitems": [invoices.invoice_item_strand()],
            "/v1/invoices": [invoices.invoice_strand()],
            "/v1/payment_intents": [payments.intent_strand()],
            "/v1/payment_methods": [payments.method_strand()],
            "/v1/payouts": [self.ledger.payout_strand()],
            "/v1/plans": [catalogue.plan_strand()],
            "/v1/prices": [catalogue.price_strand()],
            "/v1/products": [catalogue.product_strand()],
            "/v1/refunds": [payments.refund_strand()],
            "/v1/subscriptions": [self.subscriptions.subscription_strand()],
            **self.synthetics.strands,
        }

    def children(self, path: str, parent: Parent) -> list[Json]:
        """A parent's generated entries of a child list, in the list's order."""
        kept = self._kept.get((path, parent))
        if kept is None:
            own = self._children.get(path)
            found = own(parent.index) if own is not None else self.synthetics.entries(CHILD_BY_PATH[path], parent)
            self._kept[path, parent] = orjson.dumps(found)
            if len(self._kept) > FAMILIES_KEPT:
                self._kept.popitem(last=False)
            return found
        # Whoever gets them may change them.
        children: list[Json] = orjson.loads(kept)
        return children

    @cached_property
    def _children(self) -> Mapping[str, Callable[[int], list[Json]]]:
        return {"/v1/invoices/{invoice}/lines": self.invoices.lines, "/v1/subscription_items": self.subscriptions.items}

    def parent_index(self, path: str, identifier: str) -> int | None:
        """The index of a generated child's parent, by the child's identifier."""
        if path == "/v1/subscription_items":
            return self.subscriptions.subscription_of_item(identifier)
        if path == "/v1/invoices/{invoice}/lines":
            return self.invoices.invoice_of_line(identifier)
        located = self.synthetics.locate(CHILD_BY_PATH[path], identifier)
        return None if located is None else located[0]


__all__ = ["Business", "Parent", "World"]
