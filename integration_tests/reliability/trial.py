"""One fault in one measure: a first sync and one after changes, both under it, and what the destination holds then."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from airbyte_cdk.models import FailureType

from integration_tests.command import Finished
from integration_tests.histories import OLD_VERSION
from integration_tests.in_process import SharedClock
from integration_tests.reliability.count import Count, Destination, leaks
from integration_tests.reliability.matrix import ALL, CASES, Case, End
from integration_tests.reliability.output import State, last_states, pages_of, read, statuses
from integration_tests.sandbox import Clock, Fault, Sandbox
from integration_tests.sandbox.faults import FaultPlan

STREAMS = ["charges", "customers", "customer_balance_transactions", "invoices", "invoice_line_items"]

Measure = Literal["once", "1 %", "20 %", "2 minutes"]
MEASURES: Mapping[Measure, Mapping[str, Any]] = {
    "once": {"count": 1, "skip": 1},
    "1 %": {"probability": 0.01},
    "20 %": {"probability": 0.2},
    "2 minutes": {"lasts": 120.0},
}
"""How often a fault strikes: a single request (not the first), by chance, or all for two minutes of Stripe's clock."""

REQUESTS_BEFORE = 4
"""Those that are answered before two minutes of faults for all requests begin: else no stream would be under way."""

LEAST_REQUESTS = 3
"""That can meet a fault, even in the smallest of worlds."""


@dataclass(frozen=True)
class Size:
    """How large the world is in which faults are tried."""

    charges: int = 6
    page: int = 2
    changes: int = 24


def tried(case: Case, measure: Measure, size: Size, seed: int = 1) -> Count:
    """Tries a fault; `problems` is empty if all is as the matrix says."""
    sandbox = Sandbox(size=size.charges, seed=seed, clock=Clock(running=False), synthesized=5)
    sandbox.clock.advance(3_600)
    clock = SharedClock(sandbox)
    count = Count(case.name)
    destination = Destination(STREAMS)
    state: State = []
    with pages_of(size.page):
        for sync in ("first", "second", "third") if case.changes else ("first", "second"):
            fault = _order(sandbox, case, measure, seed) if sync != "third" else Fault("status", "nowhere")
            done = read(sandbox, STREAMS, state, clock)
            runs = [done]
            state = last_states(done, state)
            count.tried += fault.hits
            count.problems += [f"{sync} sync: {said}" for said in _misfits(case, measure, done, fault.hits)]
            sandbox.faults.clear()
            if done.code or _skipped(done):
                rest = read(sandbox, STREAMS, state, clock)
                runs.append(rest)
                state = last_states(rest, state)
                count.problems += [f"{sync} sync, read on: {said}" for said in _unlike_whole(rest)]
            for each in runs:
                count.runs += 1
                count.duplicates += destination.take(each)
                count.leaks += len(leaks(each.stdout + each.stderr + each.left_behind, sandbox.key))
            if sync == "first":
                change(sandbox, size.changes)
            sandbox.clock.advance(120)
    destination.compare(sandbox, count, case.other)
    if count.duplicates and not case.rereads:
        count.problems.append(f"{count.duplicates} records came twice in one run")
    if count.leaks:
        count.problems.append(f"{count.leaks} pieces of the key got out")
    if not count.tried:
        count.problems.append("it never struck")
    return count


Job = tuple[int, Measure, Size, int]
"""A row of the matrix by its place, and how it is to be tried."""


def tried_in_matrix(job: Job) -> tuple[int, Count]:
    """As `tried`, in a process of its own: the row's place, and its count."""
    place, measure, size, seed = job
    count = tried(CASES[place], measure, size, seed)
    count.problems = [f"{measure}: {said}" for said in count.problems]
    return place, count


def _order(sandbox: Sandbox, case: Case, measure: Measure, seed: int) -> Fault:
    fields = {**case.fault, **MEASURES[measure]}
    if fields.get("body"):
        fields["body"] = fields["body"].replace("{key}", sandbox.key)
    if measure == "2 minutes" and fields["path"] == ALL:
        fields["skip"] = REQUESTS_BEFORE
    fault = Fault(**fields)
    sandbox.faults = _plan(fault, seed)
    return sandbox.faults.order(fault)


