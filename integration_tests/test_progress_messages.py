"""Whoever looks on learns how far a sync is: by estimates for a platform's bar, and by lines of the log for people."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from airbyte_cdk.models import TraceType

from integration_tests.in_process import Run, read
from integration_tests.sandbox import Clock, Sandbox
from source_stripe import sync_log
from source_stripe.reading import family_reader


def estimates(run: Run, stream: str) -> list[int]:
    told = [m.trace.estimate for m in run.messages if m.trace and m.trace.type == TraceType.ESTIMATE]
    return [each.row_estimate for each in told if each.name == stream]


@pytest.fixture
def _estimates_after_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family_reader, "SECONDS_AN_ESTIMATE", 0.0)


@pytest.mark.usefixtures("_estimates_after_every_page")
def test_estimates_come_close_as_a_sync_goes_on_and_end_with_what_came() -> None:
    sandbox = Sandbox(size=3000, clock=Clock(running=False))
    run = read(sandbox, ["charges"])
    told = estimates(run, "charges")
    assert told[-1] == len(run.records("charges")) == 3000
    assert 1500 <= told[len(told) // 2] <= 6000
    assert all(each > 0 for each in told)


@pytest.mark.usefixtures("_estimates_after_every_page")
def test_rows_that_hang_on_others_are_estimated_by_those_of_each_parent_so_far() -> None:
    run = read(Sandbox(size=1500, clock=Clock(running=False)), ["invoices", "invoice_line_items"])
    for stream in ("invoices", "invoice_line_items"):
        told = estimates(run, stream)
        assert told[-1] == len(run.records(stream))
        assert len(told) > 3


def test_the_log_says_every_few_seconds_how_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_log, "SECONDS_A_LINE", 0.05)
    slow = threading.Event()

    def linger(path: str, query: str) -> None:
        slow.wait(0.02)

    run = read(Sandbox(size=3000, clock=Clock(running=False)), ["charges"], before=linger)
    lines: list[Any] = [text for _, text in run.logs if "so far" in text]
    assert lines
    form = (
        r"[\d,]+ records so far \([\d,]+ a second\) with [\d,]+ requests \([\d.]+ a second, \d+% of the 25 allowed\); "
    )
    for text in lines:
        assert re.fullmatch(form + r"waiting (for|to) .+\.", text), text
