"""The sandbox over HTTP, on loopback: a thin layer that adds compression, latency and broken connections."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web

from integration_tests.sandbox import control
from integration_tests.sandbox.answer import Answer, Request
from integration_tests.sandbox.sandbox import Sandbox
from integration_tests.sandbox.splice import LEVEL

_GZIP_WINDOW = 31  # zlib's word for a gzip header
# Below this many bytes compression costs more than it saves; Stripe's front does the same.
_GZIP_MINIMUM = 860


@dataclass(frozen=True)
class Server:
    """A running server. `base_url` has no slash at its end."""

    base_url: str
    sandbox: Sandbox

    @property
    def key(self) -> str:
        return self.sandbox.key


@contextmanager
def serve(sandbox: Sandbox, port: int = 0) -> Iterator[Server]:
    """Serve on 127.0.0.1 from a thread of its own until the block ends; port 0 picks a free one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    thread.start()
    handler = Handler(sandbox)
    try:
        bound = asyncio.run_coroutine_threadsafe(handler.start(port), loop).result(10)
        yield Server(f"http://127.0.0.1:{bound}", sandbox)
    finally:
        asyncio.run_coroutine_threadsafe(handler.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class Handler:
    """aiohttp's low-level server: one coroutine answers everything."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int, host: str = "127.0.0.1") -> int:
        """Answers the port that is listened on."""
        self._runner = web.ServerRunner(web.Server(self.handle), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, backlog=1024)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        hanging = asyncio.all_tasks() - {asyncio.current_task()}
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if path.startswith(control.PREFIX):
            return control.respond(self.sandbox, request.method, path, query, await request.read())
        headers = {name.lower(): value for name, value in request.headers.items()}
        admission = self.sandbox.admit(Request(request.method, path, query, headers))
        try:
            if self.sandbox.latency:
                await asyncio.sleep(self.sandbox.latency)
            answer = self.sandbox.respond(admission)
        finally:
            self.sandbox.release(admission)
        return await self._send(request, answer, "gzip" in headers.get("accept-encoding", ""))

    async def _send(self, request: web.BaseRequest, answer: Answer, gzip: bool) -> web.StreamResponse:
        body, headers = answer.body, dict(answer.headers)
        kind = answer.fault.kind if answer.fault is not None else None
        if kind == "hang" and answer.fault is not None:
            await asyncio.sleep(answer.fault.seconds)
            kind = "reset"
        if kind in ("reset", "refused"):
            _reset(request)
            return web.Response(status=answer.status)
        if kind == "bad_gzip":
            return web.Response(status=answer.status, headers={**headers, "Content-Encoding": "gzip"}, body=body)
        if gzip and (answer.gzipped or len(body) >= _GZIP_MINIMUM):
            if not answer.gzipped:
                compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
                body = compressor.compress(body) + compressor.flush()
            headers["Content-Encoding"] = "gzip"
        if kind == "half_body":
            response = web.StreamResponse(status=answer.status, headers=headers)
            response.content_length = len(body)
            await response.prepare(request)
            await response.write(body[: len(body) // 2])
            if request.transport is not None:
                request.transport.close()
            return response
        return web.Response(status=answer.status, headers=headers, body=body)


def _reset(request: web.BaseRequest) -> None:
    """Close with a TCP reset: a linger time of zero drops what is unsent and answers RST."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
