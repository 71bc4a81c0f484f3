"""Where a stream that follows the events feed goes on, given the state of the sync before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from source_stripe.reading.brothers import Start
from source_stripe.reading.feed import REACH_SECONDS
from source_stripe.reading.listing import Listing
from source_stripe.reading.progress import SETTLED_SECONDS, Progress, Span, add_range


@dataclass(frozen=True)
class Followed:
    """What is to be read.

    Attributes:
        backfills: the list itself is to be read, at length; the feed is to be read after that.
        why_anew: why all of the stream is read again although it was read before, as the end of a sentence; ""
            where it is not.
    """

    progress: Progress
    backfills: bool
    why_anew: str = ""


def followed(
    start: Start, span: Span, now: int, listing: Listing, announced: bool, reread_seconds: int = 0
) -> Followed:
    """What a sync that starts at `now` (Unix seconds, Stripe's) has to read of the list, and from where on of the feed.

    Args:
        announced: the feed tells of every new object, so that the list need not be asked for them.
        reread_seconds: after which all of it is read again, for its events may be missing; 0 for never.
    """
    before = start.before
    everything = Progress(
        mode="incremental",
        account=before.account if before else None,
        covers_from=span.start,
        until=now,
        # Not what this very second brings: that is for the feed, so that no event can be as old as a row of the list.
        unread=listing.ranges(span.start, now),
        follows=True,
        events_from=now - SETTLED_SECONDS,
        read_at=now if reread_seconds else None,
    )
    if before is None:
        if not start.anew:
            return Followed(everything, backfills=True)
        why = "other streams of the same list were read before it"
        return Followed(replace(everything, reread_at=now - 1), True, why)
    why = _why_anew(before, now, listing)
    due = not (before.read_at or 0) <= now < (before.read_at or 0) + reread_seconds
    if not why and reread_seconds and not before.unread and due:
        why = "its events are known to be incomplete, and it is time to see everything once more"
    if why:
        # Of what was deleted since then the feed still tells, as far back as it reaches.
        since = min(max(_events_from(before), now - REACH_SECONDS), now - SETTLED_SECONDS)
        return Followed(replace(everything, reread_at=now - 1, events_from=since), True, why)
    covers_from = span.start if before.covers_from is None else before.covers_from
    unread = [replace(left) for left in before.unread]
    if before.unread:
        read_to = (before.until or now) - SETTLED_SECONDS
    else:
        read_to = before.watermark or 0
    if span.lookback or not announced:
        for newer in listing.newest(max(covers_from, min(read_to, now) - span.lookback), now + 1):
            add_range(newer, unread)
    if span.start < covers_from:
        unread += listing.ranges(span.start, covers_from) if listing.created_filter else listing.whole()
    progress = replace(
        before,
        covers_from=min(span.start, covers_from),
        until=now,
        unread=unread,
        follows=True,
        events_from=_events_from(before),
    )
    return Followed(progress, backfills=bool(before.unread))


def changes_from(reread_at: int) -> int:
    """From when on the feed has to be read for the changes of what was read once more, Unix seconds."""
    return reread_at + 1 - SETTLED_SECONDS


def _why_anew(before: Progress, now: int, listing: Listing) -> str:
    if before.mode != "incremental":
        return "the last sync was a full refresh, which says nothing of what changed since"
    if not before.follows:
        return "the last sync did not follow the events, so that changes may have been missed"
    if not all(listing.takes(unread) for unread in before.unread):
        return "the last sync was cut, and this version asks Stripe's list in another way"
    since = _events_from(before) if before.reread_at is None else changes_from(before.reread_at)
    if since < now - REACH_SECONDS:
        days = (now - since) // 86_400
        return f"the last sync was {days} days ago, and Stripe keeps events for 30: older deletions are unknown"
    if since > now + SETTLED_SECONDS:
        return "its state is from the future"
    return ""


def _events_from(before: Progress) -> int:
    if before.unread and before.events_from is not None:
        return before.events_from
    if before.watermark is not None:
        return before.watermark
    return (before.until or 0) - SETTLED_SECONDS
