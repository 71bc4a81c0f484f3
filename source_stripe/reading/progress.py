"""How far a stream has been read: what a STATE message holds, and what it means for the sync to come.

A stream is complete from `covers_from` up to its watermark. The watermark stands under the cursor's own name
(`updated`, `created`), as in the state of Airbyte's own Stripe source, so that either can read the other's.
While a sync is under way the state says which ranges are left of it and up to where it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from source_stripe.api.keys import shown
from source_stripe.api_version import API_VERSION
from source_stripe.reading.airbyte_state import taken_over
from source_stripe.reading.listing import Listing
from source_stripe.reading.ranges import Range, is_second

FORMAT_VERSION = 1
"""Of the state. A newer one is refused: what it means is not known here."""

SETTLED_SECONDS = 60
"""Objects may turn up on a list a little after their `created`: the watermark stays this far behind Stripe's clock."""

Mode = Literal["full_refresh", "incremental"]


class StateRefused(ValueError):
    """A state that cannot be used. The text says why and what to do."""


@dataclass(frozen=True)
class Progress:
    """Where the reading of one stream of one account stands. Times are Unix seconds by Stripe's clock.

    Attributes:
        mode: the sync mode it was written in: what is left of a full refresh says nothing to an incremental sync.
        account: the account's id, None where the key may not know it.
        watermark: everything older has been read; None until the first sync is complete.
        covers_from: the oldest `created` that was asked for.
        until: up to where the sync under way reads, None between syncs.
        unread: what is left of it.
        follows: the stream follows the events feed; what changed up to the watermark has been read, too.
        events_from: from where on the feed is still to be read at the end of the sync under way, None between syncs.
        reread_at: all of the stream is read once more, since this moment; None where it is read for the first time.
        step: how many states were written while `unread` shrank.
        api_version: of the rows that were read, None where the state does not say.
        pending_since: `created` of the oldest row that will change without an event, None where there is none.
        read_at: when all of the stream was read last, where that is done again from time to time.
    """

    mode: Mode
    account: str | None = None
    watermark: int | None = None
    covers_from: int | None = None
    until: int | None = None
    unread: list[Range] = field(default_factory=list)
    follows: bool = False
    events_from: int | None = None
    reread_at: int | None = None
    step: int = 0
    api_version: str | None = API_VERSION
    pending_since: int | None = None
    read_at: int | None = None

    def to_state(self, stream: str, cursor_field: str) -> dict[str, Any]:
        """The `stream_state` of a STATE message of `stream`."""
        state: dict[str, Any] = {} if self.watermark is None else {cursor_field: self.watermark}
        state |= {
            "version": FORMAT_VERSION,
            "stream": stream,
            "mode": self.mode,
            "account": self.account,
            "api_version": API_VERSION,
        }
        if self.covers_from is not None:
            state["covers_from"] = self.covers_from
        if self.follows:
            state["follows"] = "changes"
        kept = {"pending_since": self.pending_since, "read_at": self.read_at}
        state |= {name: value for name, value in kept.items() if value is not None}
        if self.unread:
            following = {"events_from": self.events_from, "reread_at": self.reread_at, "step": self.step or None}
            state |= {name: value for name, value in following.items() if value is not None}
            state |= {"until": self.until, "unread": [unread.to_state() for unread in self.unread]}
        return state

    @classmethod
    def of_state(cls, state: Mapping[str, Any], stream: str, cursor_field: str) -> Progress | None:
        """The reverse of `to_state`; None for a state that says nothing.

        Raises:
            StateRefused: it was written by a newer version or for another stream, lacks what every state of ours has,
                or is not a state of this connector at all.
        """
        state = taken_over(state, cursor_field)
        version = state.get("version", FORMAT_VERSION)
        if isinstance(version, bool) or version in (0, None):
            raise StateRefused(f"its format is {shown(version)}, which never was one: {_reset()}")
        if not isinstance(version, int) or version > FORMAT_VERSION:
            raise StateRefused(
                f"it was written by a newer version of source-stripe (state format {shown(version)}, this one knows "
                f"{FORMAT_VERSION}): update the connector, or reset the stream to read it again"
            )
        if not state or state.get("__ab_no_cursor_state_message"):
            return None
        known = {cursor_field, "version", "mode", "account", "api_version", "covers_from", "until", "unread"}
        if not known & state.keys():
            raise StateRefused(
                f"it holds neither {shown(cursor_field)} nor anything else that is known here: {_reset()}"
            )
        if "version" in state:
            _see_that_it_is_whole(state, stream, cursor_field)
        try:
            return cls(
                mode="full_refresh" if state.get("mode") == "full_refresh" else "incremental",
                account=_text(state, "account"),
                watermark=_seconds(state, cursor_field),
                covers_from=_seconds(state, "covers_from"),
                until=_seconds(state, "until"),
                unread=[Range.of_state(unread) for unread in _list(state, "unread")],
                # Airbyte's own source, whose state has no version, follows the feed as well.
                follows=state.get("follows") == "changes" or "version" not in state,
                events_from=_seconds(state, "events_from"),
                reread_at=_seconds(state, "reread_at"),
                step=_seconds(state, "step") or 0,
                api_version=_text(state, "api_version"),
                pending_since=_seconds(state, "pending_since"),
                read_at=_seconds(state, "read_at"),
            )
        except ValueError as error:
            raise StateRefused(f"{error}: {_reset()}") from None

    def of_account(self, account: str | None) -> Progress:
        """The same for a sync that knows, or does not, which account it reads."""
        return replace(self, account=account or self.account)

    def settled(self) -> Progress:
        """After the sync: nothing is left, and the watermark is as far as the sync may vouch for."""
        watermark = self.watermark
        if self.until is not None:
            watermark = max(self.until - SETTLED_SECONDS, watermark or 0)
        return replace(self, watermark=watermark, until=None, unread=[], events_from=None, reread_at=None, step=0)