def _plan(fault: Fault, seed: int) -> FaultPlan:
    """A small world would mostly be spared a fault of 1 %: this is the chance of one that is not."""
    for number in itertools.count(seed * 1_000):
        plan = FaultPlan(number)
        if fault.probability is None or min(plan.draw() for _ in range(LEAST_REQUESTS)) < fault.probability:
            return FaultPlan(number)
    raise AssertionError("some number hits")


def change(sandbox: Sandbox, changes: int) -> None:
    """A little business: new, changed and deleted objects, some told in an older API version."""
    sandbox.clock.advance(3_600)
    customers = [row["id"] for row in sandbox.truth("/v1/customers")]
    charges = [row["id"] for row in sandbox.truth("/v1/charges")]
    invoices = [row["id"] for row in sandbox.truth("/v1/invoices")]
    for number in range(changes):
        sandbox.clock.advance(7)
        options = {"api_version": OLD_VERSION} if number % 2 else {}
        news = {"metadata": {"n": str(number)}}
        match number % 6:
            case 0:
                sandbox.create("/v1/charges", news, **options)
            case 1:
                sandbox.update("/v1/charges", charges[number % len(charges)], news, **options)
            case 2:
                sandbox.update("/v1/invoices", invoices[number % len(invoices)], news, **options)
            case 3:
                sandbox.create("/v1/customers", news, **options)
            case 4 if len(customers) > 1:
                sandbox.update("/v1/customers", customers[-1 - number % (len(customers) // 2)], news, **options)
            case 5 if number // 6 < len(customers) // 2:
                sandbox.delete("/v1/customers", customers[number // 6], **options)
    sandbox.clock.advance(120)


def _misfits(case: Case, measure: Measure, done: Finished, hits: int) -> list[str]:
    """What is not as the case says, of a run that met its fault so often."""
    end: End = case.on_end or case.end if measure == "2 minutes" else case.end
    if not hits or end == "whole":
        found = _unlike_whole(done)
        if hits and not case.failure:
            found += [f"the log does not say {words!r}" for words in case.says if words not in done.stderr]
        return found
    if end == "skipped" and not done.records("charges"):
        return _unlike_skipped(case, done)
    if end == "skipped":
        # What had records a moment ago is in use.
        case = replace(case, says=(case.says[-1], "Try again later"), failure=FailureType.transient_error)
    return _unlike_failed(case, done)


def _unlike_whole(done: Finished) -> list[str]:
    found = [f"exit code {done.code}"] if done.code else []
    found += [f"error: {error['message']}" for error in done.errors]
    wrong = {name: status for name, status in statuses(done).items() if status != "COMPLETE"}
    if wrong or len(statuses(done)) != len(STREAMS):
        found.append(f"statuses {wrong or statuses(done)}")
    return found


def _unlike_failed(case: Case, done: Finished) -> list[str]:
    found = [] if done.code == 1 else [f"exit code {done.code}"]
    errors = {error["stream_descriptor"]["name"]: error for error in done.errors if error.get("stream_descriptor")}
    if not errors:
        found.append("no stream has an error")
    if case.fault["path"] == "/v1/charges" and errors.keys() != {"charges"}:
        found.append(f"errors of {sorted(errors)}")
    for stream, error in errors.items():
        words = (f"Stream {stream}", *case.says)
        found += [
            f"the error does not say {word!r}: {error['message']}" for word in words if word not in error["message"]
        ]
        if case.failure and error["failure_type"] != case.failure.value:
            found.append(f"{error['failure_type']} is not {case.failure.value}")
    for name, status in statuses(done).items():
        if status != ("INCOMPLETE" if name in errors else "COMPLETE"):
            found.append(f"{name} is {status}")
    return found


def _unlike_skipped(case: Case, done: Finished) -> list[str]:
    (warning, *more) = [line for line in done.stderr.splitlines() if line.startswith("WARNING Skipped")] or [""]
    found = _unlike_whole(done)
    found += [f"the warning does not say {words!r}: {warning}" for words in case.says if words not in warning]
    return found + [f"one warning too many: {line}" for line in more]


def _skipped(done: Finished) -> bool:
    return "WARNING Skipped" in done.stderr
