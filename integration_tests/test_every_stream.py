"""Every stream brings what Stripe has, exactly, in the shape that its schema says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema
import pytest

from integration_tests.in_process import Json, Run, read
from integration_tests.sandbox import Clock, Limits, Sandbox
from source_stripe.streams import LEFT_OUT, STREAMS, StripeStream

ENOUGH = 250
"""Objects of each resource that a business of the sandbox's size can have that many of."""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    unlimited = Limits(per_account=1e9, per_endpoint=1e9)
    return Sandbox(size=600, connected=3, clock=Clock(running=False), limits=unlimited)


@pytest.fixture(scope="module")
def everything(sandbox: Sandbox) -> Run:
    """One full refresh of all streams together."""
    return read(sandbox, [stream.name for stream in STREAMS], mode="full_refresh", requests_per_second=100_000)


def _key(stream: type[StripeStream], row: Json) -> str:
    """The primary key, as far as it is Stripe's own: what names the parent is added by the connector."""
    return repr([row.get(field) for field in stream.key_fields() if field != stream.parent_key])


def _truth(sandbox: Sandbox, stream: type[StripeStream]) -> list[Json]:
    """The sandbox's own list of the stream's rows, of the kinds that the stream is about."""
    if stream.single:
        headers = {"Authorization": f"Bearer {sandbox.key}"}
        return [sandbox.answer("GET", stream.endpoint, "", headers).json()]
    kinds = stream.kinds()
    rows = [row for row in sandbox.truth(stream.endpoint) if row.get("object") in kinds]
    return [row for row in rows if stream.name not in CAN_BE_LISTED or CAN_BE_LISTED[stream.name](sandbox, row)]


def _in_an_automatic_payout(sandbox: Sandbox, row: Json) -> bool:
    return row["id"] in _automatic(sandbox)


@cache
def _automatic(sandbox: Sandbox) -> frozenset[str]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    found: set[str] = set()
    for payout in sandbox.truth("/v1/payouts"):
        query, more = f"payout={payout['id']}&limit=100", payout["automatic"]
        while more:
            page = sandbox.answer("GET", "/v1/balance_transactions", query, headers).json()
            found.update(row["id"] for row in page["data"])
            more = page["has_more"]
            if more:
                query = f"payout={payout['id']}&limit=100&starting_after={page['data'][-1]['id']}"
    return frozenset(found)


CAN_BE_LISTED: dict[str, Callable[[Sandbox, Json], bool]] = {
    # https://docs.stripe.com/api/radar/reviews/list: only open ones are listed
    "reviews": lambda sandbox, row: row["open"],
    # those of a user's scope can be listed for a user's id only
    "apps_secrets": lambda sandbox, row: row["scope"]["type"] == "account",
    # a manual payout does not say which transactions it pays out
    "payout_balance_transactions": _in_an_automatic_payout,
}
"""Streams of which Stripe has objects that no list shows → whether one of them is shown."""


def _bare(stream: type[StripeStream], row: Json, truth: Json) -> Json:
    """The row without what the connector adds to Stripe's own, and with what it expands folded up again."""
    added = set(stream.extra_properties)
    bare = {name: value for name, value in row.items() if name not in added or name in truth}
    for path in stream.expand:
        _fold(bare, truth, path.split("."))
    return bare


