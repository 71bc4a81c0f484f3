"""How answers are written down: with line breaks and indented by two spaces, as Stripe does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

# Answers that other people's clients recorded, byte for byte, among them /v1/setup_intents in
# test/vcr_cassettes/reservations_training_subscription_with_payment_schedule.yml of
# https://github.com/sleede/fab-manager. Nobody showed one of /v2: those come without a space.
_INDENT = 2


def written(value: Mapping[str, Any], path: str) -> bytes:
    """The body of an answer to a request of `path`."""
    return orjson.dumps(value, option=0 if path.startswith("/v2/") else orjson.OPT_INDENT_2)


@dataclass(frozen=True)
class ListText:
    """The pieces that the body of a list of /v1 is made of: head, records with a separator between them, tail."""

    head: bytes = b'{\n  "object": "list",\n  "data": [\n    '
    separator: bytes = b",\n    "

    def record(self, value: Mapping[str, Any]) -> bytes:
        """A record as it stands in a list: two levels deep. No text in JSON holds a line break of its own."""
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).replace(b"\n", b"\n" + b" " * (2 * _INDENT))

    def tail(self, has_more: bool, path: str) -> bytes:
        more = b"true" if has_more else b"false"
        return b'\n  ],\n  "has_more": %b,\n  "url": %b\n}' % (more, orjson.dumps(path))


LIST_TEXT = ListText()
