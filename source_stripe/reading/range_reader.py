"""Reads the ranges of one list, side by side as far as the budget has requests to spare."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from queue import SimpleQueue

from source_stripe.api.answer import JsonObject
from source_stripe.api.client import Page, Request, StripeClient
from source_stripe.api.errors import CursorVanished, RequestRefused
from source_stripe.reading.family import Rows
from source_stripe.reading.listing import PAGE_SIZE, Listing
from source_stripe.reading.ranges import Range

FREE_REQUESTS = 19
REQUESTS_A_PAGE = 1.05
"""A range that is cut in two costs a page more that is not full, or is empty where records lie otherwise than the last
page suggested. So a reading may spend that many requests beyond its full pages, and no more, however records lie in
time: enough to use an endpoint's 25 requests/s at most of a second each. What a cut turns out not to cost, because the
last page of a range was nearly full, is there for another one."""

Unfolded = Mapping[str, Rows]
"""What one row of the list comes to: rows by stream."""

Unfold = Callable[[JsonObject], Unfolded]
"""Makes of a row of the list what it comes to. Runs where the page was fetched, and may ask for more there."""

Verbatim = Callable[[Sequence[JsonObject], Sequence[memoryview]], list[Unfolded]]
"""The same for a page of rows that stay as Stripe wrote them: of their `Head`s and texts."""


@dataclass(frozen=True)
class _Arrival:
    """A request that came to its end, with a page (and what its rows come to) or without."""

    unread: Range
    outcome: tuple[Page, list[Unfolded]] | Exception


class _Grant:
    """Word from the budget that one request may go out."""


@dataclass(frozen=True)
class Batch:
    """What one page comes to, and whether a range came to its end with it."""

    unfolded: list[Unfolded]
    range_done: bool
    requests: int


class RangeReader:
    """Reads `ranges` down to nothing. All that it decides happens in the thread that iterates over `batches`.

    A request goes out when the budget grants one. If no range is waiting for its next page at that moment, the
    budget has requests to spare, and the range with most left is cut: so there are never more ranges than
    the budget can use, and nearly every page is full.

    Args:
        verbatim: takes rows as Stripe wrote them; None where rows have to be looked into.

    Attributes:
        ranges: what is still to be read. True after each batch: nothing outside of it is missing from what came.
    """

    def __init__(
        self,
        listing: Listing,
        ranges: list[Range],
        client: StripeClient,
        requests: Executor,
        unfold: Unfold,
        verbatim: Verbatim | None = None,
    ) -> None:
        self.ranges = ranges
        self._listing = listing
        self._client = client
        self._requests = requests
        self._unfold = unfold
        self._verbatim = verbatim
        self._inbox: SimpleQueue[_Arrival | _Grant] = SimpleQueue()
        self._asked_for_grant = False
        self._closing = threading.Lock()
        self._closed = False
        self._to_spare = float(FREE_REQUESTS)

    @property
    def records_left(self) -> float:
        """An estimate of the list's rows that are still to come; 0 where nothing tells."""
        seen = [unread for unread in self.ranges if unread.records_left]
        left = sum(unread.records_left for unread in seen)
        seconds = sum(unread.seconds for unread in seen)
        unseen = sum(unread.seconds for unread in self.ranges) - seconds
        return left * (1 + unseen / seconds) if seconds else 0.0

    def batches(self) -> Iterator[Batch]:
        """Everything in the ranges, a page at a time, as the pages arrive.

        Raises:
            StripeError: Stripe's final answer to one of the requests; `ranges` then says what was not read.
        """
        try:
            while self.ranges:
                self._ask_for_grant()
                message = self._inbox.get()
                if isinstance(message, _Grant):
                    self._asked_for_grant = False
                    self._send()
                    continue
                message.unread.in_flight = False
                if not isinstance(message.outcome, Exception):
                    yield self._take(message.unread, *message.outcome)
                elif message.unread.after and self._lost_its_place(message.outcome) and not message.unread.hopeless:
                    message.unread.step_back()
                else:
                    raise message.outcome
        finally:
            self._close()

    def _ask_for_grant(self) -> None:
        if not self._asked_for_grant and self._next() is not None:
            self._asked_for_grant = True
            self._client.budget.request(self._listing.path, self._granted)

    def _granted(self) -> None:
        with self._closing:
            if not self._closed:
                self._inbox.put(_Grant())
                return
        self._client.budget.unused(self._listing.path)

    def _close(self) -> None:
        """From here on nobody looks into the inbox: a grant that lies there, or is to come, would be taken for ever."""
        with self._closing:
            self._closed = True
        while not self._inbox.empty():
            if isinstance(self._inbox.get(), _Grant):
                self._client.budget.unused(self._listing.path)

    def _next(self) -> Range | None:
        """The range to send for: one that waits, else the one with most left if it is worth a cut."""
        for unread in self.ranges:
            if not unread.in_flight:
                return unread
        longest = max(self.ranges, key=lambda unread: unread.records_left)
        return longest if self._to_spare >= 1 and longest.worth_a_cut(PAGE_SIZE) else None

    def _send(self) -> None:
        unread = self._next()
        if unread is None:
            self._client.budget.unused(self._listing.path)
            return
        if unread.in_flight:
            unread = unread.cut(PAGE_SIZE)
            self._to_spare -= 1
            self.ranges.append(unread)
        unread.in_flight = True
        self._requests.submit(self._fetch, unread, self._listing.request(unread))

    def _fetch(self, unread: Range, request: Request) -> None:
        outcome: tuple[Page, list[Unfolded]] | Exception
        try:
            page = self._client.page(request, granted=True, verbatim=self._verbatim is not None)
            kept = page.records
            if self._verbatim is None or page.texts is None:
                unfolded = [self._unfold(row) for row in page.records]
                # Of the rows themselves no more is needed than says where the range goes on: the rest makes room.
                kept = [{name: row.get(name) for name in ("id", self._listing.created_field)} for row in page.records]
            else:
                unfolded = self._verbatim(page.records, page.texts)
            outcome = replace(page, records=kept, texts=None), unfolded
        except Exception as error:  # whatever it is, the thread that waits for it has to hear of it
            outcome = error
        self._inbox.put(_Arrival(unread, outcome))

    def _take(self, unread: Range, page: Page, unfolded: list[Unfolded]) -> Batch:
        done = not page.has_more
        if unread.gte is not None and page.records:
            created = [row.get(self._listing.created_field) for row in page.records]
            if isinstance(created[-1], int) and created[-1] < unread.gte:
                # The range was cut while this page was under way: what lies below the cut is another's to read.
                unfolded = [
                    each
                    for each, at in zip(unfolded, created, strict=True)
                    if not isinstance(at, int) or at >= unread.gte
                ]
                done = True
        self._to_spare += len(page.records) / PAGE_SIZE * REQUESTS_A_PAGE - (0 if done else 1)
        if done:
            self.ranges.remove(unread)
        else:
            self._listing.turn(unread, page)
        return Batch(unfolded, done, page.tries)

    def _lost_its_place(self, error: Exception) -> bool:
        """Whether the list no longer knows the place where it was left; the next page's address of /v2 may expire."""
        return isinstance(error, CursorVanished) or (self._listing.form == "v2" and isinstance(error, RequestRefused))
