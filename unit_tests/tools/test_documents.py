"""The documents about the streams say what the declarations say."""

from __future__ import annotations

import pytest

from source_stripe.streams import GONE, LEFT_OUT, STREAMS
from tools.documents import (
    PERMISSIONS_DOCUMENT,
    STREAMS_DOCUMENT,
    cost,
    counts,
    documents,
    readme_with_counts,
)

BY_NAME = {stream.name: stream for stream in STREAMS}


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return {str(path): text.decode() for path, text in documents(STREAMS).items()}


def test_every_stream_has_a_row_of_its_own(written: dict[str, str]) -> None:
    lines = written[str(STREAMS_DOCUMENT)].splitlines()
    for stream in STREAMS:
        rows = [line for line in lines if line.startswith(f"| `{stream.name}` |") and f"`{stream.endpoint}`" in line]
        assert len(rows) == 1


def test_what_is_not_read_stands_there_with_its_reason(written: dict[str, str]) -> None:
    text = written[str(STREAMS_DOCUMENT)]
    assert all(f"| `{name}` | {reason} |" in text for name, reason in {**LEFT_OUT, **GONE}.items())


def test_what_a_list_hides_stands_there(written: dict[str, str]) -> None:
    text = written[str(STREAMS_DOCUMENT)]
    assert "| `subscriptions` | `status=all` |" in text
    assert all(stream.hidden in text for stream in STREAMS)


def test_all_rows_of_a_table_have_as_many_cells(written: dict[str, str]) -> None:
    for text in written.values():
        for table in text.split("\n\n"):
            rows = [line for line in table.splitlines() if line.startswith("|")]
            assert len({row.count("|") for row in rows}) <= 1


def test_every_stream_stands_under_the_permission_that_it_takes(written: dict[str, str]) -> None:
    rows = [line for line in written[str(PERMISSIONS_DOCUMENT)].splitlines() if line.startswith("| ")]
    for stream in STREAMS:
        (row,) = [row for row in rows if row.startswith(f"| {stream.permission} (")]
        assert f"`{stream.name}`" in row


@pytest.mark.parametrize(
    ("stream", "requests"),
    [
        ("balance", "1"),
        ("charges", "1 per 100 rows"),
        ("prices", "1 per 100 rows, in 2 readings"),
        ("reporting_report_types", "1"),
        ("invoice_line_items", "none beyond the parent's"),
        ("setup_attempts", "1 per parent"),
        ("payout_balance_transactions", "1 per parent with `automatic` true"),
    ],
)
def test_a_stream_says_what_it_costs(stream: str, requests: str) -> None:
    assert cost(BY_NAME[stream]) == requests


def test_the_readme_counts_between_its_marks_only() -> None:
    readme = "before\n<!-- counts -->\nold\n<!-- /counts -->\nafter\n"
    written = readme_with_counts(readme, STREAMS)
    assert written == f"before\n<!-- counts -->\n{counts(STREAMS)}\n<!-- /counts -->\nafter\n"
    assert readme_with_counts(written, STREAMS) == written


def test_a_readme_without_marks_is_left_alone() -> None:
    assert readme_with_counts("no marks\n", STREAMS) == "no marks\n"
