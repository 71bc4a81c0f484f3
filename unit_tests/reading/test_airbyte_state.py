"""States of Airbyte's own source, in every form it writes, in doubt by their oldest time."""

from __future__ import annotations

from typing import Any

import pytest

from source_stripe.reading.airbyte_state import taken_over


@pytest.mark.parametrize(
    ("state", "cursor", "seconds"),
    [
        ({"state_type": "date-range", "slices": [{"start": 9, "end": 20}, {"start": 1, "end": 5}]}, "created", 5),
        ({"slices": [{"start": "1", "end": "9", "most_recent_cursor_value": "4"}]}, "updated", 4),
        (
            {
                "use_global_cursor": True,
                "state": {"invoice_updated": "30"},
                "parent_state": {"invoices": {"updated": "20"}},
                "lookback_window": 0,
            },
            "invoice_updated",
            20,
        ),
        (
            {
                "use_global_cursor": False,
                "states": [
                    {"partition": {"id": "cus_1"}, "cursor": {"created": "44"}},
                    {"partition": {"id": "cus_2"}, "cursor": {"created": 33}},
                ],
                "parent_state": {},
            },
            "created",
            33,
        ),
    ],
)
def test_the_oldest_time_is_where_it_goes_on(state: dict[str, Any], cursor: str, seconds: int) -> None:
    assert taken_over(state, cursor) == {cursor: seconds}


@pytest.mark.parametrize("state", [{"states": [], "parent_state": {}, "use_global_cursor": False}, {"slices": []}])
def test_a_state_without_any_time_reads_from_the_beginning(state: dict[str, Any]) -> None:
    assert taken_over(state, "updated") == {}


@pytest.mark.parametrize("state", [{"version": 1, "slices": []}, {"updated": "5"}, {"cursor": 5}, {}])
def test_other_states_stay_as_they_are(state: dict[str, Any]) -> None:
    assert taken_over(state, "updated") == state
