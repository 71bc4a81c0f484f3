"""One sync: which streams are read together, from where, and which of them share one reading of the events feed."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from source_stripe.api.client import Request, StripeClient
from source_stripe.api.errors import PermissionMissing, StripeError
from source_stripe.api_version import API_VERSION
from source_stripe.reading.brothers import Start, starts
from source_stripe.reading.change_log import ChangeLog
from source_stripe.reading.changes import Changes, Vanished
from source_stripe.reading.family import Member, Own
from source_stripe.reading.family_reader import FamilyReader, StreamReading, expanded_for
from source_stripe.reading.feed import EVENTS, Feed
from source_stripe.reading.following import changes_from, followed
from source_stripe.reading.interest import Interest, Through
from source_stripe.reading.listing import Listing
from source_stripe.reading.partition import Messages
from source_stripe.reading.progress import SETTLED_SECONDS, Mode, Progress, Span, planned, planned_whole

logger = logging.getLogger("airbyte")


@dataclass(frozen=True)
class Selected:
    """A stream to read.

    Attributes:
        listing: the list that its rows come of.
        interest: the events of that list; None where there are none.
        through: the stream's own events, where its rows hang on the list's.
        reread_seconds: after which all of it is read again; 0 for every sync, where it is read as a whole, else never.
        whole: it is read as a whole or not at all.
        before: how far the sync before came.
    """

    member: Member
    listing: Listing
    interest: Interest | None
    mode: Mode
    before: Progress | None
    through: Through | None = None
    reread_seconds: int = 0
    whole: bool = False


@dataclass(frozen=True)
class _Planned:
    """A stream and where it goes on.

    Attributes:
        backfills: its list is still to be read, and the feed after that.
    """

    selected: Selected
    reading: StreamReading
    backfills: bool = False

    @property
    def place(self) -> object:
        """What streams have to have in common to be read together."""
        progress = self.reading.progress
        unread = tuple(
            (part.gte, part.lt, part.after, tuple(sorted(part.parameters.items()))) for part in progress.unread
        )
        return self.selected.listing.path, progress.mode, progress.follows, progress.reread_at, self.backfills, unread


class Sync:
    """Plans what `readers` then read.

    Args:
        span: what the user asked for.
        now: Unix seconds by Stripe's clock: the sync's T0.
        follow: whether streams that have events follow them.
        as_lines: records leave as lines of stdout.

    Attributes:
        readings: one a stream, in the order they were added; filled by `readers`.
    """

    def __init__(
        self, client: StripeClient, requests: Executor, span: Span, now: int, follow: bool, as_lines: bool = False
    ) -> None:
        self.readings: list[StreamReading] = []
        self._client = client
        self._requests = requests
        self._span = span
        self._now = now
        self._follow = follow
        self._as_lines = as_lines
        self._selected: list[tuple[Selected, str | None]] = []

    def add(self, selected: Selected, account: str | None) -> None:
        """One more stream to read, of an account."""
        self._selected.append((selected, account))

    def readers(self) -> dict[str, Messages]:
        """What yields each stream's messages, by its name. May cost a request, to see whether events may be read."""
        began = self._starts()
        self._tell_of_versions()
        plans = [self._plan(each, account, began.get(each.member.name)) for each, account in self._selected]
        together: dict[object, list[_Planned]] = {}
        for plan in plans:
            together.setdefault(plan.place, []).append(plan)
        feed, logs = self._shared_feed(list(together.values()))
        if self._follow and feed is None and any(plan.reading.progress.follows for plan in plans):
            self._follow = False
            return self.readers()
        self.readings = [plan.reading for plan in plans]
        readers: dict[str, Messages] = {}
        for place, family in together.items():
            readings = [plan.reading for plan in family]
            for reading in readings:  # brothers read one and the same ranges
                reading.progress = replace(reading.progress, unread=readings[0].progress.unread)
            listing, not_shown = expanded_for(family[0].selected.listing, readings)
            changes = self._changes(family, listing, feed, logs.get(place))
            reader = FamilyReader(listing, readings, self._client, self._requests, not_shown, changes, self._as_lines)
            for reading in readings:
                readers[reading.member.name] = functools.partial(reader.messages, reading.member.name)
        return readers

    def _tell_of_versions(self) -> None:
        said = {each.before.api_version for each, _ in self._selected if each.before}
        other = ", ".join(sorted(version for version in said if version not in (None, API_VERSION)))
        if other:
            logger.info(
                f"Rows that were read before are of Stripe's API version {other}; those that are read from now on, as "
                f"they change, are of {API_VERSION}. Reset the streams to have all of them in the new shape."
            )

    def _starts(self) -> dict[str, Start]:
        """Where the streams that follow events go on, by name."""
        families: dict[str, list[Selected]] = {}
        for selected, _ in self._selected:
            if self._follow and selected.interest is not None and selected.mode == "incremental":
                families.setdefault(selected.listing.path, []).append(selected)
        began: dict[str, Start] = {}
        for family in families.values():
            # As `FamilyReader` writes their states.
            family.sort(key=lambda selected: isinstance(selected.member, Own))
            found = starts([selected.before for selected in family])
            began |= {selected.member.name: start for selected, start in zip(family, found, strict=True)}
        return began

    def _plan(self, selected: Selected, account: str | None, start: Start | None) -> _Planned:
        listing, interest = selected.listing, selected.interest
        before = (selected.before or Progress(mode=selected.mode)).of_account(account)
        if start is None or interest is None:
            if selected.whole:
                seconds = selected.reread_seconds
                progress = planned_whole(selected.before, selected.mode, self._span, self._now, listing, seconds)
            else:
                progress = planned(selected.before, selected.mode, self._span, self._now, listing)
            progress = replace(progress, follows=False)
            return _Planned(selected, StreamReading(selected.member, progress.of_account(account), before))
        if start.before is not None and not start.before.unread:
            # Where to go on from may be a brother's word; when all of it was read last is its own.
            start = replace(start, before=replace(start.before, read_at=before.read_at))
        plan = followed(start, self._span, self._now, listing, interest.announced, selected.reread_seconds)
        if plan.why_anew:
            logger.info(f"Stream {selected.member.name} is read again in full: {plan.why_anew}.")
        reading = StreamReading(selected.member, plan.progress.of_account(account), before)
        return _Planned(selected, reading, plan.backfills)

    def _shared_feed(self, families: list[list[_Planned]]) -> tuple[Feed | None, dict[object, ChangeLog]]:
        """The feed that the families which are up to date read together, opened, and their logs by place.

        None if the key may not read events. Those that have their list still to read ask the feed when they are
        done with that; here it is only seen whether they may.
        """
        follow = [family for family in families if family[0].reading.progress.follows]
        current = [family for family in follow if not family[0].backfills]
        logs = {family[0].place: ChangeLog(_interest(family)) for family in current}
        since = [plan.reading.progress.events_from for family in current for plan in family]
        feed = Feed(
            list(logs.values()), min(filter(None, since), default=self._now), self._now, self._client, self._requests
        )
        try:
            if current:
                feed.open()
            elif follow:
                self._client.page(Request(EVENTS.path, [("limit", "1")]))
        except PermissionMissing as error:
            names = ", ".join(plan.selected.member.name for family in follow for plan in family)
            logger.warning(
                "The key may not read events, so that changes and deletions will be missed, and new records alone "
                f"come of these streams: {names}. Give the restricted key the read permission for events. {error}"
            )
            return None, {}
        except StripeError as error:
            # Whoever needs the feed asks again, and fails with the reason if that is no better.
            logger.info(f"The events could not be read at first: {error}")
        return feed, logs

    def _changes(
        self, family: list[_Planned], listing: Listing, feed: Feed | None, log: ChangeLog | None
    ) -> Changes | None:
        progress = family[0].reading.progress
        if not progress.follows:
            return None
        seen_to = None
        if any(not isinstance(plan.selected.member, Own) for plan in family):
            seen_to = max(_seen_to(plan) for plan in family)
        covers_from = min(plan.reading.progress.covers_from or 0 for plan in family)
        vanished = None
        if feed is not None and log is not None:
            log.interest = replace(log.interest, expansions=listing.expand)
            opened: Callable[[], Feed] = functools.partial(_itself, feed)
        else:
            log = ChangeLog(replace(_interest(family), expansions=listing.expand))
            since = min(plan.reading.progress.events_from or self._now for plan in family)
            if progress.reread_at is not None and since < changes_from(progress.reread_at):
                vanished = self._vanished(log.interest, since, progress.reread_at, seen_to is not None)
                since = changes_from(progress.reread_at)
            opened = functools.partial(self._own_feed, log, since)
        return Changes(log, opened, listing, covers_from, seen_to, self._client, self._requests, vanished)

    def _own_feed(self, log: ChangeLog, since: int) -> Feed:
        return Feed([log], since, self._client.stripe_time.now(), self._client, self._requests)

    def _vanished(self, interest: Interest, since: int, reread_at: int, others_hang_on: bool) -> Vanished | None:
        deletions = interest.in_deletions()
        if deletions is None:
            return None
        log = ChangeLog(deletions)
        feed = Feed([log], since, changes_from(reread_at) - 1, self._client, self._requests)
        return Vanished(log, functools.partial(_itself, feed), since + SETTLED_SECONDS if others_hang_on else None)


def _seen_to(plan: _Planned) -> int:
    """Unix seconds up to which an earlier sync read the feed."""
    progress = plan.reading.progress
    return 0 if plan.backfills or progress.watermark is None else progress.watermark + SETTLED_SECONDS


def _itself(feed: Feed) -> Feed:
    return feed


def _interest(family: list[_Planned]) -> Interest:
    interest = family[0].selected.interest
    if interest is None:
        raise ValueError("a family that follows no events")
    through = [plan.selected.through for plan in family]
    account = family[0].reading.progress.account
    return replace(interest, account=account, through=tuple(each for each in through if each is not None))
