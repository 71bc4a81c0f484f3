"""The connector keeps Airbyte's protocol, from the command line down to each record."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from integration_tests import in_process
from integration_tests.command import Finished, configured, run
from integration_tests.in_process import read, stream_state
from integration_tests.sandbox import DEFAULT_NOW, Clock, Fault, Sandbox, Server, serve
from source_stripe.reading.progress import SETTLED_SECONDS
from source_stripe.streams import STREAMS, StripeStream

NAMES = [stream.name for stream in STREAMS]

AS_STRIPE_HAS_THEM = [
    stream
    for stream in STREAMS
    if stream.name
    in "accounts balance_transactions charges customers disputes events payment_intents payouts refunds".split()
]
"""Streams whose rows are those of Stripe's list, with nothing expanded; `test_every_stream` has them all."""
DAY = 86_400
MESSAGE_TYPES = {"SPEC", "CONNECTION_STATUS", "CATALOG", "RECORD", "STATE", "LOG", "TRACE"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(size=300, clock=Clock(running=False), connected=3, connected_size=20)


def truth(sandbox: Sandbox, stream: type[StripeStream], account: str | None = None) -> dict[str, dict[str, Any]]:
    """The rows that the stream owes, by id: Stripe's objects, with what the connector adds to them."""
    rows = {}
    for row in sandbox.truth(stream.endpoint, account):
        cursor = {stream.cursor_field: row.get(stream.created_field)} if row.get(stream.cursor_field) is None else {}
        told = {"is_deleted": False} if stream.event_types() else {}
        rows[row["id"]] = {**row, **cursor, **told}
    return rows


# --- records


@pytest.mark.parametrize("mode", ["full_refresh", "incremental"])
def test_a_stream_yields_the_accounts_objects_and_no_others(sandbox: Sandbox, mode: str) -> None:
    run = read(sandbox, [stream.name for stream in AS_STRIPE_HAS_THEM], mode=mode)
    assert run.error is None
    for stream in AS_STRIPE_HAS_THEM:
        records = run.records(stream.name)
        assert {record["id"]: record for record in records} == truth(sandbox, stream), stream.name
        assert len(records) == len(truth(sandbox, stream)), stream.name
        assert run.statuses(stream.name) == ["STARTED", "RUNNING", "COMPLETE"], stream.name


def test_a_connected_account_is_read_by_its_id(sandbox: Sandbox) -> None:
    account = sandbox.directory.identifiers()[1]
    run = read(sandbox, ["charges"], account_id=account)
    charges = next(stream for stream in STREAMS if stream.name == "charges")
    assert {record["id"] for record in run.records("charges")} == truth(sandbox, charges, account).keys()
    assert run.states("charges")[-1]["account"] == account


def test_objects_older_than_the_start_date_are_left_out(sandbox: Sandbox) -> None:
    run = read(sandbox, ["charges"], start_date="2026-01-01")
    created = [record["created"] for record in run.records("charges")]
    assert created
    assert min(created) >= 1_767_225_600


# --- sync modes and state


def test_incremental_brings_what_is_new_and_full_refresh_brings_all(sandbox: Sandbox) -> None:
    first = read(sandbox, {"charges": "full_refresh", "customers": "incremental"})
    sandbox.clock.advance(DAY)
    charge, customer = sandbox.create("/v1/charges"), sandbox.create("/v1/customers")
    second = read(sandbox, {"charges": "full_refresh", "customers": "incremental"}, first.state())
    assert len(second.records("charges")) == len(first.records("charges")) + 1
    assert charge["id"] in {record["id"] for record in second.records("charges")}
    assert [record["id"] for record in second.records("customers")] == [customer["id"]]


def test_the_look_back_brings_older_records_again(sandbox: Sandbox) -> None:
    first = read(sandbox, ["charges"])
    again = read(sandbox, ["charges"], first.state(), lookback_window_days=100)
    since = DEFAULT_NOW - SETTLED_SECONDS - 100 * DAY
    assert {record["id"] for record in again.records("charges")} == {
        record["id"] for record in first.records("charges") if record["created"] >= since
    }


def test_a_record_that_turns_up_a_little_late_is_not_missed(sandbox: Sandbox) -> None:
    first = read(sandbox, ["charges"])
    late = sandbox.create("/v1/charges", at=sandbox.now() - SETTLED_SECONDS + 1)
    second = read(sandbox, ["charges"], first.state())
    assert late["id"] in {record["id"] for record in second.records("charges")}


def test_a_start_date_moved_back_reads_the_missing_span_only(sandbox: Sandbox) -> None:
    first = read(sandbox, ["charges"], start_date="2026-01-01")
    second = read(sandbox, ["charges"], first.state(), start_date="2025-01-01")
    ids = {record["id"] for record in first.records("charges")} | {record["id"] for record in second.records("charges")}
    assert ids == {row["id"] for row in sandbox.truth("/v1/charges") if row["created"] >= 1_735_689_600}
    assert all(record["created"] < 1_767_225_600 for record in second.records("charges"))
    assert second.states("charges")[-1]["covers_from"] == 1_735_689_600


@pytest.mark.parametrize("watermark", [DEFAULT_NOW - 20 * DAY, str(DEFAULT_NOW - 20 * DAY)])
def test_the_state_of_airbytes_own_source_is_gone_on_from(sandbox: Sandbox, watermark: object) -> None:
    run = read(sandbox, ["charges"], [stream_state("charges", {"updated": watermark})])
    created = [record["created"] for record in run.records("charges")]
    assert created
    assert min(created) >= DEFAULT_NOW - 20 * DAY


def test_a_state_of_another_account_is_refused_with_that_word(sandbox: Sandbox) -> None:
    other = sandbox.directory.identifiers()[1]
    state = read(sandbox, ["charges"]).state()
    run = read(sandbox, ["charges"], state, account_id=other)
    assert run.messages == []
    assert "another account" in str(run.error)
    assert sandbox.directory.platform in str(run.error)
    assert other in str(run.error)


@pytest.mark.parametrize(
    ("state", "words"),
    [({"version": 99, "updated": 7}, "newer version"), ({"surprise": 1}, "neither"), ({"updated": "soon"}, "Unix")],
)
def test_a_state_that_cannot_be_used_is_refused_in_one_sentence(
    sandbox: Sandbox, state: dict[str, Any], words: str
) -> None:
    run = read(sandbox, ["charges"], [stream_state("charges", state)])
    assert words in str(run.error)
    assert "stream charges" in str(run.error)
    assert run.records("charges") == []


def test_a_state_for_a_stream_that_is_not_read_is_passed_over(sandbox: Sandbox) -> None:
    run = read(sandbox, ["coupons"], [stream_state("charges", {"surprise": 1})])
    assert run.error is None


@pytest.mark.parametrize("machine_time", [0.0, 946_684_800.0, 4_000_000_000.0])
def test_a_machine_whose_clock_is_years_off_reads_the_same(sandbox: Sandbox, machine_time: float) -> None:
    right = read(sandbox, ["charges"])
    wrong = read(sandbox, ["charges"], machine_time=machine_time)
    assert wrong.error is None
    assert len(wrong.records("charges")) == len(right.records("charges"))
    assert wrong.states("charges")[-1] == right.states("charges")[-1]


def test_now_is_stripes_now(sandbox: Sandbox) -> None:
    assert read(sandbox, ["charges"]).states("charges")[-1]["updated"] == DEFAULT_NOW - SETTLED_SECONDS


def test_a_stream_that_does_not_exist_is_refused_with_the_nearest_that_does(sandbox: Sandbox) -> None:
    run = read(sandbox, ["chargess"])
    assert "Did you mean 'charges'?" in str(run.error)
    assert sandbox.journal.requests == 0


def test_a_stream_that_is_named_twice_is_refused(sandbox: Sandbox) -> None:
    twice = in_process.catalog(["charges", "coupons"])
    twice.streams[1].stream.name = "charges"
    reading = in_process.source(sandbox).read(in_process.logger, in_process.config(sandbox), twice, None)
    with pytest.raises(Exception, match="twice"):
        list(reading)


def test_no_list_is_asked_for_more_pages_than_it_has(sandbox: Sandbox) -> None:
    read(sandbox, ["charges"])
    assert sandbox.journal.by_endpoint["/v1/charges"] <= 3 + 20


# --- the commands, each in a process of its own


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(Sandbox(size=120, connected=2, connected_size=10)) as server:
        yield server


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Finished]:
    """Every command of this module, run two at a time: most of each is the start of Python."""
    good = {"api_key": server.key, "api_base": server.base_url}
    keys, platform = server.sandbox.keys, server.sandbox.directory.platform
    restricted = keys.issue(platform, permissions={"charge"})
    organization = keys.issue(platform, organization=True)
    catalog = configured({"charges": "incremental", "coupons": "full_refresh", "accounts": "full_refresh"})
    unknown = configured({"chargess": "full_refresh"})
    wrapped = {"source": {"type": "stripe", "config": {"api_key": "${SANDBOX_KEY}", "api_base": server.base_url}}}
    of_airbyte = {
        "client_secret": server.key,
        "account_id": platform,
        "start_date": "2017-01-25T00:00:00Z",
        "lookback_window_days": 0,
        "slice_range": 365,
        "num_workers": 10,
        "call_rate_limit": 25,
        "api_base": server.base_url,
    }

    commands: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
        "spec": (("spec",), {}),
        "discover": (("discover",), {"config": good}),
        "read": (("read",), {"config": good, "catalog": catalog, "state": "[]"}),
        "read, nothing": (("read",), {"config": good, "catalog": {"streams": []}}),
        "check": (("check",), {"config": good}),
        "check, restricted": (("check",), {"config": {**good, "api_key": restricted}}),
        "check, Airbyte's": (("check",), {"config": of_airbyte}),
        "check, wrapped": (("check",), {"config": wrapped, "environment": {"SANDBOX_KEY": server.key}}),
        "check, organization": (
            ("check",),
            {"config": {**good, "api_key": organization, "account_id": server.sandbox.directory.identifiers()[1]}},
        ),
        # to be refused
        "check, wrong account": (("check",), {"config": {**good, "account_id": "acct_nobody"}}),
        "check, wrong key": (("check",), {"config": {**good, "api_key": "sk_test_nobodyMadeThisKey"}}),
        "check, publishable": (("check",), {"config": {**good, "api_key": "pk_test_nobodyMadeThisKey"}}),
        "check, malformed": (("check",), {"config": {**good, "api_key": "nobodyMadeThisKey"}}),
        "check, no variable": (("check",), {"config": wrapped}),
        "check, organization alone": (("check",), {"config": {**good, "api_key": organization}}),
        "check, future": (("check",), {"config": {**good, "start_date": "2190-01-01"}}),
        "check, negative": (("check",), {"config": {**good, "lookback_window_days": -1}}),
        "check, no JSON": (("check",), {"config": "{"}),
        "check, nobody there": (("check",), {"config": {**good, "api_base": "http://127.0.0.1:1"}}),
        "read, wrong key": (
            ("read",),
            {"config": {**good, "api_key": "sk_test_nobodyMadeThisKey"}, "catalog": catalog},
        ),
        "read, future": (("read",), {"config": {**good, "start_date": "2190-01-01"}, "catalog": catalog}),
        "read, no JSON": (("read",), {"config": good, "catalog": "{"}),
        "read, unknown stream": (("read",), {"config": good, "catalog": unknown}),
        "read, no state": (("read",), {"config": good, "catalog": catalog, "state": {"charges": {}}}),
        "discover, malformed": (("discover",), {"config": {**good, "api_key": "nobodyMadeThisKey"}}),
    }
    with ThreadPoolExecutor(3) as pool:
        running = {name: pool.submit(run, *words, **inputs) for name, (words, inputs) in commands.items()}
        return {name: future.result() for name, future in running.items()}


