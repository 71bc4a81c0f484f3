"""The tables say what was measured, and nothing of whose machine it was."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.bench import Bench
from benchmarks.figures import Activity, Figure, Goal
from benchmarks.machine import description
from benchmarks.table import report, write
from benchmarks.tally import Wrong


def test_a_row_shows_goal_measurement_and_verdict() -> None:
    figures = [
        Figure("one", "speed", Goal(0.9, 0.75), [0.8, 0.7, 0.85], "{:.0%}", "of 2,500"),
        Figure("one", "CPU", Goal(40, at_most=True), [30], "{:.0f} µs"),
    ]
    text = report(figures, [Activity("one", 40.0, 0.3, 0.1, 0.02, 100_000, 1_000, 1_008, 2)], 3)
    assert "| speed | ≥ 90% | ≥ 75% | 80% (70% to 85%) | of 2,500 | **missed** |" in text
    assert "| CPU | ≤ 40 µs |  | 30 µs |  | **met** |" in text
    assert "| one | 40 | 2,500 | 30% | 10% | 2% | 1,000 | 1,008 | 2 |" in text


def test_tables_replace_what_stood_between_the_marks_and_nothing_else(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("before\n<!-- bench -->\nold\n<!-- /bench -->\nbehind\n")
    write(document, "new")
    write(document, "newer")
    assert document.read_text() == "before\n<!-- bench -->\nnewer\n<!-- /bench -->\nbehind\n"
    document.write_text("no marks")
    with pytest.raises(ValueError, match="no place"):
        write(document, "new")
    assert document.read_text() == "no marks"


def test_the_machine_is_described_without_its_name() -> None:
    text = description()
    assert platform.python_version() in text
    assert not platform.node() or platform.node() not in text


def test_a_row_that_cannot_be_measured_fails_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(bench: Bench) -> list[Figure]:
        raise Wrong("rows were lost")

    def found(bench: Bench) -> list[Figure]:
        return [Figure("b", "speed", Goal(0.9), [0.1], "{:.0%}")]

    monkeypatch.setattr(benchmarks, "ROWS", {"a": lost, "b": found, "c": found})
    assert benchmarks.main(["--rows", "a,b"]) == 1
    assert benchmarks.main(["--rows", "b"]) == 0  # to miss a target is a result
    with pytest.raises(SystemExit):
        benchmarks.main(["--rows", "d"])
