"""Documents about the streams, written from their declarations.

They are docs/streams.md, docs/permissions.md and the sentence in the README that counts streams.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from source_stripe.streams import AREAS, GONE, LEFT_OUT, StripeStream
from source_stripe.streams.stream import DAY
from tools import sdk
from tools.permissions import COMMAND as PERMISSIONS_COMMAND
from tools.permissions import described, permissions_of

STREAMS_DOCUMENT = PurePosixPath("docs/streams.md")
PERMISSIONS_DOCUMENT = PurePosixPath("docs/permissions.md")
INCREMENTAL_DOCUMENT = PurePosixPath("docs/incremental.md")
README = PurePosixPath("README.md")

_COUNTS = re.compile(r"(<!-- counts -->).*?(<!-- /counts -->)", re.DOTALL)
_FOLLOWED = re.compile(r"(<!-- streams -->).*?(<!-- /streams -->)", re.DOTALL)

Streams = Sequence[type[StripeStream]]

_FOLLOWED_COLUMNS = ("Stream", "Followed by", "Deletions", "Read again", "What cannot be seen")

_GENERATED = "Written by `make generate` from the declarations in `source_stripe/streams`; do not edit."
_LEGEND = """\
- **Cursor**: `updated` (or `invoice_updated` and the like, of the parent) where Stripe's events tell of changes, \
`created` where only new rows can be told; `read_at` where the list is read as a whole.
- **Parent**: the stream whose rows these rows hang on, and the field that names the parent's row.
- **Requests**: what reading all rows costs. _None beyond the parent's_ holds for parents that carry all of their \
rows, up to 10; each of the others costs a request for every 100 of its rows."""
_SILENT_DEFAULTS = """\
What lists leave out unless they are asked, and what is done about it. _Listed with the others_ is said where Stripe \
documents a parameter as a mere filter, and nobody is known to have seen otherwise. Lists that are not named here \
have no parameter that could hide rows."""
_RESTRICTED_KEYS = """\
A restricted key (`rk_…`) needs _Read_ for what it shall read, and nothing else. The exact set for a selection of \
streams:"""
_NAMES = """\
Names are the Dashboard's; in brackets are those of Stripe's API and of its messages, which put `rak_` in front at \
times. A name that is _not verified_ is derived from the resource: the 403 that Stripe answers without it says the \
right one."""


def documents(streams: Streams) -> Mapping[PurePosixPath, bytes]:
    """The documents by their paths below the project's root."""
    return {
        STREAMS_DOCUMENT: _streams_document(streams).encode(),
        PERMISSIONS_DOCUMENT: _permissions_document(streams).encode(),
    }


def readme_with_counts(readme: str, streams: Streams) -> str:
    """The README with the count of endpoints and streams between its `counts` marks; as it is if it has none."""
    return _COUNTS.sub(lambda marks: f"{marks[1]}\n{counts(streams)}\n{marks[2]}", readme)


def incremental_with_streams(text: str, streams: Streams) -> str:
    """docs/incremental.md with the table of streams between its `streams` marks; as it is if it has none."""
    table = _table(_FOLLOWED_COLUMNS, (_followed_row(stream) for stream in streams))
    return _FOLLOWED.sub(lambda marks: f"{marks[1]}\n{table}\n{marks[2]}", text)


def _followed_row(stream: type[StripeStream]) -> list[str]:
    again = _every(stream.reread_seconds)
    if stream.pending:
        again = "while " + ", ".join(f"`{name}` is {value}" for name, value in stream.pending.items())
    elif stream.single:
        again = "in every sync"
    return [f"`{stream.name}`", _way(stream), _deletions(stream), again, stream.unseen]


def _way(stream: type[StripeStream]) -> str:
    interest = stream.interest()
    if stream.whole():
        return "whole"
    if stream.parent is not None:
        return f"hangs on `{stream.parent.name}`" + (", and events of its own" if stream.through() else "")
    if interest is None:
        return "by creation"
    return "events" if interest.announced else "events, and its list for what is new"


def _deletions(stream: type[StripeStream]) -> str:
    interest = stream.interest()
    if stream.whole():
        return "no" if stream.single else "by an older `read_at`"
    if stream.parent is None:
        return "no" if interest is None else "yes" if interest.deletions else "Stripe tells of none"
    if stream.tells_deletions():
        return "yes"
    if not stream.parent.event_types() or stream.cursor_field == "created":
        return "no"
    if stream.reread_seconds > stream.parent.reread_seconds > 0:
        return "by an older cursor than others of the same row"
    return "by an older cursor"