def test_stdout_carries_nothing_but_messages(finished: dict[str, Finished]) -> None:
    for name, command in finished.items():
        assert command.stdout, name
        for message in command.messages:
            assert message["type"] in MESSAGE_TYPES, name
        assert command.stderr == "", name


def test_commands_that_succeed_end_with_0(finished: dict[str, Finished]) -> None:
    names = ["spec", "discover", "read", "read, nothing"]
    assert {name: finished[name].code for name in names} == dict.fromkeys(names, 0)


def test_spec_tells_what_it_takes(finished: dict[str, Finished]) -> None:
    (specification,) = finished["spec"].of_type("SPEC")
    assert "api_key" in specification["spec"]["connectionSpecification"]["properties"]


def test_discover_lists_every_stream_with_its_schema(finished: dict[str, Finished]) -> None:
    (catalog,) = finished["discover"].of_type("CATALOG")
    streams = catalog["catalog"]["streams"]
    assert [stream["name"] for stream in streams] == NAMES
    assert all(stream["json_schema"]["properties"] for stream in streams)
    assert len(finished["discover"].stdout) < 3_000_000


def test_read_tells_records_states_and_statuses(finished: dict[str, Finished], server: Server) -> None:
    done = finished["read"]
    assert len(done.records("charges")) == 120
    for stream in ("charges", "coupons", "accounts"):
        statuses = [
            status["status"]
            for m in done.of_type("TRACE")
            if (status := m["trace"].get("stream_status")) and status["stream_descriptor"]["name"] == stream
        ]
        assert statuses == ["STARTED", "RUNNING", "COMPLETE"]
        counts = [
            m["state"]["sourceStats"]["recordCount"]
            for m in done.of_type("STATE")
            if m["state"]["stream"]["stream_descriptor"]["name"] == stream
        ]
        assert sum(counts) == len(done.records(stream))
    state = done.of_type("STATE")[-1]["state"]["stream"]["stream_state"]
    assert state["account"] == server.sandbox.directory.platform


