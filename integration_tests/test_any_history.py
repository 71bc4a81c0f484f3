"""Whatever happens to an account, and whenever it is read: in the end the destination's tables equal Stripe."""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from integration_tests.in_process import Run, read
from integration_tests.sandbox import Clock, Sandbox
from integration_tests.sandbox.resources import BY_PATH, CHILD_BY_PATH
from source_stripe import streams as every
from source_stripe.api_version import API_VERSION

HISTORIES = int(os.environ.get("HISTORIES", "100"))
"""`make histories` tries many more."""

OWN = {
    "charges": "/v1/charges",
    "coupons": "/v1/coupons",
    "customers": "/v1/customers",
    "invoices": "/v1/invoices",
    "plans": "/v1/plans",
    "prices": "/v1/prices",
    "products": "/v1/products",
    "refunds": "/v1/refunds",
    "subscriptions": "/v1/subscriptions",
}
CHILDREN = {
    "customer_cards": ("/v1/customers/{customer}/sources", "customer_id", "customers", "updated"),
    "customer_tax_ids": ("/v1/customers/{customer}/tax_ids", "customer_id", "customers", "updated"),
    "invoice_line_items": ("/v1/invoices/{invoice}/lines", "invoice_id", "invoices", "invoice_updated"),
    "subscription_items": ("/v1/subscription_items", "subscription_id", "subscriptions", "subscription_updated"),
}
TELL_DELETIONS = {"customer_cards", "customer_tax_ids"}
"""Streams whose rows hang on others and come once more when they are gone."""
STREAMS = [*OWN, *CHILDREN]
DECLARED = {stream.name: stream for stream in every.STREAMS}

OLD_VERSION = "2024-06-20"
LATEST_SECONDS = 59
"""How late events turn up: the connector counts on less than a minute."""

OCCURRED = set("create update delete recreate child ungrown regrown cut tie late amidst".split()) | {"old version"}


@dataclass(frozen=True)
class Operation:
    """Something that happens `after` seconds after the one before it.

    `pick` says to which object; `late`, in seconds, and `old` (an older API version) are of its event.
    """

    kind: str
    path: str
    pick: int
    after: int
    late: int
    old: bool


@dataclass(frozen=True)
class Sync:
    """A read. `cut` is the part of its STATE messages after which it is cut off, None for one that ends well.

    `amidst` happens while it is under way, spread over its first requests.
    """

    before: list[Operation]
    amidst: list[Operation]
    cut: float | None


OPERATIONS = st.builds(
    Operation,
    kind=st.sampled_from(["create", "update", "update", "update", "delete", "delete", "recreate", "child", "ungrown", "regrown"]),
    path=st.sampled_from(list(OWN.values())),
    pick=st.integers(0, 30),
    after=st.sampled_from([0, 0, 0, 1, 7, 40, 3600]),
    late=st.sampled_from([0, 0, 0, 1, 30, LATEST_SECONDS]),
    old=st.booleans(),
)
SYNCS = st.builds(
    Sync,
    before=st.lists(OPERATIONS, min_size=14, max_size=20),
    amidst=st.lists(OPERATIONS, min_size=3, max_size=8),
    cut=st.one_of(st.none(), st.floats(0, 1)),
)


@dataclass
class World:
    """A sandbox and what was done to it."""

    sandbox: Sandbox
    seen: Counter[str]
    gone: list[tuple[str, str]] = field(default_factory=list)
    taken_off: list[tuple[str, str, str]] = field(default_factory=list)
    touched: set[tuple[str, int]] = field(default_factory=set)

    def do(self, operation: Operation) -> None:
        """One operation; one that cannot be done, for lack of an object, is left out."""
        sandbox, kind, path = self.sandbox, operation.kind, operation.path
        sandbox.clock.advance(operation.after)
        options: dict[str, Any] = {"visible_after": operation.late}
        if operation.old:
            options["api_version"] = OLD_VERSION
        number = {"metadata": {"n": str(sum(self.seen.values()))}}
        if kind == "recreate" and self.gone:
            path, identifier = self.gone.pop(operation.pick % len(self.gone))
            sandbox.create(path, {"id": identifier, **number}, **options)
        elif kind == "create":
            identifier = sandbox.create(path, number, **options)["id"]
        elif kind == "regrown" and self.taken_off:
            stream, parent, child_id = self.taken_off.pop(operation.pick % len(self.taken_off))
            path = CHILDREN[stream][0]
            identifier = parent
            sandbox.create(path, {"id": child_id, CHILD_BY_PATH[path].parameter: parent}, **options)
        elif kind in ("child", "ungrown"):
            stream = sorted(CHILDREN)[operation.pick % len(CHILDREN)]
            path, _, parents, _ = CHILDREN[stream]
            found_parent = self._one_of(OWN[parents], operation.pick)
            there = self._children(stream, found_parent) if found_parent else []
            if found_parent is None or (kind == "ungrown" and not there):
                return
            identifier = found_parent
            if kind == "ungrown":
                child_id = there[operation.pick % len(there)]["id"]
                sandbox.delete(path, child_id, **options)
                self.taken_off.append((stream, identifier, child_id))
            else:
                for _ in range(1 + operation.pick % 12):  # beyond the ten that the parent shows, now and then
                    sandbox.create(path, {CHILD_BY_PATH[path].parameter: identifier}, **options)
        else:
            found = self._one_of(path, operation.pick)
            if found is None or (kind == "delete" and not BY_PATH[path].gone):
                return
            identifier = found
            if kind == "delete":
                sandbox.delete(path, identifier, **options)
                self.gone.append((path, identifier))
                self.taken_off = [each for each in self.taken_off if each[1] != identifier]
            else:
                sandbox.update(path, identifier, number, **options)
        self.seen[kind] += 1
        self.seen["late"] += bool(operation.late)
        self.seen["old version"] += operation.old
        self.seen["tie"] += (identifier, sandbox.now()) in self.touched
        self.touched.add((identifier, sandbox.now()))

    def _children(self, stream: str, parent: str) -> list[Any]:
        kinds = DECLARED[stream].kinds()
        return [row for row in self.sandbox.account().children(CHILDREN[stream][0], parent) if row["object"] in kinds]

    def _one_of(self, path: str, pick: int) -> str | None:
        alive = [entry["id"] for entry in self.sandbox.truth(path)]
        return alive[pick % len(alive)] if alive else None


