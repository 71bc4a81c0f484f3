"""What the log says of a sync: a line every few seconds while it runs, and what each stream came to at its end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from source_stripe.api.client import StripeClient
from source_stripe.api.errors import NotEnabled
from source_stripe.reading.family_reader import StreamReading

logger = logging.getLogger("airbyte")

SECONDS_A_LINE = 10.0
"""Of the machine's own clock: the lines are for whoever looks on."""


class SyncLog:
    """Logs how a sync goes, from a thread of its own, until it is closed.

    Args:
        readings: the streams that are read.
        held_up: whether records wait for somebody to read them.
    """

    def __init__(self, client: StripeClient, readings: Sequence[StreamReading], held_up: Callable[[], bool]) -> None:
        self._client = client
        self._readings = readings
        self._held_up = held_up
        self._over = threading.Event()
        self._records = 0
        self._requests = client.requests_sent
        self._at = time.monotonic()
        threading.Thread(target=self._run, name="sync-log", daemon=True).start()

    def close(self) -> None:
        """Says what each stream came to, and what was skipped and why: one warning for each product not in use."""
        self._over.set()
        skipped: dict[str, list[StreamReading]] = {}
        for reading in self._readings:
            tally = reading.tally
            logger.info(
                f"{reading.member.name}: {tally.records} records with {tally.requests} requests "
                f"in {tally.seconds:.1f} s"
            )
            if tally.skipped:
                skipped.setdefault(tally.skipped.product, []).append(reading)
        logger.info(f"In all {self._client.requests_sent} requests were sent to Stripe.")
        for product, readings in skipped.items():
            names = ", ".join(reading.member.name for reading in readings)
            reason = readings[0].failed
            logger.warning(f"Skipped, since this account does not use {product}: {names}. {reason}. {NotEnabled.cure}")

    def line(self) -> str:
        """How it stands, and what came since the line before."""
        now, requests = time.monotonic(), self._client.requests_sent
        records = sum(reading.tally.records for reading in self._readings)
        seconds = max(now - self._at, 0.001)
        asked = (requests - self._requests) / seconds
        allowed = self._client.budget.rate
        text = (
            f"{records:,} records so far ({(records - self._records) / seconds:,.0f} a second) with {requests:,} "
            f"requests ({asked:.1f} a second, {asked / allowed:.0%} of the {allowed:.0f} allowed); {self._waits_for()}."
        )
        self._at, self._records, self._requests = now, records, requests
        return text

    def _run(self) -> None:
        while not self._over.wait(SECONDS_A_LINE):
            logger.info(self.line())

    def _waits_for(self) -> str:
        client = self._client
        if self._held_up():
            return "waiting for whoever reads the records"
        if client.pausing and not client.in_flight:
            return f"waiting to ask again, Stripe did not answer {client.pausing} requests as it should"
        if client.budget.waiting:
            return "waiting for Stripe's rate limits"
        return f"waiting for {client.in_flight} answers of Stripe's"
