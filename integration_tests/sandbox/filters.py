"""Which objects a list's parameters ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integration_tests.sandbox.listing import Window
from integration_tests.sandbox.strand import Json

PAGING = frozenset({"limit", "starting_after", "ending_before", "expand", "created"})


def predicate(path: str, query: Mapping[str, Any], created_field: str) -> Callable[[Json], bool] | None:
    """What `query` leaves of the list, paging and `created` apart; None where it leaves all.

    A parameter that names a field asks for equality, one with gt, gte, lt, lte for a range.
    """
    tests: list[Callable[[Json], bool]] = []
    for name, value in query.items():
        if name not in PAGING:
            special = _SPECIAL.get((path, name))
            test = special(value) if special is not None else _equal(name, value)
            if test is not None:
                tests.append(test)
    if not tests:
        return None
    return lambda value: all(test(value) for test in tests)


def _equal(name: str, wanted: Any) -> Callable[[Json], bool]:
    if isinstance(wanted, dict) and wanted.keys() <= {"gt", "gte", "lt", "lte"}:
        window = Window.of(wanted)
        return lambda value: isinstance(value.get(name), int) and window.holds(value[name])
    if isinstance(wanted, dict):
        parts = [_equal(inner, v) for inner, v in wanted.items()]
        return lambda value: isinstance(value.get(name), dict) and all(part(value[name]) for part in parts)
    if isinstance(wanted, list):
        singular = name.removesuffix("s")
        return lambda value: value.get(singular) in wanted
    return lambda value: value.get(name) == wanted


def _subscription_status(wanted: str) -> Callable[[Json], bool] | None:
    if wanted == "all":
        return None
    if wanted == "ended":
        return lambda value: value["status"] in ("canceled", "incomplete_expired")
    return lambda value: value["status"] == wanted


def _invoice_subscription(wanted: str) -> Callable[[Json], bool]:
    def test(value: Json) -> bool:
        details = (value.get("parent") or {}).get("subscription_details") or {}
        return bool(details.get("subscription") == wanted)

    return test


def _recurring(wanted: Mapping[str, Any]) -> Callable[[Json], bool]:
    return lambda value: (
        value["recurring"] is not None and all(value["recurring"].get(name) == v for name, v in wanted.items())
    )


def _pending(wanted: bool) -> Callable[[Json], bool]:
    return lambda value: (value["invoice"] is None) == wanted


_SPECIAL: dict[tuple[str, str], Callable[[Any], Callable[[Json], bool] | None]] = {
    ("/v1/subscriptions", "status"): _subscription_status,
    ("/v1/invoices", "subscription"): _invoice_subscription,
    ("/v1/prices", "recurring"): _recurring,
    ("/v1/invoiceitems", "pending"): _pending,
    # A transaction does not say which payout it belongs to: the strands do (those created at run time to none).
    ("/v1/balance_transactions", "payout"): lambda wanted: None,
}
