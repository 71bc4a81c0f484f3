"""The resources that the sandbox serves: the business's, one declaration each, and the synthesized ones.

What an endpoint accepts is not said here: that is read from the SDK.
"""

from __future__ import annotations

from functools import cache

from integration_tests.sandbox.resource import Alias, Child, Resource
from integration_tests.sandbox.strand import Json
from integration_tests.sandbox.synthetic import SYNTHETIC, SYNTHETIC_CHILDREN


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
    Resource(
        "/v1/accounts",
        "Account",
        ("acct_",),
        "account",
        changed="account.updated",
        sublists={"external_accounts": "/v1/accounts/{account}/external_accounts"},
    ),
    # No events at all: a transaction turns available by time alone.
    Resource("/v1/balance_transactions", "BalanceTransaction", ("txn_",), "balance_transaction_source"),
    Resource(
        "/v1/charges",
        "Charge",
        ("ch_",),
        "charge",
        born=("charge.{status}",),
        changed="charge.updated",
        includable={"refunds": "/v1/charges/{charge}/refunds"},
        own=("balance_transaction", "payment_intent"),
    ),
    Resource(
        "/v1/coupons",
        "Coupon",
        permission="coupon",
        born=("coupon.created",),
        changed="coupon.updated",
        gone="coupon.deleted",
    ),
    Resource(
        "/v1/customers",
        "Customer",
        ("cus_",),
        "customer",
        born=("customer.created",),
        changed="customer.updated",
        gone="customer.deleted",
        includable={
            "sources": "/v1/customers/{customer}/sources",
            "subscriptions": "/v1/customers/{customer}/subscriptions",
            "tax_ids": "/v1/customers/{customer}/tax_ids",
        },
    ),
    Resource(
        "/v1/disputes",
        "Dispute",
        ("dp_",),
        "dispute",
        born=("charge.dispute.created",),
        changed="charge.dispute.updated",
    ),
    Resource("/v1/events", "Event", ("evt_",), "event"),
    Resource("/v1/invoice_payments", "InvoicePayment", ("inpay_",), "invoice", changed="invoice_payment.paid"),
    Resource(
        "/v1/invoiceitems",
        "InvoiceItem",
        ("ii_",),
        "invoice",
        created_field="date",
        # Stripe has no invoiceitem.updated.
        born=("invoiceitem.created",),
        gone="invoiceitem.deleted",
        own=("invoice",),
    ),
    Resource(
        "/v1/invoices",
        "Invoice",
        ("in_",),
        "invoice",
        born=("invoice.created",),
        changed="invoice.updated",
        gone="invoice.deleted",
        sublists={"lines": "/v1/invoices/{invoice}/lines"},
        includable={"payments": "/v1/invoices/{invoice}/payments"},
    ),
    Resource(
        "/v1/payment_intents",
        "PaymentIntent",
        ("pi_",),
        "payment_intent",
        born=("payment_intent.created",),
        # Stripe has no payment_intent.updated: only changes of the status are told.
        includable={"amount_details.line_items": "/v1/payment_intents/{intent}/amount_details_line_items"},
        own=("latest_charge",),
    ),
    Resource(
        "/v1/payment_methods",
        "PaymentMethod",
        ("pm_",),
        "payment_method",
        born=("payment_method.attached",),
        changed="payment_method.updated",
        gone="payment_method.detached",
    ),
    Resource(
        "/v1/payouts",
        "Payout",
        ("po_",),
        "payout",
        born=("payout.created",),
        changed="payout.updated",
        own=("balance_transaction",),
    ),
    Resource(
        "/v1/plans",
        "Plan",
        ("price_", "plan_"),
        "plan",
        born=("plan.created",),
        changed="plan.updated",
        gone="plan.deleted",
    ),
    Resource(
        "/v1/prices",
        "Price",
        ("price_",),
        "plan",
        born=("price.created",),
        changed="price.updated",
        gone="price.deleted",
    ),
    Resource(
        "/v1/products",
        "Product",
        ("prod_",),
        "product",
        born=("product.created",),
        changed="product.updated",
        gone="product.deleted",
    ),
    Resource(
        "/v1/refunds",
        "Refund",
        ("re_",),
        "charge",
        born=("refund.created",),
        changed="refund.updated",
        own=("balance_transaction",),
    ),
    Resource(
        "/v1/subscriptions",
        "Subscription",
        ("sub_",),
        "subscription",
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
        ("il_",),
        "invoice",
        parent="/v1/invoices",
        parameter="invoice",
        oldest_first=True,
    ),
    Child(
        "/v1/subscription_items",
        "SubscriptionItem",
        ("si_",),
        "subscription",
        parent="/v1/subscriptions",
        parameter="subscription",
        oldest_first=True,
    ),
)

ALIASES = (
    Alias("/v1/charges/{charge}/refunds", "/v1/refunds", "/v1/charges", "charge"),
    Alias("/v1/customers/{customer}/payment_methods", "/v1/payment_methods", "/v1/customers", "customer"),
    # No service of the SDK lists these, but the sub-lists that `expand[]` brings point to them.
    Alias("/v1/customers/{customer}/subscriptions", "/v1/subscriptions", "/v1/customers", "customer"),
    Alias("/v1/files/{file}/links", "/v1/file_links", "/v1/files", "file"),
    Alias("/v1/invoices/{invoice}/payments", "/v1/invoice_payments", "/v1/invoices", "invoice"),
)

BY_PATH = {resource.path: resource for resource in (*RESOURCES, *SYNTHETIC)}
CHILD_BY_PATH = {child.path: child for child in (*CHILDREN, *SYNTHETIC_CHILDREN)}
ALIAS_BY_PATH = {alias.path: alias for alias in ALIASES}


@cache
def by_class() -> dict[tuple[str, str], Resource | Child]:
    """The SDK's class (its module, its name) to where such objects are; of several lists the first."""
    found: dict[tuple[str, str], Resource | Child] = {}
    lists: tuple[Resource | Child, ...] = (*BY_PATH.values(), *CHILD_BY_PATH.values())
    for of in lists:
        for key in of.classes:
            found.setdefault(key, of)
    return found


__all__ = ["ALIASES", "CHILDREN", "RESOURCES", "Alias", "Child", "Resource", "by_class", "changed_event"]
