"""States that Airbyte's own Stripe source wrote, as ones of ours.

Besides the cursor alone (`{"updated": n}`), which is a state of ours too: slices with the end of each, and for children
`use_global_cursor`, `parent_state` and `states`. Numbers may be text. Where a form leaves a choice, the oldest time is
taken: rows that are read twice do no harm, rows that are missed do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_COMPOUND = ("slices", "use_global_cursor", "parent_state", "states")


def taken_over(state: Mapping[str, Any], cursor_field: str) -> Mapping[str, Any]:
    """The state with Airbyte's forms turned into `{cursor_field: seconds}`; any other as it is."""
    if "version" in state or not any(name in state for name in _COMPOUND):
        return state
    times = list(_times(state, {cursor_field, "updated", "created"}))
    return {cursor_field: min(times)} if times else {}


def _times(state: Any, cursors: set[str]) -> Iterator[int]:
    """Every cursor value in a state, at any depth; slices are done up to the end of the first of them."""
    if isinstance(state, list):
        for each in state:
            yield from _times(each, cursors)
    if not isinstance(state, Mapping):
        return
    if isinstance(state.get("slices"), list):
        yield from _first_end(state["slices"])
        return
    for name, value in state.items():
        if name in cursors and (seconds := _seconds(value)) is not None:
            yield seconds
        elif isinstance(value, Mapping | list):
            yield from _times(value, cursors)


def _first_end(slices: list[Any]) -> Iterator[int]:
    # What lies between the first slice and the next is not known to be read.
    ends = [
        (_seconds(each.get("start")) or 0, end)
        for each in slices
        if isinstance(each, Mapping)
        and (end := _seconds(each.get("most_recent_cursor_value", each.get("end")))) is not None
    ]
    if ends:
        yield min(ends)[1]


def _seconds(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
