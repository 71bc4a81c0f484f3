"""What following changes costs: ten thousand changed objects among a million."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import orjson

from benchmarks.bench import LISTS, Bench
from benchmarks.connector import run
from benchmarks.figures import Activity, Figure, Goal, pages_of
from benchmarks.measured import ENDPOINT_PER_SECOND, TOTAL_PER_SECOND, Measured
from benchmarks.server import Server
from benchmarks.speed import LATENCY
from benchmarks.tally import Json, Tally, Wrong, configured

CHANGED = 10_000
CHANGES_AT_A_MOMENT, SECONDS_BETWEEN = 10, 5
OLD_VERSION = "2024-06-20"
# What is changed of what, so that Stripe writes an event of it.
FIELDS = {
    "charges": {"description": "changed"},
    "customers": {"name": "Changed"},
    "invoices": {"description": "changed"},
    "payment_intents": {"status": "canceled"},
}


def changes(bench: Bench) -> Iterator[Figure | Activity]:
    """An incremental read with events in the connector's own API version, and one with events in an old one."""
    states = dict(bench.million.finished.tally.states)
    ids = bench.million.finished.tally.ids
    server = bench.large
    for turn, version in enumerate((None, OLD_VERSION)):
        changed = {name: _spread(ids[name], CHANGED // len(FIELDS), turn) for name in FIELDS}
        _change(server, changed, version)
        server.prepare(latency=LATENCY, per_account=TOTAL_PER_SECOND, per_endpoint=ENDPOINT_PER_SECOND)
        measured = _follow(server, states, changed)
        states.update(measured.finished.tally.states)
        where = "the connector's version" if version is None else f"version {version}"
        if version is None:
            allowed = 110 + pages_of([CHANGED])
            yield Figure(
                "changes",
                f"requests for {CHANGED:,} changed of {bench.million.records:,}, events in {where}",
                Goal(allowed, at_most=True),
                [measured.served.requests],
                "{:,.0f}",
                f"110 and {pages_of([CHANGED])} pages of events; took {measured.seconds:.0f} s",
            )
        else:
            least = seconds_by_limits(measured.served.by_endpoint)
            yield Figure(
                "changes",
                f"the same, events in {where}: the time that limits alone demand, of the time it took",
                Goal(0.80),
                [least / measured.seconds],
                "{:.0%}",
                f"{measured.served.requests:,} requests in {measured.seconds:.0f} s",
            )
        yield measured.activity(f"{CHANGED:,} changes, events in {where}")


def seconds_by_limits(by_endpoint: Mapping[str, int]) -> float:
    """The least time in which so many requests, by endpoint, may be sent."""
    busiest = max(by_endpoint.values(), default=0)
    return max(sum(by_endpoint.values()) / TOTAL_PER_SECOND, busiest / ENDPOINT_PER_SECOND)


def _spread(ids: set[str], count: int, turn: int) -> list[str]:
    """So many of the ids, by no order that the list has; others in each turn."""
    known = sorted(ids)
    return [known[(place * 2 + turn) * len(known) // (2 * count)] for place in range(count)]


def _change(server: Server, changed: Mapping[str, list[str]], version: str | None) -> None:
    """Changes objects one after another, over an hour and a half by the sandbox's clock; then two minutes pass, so that
    none of it is too fresh to be read."""
    connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc)
    for name, identifiers in changed.items():
        for place, identifier in enumerate(identifiers):
            if place % CHANGES_AT_A_MOMENT == 0:
                server.control("POST", "/clock", {"advance": SECONDS_BETWEEN})
            wanted: Json = {"path": LISTS[name], "id": identifier, "fields": FIELDS[name]}
            if version is not None:
                wanted["api_version"] = version
            connection.request("POST", "/_sandbox/update", orjson.dumps(wanted))
            response = connection.getresponse()
            said = response.read()
            if response.status != 200:
                raise RuntimeError(f"{name} {identifier} could not be changed: {said!r}")
    connection.close()
    server.control("POST", "/clock", {"advance": 120})


def _follow(server: Server, states: Mapping[str, Json], changed: Mapping[str, list[str]]) -> Measured:
    streams = [name for name in LISTS if name != "balance_transactions"]  # has no events
    inputs = {
        "config": server.config(),
        "catalog": configured(streams, "incremental"),
        "state": [states[name] for name in streams],
    }
    finished = run("read", inputs=inputs)
    _expect_changed(finished.tally, changed)
    return Measured({name: len(found) for name, found in changed.items()}, finished, server.served())


def _expect_changed(tally: Tally, changed: Mapping[str, list[str]]) -> None:
    for name, identifiers in changed.items():
        missing = set(identifiers) - tally.ids.get(name, set())
        if missing:
            raise Wrong(f"{len(missing)} of {len(identifiers)} changed {name} were not read, such as {min(missing)}")
