"""Which of Stripe's events concern which list, by the inventory, and why the others concern none."""

from __future__ import annotations

from source_stripe.streams.endpoints import event_objects, list_facts

NOT_ROWS: dict[str, str] = {
    "account.application.authorized": "Carries the platform's application, which no list shows.",
    "account.application.deauthorized": "Carries the platform's application, which no list shows.",
    "balance.available": "Carries the balance, one record that is read anew in every sync.",
    "balance_settings.updated": "Carries settings, one record that is read anew in every sync.",
    "billing.alert.triggered": "Carries the occasion, not the alert, which it leaves as it was.",
    "billing.credit_balance_transaction.created": "Does not say whose balance it is: the transaction names its grant.",
    "billing_portal.session.created": "Portal sessions live for minutes, and no list shows them.",
    "cash_balance.funds_available": "Carries a customer's cash balance, which no list shows.",
    "customer.discount.created": "Discounts have no list: they are seen on what they are granted to, which has events.",
    "customer.discount.deleted": "Discounts have no list: they are seen on what they are granted to, which has events.",
    "customer.discount.updated": "Discounts have no list: they are seen on what they are granted to, which has events.",
    "entitlements.active_entitlement_summary.updated": "Carries a summary without an id, made up for the event.",
    "financial_connections.authorization.expected_deactivation_date_updated": "No list shows authorizations.",
    "financial_connections.authorization.upcoming_deactivation": "No list shows authorizations.",
    "invoice.upcoming": "Carries an invoice that is yet to be made: it has no id.",
    "mandate.updated": "No list shows mandates.",
    "reserve.hold.created": "No list of the pinned package shows reserves.",
    "reserve.hold.updated": "No list of the pinned package shows reserves.",
    "reserve.plan.created": "No list of the pinned package shows reserves.",
    "reserve.plan.disabled": "No list of the pinned package shows reserves.",
    "reserve.plan.expired": "No list of the pinned package shows reserves.",
    "reserve.plan.updated": "No list of the pinned package shows reserves.",
    "reserve.release.created": "No list of the pinned package shows reserves.",
    "source.transaction.created": "Transactions of sources are left out: no list shows the sources.",
    "source.transaction.updated": "Transactions of sources are left out: no list shows the sources.",
    "tax.settings.updated": "Carries settings, one record that is read anew in every sync.",
}
"""Types of the feed (/v1) that bring no row, and why. A test holds that every other type is used by a stream."""


def events_of(path: str) -> tuple[str, ...]:
    """The types of the feed that carry rows of the list at `path`, sorted.

    Events of /v2 have a feed of their own.
    """
    facts = list_facts(path)
    if facts is None or facts["version"] != "v1":
        return ()
    return tuple(sorted(kind for kind in facts["events"] if kind not in NOT_ROWS and not kind.startswith("v2.")))


def carriers_of(path: str, resources: frozenset[str]) -> tuple[str, ...]:
    """Those of them that carry one of some kinds of object."""
    return tuple(kind for kind in events_of(path) if resources.intersection(event_objects(kind)))


def deletions_of(path: str) -> tuple[str, ...]:
    """Those of them that say that the object is gone.

    Only where Stripe has a way to delete it: `customer.subscription.deleted` tells of one that is canceled.
    """
    facts = list_facts(path)
    if facts is None or not facts["deletable"]:
        return ()
    return tuple(kind for kind in events_of(path) if kind.endswith(".deleted"))


def retrieval_of(path: str) -> str:
    """The path of one object of the list at `path`, ids as `{…}`; "" where there is none."""
    facts = list_facts(path)
    return (facts["retrieve"] or "") if facts else ""
