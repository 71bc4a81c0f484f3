"""Reads the ranges of one list, side by side as far as the budget has requests to spare."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from queue import SimpleQueue

from source_stripe.api.client import JsonObject, Page, Request, StripeClient
from source_stripe.api.errors import CursorVanished, Refusal, RequestRefused
from source_stripe.reading.listing import PAGE_SIZE, Listing
from source_stripe.reading.ranges import Range

FREE_CUTS = 19
PAGES_A_CUT = 20
"""A cut may cost a page that is not full, wherever records lie otherwise than the last page suggested. So a reading has
a few cuts free, enough to use an endpoint's 25 requests/s at most of a second each, and earns one more with so many
full pages: never more requests than 1.05 times the pages and 20, however records lie in time."""


@dataclass(frozen=True)
class _Arrival:
    """A request that came to its end, with a page or without."""

    unread: Range
    outcome: Page | Exception


class _Grant:
    """Word from the budget that one request may go out."""


@dataclass(frozen=True)
class Batch:
    """Records of one page, and whether a range came to its end with them."""

    records: list[JsonObject]
    range_done: bool
    requests: int


class RangeReader:
    """Reads `ranges` down to nothing. All that it decides happens in the thread that iterates over `batches`.

    A request goes out when the budget grants one. If no range is waiting for its next page at that moment, the
    budget has requests to spare, and the range with most left is cut: so there are never more ranges than
    the budget can use, and nearly every page is full.

    Attributes:
        ranges: what is still to be read. True after each batch: nothing outside of it is missing from what came so far.
    """

    def __init__(self, listing: Listing, ranges: list[Range], client: StripeClient, requests: Executor) -> None:
        self.ranges = ranges
        self._listing = listing
        self._client = client
        self._requests = requests
        self._inbox: SimpleQueue[_Arrival | _Grant] = SimpleQueue()
        self._asked_for_grant = False
        self._cuts_left = float(FREE_CUTS)

    def batches(self) -> Iterator[Batch]:
        """Every record of the ranges, a page at a time, as the pages arrive.

        Raises:
            StripeError: Stripe's final answer to one of the requests; `ranges` then says what was not read.
        """
        while self.ranges:
            self._ask_for_grant()
            message = self._inbox.get()
            if isinstance(message, _Grant):
                self._asked_for_grant = False
                self._send()
                continue
            message.unread.in_flight = False
            if isinstance(message.outcome, CursorVanished) and message.unread.after:
                message.unread.restart_second()
            elif isinstance(message.outcome, Exception):
                raise message.outcome
            else:
                yield self._take(message.unread, message.outcome)

    def _ask_for_grant(self) -> None:
        if not self._asked_for_grant and self._next() is not None:
            self._asked_for_grant = True
            self._client.budget.request(self._listing.path, functools.partial(self._inbox.put, _Grant()))

    def _next(self) -> Range | None:
        """The range to send for: one that waits, else the one with most left if it is worth a cut."""
        for unread in self.ranges:
            if not unread.in_flight:
                return unread
        longest = max(self.ranges, key=lambda unread: unread.records_left)
        return longest if self._cuts_left >= 1 and longest.worth_a_cut(PAGE_SIZE) else None

    def _send(self) -> None:
        unread = self._next()
        if unread is None:
            return
        if unread.in_flight:
            unread = unread.cut()
            self._cuts_left -= 1
            self.ranges.append(unread)
        unread.in_flight = True
        self._requests.submit(self._fetch, unread, self._listing.request(unread))

    def _fetch(self, unread: Range, request: Request) -> None:
        outcome: Page | Exception
        try:
            outcome = self._client.page(request, granted=True)
        except Exception as error:  # whatever it is, the thread that waits for it has to hear of it
            outcome = error
        self._inbox.put(_Arrival(unread, outcome))

    def _take(self, unread: Range, page: Page) -> Batch:
        records, field = page.records, self._listing.created_field
        done = not page.has_more
        self._cuts_left += len(records) / PAGE_SIZE / PAGES_A_CUT
        if records:
            newest, oldest = records[0].get(field), records[-1].get(field)
            if isinstance(oldest, int) and oldest < unread.gte:
                # The range was cut while this page was under way: what lies below the cut is another's to read.
                records = [record for record in records if (record.get(field) or unread.gte) >= unread.gte]
                done = True
            if not done:
                unread.advance(newest, oldest, self._last_id(unread, page), len(page.records))
        if done:
            self.ranges.remove(unread)
        return Batch(records, done, page.tries)

    def _last_id(self, unread: Range, page: Page) -> str:
        """The object to go on from: the page's last that has an id.

        Raises:
            RequestRefused: there is none, or it is the one the page was to start behind; going on would never end.
        """
        for record in reversed(page.records):
            last_id = record.get("id")
            if isinstance(last_id, str) and last_id != unread.after:
                return last_id
        message = "the list says that there is more, but its page holds no object to go on from"
        raise RequestRefused(Refusal(200, self._listing.path, message))
