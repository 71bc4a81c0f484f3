"""Requests that Stripe counts together: how fast they may go, how many at a time, and what refusals teach of both."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

LEARNING_SECONDS = 10.0
"""After Stripe refused, how long what was learned stands before a little more is tried; doubled, up to
`LONGEST_LEARNING_SECONDS`, as long as that is refused too."""

LONGEST_LEARNING_SECONDS = 60.0

STEP = 0.02
"""What is tried then, each second: so much of the limit more."""

REMEMBERED_SECONDS = 10.0
"""How long what became of a request is kept, to be counted when another one is refused."""

OVERTAKING_SECONDS = 0.01
"""By how much a request that went out later may have come to Stripe earlier. One that is counted for it and had not is
set right by the next refusal; one that is missed leaves a place empty until a little more is tried."""


@dataclass(eq=False)
class Sent:
    """A request on its way. Times are the clock's monotonic seconds.

    Attributes:
        refused: Stripe's limiter turned it away; None as long as that is not known.
    """

    endpoint: str
    at: float
    ended: float | None = None
    refused: bool | None = None


class Lane:
    """Requests that are counted together: spaced evenly, and in no second more than `rate` of them.

    Args:
        limit: requests a second that are allowed, as far as anybody has said.

    Attributes:
        rate: requests a second that may go; below `limit` once Stripe has refused some.
        free_at: when the next one may go, by the clock's monotonic seconds.
        running: requests that were granted and are not answered yet.
        most_running: as many may be under way; None as long as Stripe has not refused one for that.
    """

    _CATCH_UP_SECONDS = 0.02
    """How late a grant may be without the one after it waiting longer for that: threads never wake on the dot."""

    def __init__(self, limit: float) -> None:
        self.limit = self.rate = limit
        self.free_at = 0.0
        self.running = 0
        self.most_running: int | None = None
        self._last_second: deque[float] = deque(maxlen=max(1, int(limit)))
        self._sent: deque[Sent] = deque()
        self._learned_at = float("-inf")
        self._try_more_at = 0.0
        self._learning_seconds = LEARNING_SECONDS

    @property
    def full(self) -> bool:
        """As many are under way as may be."""
        return self.most_running is not None and self.running >= self.most_running

    def book(self, now: float) -> None:
        """One request is granted at `now`."""
        self.running += 1
        self._try_more(now)
        late = now - self.free_at
        slot = (self.free_at if late <= self._CATCH_UP_SECONDS else now) + 1.0 / self.rate
        self._last_second.append(now)
        a_second = max(1, int(self.rate))
        full = len(self._last_second) >= a_second
        self.free_at = max(slot, self._last_second[-a_second] + 1.0) if full else slot

    def begin(self, sent: Sent) -> None:
        """A request that was granted goes out."""
        if self.most_running is not None and self.running > self.most_running:
            self._learned_at = sent.at  # it was granted before the last lesson
        self._sent.append(sent)
        while self._sent[0].at < sent.at - REMEMBERED_SECONDS:
            self._sent.popleft()

    def end(self) -> None:
        """A request that was granted has been answered, or came to nothing."""
        self.running -= 1

    def too_fast(self, sent: Sent, now: float) -> None:
        """Stripe refused a request for the rate: no more may go than it took in the second before that one."""
        if sent.at <= self._learned_at:
            return  # it went out before the last lesson
        taken = sum(1 for each in self._sent if sent.at - 1.0 < each.at <= sent.at and not each.refused)
        # Where little was sent, the limit is shared with somebody else: that may pass as it came.
        self.rate = max(1.0, self.rate / 2, min(float(taken), self.rate * (1 - STEP)))
        self._learn(now)

    def too_many(self, sent: Sent, now: float) -> None:
        """Stripe refused a request for those that were under way: no more of them than it had taken by then."""
        if sent.at <= self._learned_at:
            return
        beside = sum(
            1
            for each in self._sent
            if each is not sent
            and each.at <= sent.at + OVERTAKING_SECONDS
            and not each.refused
            and (each.ended is None or each.ended > sent.at)
        )
        self.most_running = max(1, beside if self.most_running is None else min(beside, self.most_running - 1))
        self._learn(now)

    def _learn(self, now: float) -> None:
        soon = now - self._learned_at < 3 * self._learning_seconds
        longer = min(self._learning_seconds * 2, LONGEST_LEARNING_SECONDS)
        self._learning_seconds = longer if soon else LEARNING_SECONDS
        self._learned_at = now
        self._try_more_at = now + self._learning_seconds

    def _try_more(self, now: float) -> None:
        if now < self._try_more_at:
            return
        self._try_more_at = now + 1.0
        self.rate = min(self.limit, self.rate + STEP * self.limit)
        if self.most_running is not None:
            self.most_running += 1
            self._try_more_at = now + self._learning_seconds
