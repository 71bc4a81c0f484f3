"""The sandbox in a process of its own, as far as measuring needs it."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from benchmarks.connector import ROOT

_SHELVES = ROOT / "build" / "shelves"


@dataclass(frozen=True)
class Served:
    """What the sandbox counted. `cpu` are seconds of its process; `first` when the first request came, Unix seconds."""

    requests: int
    limited: int
    items: int
    cpu: float
    first: float | None
    by_endpoint: dict[str, int]

    @property
    def refused_share(self) -> float:
        return self.limited / self.requests if self.requests else 0.0


class Server:
    """`python -m integration_tests.sandbox` with these options. Use it in a `with`.

    shelved: lists that are served compressed ahead, and kept under `name`. The first time takes a minute for each.
    """

    def __init__(self, *options: str, shelved: tuple[str, ...] = (), name: str = "") -> None:
        command = [sys.executable, "-m", "integration_tests.sandbox", "--port", "0", *options]
        for path in shelved:
            command += ["--shelve", path]
        if shelved:
            command += ["--shelves", str(_SHELVES / name)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        self.base_url = self._process.stdout.readline().strip()
        self.key = self._process.stdout.readline().strip().removeprefix("key: ")
        if not self.key:
            self._process.communicate()
            raise RuntimeError("the sandbox did not start: see what it wrote to stderr")
        self._cpu_before = 0.0

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.terminate()
        # Also waits, and closes the pipe.
        self._process.communicate()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else orjson.dumps(body)
        request = urllib.request.Request(f"{self.base_url}/_sandbox{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=300) as response:
            return orjson.loads(response.read())

    def prepare(
        self,
        *,
        latency: float,
        per_account: float | None = 100,
        per_endpoint: float | None = 25,
        concurrent: int | None = None,
    ) -> None:
        """Sets latency (seconds) and limits (a second, and at a time), and begins to count anew."""
        self.control("POST", "/latency", {"seconds": latency})
        limits = {"per_account": per_account, "per_endpoint": per_endpoint, "concurrent": concurrent}
        self.control("POST", "/limits", limits)
        self.control("POST", "/reset")
        self._cpu_before = self.control("GET", "/stats")["cpu"]

    def served(self) -> Served:
        """What was counted since `prepare`."""
        stats = self.control("GET", "/stats")
        return Served(
            stats["requests"],
            sum(stats["limited"].values()),
            sum(stats["items"].values()),
            stats["cpu"] - self._cpu_before,
            stats["first"],
            stats["by_endpoint"],
        )

    def count(self, path: str) -> int:
        """How many objects a list holds."""
        return int(self.control("GET", f"/count?path={quote(path)}")["count"])

    def config(self, requests_per_second: float = 100) -> dict[str, Any]:
        return {"api_key": self.key, "api_base": self.base_url, "requests_per_second": requests_per_second}
