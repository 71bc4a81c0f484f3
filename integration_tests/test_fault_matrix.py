"""Each fault of the matrix in each measure: nothing is lost, and what is said is what the matrix says."""

from __future__ import annotations

import pytest

from integration_tests.reliability.matrix import CASES, Case
from integration_tests.reliability.trial import MEASURES, Measure, Size, tried


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_ends_as_the_matrix_says_and_costs_no_record(case: Case, measure: Measure) -> None:
    count = tried(case, measure, Size())
    assert count.problems == []
    assert count.lost == 0
    assert count.tried > 0
