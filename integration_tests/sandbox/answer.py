"""A request and what comes back, without a socket."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from integration_tests.sandbox.faults import Fault


@dataclass(frozen=True)
class Request:
    """`query` is the raw query string; header names are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """`gzipped` says that the body is compressed already, which only one who takes gzip gets from a shelf; else the
    server does that. `fault`, if set, is what the transport must do to this answer: reset, half_body, hang, bad_gzip.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    fault: Fault | None = None
    gzipped: bool = False

    @property
    def text(self) -> bytes:
        """The body as it was before compression."""
        return gzip.decompress(self.body) if self.gzipped else self.body

    def json(self) -> Any:
        return orjson.loads(self.text)
