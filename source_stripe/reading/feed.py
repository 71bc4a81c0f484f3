"""The events feed: `/v1/events` read once over a span of time for all lists whose rows it tells of."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor

from source_stripe.api.answer import JsonObject
from source_stripe.api.client import Page, StripeClient
from source_stripe.reading.change_log import ChangeLog
from source_stripe.reading.family import Rows
from source_stripe.reading.listing import Listing
from source_stripe.reading.range_reader import RangeReader, Unfolded
from source_stripe.reading.ranges import ParameterSet, Range

EVENTS = Listing("/v1/events")

TYPES_A_REQUEST = 20
"""Event types that the feed can be asked for at once (https://docs.stripe.com/api/events/list)."""

REACH_SECONDS = 29 * 86_400
"""How far back the feed is trusted: Stripe keeps events for 30 days, and a day is left for the reading."""


class Feed:
    """The events of a span, noted in the logs of the lists that they concern.

    Args:
        logs: one a list.
        since: Unix seconds, included.
        until: Unix seconds, included.

    Attributes:
        requests: how many it took so far.
    """

    def __init__(
        self, logs: Sequence[ChangeLog], since: int, until: int, client: StripeClient, requests: Executor
    ) -> None:
        self.until = until
        self.requests = 0
        self._logs = logs
        self._since = since
        self._client = client
        self._executor = requests
        self._groups = groups_of([log.interest.asked_for for log in logs])
        self._by_type: dict[str, list[ChangeLog]] = {}
        for log in logs:
            for kind in log.interest.asked_for:
                self._by_type.setdefault(kind, []).append(log)
        self._first: Page | None = None
        self._reading = threading.Lock()
        self._read = False
        self._failure: Exception | None = None

    def open(self) -> Page:
        """The first page, which in an idle hour is all there is. Costs a request.

        Raises:
            StripeError: the feed cannot be read; `PermissionMissing` if it is not for this key.
        """
        listing = self._of_one_group() or EVENTS
        page = self._client.page(listing.request(self._span(listing)[0]))
        self.requests += page.tries
        self._first = page
        return page

    def read(self) -> None:
        """Reads the rest of it, once, whoever calls first; the others wait for the end of that.

        Raises:
            StripeError: as it was for the first caller.
        """
        with self._reading:
            if not self._read:
                self._read = True
                try:
                    self._read_on()
                except Exception as error:
                    self._failure = error
            if self._failure is not None:
                raise self._failure

    def _read_on(self) -> None:
        first = self._first or self.open()
        self._note(first.records)
        if not first.has_more:
            return
        listing = self._of_one_group() or EVENTS
        rest = self._span(listing)
        listing.turn(rest[0], first)
        if not self._of_one_group() and rest[0].records_left > (len(self._groups) - 1) * 100:
            # The rest of it is longer than what it costs to ask for the wanted types alone.
            listing = Listing(EVENTS.path, parameter_sets=tuple(types_parameter(group) for group in self._groups))
            rest = listing.ranges(self._since, rest[0].lt or self.until + 1)
        reader = RangeReader(listing, rest, self._client, self._executor, _event)
        for batch in reader.batches():
            self.requests += batch.requests
            self._note(row for unfolded in batch.unfolded for row in unfolded[""].records)

    def _of_one_group(self) -> Listing | None:
        if len(self._groups) != 1:
            return None
        return Listing(EVENTS.path, parameter_sets=(types_parameter(self._groups[0]),))

    def _span(self, listing: Listing) -> list[Range]:
        return listing.ranges(self._since, self.until + 1)

    def _note(self, events: Iterable[JsonObject]) -> None:
        for event in events:
            for log in self._by_type.get(str(event.get("type")), ()):
                log.note(event)


def types_parameter(types: Sequence[str]) -> ParameterSet:
    """The parameter that asks the feed for some types."""
    return {"types[]": tuple(types)}


def groups_of(families: Iterable[frozenset[str]]) -> list[tuple[str, ...]]:
    """Types to ask for together, at most 20 a group.

    Types that concern one list stay together, for the order of the events of one second is known only within one
    answer of the feed.
    """
    blocks: list[set[str]] = []
    for types in families:
        touched = [block for block in blocks if block & types]
        blocks = [block for block in blocks if not block & types]
        blocks.append(set(types).union(*touched))
    groups: list[list[str]] = []
    for block in sorted(blocks, key=lambda block: (-len(block), sorted(block))):
        types_left = sorted(block)
        room = next((group for group in groups if len(group) + len(block) <= TYPES_A_REQUEST), None)
        if room is not None:
            room += types_left
            continue
        groups += [types_left[at : at + TYPES_A_REQUEST] for at in range(0, len(types_left), TYPES_A_REQUEST)]
    return [tuple(group) for group in groups]


def _event(event: JsonObject) -> Unfolded:
    return {"": Rows([event])}
