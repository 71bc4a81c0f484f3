"""What a user calls a table, and which stream that is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from source_stripe.api.keys import shown
from source_stripe.ingest.refusal import Refused
from source_stripe.streams import GONE, STREAMS, StripeStream

ALL = "all"

SUFFIXES = (":sync:incremental", ":sync")
"""ingestr's way to choose between its readers. There is one here, and it is incremental wherever Stripe lets it be."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$-]*")


@dataclass(frozen=True)
class Target:
    """A stream and the table it is copied into."""

    stream: type[StripeStream]
    table: str


def targets(source_tables: str, dest_table: str | None) -> tuple[str, list[Target]]:
    """The schema to write into, and what goes where in it.

    Args:
        source_tables: a name, several with commas between them, or `all`.
        dest_table: `schema.table` for one table, `schema` for several; None for `stripe` and the stream's own name.

    Raises:
        Refused: a name is none, or the destination does not fit the number of tables.
    """
    streams = streams_named(source_tables)
    schema, table = _destination(dest_table, several=len(streams) > 1 or source_tables.strip() == ALL)
    return schema, [Target(stream, table or stream.name) for stream in streams]


def streams_named(source_tables: str) -> list[type[StripeStream]]:
    """The streams that names mean, each once, in the order they are named.

    Raises:
        Refused: a name is no stream's.
    """
    names = [name.strip() for name in source_tables.split(",") if name.strip()]
    if not names:
        raise Refused(f"--source-table is empty: name a table such as charges, several with commas, or {ALL}.")
    if ALL in names:
        return list(STREAMS)
    return list(dict.fromkeys(stream_named(name) for name in names))


def stream_named(name: str) -> type[StripeStream]:
    """The stream that a name means: its own, or ingestr's for it (singular, without underscores, with a suffix).

    Raises:
        Refused: none is meant; the nearest name is suggested.
    """
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    if name in GONE:
        raise Refused(f"There is no table {shown(name)} any more: {GONE[name]}")
    for stream in STREAMS:
        if stream.name == name:
            return stream
    for stream in STREAMS:
        if _bare(name) in set(_spellings(stream.name)):
            return stream
    known = {spelling: stream.name for stream in STREAMS for spelling in _spellings(stream.name)}
    nearest = difflib.get_close_matches(_bare(name), known, n=1)
    hint = f"Did you mean {known[nearest[0]]!r}?" if nearest else f"{ALL} reads every one; docs/streams.md lists them."
    raise Refused(f"There is no table {shown(name)}. {hint}")


def _spellings(stream_name: str) -> Iterator[str]:
    """The name without underscores, with its last word in plural and in singular."""
    yield _bare(stream_name)
    yield _bare(_singular(stream_name))
    yield _bare(f"{stream_name}s")


def _singular(name: str) -> str:
    for plural, singular in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if name.endswith(plural):
            return name.removesuffix(plural) + singular
    return name


def _bare(name: str) -> str:
    return re.sub(r"[_\s-]", "", name).lower()


def _destination(dest_table: str | None, several: bool) -> tuple[str, str | None]:
    if dest_table is None:
        return "stripe", None
    schema, dot, table = dest_table.partition(".")
    if several and dot:
        raise Refused(
            f"--dest-table is {shown(dest_table)}, one table, but several are to be written: give the schema alone."
        )
    if not several and not dot:
        raise Refused(f"--dest-table is {shown(dest_table)}, but has to be schema.table, such as stripe.charges.")
    for part in (schema, table) if dot else (schema,):
        if not _NAME.fullmatch(part):
            raise Refused(f"--dest-table is {shown(dest_table)}, but {shown(part)} is no name of a schema or table.")
    return schema, table or None
