"""Random histories of an account that is changed and read, cut and read on; what has to hold is that in the end the
destination's tables equal Stripe.

`python -m integration_tests.histories` tries HISTORIES of them, 10,000 unless told otherwise, in JOBS processes.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from integration_tests.in_process import Run, read
from integration_tests.sandbox import Clock, Sandbox
from integration_tests.sandbox.resources import BY_PATH, CHILD_BY_PATH
from source_stripe import streams as every
from source_stripe.api_version import API_VERSION

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

LEAST_OPERATIONS = 50
"""In each history."""

HISTORIES_A_PART = 100
"""Tried with one seed, in one process."""

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
    kind=st.sampled_from(
        ["create", "update", "update", "update", "delete", "delete", "recreate", "child", "ungrown", "regrown"]
    ),
    path=st.sampled_from(list(OWN.values())),
    pick=st.integers(0, 30),
    after=st.sampled_from([0, 0, 0, 1, 7, 40, 3600]),
    late=st.sampled_from([0, 0, 0, 1, 30, LATEST_SECONDS]),
    old=st.booleans(),
)
SYNCS = st.builds(
    Sync,
    before=st.lists(OPERATIONS, min_size=15, max_size=20),
    amidst=st.lists(OPERATIONS, min_size=3, max_size=8),
    cut=st.one_of(st.none(), st.floats(0, 1)),
)


@dataclass
class World:
    """A sandbox and what was done to it.

    Attributes:
        seen: how often each kind of thing occurred, over all histories.
        done: operations in this one.
    """

    sandbox: Sandbox
    seen: Counter[str]
    done: int = 0
    gone: list[tuple[str, str]] = field(default_factory=list)
    taken_off: list[tuple[str, str, str]] = field(default_factory=list)
    touched: set[tuple[str, int]] = field(default_factory=set)
    alive: dict[str, list[str]] = field(default_factory=dict)

    def do(self, operation: Operation) -> None:
        """One operation; where there is nothing to do it to, an object is created instead."""
        sandbox = self.sandbox
        sandbox.clock.advance(operation.after)
        options: dict[str, Any] = {"visible_after": operation.late}
        if operation.old:
            options["api_version"] = OLD_VERSION
        kind = operation.kind
        identifier = self._done(operation, options)
        if identifier is None:
            kind, identifier = "create", self._create(operation.path, options)
        self.done += 1
        self.seen[kind] += 1
        self.seen["late"] += bool(operation.late)
        self.seen["old version"] += operation.old
        self.seen["tie"] += (identifier, sandbox.now()) in self.touched
        self.touched.add((identifier, sandbox.now()))

    def _done(self, operation: Operation, options: dict[str, Any]) -> str | None:
        """The object that the operation was done to, a parent where it is about what hangs on it; None if none was."""
        kind, path, pick = operation.kind, operation.path, operation.pick
        if kind == "create":
            return self._create(path, options)
        if kind == "recreate":
            return self._recreate(pick, options)
        if kind == "regrown":
            return self._regrow(pick, options)
        if kind in ("child", "ungrown"):
            stream = sorted(CHILDREN)[pick % len(CHILDREN)]
            return self._grow(stream, pick, options) if kind == "child" else self._ungrow(stream, pick, options)
        identifier = self._one_of(path, pick)
        if identifier is None or (kind == "delete" and not BY_PATH[path].gone):
            return None
        if kind == "update":
            self.sandbox.update(path, identifier, self._news(), **options)
        else:
            self.sandbox.delete(path, identifier, **options)
            self._made(path).remove(identifier)
            self.gone.append((path, identifier))
            self.taken_off = [each for each in self.taken_off if each[1] != identifier]
        return identifier

    def _create(self, path: str, options: dict[str, Any]) -> str:
        alive = self._made(path)
        identifier = str(self.sandbox.create(path, self._news(), **options)["id"])
        alive.insert(0, identifier)
        return identifier

    def _recreate(self, pick: int, options: dict[str, Any]) -> str | None:
        if not self.gone:
            return None
        path, identifier = self.gone.pop(pick % len(self.gone))
        self._made(path).insert(0, identifier)
        self.sandbox.create(path, {"id": identifier, **self._news()}, **options)
        return identifier

    def _grow(self, stream: str, pick: int, options: dict[str, Any]) -> str | None:
        path, _, parents, _ = CHILDREN[stream]
        parent = self._one_of(OWN[parents], pick)
        if parent is not None:
            for _ in range(1 + pick % 12):  # beyond the ten that the parent shows, now and then
                self.sandbox.create(path, {CHILD_BY_PATH[path].parameter: parent}, **options)
        return parent

    def _ungrow(self, stream: str, pick: int, options: dict[str, Any]) -> str | None:
        path, _, parents, _ = CHILDREN[stream]
        parent = self._one_of(OWN[parents], pick)
        there = self._children(stream, parent) if parent else []
        if parent is None or not there:
            return None
        identifier = there[pick % len(there)]["id"]
        self.sandbox.delete(path, identifier, **options)
        self.taken_off.append((stream, parent, identifier))
        return parent

    def _regrow(self, pick: int, options: dict[str, Any]) -> str | None:
        if not self.taken_off:
            return None
        stream, parent, identifier = self.taken_off.pop(pick % len(self.taken_off))
        path = CHILDREN[stream][0]
        self.sandbox.create(path, {"id": identifier, CHILD_BY_PATH[path].parameter: parent}, **options)
        return parent

    def _news(self) -> dict[str, Any]:
        return {"metadata": {"n": str(self.done)}}

    def _made(self, path: str) -> list[str]:
        """Identifiers of a list, counted along: to make all of its objects for each operation takes too long."""
        if path not in self.alive:
            self.alive[path] = [entry["id"] for entry in self.sandbox.truth(path)]
        return self.alive[path]

    def _children(self, stream: str, parent: str) -> list[Any]:
        kinds = DECLARED[stream].kinds()
        return [row for row in self.sandbox.account().children(CHILDREN[stream][0], parent) if row["object"] in kinds]

    def _one_of(self, path: str, pick: int) -> str | None:
        alive = self._made(path)
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


def run_history(history: list[Sync], world_of: int, account_version: str | None, seen: Counter[str]) -> None:
    """One history, in the world of a number, and the comparison at its end.

    Raises:
        AssertionError: a table is not as Stripe is.
    """
    sandbox = Sandbox(size=20, seed=world_of, clock=Clock(running=False), account_version=account_version)
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
        for operation in waiting:  # more than there were requests
            world.do(operation)
        states = [at for at, message in enumerate(run.messages) if message.state]
        upto = None
        if sync.cut is not None and states:
            upto = states[int(sync.cut * (len(states) - 1))] + 1
            seen["cut"] += 1
        destination.take(run, upto)
        state = merged(state, run.state(upto))
    assert world.done >= LEAST_OPERATIONS
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


def tried(histories: int, seeded: int) -> Counter[str]:
    """Tries so many histories, the same for the same seed, and says how often what occurred.

    Raises:
        AssertionError: one of them did not end well; it is shown.
    """
    seen: Counter[str] = Counter()

    @seed(seeded)
    @settings(
        phases=[Phase.generate],
        max_examples=histories,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(SYNCS, min_size=3, max_size=4),
        st.integers(1, 50),
        st.sampled_from([None, OLD_VERSION]),
    )
    def check(history: list[Sync], world_of: int, account_version: str | None) -> None:
        run_history(history, world_of, account_version, seen)
        seen["history"] += 1

    with quiet():
        check()
    return seen


@contextmanager
def quiet() -> Iterator[None]:
    """Without the connector's log, which would take a tenth of the time."""
    logger = logging.getLogger("airbyte")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _no_search_for_cycles() -> None:
    """A process that makes and drops whole worlds spends a quarter of its time on looking for cycles in them."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)


def _tried(part: tuple[int, int]) -> Counter[str]:
    return tried(*part)


def main() -> int:
    """Tries many histories in several processes and prints what occurred; the exit code is 1 if one ended badly."""
    histories = int(os.environ.get("HISTORIES", "10000"))
    jobs = int(os.environ.get("JOBS", str(os.cpu_count() or 1)))
    first = int(os.environ.get("SEED", "1"))
    parts = [min(HISTORIES_A_PART, histories - done) for done in range(0, histories, HISTORIES_A_PART)]
    started = time.monotonic()
    seen: Counter[str] = Counter()
    with multiprocessing.get_context("spawn").Pool(jobs, _no_search_for_cycles) as pool:
        for counted in pool.imap_unordered(_tried, [(part, first + number) for number, part in enumerate(parts)]):
            seen += counted
            print(f"{seen['history']:,} of {histories:,} after {time.monotonic() - started:.0f} s", flush=True)
    print(f"{seen['history']} histories in {time.monotonic() - started:.0f} s, {jobs} at a time, seeds from {first}:")
    for kind in sorted(seen):
        print(f"  {kind:12} {seen[kind]:>9,}")
    missing = OCCURRED - {kind for kind in OCCURRED if seen[kind]}
    if missing:
        print(f"Never occurred: {', '.join(sorted(missing))}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
