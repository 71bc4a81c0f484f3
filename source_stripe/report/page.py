"""The page: what the topics say, put into one HTML file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path

import jinja2
from markupsafe import Markup

from source_stripe.report.billings import Billings
from source_stripe.report.charts import FULL, HALF, NARROW, draw
from source_stripe.report.content import Fact, Figures, MonthlyChart, Panel, RankedChart
from source_stripe.report.database import Answer, Database, Lack
from source_stripe.report.disputes import Disputes
from source_stripe.report.failures import Failures
from source_stripe.report.fees import Fees
from source_stripe.report.months import Months, title
from source_stripe.report.payouts import Payouts
from source_stripe.report.refunds import Refunds
from source_stripe.report.subscriptions import Subscriptions
from source_stripe.report.tables import Tables
from source_stripe.report.topic import Topic
from source_stripe.report.volume import Volume

TOPICS: tuple[type[Topic], ...] = (
    Volume,
    Refunds,
    Fees,
    Disputes,
    Failures,
    Subscriptions,
    Billings,
    Payouts,
)
"""In the order of the page."""

CURRENCIES = 8
"""So many have charts and months of their own, the busiest; the others are one line each, so that pages stay small."""


@dataclass(frozen=True)
class Drawing:
    """A chart in both sizes."""

    title: str
    legend: tuple[tuple[str, str], ...]
    wide: Markup
    narrow: Markup


@dataclass(frozen=True)
class ShownPanel:
    currency: str
    content: Panel | None
    drawing: Drawing | None


@dataclass(frozen=True)
class ShownLack:
    """What is missing, and the command that brings it."""

    says: str
    command: str


@dataclass(frozen=True)
class ShownTopic:
    key: str
    title: str
    meaning: str
    nothing: str
    full: bool
    panels: list[ShownPanel]
    lacks: list[ShownLack]
    answers: list[Answer]


@dataclass(frozen=True)
class Page:
    """All that the template is filled with."""

    title: str
    file: str
    meta: list[str]
    livemode: bool | None
    currencies: list[str]
    year: str
    headlines: list[tuple[str, list[Fact]]]
    topics: list[ShownTopic]
    others: Figures
    tables: Tables
    made: str


def write(database: Database, made: datetime) -> str:
    """The whole page as HTML.

    Args:
        made: what it says of when it was made, UTC.
    """
    topics = [topic(database) for topic in TOPICS]
    months = Months.of({month for topic in topics for month in topic.months()})
    currencies = sorted(
        {currency for topic in topics for currency in topic.currencies()},
        key=lambda currency: (-sum(topic.weight(currency) for topic in topics), currency),
    )
    shown, rest = currencies[:CURRENCIES], currencies[CURRENCIES:]
    tables = Tables.of(database)
    identifier, name = tables.account
    page = Page(
        title=name or identifier or database.path.stem,
        file=database.path.name,
        meta=_meta(tables, identifier if name else ""),
        livemode=tables.livemode,
        currencies=shown,
        year=f"{title(months.year[0])} to {title(months.year[-1])}" if months.names else "",
        headlines=[(each, facts) for each in shown if (facts := _headlines(topics, each, months))],
        topics=[_topic(topic, shown, months, database) for topic in topics],
        others=_others(topics, rest, months),
        tables=tables,
        made=f"{made:%Y-%m-%d %H:%M} UTC",
    )
    return _render(page)


def _meta(tables: Tables, identifier: str) -> list[str]:
    rows = sum(row["present"] for row in tables.answer.rows)
    parts = [identifier, f"{rows:,} rows in {len(tables.answer.rows)} tables"]
    parts.append(f"newest row {tables.newest:%Y-%m-%d %H:%M} UTC" if tables.newest else "")
    parts.append(f"last load {tables.loaded:%Y-%m-%d %H:%M} UTC" if tables.loaded else "")
    return [part for part in parts if part]


def _headlines(topics: Sequence[Topic], currency: str, months: Months) -> list[Fact]:
    return [fact for topic in topics for fact in topic.headlines(currency, months)]


def _topic(topic: Topic, currencies: Sequence[str], months: Months, database: Database) -> ShownTopic:
    spoken = topic.currencies()
    panels = []
    for currency in currencies if spoken else ():
        panel = topic.panel(currency, months)
        panels.append(ShownPanel(currency, panel, _drawing(panel.chart, topic.full) if panel and panel.chart else None))
    lacks = _lacks(topic.lacks, database)
    return ShownTopic(topic.key, topic.title, topic.meaning, topic.nothing, topic.full, panels, lacks, topic.answered)


def _drawing(chart: MonthlyChart | RankedChart, full: bool) -> Drawing:
    legend = tuple((series.name, series.colour) for series in chart.series) if isinstance(chart, MonthlyChart) else ()
    # Vega escapes what it writes.
    return Drawing(chart.title, legend, Markup(draw(chart, FULL if full else HALF)), Markup(draw(chart, NARROW)))  # noqa: S704


def _lacks(lacks: Sequence[Lack], database: Database) -> list[ShownLack]:
    shown = []
    if tables := [lack.stream for lack in lacks if not lack.columns]:
        plural = "s" if len(tables) > 1 else ""
        says = f"This needs the table{plural} {' and '.join(tables)}, not in the database so far. To bring it:"
        shown.append(ShownLack(says, _command(tables, database)))
    for lack in lacks:
        if lack.columns:
            plural = "s" if len(lack.columns) > 1 else ""
            says = f"The table {lack.stream} lacks the column{plural} {', '.join(lack.columns)}. To load it anew:"
            shown.append(ShownLack(says, f"{_command([lack.stream], database)} --full-refresh"))
    return shown


def _command(streams: Sequence[str], database: Database) -> str:
    """The line that copies streams into the database; the key is taken from the environment."""
    [first, *more] = streams
    table = database.schema if more else f"{database.schema}.{database.prefix}{first}"
    destination = shlex.quote(f"duckdb:///{database.path}")
    return (
        f"source-stripe ingest --source-uri stripe:// --source-table {','.join(streams)} "
        f"--dest-uri {destination} --dest-table {shlex.quote(table)}"
    )


def _others(topics: Sequence[Topic], currencies: Sequence[str], months: Months) -> Figures:
    columns = ("Gross volume", "Net volume", "Refunds", "Fees", "Disputed", "MRR now", "Paid out")
    rows = []
    for currency in currencies:
        facts = {fact.label: fact.value for fact in _headlines(topics, currency, months)}
        rows.append((currency.upper(), *(facts.get(label, "–") for label in columns)))
    return Figures("Each in its own currency", ("Currency", *columns), tuple(rows))


def _render(page: Page) -> str:
    files = resources.files("source_stripe.report")
    script = files.joinpath("page.js").read_text("utf-8").strip()
    style = files.joinpath("page.css").read_text("utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(files.joinpath("page.html").read_text("utf-8"))
    return template.render(
        page=page,
        # A currency's place names it in the style sheet: what the data calls it is anybody's text.
        place=lambda currency: page.currencies.index(currency) + 1,
        style=Markup(style),  # noqa: S704 -- our own files
        script=Markup(script),  # noqa: S704
        script_hash=Markup(f"sha256-{digest}"),  # noqa: S704
    ).lstrip()


def save(page: str, output: Path) -> None:
    """Writes the page to a file, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    partial = output.with_name(f".{output.name}.partial")
    try:
        partial.write_text(page, "utf-8")
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
