"""A server on loopback that is not Stripe: it answers what it is told to, and remembers all that it was sent."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """An answer: a JSON body, with headers beside those that every answer has."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Answering = Callable[[str], Reply]
"""What is answered to a path with its query."""


@dataclass
class Stranger:
    """A running server.

    Attributes:
        lines: of each request, method, path and query as they came.
        heard: of each request, all of its header as text.
        refused_handshakes: connections that ended before there was a request.
    """

    port: int = 0
    secure: bool = False
    lines: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    refused_handshakes: int = 0

    @property
    def origin(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"


def nothing(path: str) -> Reply:
    return Reply(404, {"error": {"message": "There is nothing here."}})


@contextmanager
def stranger(answering: Answering = nothing, tls: ssl.SSLContext | None = None) -> Iterator[Stranger]:
    """Serves on a free port of loopback until the block ends; with `tls`, https."""
    server = _Server(answering, tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.stranger
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answering: Answering, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answering = answering
        self.tls = tls
        self.stranger = Stranger(self.server_address[1], secure=tls is not None)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(10)
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        try:
            secured = self.tls.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            self.stranger.refused_handshakes += 1
            return
        with secured:
            super().finish_request(secured, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:  # http.server's own name
        self.server.stranger.lines.append(f"{self.command} {self.path}")
        self.server.stranger.heard.append(str(self.headers))
        reply = self.server.answering(self.path)
        body = json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_CONNECT = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass
