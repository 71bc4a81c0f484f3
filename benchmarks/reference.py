"""What the least that could be done costs on this machine at this hour: the CPU of others slows ours down too."""

from __future__ import annotations

import time
from dataclasses import dataclass

import orjson
import requests

from benchmarks.measured import PAGE
from benchmarks.server import Server

PAGES = 200


@dataclass(frozen=True)
class Reference:
    """Milliseconds of CPU for a page of charges: fetched by `requests` in one thread, and parsed and written again by
    `orjson`, record by record."""

    fetched: float
    parsed_and_written: float

    def __str__(self) -> str:
        return (
            f"a page by `requests` alone: {self.fetched:.1f} ms, `orjson` in and out: {self.parsed_and_written:.1f} ms"
        )


def reference(server: Server) -> Reference:
    """Reads pages of a shelved list one after another."""
    server.prepare(latency=0, per_account=None, per_endpoint=None)
    fetched = parsed = 0.0
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"Authorization": f"Bearer {server.key}", "Accept-Encoding": "gzip"})
        after: dict[str, str] = {}
        for _ in range(PAGES):
            began = time.process_time()
            body = session.get(f"{server.base_url}/v1/charges", params={"limit": str(PAGE), **after}).content
            got = time.process_time()
            page = orjson.loads(body)
            written = [orjson.dumps(record) for record in page["data"]]
            parsed += time.process_time() - got
            fetched += got - began
            if len(written) != PAGE:
                raise RuntimeError(f"not a full page: {body[:200]!r}")
            after = {"starting_after": page["data"][-1]["id"]}
    return Reference(fetched / PAGES * 1000, parsed / PAGES * 1000)
