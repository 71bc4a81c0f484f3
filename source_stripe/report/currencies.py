"""Amounts as people write them, from the minor units in which Stripe counts."""

from __future__ import annotations

# https://docs.stripe.com/currencies#zero-decimal. UGX is on that list, too, but among the special cases as well, which
# are the more exact: 5 UGX are an amount of 500, and so it is with ISK.
_NO_DECIMALS = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
# https://docs.stripe.com/currencies#three-decimal
_THREE_DECIMALS = frozenset("bhd jod kwd omr tnd".split())
# HUF and TWD have no decimals in payouts (https://docs.stripe.com/currencies#special-cases): there, too, Stripe counts
# hundredths, and only forbids odd ones.


def decimals(currency: str) -> int:
    """How many decimals Stripe's amounts in a currency have."""
    code = currency.lower()
    return 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2


def plain(amount: int, currency: str) -> str:
    """An amount of minor units, exactly, without the currency: `−1,234.50`."""
    places = decimals(currency)
    whole, part = divmod(abs(amount), 10**places)
    sign = "−" if amount < 0 else ""
    return f"{sign}{whole:,}.{part:0{places}}" if places else f"{sign}{whole:,}"


def money(amount: int, currency: str) -> str:
    """An amount of minor units with the currency: `1,234.50 EUR`."""
    return f"{plain(amount, currency)} {currency.upper()}"


def major(amount: int, currency: str) -> float:
    """An amount of minor units in major ones, for drawing: not exact."""
    return amount / float(10 ** decimals(currency))
