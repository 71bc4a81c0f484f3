"""What stands on the page, before it is drawn. Texts are plain: the page escapes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from source_stripe.report.months import Months


@dataclass(frozen=True)
class Fact:
    """A number that stands for itself: `Gross volume`, `1,234.50`, `EUR`, `all time 9,999.00`."""

    label: str
    value: str
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """A table of numbers. The first column is text, and so are those that `texts` names by their index."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    texts: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Series:
    """One number a month, in major units; `colour` is a variable of the style sheet."""

    name: str
    colour: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class MonthlyChart:
    """Bars month by month; of two series, the second stands in front of the first.

    Attributes:
        says: what a reader is told of a month, by month (`2026-03`).
        whole: its numbers count things.
    """

    title: str
    months: Months
    series: tuple[Series, ...]
    says: Mapping[str, str]
    whole: bool = False


@dataclass(frozen=True)
class Bar:
    """A number in major units, and as it is written."""

    label: str
    value: float
    written: str
    colour: str


@dataclass(frozen=True)
class RankedChart:
    """Bars from the largest to the smallest."""

    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Panel:
    """A topic in one currency.

    Attributes:
        remarks: what a careful reader wants to know of these numbers.
        open: figures that are shown at once, without a click.
    """

    chart: MonthlyChart | RankedChart | None = None
    facts: tuple[Fact, ...] = ()
    open: tuple[Figures, ...] = ()
    figures: tuple[Figures, ...] = ()
    remarks: tuple[str, ...] = field(default=())
