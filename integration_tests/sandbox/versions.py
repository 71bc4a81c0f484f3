"""Older API versions: how an object of the pinned version looked before a change, declared change by change.

Event payloads are written in the version that the account had then, answers in the version that is asked for.
Two changes of 2025-03-31.basil that every client of subscriptions and invoices met; from Stripe's changelog, under
https://docs.stripe.com/changelog/basil/2025-03-31/: deprecate-subscription-current-period-start-and-end and
adds-new-parent-field-to-invoicing-objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from integration_tests.sandbox import sdk
from integration_tests.sandbox.errors import StripeFault
from integration_tests.sandbox.strand import Json

_VERSION = re.compile(r"20\d\d-\d\d-\d\d(\.[a-z]+)?$")


@dataclass(frozen=True)
class Change:
    """Objects of type `object` before version `since` are what `back` makes of them."""

    since: str
    object: str
    back: Callable[[Json], Json]


def _subscription_before_basil(current: Json) -> Json:
    # The period moved from the subscription to its items with basil.
    items = current.get("items", {}).get("data", [])
    first = items[0] if items else {}
    return {
        **current,
        "current_period_end": first.get("current_period_end"),
        "current_period_start": first.get("current_period_start"),
    }


def _item_before_basil(current: Json) -> Json:
    return {k: v for k, v in current.items() if k not in ("current_period_end", "current_period_start")}


def _invoice_before_basil(current: Json) -> Json:
    # `subscription` moved into `parent`, `paid` and the payment's identifiers out of the invoice with basil.
    details = (current.get("parent") or {}).get("subscription_details") or {}
    old = {k: v for k, v in current.items() if k not in ("parent", "total_taxes", "amount_overpaid")}
    old.update(
        {
            "subscription": details.get("subscription"),
            "subscription_details": {"metadata": details.get("metadata")} if details else None,
            "paid": current.get("status") == "paid",
            "charge": None,
            "payment_intent": None,
            "tax": None,
            "total_tax_amounts": [],
        }
    )
    return old


def _line_before_basil(current: Json) -> Json:
    parent = current.get("parent") or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    price = ((current.get("pricing") or {}).get("price_details") or {}).get("price")
    old = {k: v for k, v in current.items() if k not in ("parent", "pricing", "taxes", "subtotal")}
    old.update(
        {
            "type": "subscription" if parent.get("subscription_item_details") else "invoiceitem",
            "price": price,
            "proration": details.get("proration", False),
            "subscription": details.get("subscription"),
            "subscription_item": details.get("subscription_item"),
            "invoice_item": details.get("invoice_item"),
            "tax_amounts": [],
            "tax_rates": [],
        }
    )
    return old


def _invoice_item_before_basil(current: Json) -> Json:
    price = ((current.get("pricing") or {}).get("price_details") or {}).get("price")
    old = {k: v for k, v in current.items() if k not in ("parent", "pricing", "net_amount")}
    unit = (current.get("pricing") or {}).get("unit_amount_decimal")
    return {**old, "price": price, "unit_amount_decimal": unit, "subscription": None}


def _charge_before_basil(current: Json) -> Json:
    # Charges and payment intents named their invoice; which one that was cannot be seen from the object alone.
    return {**current, "invoice": None}


BASIL = "2025-03-31.basil"

CHANGES = (
    Change(BASIL, "subscription", _subscription_before_basil),
    Change(BASIL, "subscription_item", _item_before_basil),
    Change(BASIL, "invoice", _invoice_before_basil),
    Change(BASIL, "line_item", _line_before_basil),
    Change(BASIL, "invoiceitem", _invoice_item_before_basil),
    Change(BASIL, "charge", _charge_before_basil),
    Change(BASIL, "payment_intent", _charge_before_basil),
)


def check(version: str) -> str:
    """The version if there can be one like that. Raises StripeFault 400 else."""
    if not _VERSION.match(version) or version[:10] > sdk.api_version()[:10]:
        raise StripeFault(400, f"Invalid Stripe API version: {version}")
    return version


def differs(version: str) -> bool:
    """Whether anything looked otherwise in that version."""
    return any(version[:10] < change.since[:10] for change in CHANGES)


def in_version(value: Any, version: str) -> Any:
    """A value with every object in it, at any depth, as that version showed it; the value itself where nothing
    changed since."""
    changes = [change for change in CHANGES if version[:10] < change.since[:10]]
    return _back(value, changes) if changes else value


def _back(value: Any, changes: list[Change]) -> Any:
    if isinstance(value, list):
        return [_back(entry, changes) for entry in value]
    # An event's payload stays in the version that it was written in.
    if not isinstance(value, dict) or value.get("object") == "event":
        return value
    kind = value.get("object")
    for change in reversed(changes):
        if change.object == kind:
            value = change.back(value)
    return {key: _back(entry, changes) for key, entry in value.items()}
