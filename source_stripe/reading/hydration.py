"""Reading objects anew whose events do not show them as the list does: a hundred at once where they lie close together.

What is asked of the list is never more requests than asking for each object on its own would take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote

from source_stripe.api.answer import JsonObject
from source_stripe.api.client import Request, StripeClient
from source_stripe.api.errors import NotFound
from source_stripe.reading.listing import PAGE_SIZE, Listing
from source_stripe.reading.ranges import Range
from source_stripe.reading.side_by_side import side_by_side


@dataclass(frozen=True)
class Wanted:
    """An object to read: its id, and when it was created (Unix seconds), None where that is not known."""

    id: str
    created: int | None


@dataclass(frozen=True)
class Hydrated:
    """Objects by id, None for one that is gone, and the requests they took."""

    objects: Mapping[str, JsonObject | None]
    requests: int


@dataclass(frozen=True)
class _Answer:
    """What one window or one retrieval came to.

    Attributes:
        beyond: wanted objects that lie behind the page's end.
        unlisted: wanted objects that the list does not show where they should be: perhaps gone.
        spacing: seconds from one object of the list to the next, None where the page does not tell.
    """

    found: dict[str, JsonObject | None] = field(default_factory=dict)
    beyond: list[Wanted] = field(default_factory=list)
    unlisted: list[Wanted] = field(default_factory=list)
    requests: int = 0
    spacing: float | None = None


_Work = Callable[[], _Answer]


class Hydration:
    """Reads objects of one list, as the list shows them.

    Args:
        listing: the list; its expansions are used for single objects too.
        retrieve: the path of one object, with `{…}` for its id.
    """

    def __init__(self, listing: Listing, retrieve: str, client: StripeClient, requests: Executor) -> None:
        self._listing = listing
        self._retrieve = retrieve
        self._client = client
        self._requests = requests
        self._spacing: float | None = None

    def objects(self, wanted: Iterable[Wanted]) -> Hydrated:
        """The objects as they are now, whichever way takes the fewest requests, side by side.

        Raises:
            StripeError: Stripe's final answer to one of the requests.
        """
        found: dict[str, JsonObject | None] = {}
        requests = 0
        listed: list[Wanted] = []
        single: list[Wanted] = []
        for each in wanted:
            by_time = each.created is not None and self._listing.created_filter
            (listed if by_time else single).append(each)
        while listed or single:
            windows, alone = windows_of(listed, self._spacing, len(self._listing.parameter_sets))
            # Evenly mixed, for Stripe counts lists and retrievals apart: neither is to wait for the other.
            work = _mixed(
                [partial(self._window, window) for window in windows],
                [partial(self._single, each) for each in (*single, *alone)],
            )
            listed, single = [], []
            for answer in side_by_side(self._requests, work):
                found |= answer.found
                requests += answer.requests
                listed += answer.beyond
                single += answer.unlisted
                self._spacing = answer.spacing or self._spacing
        return Hydrated(found, requests)

    def _window(self, window: list[Wanted]) -> _Answer:
        """One page of the list, from the window's youngest object down to its oldest."""
        newest, oldest = _created(window[0]), _created(window[-1])
        missing = {each.id for each in window}
        found: dict[str, JsonObject | None] = {}
        requests, shown_to, spacing = 0, oldest, None
        for parameters in self._listing.parameter_sets:
            page = self._client.page(self._listing.request(Range(oldest, newest + 1, parameters=parameters)))
            requests += page.tries
            found |= {row["id"]: row for row in page.records if row.get("id") in missing}
            times = [at for row in page.records if isinstance(at := row.get(self._listing.created_field), int)]
            if page.has_more and times:
                # Objects of the last row's second may be on the next page.
                shown_to = max(shown_to, times[-1] + 1)
                spacing = min(spacing or PAGE_SIZE * 1e9, max(newest - times[-1], 1) / len(times))
            elif times and spacing is None:
                spacing = (newest - oldest + 1) / len(times)
        left = [each for each in window if each.id not in found]
        # The youngest is on the page if it is on the list at all, unless a hundred share its second.
        unlisted = [each for each in left if _created(each) >= shown_to or each is window[0]]
        beyond = [each for each in left if each not in unlisted]
        return _Answer(found, beyond, unlisted, requests, spacing)

    def _single(self, wanted: Wanted) -> _Answer:
        before, _, rest = self._retrieve.partition("{")
        path = before + quote(wanted.id, safe="") + rest.partition("}")[2]
        parameters = [("expand[]", name) for name in self._listing.expand]
        try:
            page = self._client.page(Request(path, parameters, form="object", endpoint=self._retrieve))
        except NotFound:
            return _Answer({wanted.id: None}, requests=1)
        found = page.records[0]
        return _Answer({wanted.id: None if found.get("deleted") is True else found}, requests=page.tries)


def windows_of(
    wanted: Iterable[Wanted], spacing: float | None, requests_a_window: int
) -> tuple[list[list[Wanted]], list[Wanted]]:
    """Which objects to ask the list for together, youngest first, and which to ask for alone.

    Args:
        spacing: seconds from one object of the list to the next; None where nothing is known yet: then the list
            is asked once, for as many as one page may hold, and what that shows tells how to go on.
    """
    left = sorted(wanted, key=lambda each: -_created(each))
    if spacing is None:
        return ([left], []) if len(left) > requests_a_window else ([], left)
    windows, alone = [], []
    span = spacing * PAGE_SIZE
    at = 0
    while at < len(left):
        oldest = _created(left[at]) - span
        end = at + 1
        while end < len(left) and _created(left[end]) >= oldest:
            end += 1
        if end - at > requests_a_window:
            windows.append(left[at:end])
            at = end
        else:
            alone.append(left[at])
            at += 1
    return windows, alone


def _mixed(*kinds: Sequence[_Work]) -> list[_Work]:
    """All of them, each kind in order and spread over the whole."""
    places = [(at / len(kind), each) for kind in kinds for at, each in enumerate(kind)]
    return [each for _, each in sorted(places, key=lambda place: place[0])]


def _created(wanted: Wanted) -> int:
    return wanted.created or 0
