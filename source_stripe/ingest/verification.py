"""`source-stripe verify`: reads Stripe once more, beside the tables, and says where the two differ."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from airbyte_cdk.utils import AirbyteTracedException

from source_stripe.api.keys import without_keys
from source_stripe.ingest.columns import Row
from source_stripe.ingest.comparison import Difference, Span, Table, months
from source_stripe.ingest.copying import Copying, Interval, Watcher, configured
from source_stripe.ingest.package import Saved
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.tables import Target, stream_named
from source_stripe.ingest.warehouse import Warehouse
from source_stripe.reading.listing import PAGE_SIZE, STRIPE_BEGAN
from source_stripe.reading.records import Records
from source_stripe.source import SourceStripe

logger = logging.getLogger("airbyte")

ROWS_AT_A_TIME = 50_000
"""Months are read together up to so many rows of the table: they are in memory at a time."""


@dataclass(frozen=True)
class Plan:
    """What comparing a table takes.

    Attributes:
        groups: months that are read together.
        counts: rows of the table by month.
        until: up to when the table was synced, Unix seconds.
    """

    table: Table
    groups: tuple[tuple[Span, ...], ...]
    counts: Mapping[str, int]
    start: int
    until: int

    @property
    def rows(self) -> int:
        """How many the table has."""
        return sum(self.counts.values())

    @property
    def requests(self) -> int:
        """About how many it takes to read as many rows as the table has, and to ask for the account each time."""
        return math.ceil(self.rows / PAGE_SIZE) + len(self.groups)


@dataclass
class Verdict:
    """What came of comparing a table. `failed` says why it could not be compared to its end."""

    target: Target
    differences: list[Difference] = field(default_factory=list)
    failed: str | None = None


class Verification:
    """Compares tables of one destination with Stripe.

    Args:
        source: makes a connector; each reading takes one.
        options: the connector's configuration.
    """

    def __init__(self, source: Callable[[], SourceStripe], options: Mapping[str, Any], warehouse: Warehouse) -> None:
        self._source = source
        self._options = options
        self._warehouse = warehouse
        self._saved = warehouse.saved()

    def targets(self) -> list[Target]:
        """Every table that `ingest` has filled there."""
        return [Target(stream_named(saved.stream), table) for table, saved in sorted(self._saved.items())]

    def plan(self, target: Target) -> Plan:
        """What comparing the table will take.

        Raises:
            Refused: there is no such table, or no sync of it has come to its end.
        """
        saved = self._saved.get(target.table)
        if saved is None or not self._warehouse.has(target.table):
            raise Refused(f"There is no table {target.table} that ingest has filled: run ingest first.")
        table = Table(target, self._warehouse)
        start, until = _synced(target, saved)
        counts = table.counts()
        if not table.by_time:
            return Plan(table, ((Span(),),), counts, start, until)
        groups: list[tuple[Span, ...]] = []
        group: list[Span] = []
        held = 0
        for month in months(start, until):
            count = counts.get(month.title, 0)
            if group and held + count > ROWS_AT_A_TIME:
                groups.append(tuple(group))
                group, held = [], 0
            group.append(month)
            held += count
        return Plan(table, (*groups, tuple(group)), counts, start, until)

    def verdict(self, plan: Plan) -> Verdict:
        """Reads Stripe and compares."""
        verdict = Verdict(plan.table.target)
        try:
            for group in plan.groups:
                verdict.differences += self._compared(plan, group)
        except AirbyteTracedException as error:
            verdict.failed = without_keys(error.message or str(error))
        return verdict

    def repair(self, plan: Plan, verdict: Verdict, watcher: Watcher) -> None:
        """Reads again what differs, and nothing else, and takes out what Stripe has no more.

        Raises:
            Refused: it could not be read.
        """
        target = verdict.target
        for difference in verdict.differences:
            if difference.missing or difference.stale:
                span = difference.span
                interval = Interval(plan.start if span.start is None else span.start, span.end)
                copying = Copying(self._source(), self._options, [target], self._warehouse, watcher, interval=interval)
                outcome = copying.run()
                if not outcome.complete:
                    raise Refused("; ".join(outcome.errors.values()) or "Stopped.")
            if difference.extra:
                plan.table.discard(difference.extra, self._warehouse.synced_at)

    def _compared(self, plan: Plan, group: Sequence[Span]) -> Iterator[Difference]:
        table, created = plan.table, plan.table.target.stream.created_field
        found: dict[str, list[Row]] = {span.title: [] for span in group}
        for row in self._stripes(plan, group):
            at = row.get(created)
            title = "all" if group[0].start is None else _month(at)
            found.setdefault(title, []).append(row)
        for span in group:
            if not found[span.title] and not plan.counts.get(span.title):
                continue
            rows: pa.Table = table.layout.table(found[span.title], self._warehouse.synced_at)
            if difference := table.compared(span, table.stripes(rows)):
                yield difference

    def _stripes(self, plan: Plan, group: Sequence[Span]) -> Iterator[Row]:
        # A list that cannot be asked by time is read to its end: what is new since the last sync is missing here.
        start, end = group[0].start or plan.start, group[-1].end
        name = plan.table.target.stream.name
        options = {**self._options, "start_date": datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for message in self._source().read_pages(logger, options, configured([name], whole=True), before=end):
            if isinstance(message, Records):
                yield from message.rows


def _synced(target: Target, saved: Saved) -> tuple[int, int]:
    """The span that the table is complete for, Unix seconds."""
    state = saved.state or {}
    until = state.get(target.stream.cursor_field)
    if not isinstance(until, int) or state.get("unread"):
        raise Refused(f"No sync of {target.table} has come to its end yet: run ingest first.")
    return max(int(state.get("covers_from", STRIPE_BEGAN)), STRIPE_BEGAN), until


def _month(created: object) -> str:
    if isinstance(created, str):  # /v2 writes times out
        return created[:7]
    return datetime.fromtimestamp(created if isinstance(created, int) else STRIPE_BEGAN, UTC).strftime("%Y-%m")
