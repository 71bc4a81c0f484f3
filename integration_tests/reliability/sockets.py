"""What only a real connection does, done to a real process: it is refused, reset, cut, left hanging, or spoiled."""

from __future__ import annotations

import time
from collections.abc import Iterator

from integration_tests.command import configured
from integration_tests.reliability.count import Count, Destination, leaks
from integration_tests.reliability.prepared import impatient
from integration_tests.reliability.process import Processes, Running
from integration_tests.sandbox import Clock, Fault, Sandbox, serve
from integration_tests.sandbox.faults import Kind

STREAMS = ["charges", "customers", "invoices", "invoice_line_items"]
CHARGES, PAGE = 100, 5
TIME_OUT_SECONDS = 0.5
PROBABILITY = 0.2
DOWN_SECONDS = 2.0
REQUESTS_BEFORE = 15

KINDS: tuple[Kind, ...] = ("reset", "half_body", "hang", "bad_gzip", "garbage", "html", "empty")


def struck(kind: Kind, processes: Processes) -> Count:
    """A fifth of all requests come to this."""
    sandbox = Sandbox(size=CHARGES, clock=Clock(), synthesized=5)
    count = Count(f"over sockets: {kind}")
    fault = sandbox.faults.order(Fault(kind, probability=PROBABILITY, seconds=TIME_OUT_SECONDS * 20))
    with serve(sandbox) as server:
        _compare(_start(processes, server.base_url, sandbox), sandbox, count)
    count.tried = fault.hits
    return count


def down(processes: Processes) -> Count:
    """The server goes away in mid-sync and comes back: connections are cut, and refused for a while."""
    sandbox = Sandbox(size=CHARGES, clock=Clock(), synthesized=5)
    count = Count("over sockets: the server restarts", tried=1)
    with serve(sandbox) as server:
        running = _start(processes, server.base_url, sandbox)
        while sandbox.journal.requests < REQUESTS_BEFORE:
            time.sleep(0.005)
    time.sleep(DOWN_SECONDS)
    before = sandbox.journal.requests
    with serve(sandbox, int(server.base_url.rpartition(":")[2])):
        _compare(running, sandbox, count)
    if sandbox.journal.requests == before or b"refused" not in running.received:
        count.problems.append("nothing was refused")
    return count


def all_sockets() -> Iterator[Count]:
    """Each kind of them."""
    with Processes(impatient, PAGE, TIME_OUT_SECONDS) as processes:
        yield down(processes)
        for kind in KINDS:
            yield struck(kind, processes)


def _start(processes: Processes, base_url: str, sandbox: Sandbox) -> Running:
    config = {"api_key": sandbox.key, "api_base": base_url, "requests_per_second": 100}
    return processes.read(config, configured(dict.fromkeys(STREAMS, "incremental")), [], "--debug")


def _compare(running: Running, sandbox: Sandbox, count: Count) -> None:
    running.receive_all()
    done = running.finished()
    sandbox.faults.clear()
    destination = Destination(STREAMS)
    count.runs += 1
    count.duplicates += destination.take(done)
    count.leaks += len(leaks(done.stdout + done.stderr + done.left_behind, sandbox.key))
    if done.code or done.stderr:
        count.problems.append(f"it ended with {done.code}: {done.errors} {done.stderr[-300:]}")
    destination.compare(sandbox, count)
