"""The measurements as tables, for people to read and for docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.figures import Activity, Figure, Goal
from benchmarks.machine import description

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
_FIGURES = ("measure", "target", "floor", "measured", "in numbers", "")
_ACTIVITIES = ("read", "seconds", "records/s", "connector", "sandbox", "reader", "pages", "requests", "429s")

_ABOUT_ACTIVITIES = (
    "What each process did, as a share of one core: the connector from its start to its end, the sandbox and the "
    "reader of the connector's stdout over the same time. The last run of each."
)


def figures_table(figures: Iterable[Figure]) -> list[str]:
    """What is to be reached and what was: Markdown lines. A measurement is the median of its runs (least to most)."""
    rows = [
        (
            figure.measure,
            _goal(figure, figure.goal, target=True),
            _goal(figure, figure.goal, target=False),
            figure.spread,
            figure.detail,
            f"**{figure.verdict}**" if figure.verdict else "",
        )
        for figure in figures
    ]
    return _markdown(_FIGURES, rows)


def activities_table(activities: Iterable[Activity]) -> list[str]:
    """What each process did in each read: Markdown lines."""
    rows = [
        (
            each.scenario,
            f"{each.seconds:.0f}",
            f"{each.records / each.seconds:,.0f}",
            f"{each.connector:.0%}",
            f"{each.sandbox:.0%}",
            f"{each.reader:.0%}",
            f"{each.pages:,}",
            f"{each.requests:,}",
            f"{each.limited:,}",
        )
        for each in activities
    ]
    return _markdown(_ACTIVITIES, rows)


def report(figures: Sequence[Figure], activities: Sequence[Activity], runs: int) -> str:
    """All of it, with the machine it was measured on."""
    lines = [
        f"Machine: {description()}. Runs: {runs} of each short row, the median of them (least to most).",
        "",
        *figures_table(figures),
    ]
    if activities:
        lines += ["", _ABOUT_ACTIVITIES, "", *activities_table(activities)]
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Puts the report between the markers of a document. Raises ValueError for a document without them."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for the tables: {BEGIN} … {END}")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _goal(figure: Figure, goal: Goal | None, target: bool) -> str:
    limit = None if goal is None else goal.target if target else goal.floor
    if goal is None or limit is None:
        return ""
    return f"{'≤' if goal.at_most else '≥'} {figure.written(limit)}"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    return [line(head), line(["---"] * len(head)), *map(line, rows)]
