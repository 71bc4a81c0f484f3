"""Amounts in currencies with no, two and three decimals."""

import pytest

from source_stripe.report.currencies import decimals, major, money, plain


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (123_450, "usd", "1,234.50"),
        (123_450, "jpy", "123,450"),
        (123_450, "krw", "123,450"),
        (123_450, "kwd", "123.450"),
        (5, "eur", "0.05"),
        (-5, "eur", "−0.05"),
        (-1_000, "bhd", "−1.000"),
        (0, "jpy", "0"),
        (-123_456_789_012_345_678_901, "usd", "−1,234,567,890,123,456,789.01"),
    ],
)
def test_amounts_are_written_exactly(amount: int, currency: str, written: str) -> None:
    assert plain(amount, currency) == written
    assert money(amount, currency) == f"{written} {currency.upper()}"


def test_five_krónur_and_five_ugandan_shillings_are_an_amount_of_five_hundred() -> None:
    assert plain(500, "isk") == plain(500, "ugx") == "5.00"


def test_forints_and_taiwan_dollars_have_decimals_though_their_payouts_are_whole() -> None:
    assert plain(80_000, "huf") == plain(80_000, "twd") == "800.00"


def test_stripes_lists_are_complete() -> None:
    assert {
        code for code in "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split() if decimals(code)
    } == set()
    assert {decimals(code) for code in "bhd jod kwd omr tnd".split()} == {3}
    assert decimals("JPY") == 0


def test_bars_are_as_long_as_amounts_in_major_units() -> None:
    assert (major(150, "usd"), major(150, "jpy"), major(150, "kwd")) == (1.5, 150, 0.15)
