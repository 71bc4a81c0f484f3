"""The benchmark measures what it says: a real read of a real sandbox, each in a process of its own."""

from __future__ import annotations

import os
import sys
import time

import pytest

from benchmarks.connector import run
from benchmarks.load import load
from benchmarks.measured import read, startup_cpu
from benchmarks.server import Server
from benchmarks.tally import Wrong

STREAMS = {"charges": "/v1/charges", "refunds": "/v1/refunds"}


def test_a_read_is_measured_on_both_sides() -> None:
    with Server("--size", "450") as server:
        server.prepare(latency=0.05, per_account=100, per_endpoint=25)
        measured = read(server, STREAMS)
    assert measured.expected["charges"] == 450
    assert measured.finished.tally.rows == measured.expected
    # A request tells whose key it is; then five pages of charges and at least one of refunds.
    assert measured.pages == 6
    assert measured.pages < measured.served.requests <= measured.pages + 20
    assert measured.served.limited == 0
    assert 0.05 <= measured.first_record_after <= measured.seconds < measured.finished.wall
    assert 0.1 < measured.finished.cpu < measured.finished.wall * (os.cpu_count() or 1)
    # Python with the CDK in it, and not this process's own peak.
    assert 40e6 < measured.finished.peak < 1e9
    assert 0 < measured.served.cpu < measured.finished.wall


def test_a_read_of_nothing_tells_what_starting_costs() -> None:
    assert startup_cpu(STREAMS, 1) > 0.1


def test_a_read_that_loses_rows_is_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server("--size", "20") as server:
        server.prepare(latency=0)
        counted = server.count
        monkeypatch.setattr(server, "count", lambda path: counted(path) + (path == "/v1/charges"))
        with pytest.raises(Wrong, match="charges: 20 rows with 20 different ids instead of 21"):
            read(server, STREAMS)


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(Wrong, match=r"read ended with exit code 1: .*api_key"):
        run("read", inputs={"config": {}, "catalog": {"streams": []}})


@pytest.mark.parametrize("count_later", [True, False])
def test_the_first_record_is_noticed_when_it_comes_not_when_all_is_read(count_later: bool) -> None:
    program = (
        'import sys, time\nsys.stdout.write(\'{"type":"LOG"}\\n{"type":"REC\'); sys.stdout.flush(); time.sleep(0.2)\n'
        'print(\'ORD","record":{"stream":"a","data":{"id":"1"}}}\', flush=True); time.sleep(0.5)'
    )
    began = time.time()
    finished = run(command=(sys.executable, "-c", program), count_later=count_later)
    assert finished.first_record is not None
    assert finished.first_record - began >= 0.2
    assert finished.ended - finished.first_record >= 0.5
    finished.tally.expect({"a": 1})


def test_the_load_client_gets_the_pages_it_counts() -> None:
    with Server("--size", "300") as server:
        server.prepare(latency=0, per_account=None, per_endpoint=None)
        paths = ["/v1/charges?limit=100", "/v1/payment_intents?limit=100"]
        done = load(server.base_url, server.key, paths, connections=4, pages=20)
        served = server.served()
        assert (done.pages, served.requests, served.items) == (20, 20, 2_000)
        assert done.size > 20 * 2_000
        with pytest.raises(RuntimeError, match="not a compressed page"):
            load(server.base_url, server.key, ["/v1/nothing"], connections=1, pages=1)
