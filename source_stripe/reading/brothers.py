"""From where streams go on that are rows of one list, when their states do not agree.

States are written one after another, so a sync that is cut leaves some of them a step ahead; and a stream may be
selected later than its brothers, or have failed while they went on. A row of a child is known to be gone by its
parent's newer cursor: so what is behind must not be read in such a way that the parent stays behind its children.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from source_stripe.reading.progress import Progress


@dataclass(frozen=True)
class Start:
    """Where one of them goes on.

    Attributes:
        before: the progress to go on from, which may be a brother's.
        anew: rows of the list are out already, though not with this progress: what is read is dated anew.
    """

    before: Progress | None
    anew: bool = False


def starts(befores: Sequence[Progress | None]) -> list[Start]:
    """For each stream of a list, in the order in which their states are written: the list's own comes last.

    The last one leads, since none of the others can have been left behind it by a cut.
    """
    befores = [before if before and (before.watermark is not None or before.unread) else None for before in befores]
    lead = befores[-1]
    if lead is None or not _usable(lead):
        return [Start(lead, anew=any(befores)) for _ in befores]
    joined = [before for before in befores if before is not None and _joins(before, lead)]
    if lead.unread:
        common = min((before for before in joined if before.unread), key=lambda before: before.step)
    else:
        common = min(joined, key=lambda before: before.watermark or 0)
    found = []
    for before in befores:
        if before is not None and _joins(before, lead):
            found.append(Start(common))
        elif before is None or not _usable(before):
            found.append(Start(None, anew=True))
        else:
            found.append(Start(before))
    return found


def _usable(before: Progress) -> bool:
    return before.follows and before.mode == "incremental"


def _joins(before: Progress, lead: Progress) -> bool:
    """Whether what is left for the one is enough for the other, too."""
    if not _usable(before):
        return False
    if not before.unread:
        return True
    return bool(lead.unread) and (before.events_from, before.reread_at) == (lead.events_from, lead.reread_at)
