"""Whatever goes wrong ends as it should: said, with cause and cure, and without a loss anywhere else."""

from __future__ import annotations

import pytest
from airbyte_cdk.models import FailureType

from integration_tests import in_process
from integration_tests.command import Finished, configured, run
from integration_tests.in_process import Run, read
from integration_tests.sandbox import Clock, Fault, Sandbox, serve
from source_stripe.streams import STREAMS

ENDPOINTS = {stream.name: stream.endpoint for stream in STREAMS}
SEVERAL = ["charges", "customers", "invoices", "prices"]
OTHERS = [name for name in SEVERAL if name != "charges"]
ISSUING = "Your account is not set up to use Issuing. Please visit https://dashboard.stripe.com to get started."


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(size=900, clock=Clock(running=False))


def body(message: str, **fields: str) -> str:
    text = ", ".join(f'"{name}": "{value}"' for name, value in {"message": message, **fields}.items())
    return f'{{"error": {{{text}}}}}'


def assert_complete(sandbox: Sandbox, run: Run, streams: list[str]) -> None:
    """Each of the streams has all of its records and says that it is complete."""
    for stream in streams:
        assert {r["id"] for r in run.records(stream)} == {row["id"] for row in sandbox.truth(ENDPOINTS[stream])}, stream
        assert run.statuses(stream)[-1] == "COMPLETE", stream


def assert_only_charges_fail(sandbox: Sandbox, run: Run, failure: FailureType, *words: str) -> None:
    """Charges end INCOMPLETE with an error that names stream, cause and cure; the others lack nothing."""
    assert run.error is not None
    assert run.statuses("charges")[-1] == "INCOMPLETE"
    assert run.errors().keys() == {"charges"}
    error = run.errors()["charges"]
    assert error.failure_type == failure
    for word in ("Stream charges", "/v1/charges", *words):
        assert word in error.message
    assert_complete(sandbox, run, OTHERS)


# --- answers that are final


def test_a_missing_permission_fails_its_stream_alone(sandbox: Sandbox) -> None:
    key = sandbox.keys.issue(sandbox.directory.platform, permissions={"customer", "invoice", "plan", "price"})
    run = read(sandbox, SEVERAL, api_key=key)
    assert_only_charges_fail(sandbox, run, FailureType.config_error, "rak_charge_read", "read permission")


def test_a_product_that_is_not_enabled_is_an_empty_stream_and_a_warning(sandbox: Sandbox) -> None:
    sandbox.faults.order(Fault("status", "/v1/charges", status=400, body=body(ISSUING), count=1000))
    run = read(sandbox, SEVERAL)
    assert run.error is None
    assert run.errors() == {}
    assert run.statuses("charges") == ["STARTED", "COMPLETE"]
    assert_complete(sandbox, run, OTHERS)
    (warning,) = run.warnings()
    assert warning.startswith("Skipped, since this account does not use Issuing: charges.")
    assert run.logs[-1] == ("WARNING", warning), "it is said at the end of the run"


def test_a_product_that_is_enabled_later_is_read_from_the_beginning(sandbox: Sandbox) -> None:
    sandbox.faults.order(Fault("status", "/v1/charges", status=400, body=body(ISSUING), count=1000))
    first = read(sandbox, ["charges"])
    sandbox.faults.clear()
    assert_complete(sandbox, read(sandbox, ["charges"], first.state()), ["charges"])


def test_a_product_that_was_not_enabled_for_one_sync_leaves_no_gap(sandbox: Sandbox) -> None:
    first = read(sandbox, ["charges"], start_date="2026-01-01")
    sandbox.clock.advance(86_400)
    sandbox.create("/v1/charges")
    sandbox.faults.order(Fault("status", "/v1/charges", status=400, body=body(ISSUING), count=1000))
    # The start is moved back in the very sync that cannot read.
    second = read(sandbox, ["charges"], first.state(), start_date="2020-01-01")
    sandbox.faults.clear()
    third = read(sandbox, ["charges"], second.state(), start_date="2020-01-01")
    ids = {record["id"] for run in (first, third) for record in run.records("charges")}
    assert ids == {row["id"] for row in sandbox.truth("/v1/charges")}


