"""Which objects a list's parameters ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integration_tests.sandbox.listing import Window
from integration_tests.sandbox.strand import Json

Test = Callable[[Json], bool]
# A parameter's value to what it keeps; None for all.
Special = Callable[[Any], Test | None]

# How one list of /v2 writes a range.
_WINDOW = frozenset({"created_gt", "created_gte", "created_lt", "created_lte"})
PAGING = frozenset({"limit", "starting_after", "ending_before", "expand", "created", "page", "include"})


def predicate(path: str, query: Mapping[str, Any], render: Callable[[Json], Json]) -> Test | None:
    """What `query` leaves of the list, paging and `created` apart; None where it leaves all.

    A parameter that names a field asks for equality, one with gt, gte, lt, lte for a range. `render` attaches an
    object's sub-lists, for parameters that look into them.
    """
    tests: list[Test] = []
    for name, value in query.items():
        if name not in PAGING:
            special = _SPECIAL.get((path, name)) or (_untold if name in _WINDOW else None)
            test = special(value) if special is not None else _equal(name, value)
            if test is not None:
                tests.append(test)
    if not tests:
        return None
    if any((path, name) in _INTO_SUBLISTS for name in query):

        def within(value: Json) -> bool:
            full = render(value)
            return all(test(full) for test in tests)

        return within
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


def _any_of(field: str) -> Special:
    return lambda wanted: lambda value: value.get(field) in wanted


def _moment(field: str, *, at_least: bool) -> Special:
    def special(wanted: int) -> Test:
        return lambda value: value[field] >= wanted if at_least else value[field] <= wanted

    return special


def _contains(wanted: str) -> Test:
    return lambda value: any(entry["value"] == wanted for entry in value["list_items"]["data"])


def _scheduled(wanted: bool) -> Test | None:
    return (lambda value: value["status"] == "not_started") if wanted else None


def _item(field: str) -> Special:
    """Subscriptions by what their items hold."""
    return lambda wanted: lambda value: any(entry[field]["id"] == wanted for entry in value["items"]["data"])


def _period(field: str) -> Special:
    def special(wanted: Any) -> Test:
        window = Window.of(wanted)
        return lambda value: any(window.holds(entry[field]) for entry in value["items"]["data"])

    return special


def _coupon(wanted: str) -> Test:
    return lambda value: bool(value["promotion"]["coupon"] == wanted)


def _shipping_currency(wanted: str) -> Test:
    return lambda value: (value.get("fixed_amount") or {}).get("currency") == wanted


def _untold(wanted: Any) -> None:
    """What no object shows: the list's strands narrow it, or it is not known and leaves all."""


def _self(wanted: Mapping[str, Any]) -> Test | None:
    return None if wanted.get("type") == "self" else lambda value: False


_INTO_SUBLISTS = {
    ("/v1/radar/value_lists", "contains"),
    ("/v1/subscriptions", "current_period_end"),
    ("/v1/subscriptions", "current_period_start"),
    ("/v1/subscriptions", "plan"),
    ("/v1/subscriptions", "price"),
}

_SPECIAL: dict[tuple[str, str], Special] = {
    ("/v1/subscriptions", "status"): _subscription_status,
    ("/v1/subscriptions", "current_period_end"): _period("current_period_end"),
    ("/v1/subscriptions", "current_period_start"): _period("current_period_start"),
    ("/v1/subscriptions", "plan"): _item("plan"),
    ("/v1/subscriptions", "price"): _item("price"),
    ("/v1/invoices", "subscription"): _invoice_subscription,
    # https://docs.stripe.com/api/tax/registrations/all: `all` is a value beside the statuses
    ("/v1/tax/registrations", "status"): lambda wanted: None if wanted == "all" else _equal("status", wanted),
    ("/v1/prices", "recurring"): _recurring,
    ("/v1/invoiceitems", "pending"): _pending,
    # A transaction does not say which payout it belongs to: the strands do (those created at run time to none).
    ("/v1/balance_transactions", "payout"): _untold,
    ("/v1/billing/alerts", "meter"): lambda wanted: (
        lambda value: bool(((value.get("usage_threshold") or {}).get("meter")) == wanted)
    ),
    ("/v1/billing/meters/{id}/event_summaries", "customer"): _untold,
    ("/v1/billing/meters/{id}/event_summaries", "value_grouping_window"): _untold,
    ("/v1/billing/meters/{id}/event_summaries", "start_time"): _moment("start_time", at_least=True),
    ("/v1/billing/meters/{id}/event_summaries", "end_time"): _moment("end_time", at_least=False),
    ("/v1/entitlements/features", "archived"): lambda wanted: lambda value: value["active"] != wanted,
    ("/v1/file_links", "expired"): lambda wanted: lambda value: value["expired"] == wanted,
    ("/v1/financial_connections/accounts", "session"): _untold,
    ("/v1/payment_records", "created_after"): _moment("created", at_least=True),
    ("/v1/payment_records", "created_before"): _moment("created", at_least=False),
    ("/v1/product_catalog/trial_offers", "prices"): _any_of("price"),
    ("/v1/products", "ids"): _any_of("id"),
    ("/v1/promotion_codes", "coupon"): _coupon,
    ("/v1/radar/value_lists", "contains"): _contains,
    ("/v1/shipping_rates", "currency"): _shipping_currency,
    ("/v1/subscription_schedules", "scheduled"): _scheduled,
    ("/v1/tax_ids", "owner"): _self,
    ("/v1/treasury/debit_reversals", "resolution"): lambda wanted: lambda value: value["status"] == wanted,
    ("/v1/treasury/transaction_entries", "order_by"): _untold,
    ("/v1/treasury/transactions", "order_by"): _untold,
    ("/v2/core/accounts", "applied_configurations"): lambda wanted: (
        lambda value: set(wanted) <= set(value["applied_configurations"])
    ),
    ("/v2/core/accounts", "closed"): lambda wanted: lambda value: bool(value["closed"]) == wanted,
    # A synthesized event is about no object.
    ("/v2/core/events", "object_id"): lambda wanted: lambda value: False,
    ("/v2/core/vault/us_bank_accounts", "verification_status"): lambda wanted: (
        lambda value: value["verification"]["status"] == wanted
    ),
    ("/v2/money_management/financial_accounts", "statuses"): _any_of("status"),
    ("/v2/money_management/outbound_payments", "recipient"): lambda wanted: (
        lambda value: bool((value["to"] or {}).get("recipient") == wanted)
    ),
    ("/v2/money_management/transactions", "flow"): lambda wanted: lambda value: wanted in str(value["flow"]),
}
