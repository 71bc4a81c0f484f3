"""Commands run to their end in this process, whatever they are given, and what is handed to them."""

from __future__ import annotations

import gc
import io
import json
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from integration_tests.in_process import InProcess, QuickClock
from integration_tests.sandbox import Sandbox
from source_stripe import run
from source_stripe.api.client import StripeClient
from source_stripe.config import Config
from source_stripe.source import SourceStripe

Json = dict[str, Any]

# --- what is handed in

texts = st.text(max_size=12) | st.sampled_from(
    ["", "\ud800", "\x00", "\x1b[2J", "a\nb", "٣", "9" * 5000, "-1", "1e999", "acct_1", "changes", "2024-02-30", "${X}"]
)
"""Lone surrogates, control characters and numbers as text among them: JSON takes all of these."""

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, 10**400, -1, 0, 253_402_300_800])
    | st.floats()
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)

blobs = st.binary(max_size=40) | st.sampled_from(
    [
        b"",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5_000,
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"NaN",
        b'"\\ud800"',
        b"{}{}",
    ]
)
"""Files that need not be JSON."""


@st.composite
def altered(draw: st.DrawFn, whole: Any) -> Any:
    """A JSON value with something in it, at any depth, taken away, added or put in another's place, once to thrice."""
    found = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(1, 3))):
        holders = [each for each in _holders(found) if each]
        if not holders:
            return draw(values)
        holder = draw(st.sampled_from(holders))
        place = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        if draw(st.booleans()):
            holder[place] = draw(values)
        elif draw(st.booleans()):
            del holder[place]
        elif isinstance(holder, dict):
            holder[draw(texts)] = holder[place]
        else:
            holder.append(holder[place])
    return found


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from _holders(each)


# --- what comes of it


@dataclass(frozen=True)
class Said:
    """What a command wrote, and its exit code."""

    code: int
    stdout: str
    stderr: str

    @property
    def messages(self) -> list[Json]:
        """Of a command of the protocol. Raises ValueError for a line that is none."""
        return [json.loads(line) for line in self.stdout.split("\n") if line]

    def errors(self) -> list[Json]:
        return [m["trace"]["error"] for m in self.messages if m["type"] == "TRACE" and m["trace"]["type"] == "ERROR"]

    def refusals(self) -> list[str]:
        """The failure type of each error, and of a `check` that failed."""
        failed = [m for m in self.messages if m.get("connectionStatus", {}).get("status") == "FAILED"]
        return [error["failure_type"] for error in self.errors()] + ["config_error" for _ in failed]


class _Ended(BaseException):
    """Stands for the end of the process."""


def command(sandbox: Sandbox, folder: Path, name: str, **files: Any) -> Said:
    """Runs a command as the container does, with files that hold JSON of a value, or bytes as they are."""
    arguments = [name]
    for kind, content in files.items():
        path = folder / f"{kind}.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        arguments += [f"--{kind}", str(path)]
    return said(sandbox, arguments)


def said(sandbox: Sandbox, arguments: list[str]) -> Said:
    """Runs the command line to its end; the sandbox answers instead of the network."""
    code = 0

    def end(status: int) -> None:
        nonlocal code
        code = status
        raise _Ended

    stdout, stderr = _Stream(), _Stream()
    process = mock.patch.multiple(sys, argv=["source-stripe", *arguments], stdout=stdout, stderr=stderr)
    with _in_this_process(sandbox), mock.patch("os._exit", end), process:
        try:
            run.main()
        except _Ended:
            pass
        except SystemExit as left:
            code = int(left.code or 0)
    return Said(code, stdout.written(), stderr.written())


class _Bytes(io.BytesIO):
    def fileno(self) -> int:
        return -1


class _Stream(io.TextIOWrapper):
    """As a pipe: UTF-8 and nothing else."""

    def __init__(self) -> None:
        super().__init__(_Bytes(), encoding="utf-8", write_through=True)

    def written(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


@contextmanager
def _in_this_process(sandbox: Sandbox) -> Iterator[None]:
    def client(source: SourceStripe, settings: Config, patience: float = 20.0) -> StripeClient:
        return StripeClient(
            settings.api_key,
            settings.account_id,
            settings.api_base,
            total_per_second=settings.requests_per_second,
            patience=patience,
            clock=QuickClock(),
            transport=InProcess(sandbox),
        )

    hook, threshold, handler = sys.excepthook, gc.get_threshold(), signal.getsignal(signal.SIGTERM)
    raising = logging.raiseExceptions
    watch = mock.patch("source_stripe.entrypoint._end_with_reader")  # it would watch for the reader of a pipe for ever
    try:
        with mock.patch.object(SourceStripe, "_client", client), mock.patch("gc.freeze"), watch:
            yield
    finally:
        sys.excepthook = hook
        gc.set_threshold(*threshold)
        signal.signal(signal.SIGTERM, handler)
        logging.raiseExceptions = raising