def test_a_product_that_is_not_enabled_any_more_in_mid_list_is_a_failure_not_an_empty_stream(sandbox: Sandbox) -> None:
    sandbox.faults.order(Fault("status", "/v1/charges", status=400, body=body(ISSUING), count=1000, skip=2))
    run = read(sandbox, SEVERAL)
    assert run.records("charges")
    assert_only_charges_fail(sandbox, run, FailureType.transient_error, "Issuing", "Try again later")


@pytest.mark.parametrize(
    "message",
    ["Something that nobody has seen yet.", "This feature is not available.", "Received unknown parameter: a"],
)
def test_a_400_that_is_not_known_is_never_swallowed(sandbox: Sandbox, message: str) -> None:
    sandbox.faults.order(Fault("status", "/v1/charges", status=400, body=body(message), skip=2))
    run = read(sandbox, SEVERAL)
    assert_only_charges_fail(sandbox, run, FailureType.system_error, message, "report")


def test_a_key_that_is_rolled_in_mid_sync_fails_what_is_left_and_says_so(sandbox: Sandbox) -> None:
    def roll(path: str, query: str) -> None:
        if path == "/v1/charges" and "starting_after" in query and not sandbox.keys._keys[sandbox.key].expired:
            sandbox.keys.expire(sandbox.key)

    run = read(sandbox, ["charges"], before=roll)
    assert run.error is not None
    error = run.errors()["charges"]
    assert error.failure_type == FailureType.config_error
    assert "create or copy one" in error.message
    assert run.statuses("charges")[-1] == "INCOMPLETE"


def test_after_a_failure_the_next_sync_brings_what_was_left(sandbox: Sandbox) -> None:
    sandbox.faults.order(Fault("status", "/v1/charges", status=400, body=body("Nobody knows."), skip=4))
    first = read(sandbox, SEVERAL)
    assert first.error is not None
    second = read(sandbox, SEVERAL, first.state())
    assert second.error is None
    ids = {record["id"] for run in (first, second) for record in run.records("charges")}
    assert ids == {row["id"] for row in sandbox.truth("/v1/charges")}


# --- objects that go while they are read


@pytest.mark.parametrize("skip", [0, 1, 3])
def test_a_cursor_that_vanishes_is_no_end(sandbox: Sandbox, skip: int) -> None:
    sandbox.faults.order(Fault("vanished_cursor", "/v1/charges", query="starting_after", count=3, skip=skip))
    run = read(sandbox, SEVERAL)
    assert run.error is None
    assert_complete(sandbox, run, SEVERAL)


def test_customers_that_are_deleted_between_two_pages_cost_no_other_record() -> None:
    sandbox = Sandbox(size=3_000, clock=Clock(running=False))
    before = {row["id"] for row in sandbox.truth("/v1/customers")}
    gone: set[str] = set()

    def delete_the_cursor(path: str, query: str) -> None:
        cursor = dict(part.partition("=")[::2] for part in query.split("&")).get("starting_after")
        if path == "/v1/customers" and cursor and cursor not in gone and len(gone) < 5:
            gone.add(cursor)
            sandbox.delete("/v1/customers", cursor)

    run = read(sandbox, ["customers"], before=delete_the_cursor)
    assert run.error is None
    assert gone
    assert before - gone <= {record["id"] for record in run.records("customers")}


# --- answers that do not arrive, or not whole

PASSING = {
    "a body cut in half": Fault("half_body", "/v1/charges", count=3),
    "a reset": Fault("reset", "/v1/charges", count=3),
    "a page that promises more and holds nothing": Fault("no_data", "/v1/charges", count=2),
    "a 503": Fault("status", "/v1/charges", status=503, count=2, headers={"Retry-After": "30"}),
}
"""Of each kind one: that nothing is lost where they do pass, `test_fault_matrix` holds for all of them."""


