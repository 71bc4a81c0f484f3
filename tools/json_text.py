"""JSON as people read it in a diff: sorted, one fact a line, small facts not spread over several lines."""

from __future__ import annotations

import json
from typing import Any

_LINE = 100


def to_bytes(value: Any) -> bytes:
    """The value as UTF-8 text with a newline at its end; equal values give equal bytes."""
    return (_text(value, "") + "\n").encode()


def _text(value: Any, indent: str) -> str:
    flat = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if not isinstance(value, dict | list) or (_is_small(value) and len(indent) + len(flat) <= _LINE):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {_text(value[key], inner)}" for key in sorted(value)]
        opening, closing = "{", "}"
    else:
        lines = [_text(item, inner) for item in value]
        opening, closing = "[", "]"
    return opening + "\n" + ",\n".join(inner + line for line in lines) + "\n" + indent + closing


def _is_small(value: dict[str, Any] | list[Any]) -> bool:
    parts = value.values() if isinstance(value, dict) else value
    return not any(isinstance(part, dict) for part in parts) and len(json.dumps(value)) <= 72