def _fold(row: Any, truth: Any, path: list[str]) -> None:
    if isinstance(row, list):
        for inner, true in zip(row, truth or [None] * len(row), strict=True):
            _fold(inner, true, path)
        return
    if not isinstance(row, dict) or path[0] not in row:
        return
    name, rest = path[0], path[1:]
    true = truth.get(name) if isinstance(truth, dict) else None
    value = row[name]
    if rest and not isinstance(true, str):
        _fold(value, true, rest)
    elif not isinstance(truth, dict) or name not in truth:
        del row[name]  # shown only where it is expanded
    elif isinstance(true, str) and isinstance(value, dict):
        row[name] = value["id"]
    elif isinstance(true, list) and isinstance(value, list):
        row[name] = [
            each["id"] if isinstance(each, dict) and isinstance(same, str) else each
            for each, same in zip(value, true, strict=True)
        ]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_brings_the_truth_exactly(sandbox: Sandbox, everything: Run, stream: type[StripeStream]) -> None:
    truth = _truth(sandbox, stream)
    rows = everything.records(stream.name)
    assert truth, "nothing to compare with"
    keys = {repr([row.get(field) for field in stream.key_fields()]) for row in rows}
    assert len(keys) == len(rows), "a row came twice, or the primary key does not tell rows apart"
    assert sorted(_key(stream, row) for row in rows) == sorted(_key(stream, row) for row in truth)
    found: dict[str, list[Json]] = {}
    for row in rows:
        found.setdefault(_key(stream, row), []).append(row)
    for true in truth:
        assert true in [_bare(stream, row, true) for row in found[_key(stream, true)]]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_each_record_is_of_the_shape_that_the_schema_says(everything: Run, stream: type[StripeStream]) -> None:
    validator = jsonschema.Draft7Validator(_schema(stream))
    for row in everything.records(stream.name):
        error = jsonschema.exceptions.best_match(validator.iter_errors(row))
        assert error is None, f"{error.json_path}: {error.message}"


@cache
def _schema(stream: type[StripeStream]) -> Any:
    return stream().get_json_schema()


def test_a_sync_of_everything_ends_well(everything: Run) -> None:
    assert everything.error is None
    assert everything.errors() == {}
    assert {everything.statuses(stream.name)[-1] for stream in STREAMS} == {"COMPLETE"}


def test_no_request_uses_a_parameter_that_stripe_does_not_know(sandbox: Sandbox, everything: Run) -> None:
    assert everything.messages
    refused = [entry for entry in sandbox.journal.log if entry.status == 400]
    assert refused == []


def test_each_listed_resource_is_there_in_number(everything: Run) -> None:
    plenty = [stream.name for stream in STREAMS if len(everything.records(stream.name)) >= ENOUGH]
    assert len(plenty) >= len(STREAMS) // 2, f"only {len(plenty)} of {len(STREAMS)} have {ENOUGH}"


def test_a_list_is_read_once_however_many_streams_hang_on_it(sandbox: Sandbox) -> None:
    family = ["invoices", "invoice_line_items"]
    counts = []
    for streams in (family[:1], family):
        sandbox.journal.reset()
        assert read(sandbox, streams, mode="full_refresh", requests_per_second=100_000).error is None
        counts.append(sandbox.journal.by_endpoint["/v1/invoices"])
    assert counts[1] <= counts[0] * 1.1 + 2


def test_invoices_of_any_length_bring_all_their_lines_once(sandbox: Sandbox, everything: Run) -> None:
    wanted = {1, 10, 11, 101, 250}
    lines: dict[str, list[str]] = {}
    for row in everything.records("invoice_line_items"):
        lines.setdefault(row["invoice_id"], []).append(row["id"])
    lengths = {len(ids) for ids in lines.values()}
    assert wanted <= lengths, f"the sandbox has invoices with {sorted(lengths)} lines only"
    assert all(len(ids) == len(set(ids)) for ids in lines.values())


def test_what_is_left_out_is_no_stream() -> None:
    assert not {stream.endpoint for stream in STREAMS} & LEFT_OUT.keys()


def test_an_account_without_any_product_reads_to_its_end_and_says_what_is_missing() -> None:
    bare = Sandbox(
        size=100,
        clock=Clock(running=False),
        limits=Limits(per_account=1e9, per_endpoint=1e9),
        enabled=frozenset(),
        platform=False,
    )
    run = read(bare, [stream.name for stream in STREAMS], mode="full_refresh", requests_per_second=100_000)
    assert run.error is None
    assert run.errors() == {}
    assert run.records("charges")
    skipped = [warning for warning in run.warnings() if warning.startswith("Skipped")]
    products = [warning.split("does not use ")[1].split(":")[0] for warning in skipped]
    assert len(products) == len(set(products)), "one warning a product"
    for stream in ("authorizations", "treasury_financial_accounts", "identity_verification_sessions"):
        assert any(stream in warning for warning in skipped), stream
