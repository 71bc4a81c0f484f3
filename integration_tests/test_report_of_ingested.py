"""The report of a database that `ingest` wrote: its numbers are those of the rows that Stripe has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integration_tests.in_process import read
from integration_tests.ingested import duckdb_in, ingest
from integration_tests.sandbox import Clock, Sandbox
from integration_tests.tables import write_tables
from source_stripe.report.content import Panel
from source_stripe.report.database import Database
from source_stripe.report.months import Months
from source_stripe.report.page import TOPICS
from source_stripe.report.tables import Tables
from source_stripe.streams import STREAMS

DAY = 86_400


def streams_of_the_page() -> list[str]:
    needed = {needs.stream for topic in TOPICS for question in topic.questions for needs in question.needs}
    return [stream.name for stream in STREAMS if stream.name in needed | {"account"}]


def told(path: Path) -> tuple[dict[tuple[str, str], Panel | None], Any]:
    """What the page of a database tells, by topic and currency, and of each table its name and numbers of rows."""
    panels = {}
    with Database(path) as database:
        topics = [topic(database) for topic in TOPICS]
        assert [topic.key for topic in topics if topic.lacks] == []
        months = Months.of(set().union(*(topic.months() for topic in topics)))
        for topic in topics:
            for currency in topic.currencies():
                panels[topic.key, currency] = topic.panel(currency, months)
        tables = Tables.of(database)
    return panels, ([row[:3] for row in tables.figures.rows], tables.newest, tables.account, tables.livemode)


def test_the_page_tells_of_loaded_tables_what_it_tells_of_the_rows_themselves(tmp_path: Path) -> None:
    sandbox = Sandbox(size=300, synthesized=5, clock=Clock(running=False))
    streams = streams_of_the_page()
    assert ingest(sandbox, duckdb_in(tmp_path / "loaded"), streams).complete
    sandbox.clock.advance(DAY)
    charge, other = list(sandbox.truth("/v1/charges"))[:2]
    sandbox.create("/v1/charges", {"customer": charge["customer"]})
    sandbox.update("/v1/charges", other["id"], {"status": "failed", "failure_code": "card_declined"})
    sandbox.delete("/v1/products", next(iter(sandbox.truth("/v1/products")))["id"])
    sandbox.clock.advance(600)
    assert ingest(sandbox, duckdb_in(tmp_path / "loaded"), streams, hard_delete=True).complete

    run = read(sandbox, streams, mode="full_refresh")
    (tmp_path / "rows").mkdir()
    rows = write_tables(tmp_path / "rows" / "stripe.duckdb", {stream: run.records(stream) for stream in streams})
    panels, tables = told(tmp_path / "loaded" / "stripe.duckdb")
    assert {topic for topic, _ in panels} == {topic.key for topic in TOPICS}
    assert (panels, tables) == told(rows)
