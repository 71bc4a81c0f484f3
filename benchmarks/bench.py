"""What the rows share: how often to measure, and the one large sandbox that takes long to start."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property

from benchmarks.measured import FIVE, Measured, read
from benchmarks.server import Server

RECORDS = 100_000

# An account with that many charges holds a million objects in these lists, one with a hundredth of them a hundredth.
CHARGES = 250_000
LISTS = {
    "charges": "/v1/charges",
    "payment_intents": "/v1/payment_intents",
    "balance_transactions": "/v1/balance_transactions",
    "invoices": "/v1/invoices",
    "customers": "/v1/customers",
    "refunds": "/v1/refunds",
    "disputes": "/v1/disputes",
    "payouts": "/v1/payouts",
}


class Bench:
    """Use it in a `with`: what was started ends with it."""

    def __init__(self, runs: int) -> None:
        self.runs = runs
        self._stack = ExitStack()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    @cached_property
    def fast(self) -> Server:
        """Five lists of 100,000, each served compressed ahead."""
        size = str(RECORDS)
        return self._stack.enter_context(
            Server("--size", size, "--synthesized", size, shelved=tuple(FIVE.values()), name="fast")
        )

    @cached_property
    def large(self) -> Server:
        """An account with a million objects, the largest served compressed ahead."""
        return self._stack.enter_context(
            Server("--size", str(CHARGES), shelved=("/v1/charges", "/v1/invoices", "/v1/payment_intents"), name="large")
        )

    @cached_property
    def million(self) -> Measured:
        """All of them read once; its states are where later reads go on from."""
        self.large.prepare(latency=0.2)
        return read(self.large, LISTS, mode="incremental", count_later=False)
