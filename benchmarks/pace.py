"""Whether a rate finds limits that it was not told, and how close it stays to them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

WINDOW_SECONDS = 5.0
STEP_SECONDS = 0.5
WITHIN = 0.10
# Of the windows from one on, how many must be good for the rate to be found in it.
STAYS = 0.8
# The last of the streams no longer ask for all that the account allows.
COUNTED_SHARE = 0.8


@dataclass(frozen=True)
class Sent:
    """A request: when it was received (seconds, any zero), and whether it was refused as too many."""

    at: float
    refused: bool


@dataclass(frozen=True)
class Pace:
    """How a rate behaved under a limit.

    Attributes:
        found_after: seconds from the first request until a window of time begins in which no more than a tenth too few
            requests were answered and no more than a tenth too many sent, as in at least four of five that begin later;
            None if there is none.
        answered, sent: requests a second from then on, or of all the time, as shares of the limit.
        close: the share of the windows in that time of which that holds.
        refused: the share of all requests that was refused.
    """

    found_after: float | None
    answered: float
    sent: float
    close: float
    refused: float


def pace_of(requests: Sequence[Sent], limit: float) -> Pace:
    """Of requests in the order of time under a limit of so many a second. Raises ValueError for too few to tell."""
    counted = requests[: int(len(requests) * COUNTED_SHARE)]
    if not counted or counted[-1].at - counted[0].at < 2 * WINDOW_SECONDS:
        raise ValueError("the read was over before a rate could be seen")
    began, ended = counted[0].at, counted[-1].at
    moments = [request.at for request in counted]
    answered_before = [0]
    for request in counted:
        answered_before.append(answered_before[-1] + (not request.refused))

    def rates(start: float, end: float) -> tuple[float, float]:
        first, last = bisect_left(moments, start), bisect_left(moments, end)
        share = (end - start) * limit
        return (answered_before[last] - answered_before[first]) / share, (last - first) / share

    windows = []
    start = began
    while start + WINDOW_SECONDS <= ended:
        answered, sent = rates(start, start + WINDOW_SECONDS)
        windows.append((start, answered >= 1 - WITHIN and sent <= 1 + WITHIN))
        start += STEP_SECONDS
    refused = sum(request.refused for request in requests) / len(requests)
    # A rate that passes by the limit has not found it.
    found = next((at for place, (at, good) in enumerate(windows) if good and _share(windows[place:]) >= STAYS), None)
    # Where it was never found, all of the time is looked at.
    since = began if found is None else found
    answered, sent = rates(since, ended)
    close = _share([window for window in windows if window[0] >= since])
    return Pace(None if found is None else found - began, answered, sent, close, refused)


def _share(windows: Sequence[tuple[float, bool]]) -> float:
    return sum(good for _, good in windows) / len(windows)
