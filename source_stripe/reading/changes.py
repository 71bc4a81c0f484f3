"""What happened to the rows of a list since they were read: their newest state, or that they are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from source_stripe.api.answer import JsonObject
from source_stripe.api.client import StripeClient
from source_stripe.reading.change_log import ChangeLog
from source_stripe.reading.feed import Feed
from source_stripe.reading.hydration import Hydration, Wanted
from source_stripe.reading.interest import Change, Removed
from source_stripe.reading.listing import Listing


@dataclass(frozen=True)
class Changed:
    """One row of the list by its newest event: as the list would show it, or what is known of it if it is gone.

    Attributes:
        row: None where nothing is told but what hung on the row and is gone.
        second: the event's time, Unix seconds, or a later one: see `Changes`.
        removed: what hung on it and is gone, unless the row shows it again.
    """

    id: str
    row: JsonObject | None
    second: int
    deleted: bool
    removed: tuple[Removed, ...] = ()


@dataclass(frozen=True)
class Vanished:
    """What was deleted before all of a list was read once more: the list does not show it, nor do later events.

    Attributes:
        log: of deletions alone.
        feed: opens the feed that they are read from.
        seen_to: as in `Changes`.
    """

    log: ChangeLog
    feed: Callable[[], Feed]
    seen_to: int | None


class Changes:
    """The changes of one list's rows.

    Args:
        log: where the feed notes them.
        feed: opens the feed that they are read from, not before the rest of the list has been read.
        listing: the list as it is read, with all its expansions.
        covers_from: Unix seconds; objects created before are none of the streams'.
        seen_to: Unix seconds up to which rows may have been emitted before, where streams hang on the list's rows:
            a child is known to be gone by its parent's newer cursor, so a change that is dated within that time and
            told only now must not bring a cursor that was there before. None where nothing hangs on the rows.
        vanished: None where the list was not read once more.

    Attributes:
        until: Unix seconds up to which the changes are known; None until they are read, and where new objects are
            not among them: up to where the list was read is the most that can be vouched for then.
        requests: how many it took beyond the feed's own, so far.
    """

    def __init__(
        self,
        log: ChangeLog,
        feed: Callable[[], Feed],
        listing: Listing,
        covers_from: int,
        seen_to: int | None,
        client: StripeClient,
        requests: Executor,
        vanished: Vanished | None = None,
    ) -> None:
        self.until: int | None = None
        self.requests = 0
        self._log = log
        self._feed = feed
        self._covers_from = covers_from
        self._seen_to = seen_to
        self._vanished = vanished
        self._hydration = Hydration(listing, log.interest.retrieve, client, requests)

    def batches(self) -> Iterator[list[Changed]]:
        """All of them, up to a thousand at a time.

        Raises:
            StripeError: the feed, or an object that it names, could not be read.
        """
        if self._vanished is not None:
            yield from self._deletions(self._vanished)
        feed = self._feed()
        feed.read()
        for chunk in self._log.changes():
            changes = [each for each in chunk if self._covers(each.created)]
            unclear = [Wanted(each.id, each.created) for each in changes if not (each.complete or each.deleted)]
            hydrated = self._hydration.objects(unclear)
            self.requests += hydrated.requests
            found = [self._changed(each, hydrated.objects.get(each.id)) for each in changes]
            yield [each for each in found if self._covers((each.row or {}).get(self._log.interest.created_field))]
        if self._log.interest.announced:
            self.until = feed.until

    def _deletions(self, vanished: Vanished) -> Iterator[list[Changed]]:
        # What came to exist again is on the list, and was read from there with a newer date: nothing to look up.
        vanished.feed().read()
        for chunk in vanished.log.changes():
            yield [
                Changed(
                    each.id,
                    each.content if each.own else None,
                    _after(each.second, vanished.seen_to),
                    deleted=each.own,
                    removed=_removed_after(each.removed, vanished.seen_to),
                )
                for each in chunk
                if self._covers(each.created)
            ]

    def _covers(self, created: object) -> bool:
        return not isinstance(created, int) or created >= self._covers_from

    def _changed(self, change: Change, hydrated: JsonObject | None) -> Changed:
        second, removed = _after(change.second, self._seen_to), _removed_after(change.removed, self._seen_to)
        if change.deleted or change.complete:
            return Changed(change.id, change.content, second, change.deleted, removed)
        # What can no longer be read is gone, whether or not an event has said so yet.
        return Changed(change.id, hydrated or change.content, second, hydrated is None, removed)


def _after(second: int, seen_to: int | None) -> int:
    return second if seen_to is None or second > seen_to else seen_to + 1


def _removed_after(removed: tuple[Removed, ...], seen_to: int | None) -> tuple[Removed, ...]:
    return tuple(replace(each, second=_after(each.second, seen_to)) for each in removed)
