"""`--dry-run`: what would be read and with about how many requests, from a few pages looked at here and there.

Stripe counts nothing. How long a list is, is told by how densely its rows lie in time, looked at in some places; how
much changed is told by how many events there are of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from source_stripe.api.client import StripeClient
from source_stripe.api.errors import NotEnabled, StripeError
from source_stripe.config import Config
from source_stripe.ingest import exit_codes
from source_stripe.ingest.copying import Interval
from source_stripe.ingest.package import Saved
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.tables import Target
from source_stripe.ingest.terminal import printable
from source_stripe.reading.listing import PAGE_SIZE, Listing
from source_stripe.reading.progress import Progress, StateRefused
from source_stripe.streams import StripeStream

LOOKS = 8
"""Places in time at which a list is looked at that does not fit on a page: a request each."""

LISTS_AT_A_TIME = 8


@dataclass(frozen=True)
class Estimate:
    """What reading a stream will take.

    Attributes:
        how: what is read of it.
        rows: about how many; None where nothing tells.
        requests: about how many, at least; None for those that come with another stream's.
        exact: the rows were counted.
        remark: why it is not known, or what adds to it.
    """

    how: str
    rows: int | None = None
    requests: int | None = None
    exact: bool = False
    remark: str = ""


def print_estimate(
    client: StripeClient,
    settings: Config,
    targets: Sequence[Target],
    saved: Mapping[str, Saved],
    interval: Interval | None,
    full_refresh: bool,
    console: Console,
) -> int:
    """Prints what a run would read; returns the exit code. Writes nothing anywhere.

    Raises:
        Refused: Stripe refuses the key or the account, or cannot be reached.
    """
    try:
        client.account()  # proves the key, and tells Stripe's time
    except StripeError as error:
        raise Refused(f"{error}. {error.cure}") from None
    now = client.stripe_time.now()
    start, end = (interval.start, interval.end) if interval else (settings.start, None)
    estimator = Estimator(client, start, now + 1 if end is None else end)

    def of(target: Target) -> Estimate:
        before = None if full_refresh or interval else saved.get(target.table)
        return estimator.of(target.stream, before)

    with ThreadPoolExecutor(LISTS_AT_A_TIME) as pool:
        estimates = list(pool.map(of, targets))
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("table", "what is read"):
        table.add_column(column, no_wrap=True)
    for column in ("rows", "requests"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("")
    for target, each in zip(targets, estimates, strict=True):
        rows = "?" if each.rows is None else f"{each.rows:,}" if each.exact else f"about {each.rows:,}"
        requests = "" if each.requests is None else f"{each.requests:,}"
        table.add_row(target.table, each.how, rows, requests, Text(printable(each.remark)))
    console.print(table)
    total = sum(each.requests or 0 for each in estimates) + 1
    console.print(
        f"About {total:,} requests in all. Finding that out took {client.requests_sent:,}; nothing was copied."
    )
    return exit_codes.DONE


class Estimator:
    """Looks at lists.

    Args:
        start, end: Unix seconds; what was created in between would be read.
    """

    def __init__(self, client: StripeClient, start: int, end: int) -> None:
        self._client = client
        self._start = start
        self._end = end

    def of(self, stream: type[StripeStream], saved: Saved | None) -> Estimate:
        """What reading the stream will take, given what is kept of it."""
        try:
            progress = _progress(stream, saved)
            if stream.single:
                return Estimate("the object", 1, 1, exact=True)
            if progress is not None and progress.watermark is not None and not progress.unread:
                return self._since(stream, progress, progress.watermark)
            return self._whole(stream)
        except NotEnabled as error:
            return Estimate("nothing", 0, 1, exact=True, remark=f"this account does not use {error.product}")
        except StripeError as error:
            return Estimate("?", remark=f"{error}. {error.cure}")
        except StateRefused as error:
            return Estimate("?", remark=f"Its state cannot be used: {error}.")

    def _whole(self, stream: type[StripeStream]) -> Estimate:
        if stream.parent is not None:
            parents = self._rows(stream.root().listing(), self._start)
            how = f"with {stream.parent.name}"
            if stream.embedded:
                return Estimate(how, remark=f"comes with {stream.parent.name}, and a request for each that has many")
            return Estimate(how, None, parents.rows, remark=f"asks once for each of {stream.parent.name}")
        return self._rows(stream.listing(), self._start)

    def _since(self, stream: type[StripeStream], progress: Progress, watermark: int) -> Estimate:
        if stream.whole():
            again = (progress.read_at or 0) + stream.reread_seconds
            if again > self._end:
                return Estimate("nothing yet", 0, 0, exact=True, remark="read as a whole, from time to time")
            return self._whole(stream)
        interest = stream.root().interest()
        if interest is None or not progress.follows:
            return self._rows(stream.listing(), watermark, "what was created since")
        types = sorted(interest.types)
        events = Listing(
            "/v1/events", parameter_sets=tuple({"types[]": tuple(types[n : n + 20])} for n in range(0, len(types), 20))
        )
        found = self._rows(events, watermark, "what changed since")
        remark = "events of it; read again are those objects of which the event does not show all"
        return Estimate(found.how, found.rows, found.requests, found.exact, remark if found.rows else "")

    def _rows(self, listing: Listing, start: int, how: str = "the whole list") -> Estimate:
        rows, requests, exact = 0, 0, True
        for parameters in listing.parameter_sets:
            counted, all_of_them = self._count(listing, start, parameters)
            if counted is None:
                return Estimate(how, None, None, remark="more than a page, and the list cannot be asked by time")
            rows += counted
            requests += max(math.ceil(counted / PAGE_SIZE), 1)
            exact = exact and all_of_them
        return Estimate(how, rows, requests, exact)

    def _count(self, listing: Listing, start: int, parameters: object) -> tuple[int | None, bool]:
        """How many rows a list has from `start` on, and whether that is exact; None where it cannot be told."""
        spans = [left for left in listing.newest(start, self._end) if left.parameters == parameters]
        page = self._client.page(listing.request(spans[0]))
        if not page.has_more:
            return len(page.records), True
        if not listing.created_filter:
            return None, False
        step = (self._end - start) / LOOKS
        rows = 0.0
        for look in range(LOOKS, 0, -1):
            end = int(start + step * look)
            if look < LOOKS:
                (span,) = [left for left in listing.ranges(start, end) if left.parameters == parameters]
                page = self._client.page(listing.request(span))
            if not page.has_more:
                return int(rows) + len(page.records), False
            times = [row.get(listing.created_field) for row in page.records]
            oldest = times[-1]
            if not isinstance(oldest, int):
                return None, False
            rows += len(page.records) * step / max(end - oldest, 1)
        return int(rows), False


def _progress(stream: type[StripeStream], saved: Saved | None) -> Progress | None:
    if saved is None or saved.state is None:
        return None
    return Progress.of_state(saved.state, stream.name, stream.cursor_field)


def client_of(settings: Config) -> StripeClient:
    """What asks Stripe, within the same limits as a sync."""
    return StripeClient(
        settings.api_key, settings.account_id, settings.api_base, total_per_second=settings.requests_per_second
    )
