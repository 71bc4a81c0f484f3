"""The connector and the sandbox in one process: no sockets, and waiting that takes no time."""

from __future__ import annotations

import io
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    TraceType,
)
from airbyte_cdk.utils import AirbyteTracedException
from requests.adapters import HTTPAdapter

from integration_tests.sandbox import DEFAULT_NOW, Answer, Sandbox
from source_stripe.api.clock import Clock
from source_stripe.source import SourceStripe

API_BASE = "http://127.0.0.1:12111"
"""Nothing listens there; the transport answers for it."""

Json = dict[str, Any]

logger = logging.getLogger("airbyte")


class InProcess(HTTPAdapter):
    """Carries requests to a sandbox by calling it, and acts out the faults that only a transport can have.

    Args:
        before: called with each request's path and query before it is answered; may change the sandbox.
        clock: what an answer that does not come is waited for by; None where that takes no time.
    """

    def __init__(
        self, sandbox: Sandbox, before: Callable[[str, str], None] | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__()
        self.sandbox = sandbox
        self._before = before
        self._clock = clock

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        address = urlsplit(str(request.url))
        if self._before:
            self._before(address.path, address.query)
        time.sleep(self.sandbox.latency)
        headers = {name: str(value) for name, value in request.headers.items()}
        # One at a time: what the sandbox reads out of the SDK on the way, Python 3.11 cannot parse in two threads.
        with self.sandbox.lock:
            answer = self.sandbox.answer(str(request.method), address.path, address.query, headers)
        kind = answer.fault.kind if answer.fault else None
        if kind == "reset":
            reset = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))
            raise requests.ConnectionError(reset, request=request)
        if kind == "refused":
            raise requests.ConnectionError(ConnectionRefusedError(111, "Connection refused"), request=request)
        if kind == "hang":
            if self._clock is not None:
                self._clock.sleep(timeout[1])
            raise requests.ReadTimeout("Read timed out.", request=request)
        return self.build_response(request, _on_the_wire(answer, kind))


