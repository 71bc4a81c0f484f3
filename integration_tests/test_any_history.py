"""Whatever happens to an account, and whenever it is read: in the end the destination's tables equal Stripe."""

from __future__ import annotations

import pytest

from integration_tests.histories import CHILDREN, OCCURRED, OWN, tried

HISTORIES = 100
"""`make histories` tries many more."""


@pytest.mark.timeout(600)  # a hundred of them, half a second of processor time each
def test_after_any_history_of_changes_and_syncs_the_destination_equals_stripe() -> None:
    seen = tried(HISTORIES, seeded=0)
    assert len(OWN) + len(CHILDREN) >= 8
    assert seen["history"] >= HISTORIES
    assert {kind for kind in OCCURRED if seen[kind]} == OCCURRED, seen
