"""The demo: check, discover, a first sync, changes, a second sync, and what each of them brought and cost."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from integration_tests.demo.changes import Changes, a_day_passes
from integration_tests.demo.connector import ROOT, Connector, Failed, Message, Synced
from integration_tests.demo.database import copy_into_duckdb
from integration_tests.sandbox import Limits, Sandbox, serve

SECRETS = ROOT / "secrets" / "config.json"
SIZE = 2_000
"""Charges of the sandbox."""

SYNTHESIZED = 20
"""Objects of what is no part of an ordinary business: enough to see that they are read."""

REQUESTS_PER_SECOND = 100
"""What Stripe allows a live key: a first sync of everything takes some seconds."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def main() -> int:
    """Runs the demo; the exit code is 0, or 1 where the connector failed or missed a change."""
    try:
        with tempfile.TemporaryDirectory() as workspace, _account() as (config, sandbox):
            return _demonstrate(Connector(Path(workspace), config), sandbox)
    except Failed as error:
        console.print(f"[red]{error}[/red]")
        return 1


@contextmanager
def _account() -> Iterator[tuple[Mapping[str, Any], Sandbox | None]]:
    """The configuration of the account to read, and the sandbox behind it if it is not the real Stripe."""
    if SECRETS.exists():
        console.print("Reading the real Stripe, with secrets/config.json.")
        yield json.loads(SECRETS.read_text()), None
        return
    limits = Limits(per_account=REQUESTS_PER_SECOND, per_endpoint=25)
    sandbox = Sandbox(size=SIZE, synthesized=SYNTHESIZED, connected=2, limits=limits)
    with serve(sandbox) as server:
        console.print(f"No secrets/config.json: reading a sandbox with {SIZE:,} charges at {server.base_url}.")
        config = {"api_key": server.key, "api_base": server.base_url}
        yield {**config, "requests_per_second": REQUESTS_PER_SECOND}, sandbox


def _demonstrate(connector: Connector, sandbox: Sandbox | None) -> int:
    console.rule("check")
    connector.check()
    console.print("The key works.")
    console.rule("discover")
    streams = connector.discover()
    console.print(f"{len(streams)} streams.")
    console.rule("first read")
    first = _read(connector, streams, {})
    changes: Changes = {}
    if sandbox is not None:
        changes = a_day_passes(sandbox)
        console.print("A day passes in the sandbox.")
    console.rule("second read, from the state of the first")
    second = _read(connector, streams, first.states)
    console.print(_table(streams, first, second, changes))
    for name, happened in changes.items():
        for what, ids in happened.items():
            console.print(f"{what} in {name}: {', '.join(ids)}")
    for warning in dict.fromkeys([*first.warnings, *second.warnings]):
        console.print(f"[yellow]{warning}[/yellow]")
    console.print(
        f"First sync: {_total(first.records)} records with {_total(first.requests)} requests in {first.took:.1f} s. "
        f"Second: {_total(second.records)} records with {_total(second.requests)} requests in {second.took:.1f} s."
    )
    missed = [
        f"{identifier} ({what} in {name})"
        for name, happened in changes.items()
        for what, ids in happened.items()
        for identifier in ids
        if not second.brought(name, identifier, deleted=what == "deleted")
    ]
    if missed:
        console.print(f"[red]The second sync missed {', '.join(missed)}[/red]")
        return 1
    console.rule("source-stripe ingest: into a database, without a platform")
    copy_into_duckdb(connector.config)
    return 0


def _read(connector: Connector, streams: list[Message], states: Mapping[str, Message]) -> Synced:
    """One sync with a bar on a terminal, and a line for each stream elsewhere."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("streams"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("starting", total=len(streams))
        records: dict[str, int] = {}

        def on_record(name: str) -> None:
            records[name] = records.get(name, 0) + 1
            if sum(records.values()) % 100 == 0:
                bar.update(task, description=f"{sum(records.values()):,} records")

        def on_status(name: str, status: str) -> None:
            if status in ("COMPLETE", "INCOMPLETE"):
                bar.advance(task)
                if not console.is_terminal:
                    console.print(f"{name}: {records.get(name, 0)} records, {status.lower()}")

        return connector.read(streams, states, on_record, on_status)


def _table(streams: list[Message], first: Synced, second: Synced, changes: Changes) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("stream", no_wrap=True)
    for sync in ("first", "second"):
        for measure in ("records", "requests", "seconds"):
            table.add_column(f"{sync}\n{measure}", justify="right", no_wrap=True)
    table.add_column("what\nchanged", no_wrap=True)
    for stream in streams:
        name = stream["name"]
        cells: list[str] = []
        for sync in (first, second):
            cells += [
                f"{sync.records.get(name, 0):,}",
                f"{sync.requests.get(name, 0):,}",
                f"{sync.seconds.get(name, 0):.1f}",
            ]
        happened = changes.get(name, {})
        table.add_row(name, *cells, ", ".join(f"{len(ids)} {what}" for what, ids in happened.items()))
    return table


def _total(counts: Mapping[str, int]) -> str:
    return f"{sum(counts.values()):,}"


if __name__ == "__main__":
    sys.exit(main())