@pytest.mark.parametrize("name", PASSING)
def test_what_does_not_pass_fails_its_stream_alone_and_is_worth_a_later_try(sandbox: Sandbox, name: str) -> None:
    fault = _copy(PASSING[name])
    fault.count, fault.skip = 1_000_000, 1
    sandbox.faults.order(fault)
    run = read(sandbox, SEVERAL)
    assert_only_charges_fail(sandbox, run, FailureType.transient_error, "tried", "Try again later")


def _copy(fault: Fault) -> Fault:
    return Fault(**{**vars(fault), "headers": dict(fault.headers), "hits": 0})


def test_an_error_that_nobody_expected_fails_its_stream_alone(sandbox: Sandbox) -> None:
    def fail(path: str, query: str) -> None:
        if path == "/v1/charges":
            raise ZeroDivisionError("a bug")

    run = read(sandbox, SEVERAL, before=fail)
    assert run.statuses("charges")[-1] == "INCOMPLETE"
    error = run.errors()["charges"]
    assert error.failure_type == FailureType.system_error
    assert "charges" in error.message
    assert_complete(sandbox, run, OTHERS)


# --- the whole way, in a process of its own


@pytest.fixture(scope="module")
def two_faults() -> Finished:
    with serve(Sandbox(size=150)) as server:
        server.sandbox.faults.order(Fault("status", "/v1/charges", status=400, body=body("Nobody knows."), count=99))
        server.sandbox.faults.order(Fault("status", "/v1/payouts", status=400, body=body(ISSUING), count=99))
        for kind in ("half_body", "reset", "bad_gzip"):
            server.sandbox.faults.order(Fault(kind, "/v1/customers", count=1))
        config = {"api_key": server.key, "api_base": server.base_url}
        names = ["charges", "payouts", "customers", "invoices"]
        done = run("read", config=config, catalog=configured(dict.fromkeys(names, "incremental")))
        for stream in ("customers", "invoices"):
            truth = {row["id"] for row in server.sandbox.truth(ENDPOINTS[stream])}
            assert {record["id"] for record in done.records(stream)} == truth
        return done


def test_a_failed_stream_is_told_on_stdout_and_by_the_exit_code(two_faults: Finished) -> None:
    assert two_faults.code == 1
    named = [error for error in two_faults.errors if error.get("stream_descriptor")]
    assert [error["stream_descriptor"]["name"] for error in named] == ["charges"]
    assert "Nobody knows." in named[0]["message"]
    last = {
        status["stream_descriptor"]["name"]: status["status"]
        for trace in two_faults.of_type("TRACE")
        if (status := trace["trace"].get("stream_status"))
    }
    assert last == {"charges": "INCOMPLETE", "payouts": "COMPLETE", "customers": "COMPLETE", "invoices": "COMPLETE"}


def test_a_skipped_stream_alone_is_no_failure() -> None:
    with serve(Sandbox(size=20)) as server:
        server.sandbox.faults.order(Fault("status", "/v1/payouts", status=400, body=body(ISSUING), count=99))
        config = {"api_key": server.key, "api_base": server.base_url}
        done = run("read", config=config, catalog=configured({"payouts": "incremental"}))
    assert done.code == 0
    assert [log["log"]["level"] for log in done.of_type("LOG") if "Skipped" in log["log"]["message"]] == ["WARN"]
    last = done.of_type("STATE")[-1]["state"]["stream"]["stream_state"]
    assert not {"updated", "unread", "until"} & last.keys(), "the next sync reads all of it"


def test_check_against_a_stripe_that_is_down_says_so(sandbox: Sandbox) -> None:
    sandbox.faults.order(Fault("status", "*", status=503, count=1000))
    source = in_process.source(sandbox)
    worked, why = source.check_connection(in_process.logger, in_process.config(sandbox))
    assert not worked
    assert "HTTP 503" in repr(why)
    assert "Try again later" in repr(why)