@pytest.mark.parametrize(
    "name", ["check", "check, restricted", "check, Airbyte's", "check, wrapped", "check, organization"]
)
def test_a_configuration_that_works_is_found_good(finished: dict[str, Finished], name: str) -> None:
    assert (finished[name].status["status"], finished[name].code) == ("SUCCEEDED", 0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("check, wrong account", "account_id"),
        ("check, wrong key", "does not accept this API key"),
        ("check, publishable", "publishable"),
        ("check, malformed", "does not look like a Stripe key"),
        ("check, no variable", "SANDBOX_KEY"),
        ("check, organization alone", "needs account_id"),
        ("check, future", "start_date lies in the future"),
        ("check, negative", "lookback_window_days is -1"),
        ("check, no JSON", "is not valid JSON"),
        ("check, nobody there", "/v1/account"),
    ],
)
def test_check_says_failed_with_a_sentence_to_act_on(finished: dict[str, Finished], name: str, words: str) -> None:
    status = finished[name].status
    assert (status["status"], finished[name].code) == ("FAILED", 0)
    assert words in status["message"]
    assert "\n" not in status["message"]
    assert finished[name].errors == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("read, wrong key", "does not accept this API key"),
        ("read, future", "start_date lies in the future"),
        ("read, no JSON", "is not valid JSON"),
        ("read, unknown stream", "Did you mean 'charges'?"),
        ("read, no state", "cannot be used"),
        ("discover, malformed", "does not look like a Stripe key"),
    ],
)
def test_bad_input_ends_with_1_and_one_sentence(finished: dict[str, Finished], name: str, words: str) -> None:
    (error,) = finished[name].errors
    assert finished[name].code == 1
    assert words in error["message"]
    assert error["failure_type"] == "config_error"
    assert finished[name].of_type("RECORD") == []


def test_a_key_that_may_read_one_thing_only_is_a_good_key_even_without_its_account(sandbox: Sandbox) -> None:
    refusal = '{"error": {"message": "The key lacks permissions.", "code": "more_permissions_required"}}'
    sandbox.faults.order(Fault("status", "/v1/account", status=403, body=refusal))
    source = in_process.source(sandbox)
    assert source.check_connection(in_process.logger, in_process.config(sandbox)) == (True, None)


def test_check_costs_one_request(sandbox: Sandbox) -> None:
    in_process.source(sandbox).check_connection(in_process.logger, in_process.config(sandbox))
    assert sandbox.journal.requests == 1
