"""Numbers by month: their sums, their table, their bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from source_stripe.report.content import Series
from source_stripe.report.currencies import major
from source_stripe.report.months import Months, title

Numbers = Mapping[str, int]
"""Of one month, by name."""

ByMonth = Mapping[str, Numbers]


def sum_of(rows: ByMonth, field: str, months: Iterable[str] | None = None) -> int:
    """The sum of a number over months; over all that there are without `months`."""
    return sum(rows[month][field] for month in (rows if months is None else months) if month in rows)


def sums_of(rows: ByMonth, fields: Iterable[str], months: Iterable[str] | None = None) -> dict[str, int]:
    """The same for several numbers."""
    chosen = None if months is None else list(months)
    return {field: sum_of(rows, field, chosen) for field in fields}


def table(
    rows: ByMonth, months: Months, cells: Callable[[Numbers], tuple[str, ...]], fields: Iterable[str]
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """The lines of a table, newest month first, and its line of totals.

    Args:
        cells: makes a line of the numbers of a month, or of a sum of months.
    """
    names = tuple(fields)
    nothing = dict.fromkeys(names, 0)
    lines = [(title(month), *cells(rows.get(month, nothing))) for month in reversed(months.names)]
    if earlier := [month for month in rows if months.before(month)]:
        lines.append((f"before {title(months.names[0])}", *cells(sums_of(rows, names, earlier))))
    return tuple(lines), ("Total", *cells(sums_of(rows, names)))


def told(rows: ByMonth, months: Months, fields: Iterable[str], say: Callable[[Numbers], str]) -> dict[str, str]:
    """What a reader is told of each month who points at it."""
    nothing = dict.fromkeys(fields, 0)
    return {month: f"{title(month)}\n{say(rows.get(month, nothing))}" for month in months.names}


def bars(name: str, colour: str, rows: ByMonth, field: str, currency: str | None) -> Series:
    """A number by month as bars: amounts with a currency, else counts."""
    return Series(
        name,
        colour,
        {month: major(n[field], currency) if currency else float(n[field]) for month, n in rows.items()},
    )


def share(part: int, whole: int) -> str:
    """`4.2%`."""
    return f"{100 * part / whole:.1f}%" if whole else "–"


def count(number: int, thing: str) -> str:
    """`1 refund`, `2,000 refunds`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
