"""`source-stripe ingest`: Stripe into a database with one line."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from source_stripe.arguments import parsed
from source_stripe.config import Config, ConfigRefused
from source_stripe.ingest import exit_codes
from source_stripe.ingest.board import Board
from source_stripe.ingest.copying import Copying, Interval
from source_stripe.ingest.destinations import Destination, destination_of
from source_stripe.ingest.estimate import client_of, print_estimate
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.running import run
from source_stripe.ingest.source_uri import KEY_VARIABLE, key_on_the_command_line, options_of
from source_stripe.ingest.tables import Target, targets
from source_stripe.ingest.warehouse import opened
from source_stripe.report.command import report
from source_stripe.report.refusal import ReportRefused
from source_stripe.source import SourceStripe

EPILOG = f"""\
The key is best kept off the command line: set {KEY_VARIABLE}, or write stripe://?api_key_file=PATH.
Run the same line again and it brings what is new, changed and deleted since.

exit codes: 0 all there, 1 something is missing (said which), 2 the command needs a change,
3 another run writes into this destination, 130 stopped
"""

KEY_WARNING = (
    "The key stands on the command line, where the shell's history and everybody who lists this machine's processes "
    f"find it: set {KEY_VARIABLE} and leave api_key out."
)


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = argparse.ArgumentParser(
        prog="source-stripe ingest",
        description="Copies Stripe into a database, and keeps it fresh.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "--source-uri", default="stripe://", metavar="URI", help="stripe://?api_key=…&account_id=…&start_date=…"
    )
    made.add_argument("--source-table", required=True, metavar="NAMES", help="charges, several with commas, or all")
    made.add_argument("--dest-uri", required=True, metavar="URI", help="duckdb:///stripe.duckdb, postgresql://…")
    made.add_argument("--dest-table", metavar="NAME", help="schema.table, or for several tables their schema")
    made.add_argument("--interval-start", metavar="DATE", help="with --interval-end: what was created in between only")
    made.add_argument("--interval-end", metavar="DATE", help="the first moment that is not read any more")
    made.add_argument("--full-refresh", action="store_true", help="read everything anew; rows Stripe has no more go")
    made.add_argument("--hard-delete", action="store_true", help="remove deleted rows instead of marking them")
    made.add_argument(
        "--report", nargs="?", const="", metavar="FILE", help="write the page of `source-stripe report` afterwards"
    )
    made.add_argument("--dry-run", action="store_true", help="say what would be read, and with how many requests")
    return made


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns its exit code."""
    given = parsed(parser().parse_args, arguments)
    return run(lambda console: _ingest(given, console), given.dest_uri)


def _ingest(given: argparse.Namespace, console: Console) -> int:
    if key_on_the_command_line(given.source_uri):
        console.print(KEY_WARNING, style="yellow", soft_wrap=True)
    schema, copied = targets(given.source_table, given.dest_table)
    destination = destination_of(given.dest_uri)
    if given.report is not None and destination.path is None:
        raise Refused("--report reads a DuckDB file: this destination is none.")
    source = SourceStripe()
    options = source.configure(options_of(given.source_uri), "")
    interval = interval_of(options, given.interval_start, given.interval_end)
    if interval and given.full_refresh:
        raise Refused("--full-refresh reads everything, an interval a part: give one of them.")
    with opened(destination, schema) as warehouse:
        if given.dry_run:
            settings = Config.of(options)
            saved = warehouse.saved()
            client = client_of(settings)
            return print_estimate(client, settings, copied, saved, interval, given.full_refresh, console)
        board = Board([target.stream.name for target in copied], lambda: source.readings, console)
        copying = Copying(
            source,
            options,
            copied,
            warehouse,
            board,
            full_refresh=given.full_refresh,
            hard_delete=given.hard_delete,
            interval=interval,
        )
        with board.shown():
            outcome = copying.run()
        board.summary()
    board.say(_where(destination, schema, copied))
    if given.report is not None and destination.path is not None:
        board.say(f"A first look: {_reported(destination.path, given.report, schema)}")
    if outcome.stopped:
        board.say("Stopped. What is there is usable; run the same line again to go on.", "yellow")
        return exit_codes.INTERRUPTED
    return exit_codes.DONE if outcome.complete else exit_codes.INCOMPLETE


def interval_of(options: Mapping[str, Any], start: str | None, end: str | None) -> Interval | None:
    """What --interval-start and --interval-end say; None where neither is given.

    Raises:
        Refused: one of them is no time, or the end is not after the start.
    """
    if start is None and end is None:
        return None
    first = _moment(options, "--interval-start", start or options.get("start_date"))
    last = _moment(options, "--interval-end", end) if end else None
    if last is not None and last <= first:
        raise Refused("--interval-end has to be later than --interval-start.")
    return Interval(first, last)


def _moment(options: Mapping[str, Any], argument: str, text: Any) -> int:
    """Unix seconds of a time in any form that start_date takes."""
    try:
        return Config.of({**options, "start_date": text}).start
    except ConfigRefused as error:
        raise Refused(str(error).replace("start_date", argument)) from None


def _reported(database: Path, file: str, schema: str) -> Path:
    """The page about the database, written.

    Raises:
        Refused: there can be none.
    """
    page = Path(file) if file else database.with_suffix(".html")
    try:
        report(database, page, schema)
    except ReportRefused as error:
        raise Refused(str(error)) from None
    return page


def _where(destination: Destination, schema: str, copied: Sequence[Target]) -> str:
    """Where the rows are, in a form to copy."""
    table = copied[0].table
    if destination.path is None:
        return f"In {destination.shown}, schema {schema}."
    # A DuckDB file is a database by its name: `stripe.charges` in stripe.duckdb could be either's.
    database = destination.path.name.partition(".")[0]
    name = f"{database}.{schema}.{table}" if database == schema else f"{schema}.{table}"
    return f"In {destination.path}: query it as {name}."