def _every(seconds: int) -> str:
    days = seconds // DAY
    return {0: "", 1: "in full once a day", 7: "in full once a week"}.get(days, f"in full every {days} days")


def counts(streams: Streams) -> str:
    """How many lists the API has, how many of them streams read, how many are left out: two lines."""
    lists = {operation.path for operation in sdk.list_operations()}
    read = {stream.endpoint for stream in streams} & lists
    return (
        f"{len(lists)} list endpoints in Stripe's API {sdk.API_VERSION}: {len(read)} are read, by {len(streams)} "
        "streams,\n"
        f"and {len(lists - read)} are [left out, each for a reason](docs/streams.md#left-out)."
    )


def _streams_document(streams: Streams) -> str:
    parts = [
        "# Streams",
        _GENERATED,
        counts(streams).replace("docs/streams.md", ""),
        _LEGEND,
    ]
    for area in AREAS:
        declared = [stream for stream in streams if stream.__module__ == area.__name__]
        if declared:
            parts.append(f"## {_title(area.__doc__)}")
            parts.append(_table(_STREAM_COLUMNS, (_stream_row(stream) for stream in declared)))
    parts += [
        "## Silent defaults",
        _SILENT_DEFAULTS,
        _table(
            ("Stream", "Asked with", "What is known and done"),
            ((f"`{s.name}`", _asked_with(s), s.hidden) for s in streams if s.hidden or _asked_with(s)),
        ),
        "## Left out",
        _table(("Endpoint", "Why"), ((f"`{path}`", LEFT_OUT[path]) for path in sorted(LEFT_OUT))),
        "## Gone",
        _table(("Stream", "Why"), ((f"`{name}`", GONE[name]) for name in sorted(GONE))),
    ]
    return "\n\n".join(parts) + "\n"


def _permissions_document(streams: Streams) -> str:
    needed = permissions_of(streams)
    return "\n\n".join(
        [
            "# Permissions",
            _GENERATED,
            _RESTRICTED_KEYS,
            f"```console\n$ {PERMISSIONS_COMMAND} charges invoice_line_items\n{_example(streams)}\n```",
            _NAMES,
            _table(
                ("Permission", "Streams"),
                ((described(name), ", ".join(f"`{stream}`" for stream in needed[name])) for name in needed),
            ),
        ]
    ) + ("\n")


def _example(streams: Streams) -> str:
    shown = [stream for stream in streams if stream.name in ("charges", "invoice_line_items")]
    return "\n".join(f"Read: {described(permission)}" for permission in permissions_of(shown))


_STREAM_COLUMNS = ("Stream", "Stripe's object", "Endpoint", "Cursor", "Parent", "Permission", "Requests")


def _stream_row(stream: type[StripeStream]) -> tuple[str, ...]:
    objects = stream.kinds()
    return (
        f"`{stream.name}`",
        ", ".join(f"`{name}`" for name in objects),
        f"`{stream.endpoint}`",
        f"`{stream.cursor_field}`",
        f"`{stream.parent.name}` (`{stream.parent_key}`)" if stream.parent else "",
        described(stream.permission),
        cost(stream),
    )


def cost(stream: type[StripeStream]) -> str:
    """What reading all rows of a stream costs, in requests."""
    if stream.single:
        return "1"
    if stream.parent is None:
        if not stream.listing().limit:
            return "1"
        sets = len(stream.parameter_sets)
        return "1 per 100 rows" if sets == 1 else f"1 per 100 rows, in {sets} readings"
    if stream.embedded:
        return "none beyond the parent's"
    having = " and ".join(f"`{field}` {str(value).lower()}" for field, value in stream.of_parents.items())
    return f"1 per parent with {having}" if having else "1 per parent"


def _asked_with(stream: type[StripeStream]) -> str:
    return "; ".join(
        f"`{'&'.join(f'{name}={value}' for name, value in parameters.items())}`"
        for parameters in stream.parameter_sets
        if parameters
    )


def _title(docstring: str | None) -> str:
    """What an area is called: its docstring up to the colon."""
    return (docstring or "").strip().splitlines()[0].partition(":")[0].rstrip(".")


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