class Destination:
    """Tables as a platform keeps them: of each key the row with the newest cursor, of several the last that came."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {stream: {} for stream in STREAMS}

    def take(self, run: Run, upto: int | None) -> None:
        for message in run.messages[:upto]:
            if message.record is None:
                continue
            stream, row = message.record.stream, message.record.data
            cursor = CHILDREN[stream][3] if stream in CHILDREN else "updated"
            known = self.tables[stream].get(row["id"])
            if known is None or row[cursor] >= known[cursor]:
                self.tables[stream][row["id"]] = row

    def rows(self, stream: str) -> dict[str, Any]:
        """What is alive of a stream, without what the connector adds to Stripe's fields."""
        table = self.tables[stream]
        if stream in OWN:
            alive = {key: row for key, row in table.items() if not row["is_deleted"]}
            added = {"is_deleted", "updated"}
        else:
            _, parent_key, parents, cursor = CHILDREN[stream]
            newest = {key: row["updated"] for key, row in self.tables[parents].items() if not row["is_deleted"]}
            alive = {
                key: row for key, row in table.items() if row[cursor] >= newest.get(row[parent_key], row[cursor] + 1)
            }
            if stream in TELL_DELETIONS:
                alive = {key: row for key, row in alive.items() if not row["is_deleted"]}
            added = {parent_key, cursor, "is_deleted"}
        return {key: {name: value for name, value in row.items() if name not in added} for key, row in alive.items()}


def truth(sandbox: Sandbox, stream: str) -> dict[str, Any]:
    """What Stripe shows of a stream, its declared fields expanded, without the `updated` that some objects have."""
    if stream in CHILDREN:
        kinds = DECLARED[stream].kinds()
        return {row["id"]: row for row in sandbox.truth(CHILDREN[stream][0]) if row["object"] in kinds}
    headers = {"Authorization": f"Bearer {sandbox.key}", "Stripe-Version": API_VERSION}
    rows = {}
    for parameters in DECLARED[stream].parameter_sets:
        query = [("limit", "100"), *parameters.items()]
        query += [("expand[]", f"data.{name}") for name in DECLARED[stream].expand]
        more: list[tuple[str, Any]] | None = []
        while more is not None:
            answer = sandbox.answer("GET", OWN[stream], urlencode(query + more), headers)
            page = answer.json()
            rows |= {row["id"]: {name: row[name] for name in row if name != "updated"} for row in page["data"]}
            more = [("starting_after", page["data"][-1]["id"])] if page["has_more"] else None
    return rows


def run_history(history: list[Sync], seed: int, account_version: str | None, seen: Counter[str]) -> None:
    sandbox = Sandbox(size=20, seed=seed, clock=Clock(running=False), account_version=account_version)
    world = World(sandbox, seen)
    destination = Destination()
    state = None
    for sync in history:
        for operation in sync.before:
            world.do(operation)
        waiting = list(sync.amidst)
        one_at_a_time = threading.Lock()

        def amidst(path: str, query: str, waiting: list[Operation] = waiting, lock: Any = one_at_a_time) -> None:
            with lock, sandbox.lock:
                if waiting:
                    world.do(waiting.pop(0))
                    seen["amidst"] += 1

        run = read(sandbox, STREAMS, state, before=amidst)
        assert run.error is None
        states = [at for at, message in enumerate(run.messages) if message.state]
        upto = None
        if sync.cut is not None and states:
            upto = states[int(sync.cut * (len(states) - 1))] + 1
            seen["cut"] += 1
        destination.take(run, upto)
        state = merged(state, run.state(upto))
    sandbox.clock.advance(LATEST_SECONDS + 1)
    last = read(sandbox, STREAMS, state)
    assert last.error is None
    destination.take(last, None)
    for stream in STREAMS:
        assert destination.rows(stream) == truth(sandbox, stream), stream
    for stream, _, child_id in world.taken_off:
        told = destination.tables[stream].get(child_id)
        assert stream not in TELL_DELETIONS or told is None or told["is_deleted"], (stream, child_id)


def merged(before: Any, after: Any) -> Any:
    """The states that a platform keeps: the last of each stream, whichever sync it is of."""
    kept = {state.stream.stream_descriptor.name: state for state in (*(before or []), *after)}
    return list(kept.values())


@pytest.mark.timeout(0 if HISTORIES > 100 else 120)
def test_after_any_history_of_changes_and_syncs_the_destination_equals_stripe() -> None:
    seen: Counter[str] = Counter()

    @settings(
        phases=[phase for phase in Phase if phase != Phase.shrink or HISTORIES > 100],
        max_examples=HISTORIES,
        deadline=None,
        database=None,
        derandomize=HISTORIES <= 100,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(SYNCS, min_size=3, max_size=4),
        st.integers(1, 50),
        st.sampled_from([None, OLD_VERSION]),
    )
    def check(history: list[Sync], seed: int, account_version: str | None) -> None:
        run_history(history, seed, account_version, seen)

    check()
    assert {kind for kind in OCCURRED if seen[kind]} == OCCURRED, seen
