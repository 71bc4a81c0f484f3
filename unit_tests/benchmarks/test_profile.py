"""Where the CPU goes, told from stacks."""

from __future__ import annotations

import threading
import time

from benchmarks.connector import ROOT
from benchmarks.profile import Stack, by_area, by_function, by_place, by_thread, short
from benchmarks.profiler import Profiler

STACKS: list[Stack] = [
    (
        "stripe",
        [("/x/site-packages/orjson/__init__.py", 7, "loads"), ("/x/a.py", 1, "page"), ("/x/a.py", 2, "page")],
        3.0,
    ),
    ("stripe", [("/x/a.py", 1, "page")], 1.0),
    ("MainThread", [("/x/b.py", 5, "print")], 2.0),
]


def test_each_second_counts_once_by_thread_place_and_function() -> None:
    assert by_thread(STACKS) == {"stripe": 4.0, "MainThread": 2.0}
    assert by_place(STACKS) == {"loads  orjson/__init__.py:7": 3.0, "page  a.py:1": 1.0, "print  b.py:5": 2.0}
    # A function that calls itself is not counted twice.
    assert by_function(STACKS) == {"loads  orjson/__init__.py": 3.0, "page  a.py": 4.0, "print  b.py": 2.0}


def test_each_second_belongs_to_one_area() -> None:
    connector = str(ROOT / "source_stripe" / "api" / "client.py")
    answer = str(ROOT / "source_stripe" / "api" / "answer.py")
    stacks: list[Stack] = [
        ("a", [(answer, 77, "texts_of"), (connector, 10, "page")], 4.0),
        ("a", [(connector, 10, "page")], 2.0),
        ("a", [(answer, 53, "decompressed"), (connector, 10, "page")], 1.0),
        ("a", [("/x/site-packages/urllib3/response.py", 1, "HTTPResponse.read")], 8.0),
    ]
    assert by_area([*stacks, *STACKS]) == {
        "parsing, or telling rows apart": 4.0,
        "the connector's own code": 2.0,
        "decompressing": 1.0,
        "HTTP: sending, receiving, headers": 8.0,
        "all else": 6.0,
    }


def test_a_files_name_says_nothing_about_the_machine() -> None:
    assert short("/home/me/.venv/lib/python3.11/site-packages/urllib3/response.py") == "urllib3/response.py"
    assert short(__file__) == "unit_tests/benchmarks/test_profile.py"


def test_time_is_put_where_it_is_spent_and_waiting_costs_none() -> None:
    def burn() -> None:
        end = time.thread_time() + 0.5
        while time.thread_time() < end:
            sum(range(100))

    def wait() -> None:
        over.wait()

    over = threading.Event()
    profiler = Profiler()
    threads = [threading.Thread(target=burn, name="burner-1"), threading.Thread(target=wait, name="waiter-1")]
    for thread in threads:
        thread.start()
    threads[0].join()
    over.set()
    threads[1].join()
    profiler.stop()
    spent = {name: 0.0 for name, _ in profiler.stacks}
    for (name, stack), seconds in profiler.stacks.items():
        spent[name] += seconds
        assert name != "burner" or any(place[2].endswith("burn") for place in stack) or seconds < 0.05
    assert 0.25 < spent["burner"] < 0.6
    assert spent.get("waiter", 0.0) < 0.05
