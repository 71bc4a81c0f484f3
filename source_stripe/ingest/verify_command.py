"""`source-stripe verify`: for whoever's table is short by ten rows."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as Grid

from source_stripe.arguments import parsed
from source_stripe.ingest import exit_codes
from source_stripe.ingest.board import Board
from source_stripe.ingest.command import KEY_WARNING
from source_stripe.ingest.comparison import Difference
from source_stripe.ingest.destinations import destination_of
from source_stripe.ingest.package import Key
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.running import run
from source_stripe.ingest.source_uri import key_on_the_command_line, options_of
from source_stripe.ingest.tables import ALL, targets
from source_stripe.ingest.terminal import say
from source_stripe.ingest.verification import Plan, Verdict, Verification
from source_stripe.ingest.warehouse import opened
from source_stripe.source import SourceStripe

KEYS_SHOWN = 20
"""Of each kind and month; --all-keys shows every one."""

EPILOG = """\
Tables are compared with Stripe as it is now: run ingest first, or what has changed since counts as stale.

exit codes: 0 the same, 1 not the same or not compared to the end, 2 the command needs a change,
3 another run writes into this destination, 130 stopped
"""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = argparse.ArgumentParser(
        prog="source-stripe verify",
        description="Compares tables with Stripe, month by month: what is missing, too much or stale.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--dest-uri", required=True, metavar="URI", help="as for ingest")
    made.add_argument("--dest-table", metavar="NAME", help="as for ingest; by default the schema stripe")
    made.add_argument("--source-table", default=ALL, metavar="NAMES", help="as for ingest; by default all there are")
    made.add_argument("--source-uri", default="stripe://", metavar="URI", help="as for ingest")
    made.add_argument("--repair", action="store_true", help="read again what differs, and nothing else")
    made.add_argument("--all-keys", action="store_true", help=f"print every key, not the first {KEYS_SHOWN}")
    made.add_argument("--dry-run", action="store_true", help="say what it will cost, and stop")
    return made


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns its exit code."""
    given = parsed(parser().parse_args, arguments)
    return run(lambda console: _verify(given, console), given.dest_uri)


def _verify(given: argparse.Namespace, console: Console) -> int:
    if key_on_the_command_line(given.source_uri):
        console.print(KEY_WARNING, style="yellow", soft_wrap=True)
    schema, named = targets(given.source_table, given.dest_table)
    destination = destination_of(given.dest_uri)
    if not destination.merges:
        raise Refused(
            f"{destination.shown} holds files, which keep every version of a row: there is nothing to verify."
        )
    options = SourceStripe().configure(options_of(given.source_uri), "")
    with opened(destination, schema) as warehouse:
        verification = Verification(SourceStripe, options, warehouse)
        there = {target.table: target for target in verification.targets()}
        compared = list(there.values()) if given.source_table.strip() == ALL else named
        if not compared:
            raise Refused(f"There are no tables of ingest's in {destination.shown}, schema {schema}.")
        plans = [verification.plan(target) for target in compared]
        requests, rows = sum(plan.requests for plan in plans), sum(plan.rows for plan in plans)
        say(console, f"Comparing {rows:,} rows of {len(plans)} tables takes about {requests:,} requests.")
        if given.dry_run:
            return exit_codes.DONE
        board = Board([target.stream.name for target in compared], list, console)
        with board.shown():
            verdicts = [verification.verdict(plan) for plan in plans]
        for plan, verdict in zip(plans, verdicts, strict=True):
            _tell(console, plan, verdict, given.all_keys)
        if all(not verdict.differences and not verdict.failed for verdict in verdicts):
            say(console, "Everything is as Stripe has it.")
            return exit_codes.DONE
        if not given.repair:
            return exit_codes.INCOMPLETE
        for plan, verdict in zip(plans, verdicts, strict=True):
            verification.repair(plan, verdict, board)
    say(console, "What differed was read again.")
    return exit_codes.INCOMPLETE if any(verdict.failed for verdict in verdicts) else exit_codes.DONE


def _tell(console: Console, plan: Plan, verdict: Verdict, all_keys: bool) -> None:
    table = verdict.target.table
    if verdict.failed:
        say(console, f"{table}: not compared to its end. {verdict.failed}", "red")
    elif not verdict.differences:
        say(console, f"{table}: {plan.rows:,} rows, the same.")
    if not verdict.differences:
        return
    say(console, f"{table}:", "bold")
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("month")
    for column in ("here", "in Stripe", "missing", "too much", "stale"):
        grid.add_column(column, justify="right")
    for each in verdict.differences:
        counts = (each.here, each.there, len(each.missing), len(each.extra), len(each.stale))
        grid.add_row(each.span.title, *(f"{count:,}" for count in counts))
    console.print(grid)
    for each in verdict.differences:
        for line in _lines(each, all_keys):
            say(console, line)


def _lines(difference: Difference, all_keys: bool) -> list[str]:
    stale = [f"{_shown(key)} ({', '.join(names)})" for key, names in difference.stale.items()]
    kinds = {
        "missing": [_shown(key) for key in difference.missing],
        "too much": [_shown(key) for key in difference.extra],
        "stale": stale,
    }
    lines = []
    for kind, keys in kinds.items():
        shown = keys if all_keys else keys[:KEYS_SHOWN]
        lines += [f"  {difference.span.title} {kind}: {key}" for key in shown]
        if len(shown) < len(keys):
            lines.append(f"  {difference.span.title} {kind}: and {len(keys) - len(shown):,} more (--all-keys)")
    return lines


def _shown(key: Key) -> str:
    return " ".join(str(part) for part in key)
