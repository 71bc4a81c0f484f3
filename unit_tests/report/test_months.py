"""The months that are shown one by one, and the numbers in them."""

from source_stripe.report.monthly import count, share, sum_of, table
from source_stripe.report.months import SHOWN, Months


def test_a_single_month_is_shown_with_the_year_before_it() -> None:
    months = Months.of(["2026-02"])
    assert months.names[0] == "2025-03"
    assert months.names[-1] == "2026-02"
    assert months.year == months.names


def test_there_are_no_gaps() -> None:
    assert Months.of(["2025-01", "2026-03"]).names == (
        *(f"2025-{month:02}" for month in range(1, 13)),
        "2026-01",
        "2026-02",
        "2026-03",
    )


def test_of_a_long_history_two_years_are_shown() -> None:
    months = Months.of(["2011-06", "2026-03"])
    assert len(months.names) == SHOWN == 24
    assert months.names[0] == "2024-04"


def test_nothing_has_no_months() -> None:
    assert Months.of([]).names == ()


def test_totals_are_of_everything_also_of_what_lies_before_the_shown_months() -> None:
    rows = {"2011-06": {"n": 1}, "2013-01": {"n": 2}, "2026-03": {"n": 4}}
    months = Months.of(rows)
    lines, total = table(rows, months, lambda numbers: (str(numbers["n"]),), ("n",))
    assert lines[0] == ("Mar 2026", "4")
    assert lines[1] == ("Feb 2026", "0")
    assert lines[-1] == ("before Apr 2024", "3")
    assert total == ("Total", "7")
    assert sum_of(rows, "n", months.year) == 4


def test_numbers_read_well() -> None:
    assert (share(1, 3), share(0, 0)) == ("33.3%", "–")
    assert (count(1, "refund"), count(2_000, "refund"), count(0, "refund")) == (
        "1 refund",
        "2,000 refunds",
        "0 refunds",
    )