def _on_the_wire(answer: Answer, fault: str | None) -> urllib3.HTTPResponse:
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    body = answer.body
    if fault == "half_body":
        body = body[: len(body) // 2]
    if fault == "bad_gzip":
        headers["Content-Encoding"] = "gzip"
    wire = io.BytesIO(body)
    wire._original_response = _NoCookies()  # type: ignore[attr-defined]  # requests looks for Set-Cookie there
    return urllib3.HTTPResponse(wire, headers=headers, status=answer.status, preload_content=False)


class _NoCookies:
    msg = Message()


class QuickClock:
    """A clock on which waiting takes no time. Each thread has an hour of its own: what one waits, no other has lost.

    Args:
        machine_time: what the machine takes for the time, Unix seconds.
    """

    def __init__(self, machine_time: float = DEFAULT_NOW) -> None:
        self._machine_time = machine_time
        self._waited = threading.local()

    def monotonic(self) -> float:
        return time.monotonic() + getattr(self._waited, "seconds", 0.0)

    def time(self) -> float:
        return self._machine_time

    def sleep(self, seconds: float) -> None:
        if not seconds >= 0:
            raise ValueError("sleep length must be non-negative")  # as time.sleep does
        self._move_on(seconds)

    def wait(self, condition: threading.Condition, seconds: float) -> bool:
        notified = condition.wait(min(seconds, 0.0005))
        if not notified:
            self._move_on(seconds)
        return notified

    def _move_on(self, seconds: float) -> None:
        self._waited.seconds = getattr(self._waited, "seconds", 0.0) + seconds


class SharedClock(QuickClock):
    """One on which whoever sleeps moves all others on, and the sandbox's clock with them.

    So what lasts two minutes is over for all when one has waited for two minutes, and they wait side by side.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox.now())
        self._sandbox = sandbox
        self._slept = 0.0
        self._sleeping = threading.Lock()

    def monotonic(self) -> float:
        return super().monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        with self._sleeping:
            ahead = until - self.monotonic()
            if ahead > 0:
                self._slept += ahead
                self._sandbox.clock.advance(ahead)


@dataclass(frozen=True)
class Run:
    """What a `read` said, in order, and the exception it ended with."""

    messages: list[AirbyteMessage]
    error: AirbyteTracedException | None = None
    logs: list[tuple[str, str]] = field(default_factory=list)

    def records(self, stream: str) -> list[Json]:
        return [m.record.data for m in self.messages if m.record and m.record.stream == stream]

    def states(self, stream: str) -> list[Json]:
        """The `stream_state` of each STATE message of a stream."""
        return [
            json.loads(json.dumps(state.stream.stream_state.__dict__))
            for m in self.messages
            if (state := m.state) and state.stream and state.stream.stream_descriptor.name == stream
        ]

    def state(self, upto: int | None = None) -> list[AirbyteStateMessage]:
        """What a runner would hand to the next sync: the last state of each stream within the first `upto` messages."""
        last: dict[str, AirbyteStateMessage] = {}
        for message in self.messages[:upto]:
            if message.state and message.state.stream:
                last[message.state.stream.stream_descriptor.name] = message.state
        written = [
            json.loads(json.dumps(AirbyteStateMessageSerializer.dump(state), default=vars)) for state in last.values()
        ]
        return [AirbyteStateMessageSerializer.load(state) for state in written]

    def statuses(self, stream: str) -> list[str]:
        return [
            status.status.value
            for m in self.messages
            if m.trace and (status := m.trace.stream_status) and status.stream_descriptor.name == stream
        ]

    def errors(self) -> dict[str, Any]:
        """The TRACE error of each stream that has one, by stream."""
        return {
            m.trace.error.stream_descriptor.name: m.trace.error
            for m in self.messages
            if m.trace and m.trace.type == TraceType.ERROR and m.trace.error and m.trace.error.stream_descriptor
        }

    def warnings(self) -> list[str]:
        return [text for level, text in self.logs if level == "WARNING"]


def catalog(streams: Iterable[str] | Mapping[str, str], mode: str = "incremental") -> ConfiguredAirbyteCatalog:
    """A configured catalog of streams in one mode, or in the mode that a mapping gives for each."""
    modes = streams if isinstance(streams, Mapping) else dict.fromkeys(streams, mode)
    return ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=AirbyteStream(
                    name=name, json_schema={}, supported_sync_modes=[SyncMode.full_refresh, SyncMode.incremental]
                ),
                sync_mode=SyncMode(sync_mode),
                destination_sync_mode=DestinationSyncMode.append,
            )
            for name, sync_mode in modes.items()
        ]
    )


def stream_state(stream: str, state: Json) -> AirbyteStateMessage:
    """A STATE message as a platform hands it in."""
    return AirbyteStateMessageSerializer.load(
        {"type": "STREAM", "stream": {"stream_descriptor": {"name": stream}, "stream_state": state}}
    )


def source(
    sandbox: Sandbox,
    before: Callable[[str, str], None] | None = None,
    machine_time: float = DEFAULT_NOW,
    clock: Clock | None = None,
) -> SourceStripe:
    """A source that reads the sandbox; `before` and `clock` as in `InProcess`, a `QuickClock` unless one is given."""
    return SourceStripe(clock=clock or QuickClock(machine_time), transport=InProcess(sandbox, before, clock))


def config(sandbox: Sandbox, **options: Any) -> Json:
    return {"api_key": sandbox.key, "api_base": API_BASE, **options}


def read(
    sandbox: Sandbox,
    streams: Iterable[str] | Mapping[str, str],
    state: list[AirbyteStateMessage] | None = None,
    *,
    mode: str = "incremental",
    before: Callable[[str, str], None] | None = None,
    machine_time: float = DEFAULT_NOW,
    clock: Clock | None = None,
    **options: Any,
) -> Run:
    """One `read` of the streams. `options` are the configuration's, beside the sandbox's own key."""
    messages: list[AirbyteMessage] = []
    error: AirbyteTracedException | None = None
    listener = _Listener()
    logger.addHandler(listener)
    try:
        reading = source(sandbox, before, machine_time, clock)
        for message in reading.read(logger, config(sandbox, **options), catalog(streams, mode), state):
            messages.append(message)
    except AirbyteTracedException as raised:
        error = raised
    finally:
        logger.removeHandler(listener)
    return Run(messages, error, listener.heard)


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append((record.levelname, record.getMessage()))