@dataclass(frozen=True)
class Span:
    """What the user asked for: from `start` (Unix seconds), and again `lookback` seconds of what was read before."""

    start: int
    lookback: int = 0


def planned(before: Progress | None, mode: Mode, span: Span, now: int, listing: Listing) -> Progress:
    """What a sync that starts at `now` has to read, given how far the one before it came.

    In doubt it reads again what was read rather than leave anything out. `before` stays as it is, however far the
    result is read.
    """
    account = before.account if before else None
    read_to = _read_to(before, mode, now, listing)
    if before is None or read_to is None:
        unread = listing.ranges(span.start, now + 1)
        return Progress(mode=mode, account=account, covers_from=span.start, until=now, unread=unread)
    if not listing.created_filter:
        # Read as a whole every time; what the cut one lacks at the list's top, the next one finds.
        left = [replace(left) for left in before.unread]
        return replace(before, until=now, unread=left or listing.ranges(span.start, now + 1))
    again = SETTLED_SECONDS if before.unread else span.lookback
    covers_from = span.start if before.covers_from is None else before.covers_from
    unread = [replace(left) for left in before.unread]
    # A clock that was set back a little must not turn the span around.
    read_from = min(read_to, now) - again
    pending_since = before.pending_since
    if pending_since is not None and not before.unread:
        # What is read now tells anew which rows are pending; what was read before a cut stands.
        read_from, pending_since = min(read_from, pending_since), None
    for newer in listing.ranges(max(covers_from, read_from), now + 1):
        add_range(newer, unread)
    if span.start < covers_from:
        unread += listing.ranges(span.start, covers_from)
    covers_from = min(span.start, covers_from)
    return replace(before, covers_from=covers_from, until=now, unread=unread, pending_since=pending_since)


def planned_whole(
    before: Progress | None, mode: Mode, span: Span, now: int, listing: Listing, reread_seconds: int
) -> Progress:
    """The same for a stream that is read as a whole or not at all: nothing before `reread_seconds` have passed.

    A full refresh always reads. All rows of one reading have its date, also where it was cut and goes on.
    """
    everything = Progress(
        mode=mode,
        account=before.account if before else None,
        covers_from=span.start,
        until=now,
        unread=listing.ranges(span.start, now + 1),
        reread_at=now,
        read_at=now,
    )
    if before is None or before.read_at is None or _read_to(before, mode, now, listing) is None:
        return everything
    if before.unread:
        return replace(before, until=now, unread=[replace(left) for left in before.unread])
    covered = before.covers_from is not None and before.covers_from <= span.start
    if not covered or not before.read_at <= now < before.read_at + reread_seconds:
        return everything
    return replace(before, until=None, unread=[])


def add_range(newer: Range, unread: list[Range]) -> None:
    """Adds a range, by way of one that nothing was read of and that reaches up to it where there is such a one.

    Or a stream whose syncs are cut again and again would have more ranges left each time.
    """
    for left in unread:
        if left.after is None and left.parameters == newer.parameters and left.reaches(newer):
            left.lt = newer.lt
            return
    unread.append(newer)


def _read_to(before: Progress | None, mode: Mode, now: int, listing: Listing) -> int | None:
    """Up to where the reading before came and may be built upon; None where everything has to be read."""
    if before is None or before.mode != mode:
        return None
    if mode == "full_refresh" and not before.unread:
        return None  # it came to its end: the next one starts over
    if not all(listing.takes(unread) for unread in before.unread):
        return None  # written when the list was read in another way
    read_to = before.until if before.unread else before.watermark
    if read_to is not None and read_to > now + SETTLED_SECONDS:
        return None  # from the future: a clock was wrong, and nobody knows which
    return read_to


def _see_that_it_is_whole(state: Mapping[str, Any], stream: str, cursor_field: str) -> None:
    """Raises StateRefused if a state of ours lacks something without which too little would be read."""
    if state.get("stream", stream) != stream:
        raise StateRefused(f"it is about another stream ({shown(state['stream'])}): {_reset()}")
    needed: set[str] = set()
    if state.get("unread"):
        needed = {"until", "covers_from"} | ({"events_from"} if state.get("follows") else set())
    elif state.get(cursor_field) is not None:
        needed = {"covers_from"}
    if lacking := sorted(name for name in needed if state.get(name) is None):
        raise StateRefused(f"it is not whole, {' and '.join(lacking)} are missing from it: {_reset()}")


def _reset() -> str:
    return "reset the stream to read it from the beginning"


def _seconds(state: Mapping[str, Any], name: str) -> int | None:
    """Unix seconds; Airbyte's own source writes them as text now and then."""
    value = state.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not is_second(value):
        raise ValueError(f"{shown(name)} is {shown(value)}, not a time in Unix seconds")
    return value


def _text(state: Mapping[str, Any], name: str) -> str | None:
    value = state.get(name)
    if not (value is None or isinstance(value, str)):
        raise ValueError(f"{shown(name)} is {shown(value)}, not a text")
    return value


def _list(state: Mapping[str, Any], name: str) -> list[Any]:
    value = state.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"{shown(name)} is not a list of objects")
    return value
