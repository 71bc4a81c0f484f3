"""What is set in a process of the connector's before it starts, so that small worlds are read like large ones."""

from __future__ import annotations

from source_stripe.api import client
from source_stripe.reading import family_reader, hydration, listing, range_reader, ranges


def finely(page: int, state: int) -> None:
    """Lists are asked for `page` rows at a time, and a STATE follows at the latest after `state` of them."""
    for module in (listing, range_reader, hydration):
        module.PAGE_SIZE = page  # type: ignore[attr-defined]
    family_reader.RECORDS_A_STATE = state
    ranges.PAGES_WORTH_A_CUT = 1.0


def impatient(page: int, time_out: float) -> None:
    """As `finely`, and answers are waited for so many seconds only."""
    finely(page, state=50)
    client.READ_TIMEOUT_SECONDS = time_out
