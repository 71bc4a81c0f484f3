"""`source-stripe report`: the page from the command line."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from source_stripe.api.keys import without_keys
from source_stripe.arguments import parsed
from source_stripe.report.refusal import ReportRefused

_URI = "duckdb:///"


def report(database: Path, output: Path, schema: str | None = None, made: datetime | None = None) -> None:
    """Writes the page about a database.

    Args:
        schema: where the streams' tables are; None to find it.
        made: what the page says of when it was made; None for now.

    Raises:
        ReportRefused: there can be none, for a reason that the user can do something about.
    """
    try:
        # The extra may not be there; nor should a command that needs none of it wait for it.
        from source_stripe.report.database import Database
        from source_stripe.report.page import save, write
    except ModuleNotFoundError as missing:
        raise ReportRefused(
            f"A report needs {missing.name}, which is not installed: pip install 'source-stripe[ingest]'."
        ) from missing
    if output.resolve() == database.resolve():
        raise ReportRefused(f"{output} is the database itself: name another file with --output.")
    with Database(database, schema) as opened:
        page = write(opened, made or datetime.now(UTC))
    try:
        save(page, output)
    except OSError as error:
        raise ReportRefused(f"{output} cannot be written: {error.strerror}.") from error


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit code: 0, or 1 with one sentence on stderr."""
    parser = argparse.ArgumentParser(
        prog="source-stripe report",
        description="A first look at copied Stripe data: one HTML page that needs no network, from a DuckDB file.",
    )
    parser.add_argument("database", help="the DuckDB file that `source-stripe ingest` wrote")
    parser.add_argument("--output", type=Path, help="the page's file (default: beside the database, ending in .html)")
    parser.add_argument("--schema", help="the schema that holds the tables (default: found, `stripe` first)")
    parser.add_argument("--open", action="store_true", help="show it in the browser")
    chosen = parsed(parser.parse_args, arguments)
    database = Path(chosen.database.removeprefix(_URI))
    output: Path = chosen.output or database.with_suffix(".html")
    try:
        report(database, output, chosen.schema)
    except ReportRefused as refusal:
        sys.stderr.write(without_keys(f"{refusal}\n"))  # a key may have been given for a file
        return 1
    sys.stdout.write(f"{output}\n")
    if chosen.open:
        webbrowser.open(output.resolve().as_uri())
    return 0
