"""What there is one of: an account's balance and settings, a customer's cash balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integration_tests.sandbox.account import AccountData
from integration_tests.sandbox.sdk import Endpoint
from integration_tests.sandbox.strand import Json

# Transactions that the pending balance is made of: more would be a walk through everything.
_RECENT = 100


def answer(endpoint: Endpoint, account: AccountData, names: Mapping[str, str]) -> Json:
    """The object of a path that names no list; `names` are the parents in it."""
    key = (endpoint.modules[endpoint.item], endpoint.item)
    made = account.world.synthetics.lone(key, "/".join([endpoint.path, *names.values()]))
    made.pop("id", None)
    made.update({name: value for name, value in names.items() if name in made})
    if endpoint.path == "/v1/balance":
        made.update(_balance(account))
    elif endpoint.path == "/v1/tax/settings":
        made["status"] = "active"
        made["status_details"] = {"active": {}, "pending": None}
    return made


def _balance(account: AccountData) -> dict[str, Any]:
    """Cents: the newest transactions, by what they are: still pending, or available."""
    sums = {"available": 0, "pending": 0}
    strand = account.strands("/v1/balance_transactions")[0]
    for index in range(max(0, strand.count - _RECENT), strand.count):
        transaction = strand.make(index)
        sums[transaction["status"]] += transaction["net"]

    def amount(cents: int) -> list[Json]:
        return [{"amount": cents, "currency": "usd", "source_types": {"card": cents}}]

    return {
        "available": amount(sums["available"]),
        "connect_reserved": [{"amount": 0, "currency": "usd"}],
        "instant_available": [],
        "issuing": {"available": [{"amount": 0, "currency": "usd"}]},
        "pending": amount(sums["pending"]),
        "refund_and_dispute_prefunding": {"available": [], "pending": []},
    }
