"""A load client that does as little as can be: pages of lists, asked for with gzip, bytes counted and thrown away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Load:
    """pages: answers of status 200; size: bytes of their bodies; the rest in seconds."""

    pages: int
    size: int
    seconds: float
    client_cpu: float


def load(base_url: str, key: str, paths: Sequence[str], *, connections: int, pages: int) -> Load:
    """Asks for each of the paths (with their queries) in turn, so many at a time, until there are that many pages.

    Raises RuntimeError for any answer that is no page.
    """
    return asyncio.run(_load(base_url, key, paths, connections, pages))


async def _load(base_url: str, key: str, paths: Sequence[str], connections: int, pages: int) -> Load:
    address = urlsplit(base_url)
    left = iter(range(pages))
    received = 0

    async def work() -> None:
        nonlocal received
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 20)
        try:
            for number in left:
                writer.write(
                    f"GET {paths[number % len(paths)]} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                    f"Authorization: Bearer {key}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
                )
                head = await reader.readuntil(b"\r\n\r\n")
                if not head.startswith(b"HTTP/1.1 200") or b"content-encoding: gzip" not in head.lower():
                    raise RuntimeError(f"not a compressed page: {head!r}")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                received += len(await reader.readexactly(length))
        finally:
            writer.close()
            await writer.wait_closed()

    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(work() for _ in range(connections)))
    return Load(pages, received, time.monotonic() - began, time.process_time() - cpu)
