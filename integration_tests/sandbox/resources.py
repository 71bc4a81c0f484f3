"""The resources that the sandbox serves, one declaration each.

A resource is what its list endpoint holds. What the endpoint accepts is not said here: that is read from the SDK.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from integration_tests.sandbox import sdk
from integration_tests.sandbox.strand import Json


@dataclass(frozen=True)
class Resource:
    """`path` is the list endpoint as the SDK writes it, `type` the SDK's class.

    created_field: what holds its time of creation.
    permission: what a restricted key needs to read it (`rak_<permission>_read`).
    born, changed, gone: event types that Stripe writes; {status} is filled in from the object. None writes none.
    sublists: field to the list endpoint whose first ten entries the object carries.
    includable: the same for fields that are there only when expanded.
    own: what a new object does not take over from the generated one that it is modelled on.
    prefixes: how identifiers begin; none where the user chooses them.
    """

    path: str
    type: str
    permission: str
    prefixes: tuple[str, ...] = ()
    created_field: str = "created"
    born: tuple[str, ...] = ()
    changed: str | None = None
    gone: str | None = None
    sublists: dict[str, str] = field(default_factory=dict)
    includable: dict[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()

    @cached_property
    def object(self) -> str:
        return sdk.object_name(self.type)

    @cached_property
    def leaves_a_trace(self) -> bool:
        """Whether a deleted object can still be retrieved, as {"id", "object", "deleted": true}."""
        return "deleted" in sdk.resource_shape(self.type).fields


@dataclass(frozen=True)
class Child:
    """A list of a parent's own entries, in the parent's order. `parameter` names the parent: a placeholder of the
    path or a required parameter of the query."""

    path: str
    type: str
    permission: str
    parent: str
    parameter: str
    prefixes: tuple[str, ...]
    created_field: str = "created"

    @cached_property
    def object(self) -> str:
        return sdk.object_name(self.type)


@dataclass(frozen=True)
class Alias:
    """A nested list that is a top-level one, filtered by its parent: `/v1/charges/{charge}/refunds`."""

    path: str
    of: str
    parent: str
    parameter: str


def changed_event(resource: Resource, before: Json, after: Json) -> str | None:
    """The type of the event that Stripe writes for an update."""
    status = after.get("status")
    if before.get("status") != status:
        special = _BY_STATUS.get((resource.object, str(status)))
        if special is not None:
            return special
    return resource.changed


# Updates that Stripe reports under a name of their own.
_BY_STATUS = {
    ("subscription", "canceled"): "customer.subscription.deleted",
    ("subscription", "paused"): "customer.subscription.paused",
    ("invoice", "paid"): "invoice.paid",
    ("invoice", "void"): "invoice.voided",
    ("invoice", "uncollectible"): "invoice.marked_uncollectible",
    ("payment_intent", "succeeded"): "payment_intent.succeeded",
    ("payment_intent", "canceled"): "payment_intent.canceled",
    ("payment_intent", "requires_payment_method"): "payment_intent.payment_failed",
    ("payment_intent", "processing"): "payment_intent.processing",
    ("payment_intent", "requires_action"): "payment_intent.requires_action",
    ("payment_intent", "requires_capture"): "payment_intent.amount_capturable_updated",
    ("payout", "paid"): "payout.paid",
    ("payout", "failed"): "payout.failed",
    ("payout", "canceled"): "payout.canceled",
    ("dispute", "won"): "charge.dispute.closed",
    ("dispute", "lost"): "charge.dispute.closed",
    ("refund", "failed"): "refund.failed",
    ("charge", "failed"): "charge.failed",
    ("charge", "succeeded"): "charge.succeeded",
}

RESOURCES = (
    # Stripe writes no account.created; a connected account's changes arrive as account.updated.
    Resource("/v1/accounts", "Account", "account", ("acct_",), changed="account.updated"),
    # No events at all: a transaction turns available by time alone.
    Resource("/v1/balance_transactions", "BalanceTransaction", "balance_transaction_source", ("txn_",)),
    Resource(
        "/v1/charges",
        "Charge",
        "charge",
        ("ch_",),
        born=("charge.{status}",),
        changed="charge.updated",
        includable={"refunds": "/v1/charges/{charge}/refunds"},
        own=("balance_transaction", "payment_intent"),
    ),
    Resource(
        "/v1/coupons", "Coupon", "coupon", born=("coupon.created",), changed="coupon.updated", gone="coupon.deleted"
    ),
    Resource(
        "/v1/customers",
        "Customer",
        "customer",
        ("cus_",),
        born=("customer.created",),
        changed="customer.updated",
        gone="customer.deleted",
        includable={"subscriptions": "/v1/customers/{customer}/subscriptions"},
    ),
    Resource(
        "/v1/disputes",
        "Dispute",
        "dispute",
        ("dp_",),
        born=("charge.dispute.created",),
        changed="charge.dispute.updated",
    ),
    Resource("/v1/events", "Event", "event", ("evt_",)),
    Resource(
        "/v1/invoiceitems",
        "InvoiceItem",
        "invoice",
        ("ii_",),
        created_field="date",
        # Stripe has no invoiceitem.updated.
        born=("invoiceitem.created",),
        gone="invoiceitem.deleted",
        own=("invoice",),
    ),
    Resource(
        "/v1/invoices",
        "Invoice",
        "invoice",
        ("in_",),
        born=("invoice.created",),
        changed="invoice.updated",
        gone="invoice.deleted",
        sublists={"lines": "/v1/invoices/{invoice}/lines"},
    ),
    Resource(
        "/v1/payment_intents",
        "PaymentIntent",
        "payment_intent",
        ("pi_",),
        born=("payment_intent.created",),
        # Stripe has no payment_intent.updated: only changes of the status are told.
        own=("latest_charge",),
    ),
    Resource(
        "/v1/payment_methods",
        "PaymentMethod",
        "payment_method",
        ("pm_",),
        born=("payment_method.attached",),
        changed="payment_method.updated",
        gone="payment_method.detached",
    ),
    Resource(
        "/v1/payouts",
        "Payout",
        "payout",
        ("po_",),
        born=("payout.created",),
        changed="payout.updated",
        own=("balance_transaction",),
    ),
    Resource(
        "/v1/plans",
        "Plan",
        "plan",
        ("price_", "plan_"),
        born=("plan.created",),
        changed="plan.updated",
        gone="plan.deleted",
    ),
    Resource(
        "/v1/prices",
        "Price",
        "plan",
        ("price_",),
        born=("price.created",),
        changed="price.updated",
        gone="price.deleted",
    ),
    Resource(
        "/v1/products",
        "Product",
        "product",
        ("prod_",),
        born=("product.created",),
        changed="product.updated",
        gone="product.deleted",
    ),
    Resource(
        "/v1/refunds",
        "Refund",
        "charge",
        ("re_",),
        born=("refund.created",),
        changed="refund.updated",
        own=("balance_transaction",),
    ),
    Resource(
        "/v1/subscriptions",
        "Subscription",
        "subscription",
        ("sub_",),
        born=("customer.subscription.created",),
        changed="customer.subscription.updated",
        sublists={"items": "/v1/subscription_items"},
        own=("latest_invoice",),
    ),
)

CHILDREN = (
    Child(
        "/v1/invoices/{invoice}/lines",
        "InvoiceLineItem",
        "invoice",
        "/v1/invoices",
        "invoice",
        ("il_",),
    ),
    Child(
        "/v1/subscription_items",
        "SubscriptionItem",
        "subscription",
        "/v1/subscriptions",
        "subscription",
        ("si_",),
    ),
)

ALIASES = (
    Alias("/v1/charges/{charge}/refunds", "/v1/refunds", "/v1/charges", "charge"),
    Alias("/v1/customers/{customer}/payment_methods", "/v1/payment_methods", "/v1/customers", "customer"),
    # No service of the SDK lists this, but the sub-list that `expand[]=subscriptions` brings points to it.
    Alias("/v1/customers/{customer}/subscriptions", "/v1/subscriptions", "/v1/customers", "customer"),
)

BY_PATH = {resource.path: resource for resource in RESOURCES}
CHILD_BY_PATH = {child.path: child for child in CHILDREN}
ALIAS_BY_PATH = {alias.path: alias for alias in ALIASES}
BY_TYPE: dict[str, Resource | Child] = {r.type: r for r in (*RESOURCES, *CHILDREN)}
