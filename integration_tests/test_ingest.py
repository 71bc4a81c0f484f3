"""What is in DuckDB after `ingest` is what Stripe has."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest

from integration_tests.in_process import Json
from integration_tests.ingested import Killed, alive, duckdb_in, ingest, queried, rows, same
from integration_tests.sandbox import Clock, Limits, Sandbox
from integration_tests.sandbox.faults import Fault
from integration_tests.tables import column_types
from integration_tests.test_every_stream import _bare, _key, _truth
from source_stripe.ingest import copying
from source_stripe.ingest.columns import EXTRA, SYNCED_AT, Layout
from source_stripe.ingest.copying import Interval
from source_stripe.ingest.package import Content, Package
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.tables import Target, stream_named
from source_stripe.ingest.warehouse import Warehouse, opened
from source_stripe.streams import STREAMS, StripeStream

DAY = 86_400
BUSINESS = ["charges", "coupons", "customers", "invoices", "invoice_line_items", "subscriptions", "subscription_items"]


def sandbox_of(size: int = 20, **options: Any) -> Sandbox:
    return Sandbox(size=size, clock=Clock(running=False), **options)


def wrong(sandbox: Sandbox, folder: Path, streams: list[str]) -> dict[str, list[str]]:
    """Where the tables differ from the sandbox's truth, what is marked as deleted left out: lines by stream."""
    found = {}
    for name in streams:
        stream = stream_named(name)
        truth, here = _truth(sandbox, stream), alive(rows(duckdb_in(folder), name))
        if lines := differences(stream, truth, here):
            found[name] = lines
    return found


def differences(stream: type[StripeStream], truth: list[Json], here: list[Json]) -> list[str]:
    """What is missing, too much, or otherwise than Stripe has it."""
    found: dict[str, list[Json]] = {}
    for row in here:
        found.setdefault(_key(stream, row), []).append(row)
    there = sorted(_key(stream, row) for row in truth)
    lines = [] if there == sorted(_key(stream, row) for row in here) else [f"{len(here)} rows, not {len(there)}"]
    own = set(stream.extra_properties) - {"created"}
    for true in truth:
        alike = [_bare(stream, dict(row), true) for row in found.get(_key(stream, true), [])]
        unlike = [
            [name for name, value in true.items() if name not in own and not same(value, row.get(name))]
            for row in alike
        ]
        if unlike and all(unlike):
            lines.append(f"{_key(stream, true)}: {unlike[0]}")
    return lines


@pytest.mark.timeout(600)
def test_every_stream_is_in_its_table_as_stripe_has_it(tmp_path: Path) -> None:
    unlimited = Limits(per_account=1e9, per_endpoint=1e9)
    sandbox = Sandbox(size=60, connected=3, clock=Clock(running=False), limits=unlimited, synthesized=20)
    outcome = ingest(
        sandbox, duckdb_in(tmp_path), [s.name for s in STREAMS], config_options={"requests_per_second": 100_000}
    )
    assert outcome.complete
    assert wrong(sandbox, tmp_path, [stream.name for stream in STREAMS]) == {}
    with queried(duckdb_in(tmp_path)) as ask:
        columns = ask("SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'stripe'")
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        found.setdefault(column["table_name"], {})[column["column_name"]] = column["data_type"]
    added = {EXTRA: "JSON", SYNCED_AT: "TIMESTAMP WITH TIME ZONE"}
    expected = {stream.name: {**column_types(stream.name), **added} for stream in STREAMS if stream.name in found}
    assert {name: types for name, types in found.items() if not name.startswith("_dlt")} == expected


def test_the_columns_are_typed_and_nested_values_are_json(tmp_path: Path) -> None:
    sandbox = sandbox_of()
    ingest(sandbox, duckdb_in(tmp_path), ["charges"])
    with queried(duckdb_in(tmp_path)) as ask:
        columns = ask("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'charges'")
        types = {row["column_name"]: row["data_type"] for row in columns}
        assert ask("SELECT count(*) AS n FROM charges WHERE metadata->>'order_id' IS NOT NULL")[0]["n"] == 20
    assert types["amount"] == "BIGINT"
    assert types["created"] == "TIMESTAMP WITH TIME ZONE"
    assert types["paid"] == "BOOLEAN"
    assert types["customer"] == "VARCHAR"
    assert types["metadata"] == "JSON"


def test_a_second_run_brings_changes_and_marks_deletions(tmp_path: Path) -> None:
    sandbox = sandbox_of()
    ingest(sandbox, duckdb_in(tmp_path), BUSINESS)
    assert wrong(sandbox, tmp_path, BUSINESS) == {}
    sandbox.clock.advance(DAY)
    customer, coupon = (next(iter(sandbox.truth(path))) for path in ("/v1/customers", "/v1/coupons"))
    sandbox.create("/v1/charges", {"customer": customer["id"]})
    sandbox.update("/v1/customers", customer["id"], {"name": "Another name"})
    sandbox.delete("/v1/coupons", coupon["id"])
    sandbox.clock.advance(600)
    ingest(sandbox, duckdb_in(tmp_path), BUSINESS)
    assert wrong(sandbox, tmp_path, BUSINESS) == {}
    (deleted,) = [row for row in rows(duckdb_in(tmp_path), "coupons") if row["is_deleted"]]
    assert deleted["id"] == coupon["id"]


def test_a_deletion_that_tells_no_more_than_the_id_keeps_the_rows_last_content(tmp_path: Path) -> None:
    sandbox = sandbox_of()
    ingest(sandbox, duckdb_in(tmp_path), ["coupons"])
    coupon = next(iter(sandbox.truth("/v1/coupons")))
    sandbox.clock.advance(DAY)
    sandbox.delete("/v1/coupons", coupon["id"], api_version="2024-06-20")
    sandbox.clock.advance(600)
    ingest(sandbox, duckdb_in(tmp_path), ["coupons"])
    (row,) = [row for row in rows(duckdb_in(tmp_path), "coupons") if row["id"] == coupon["id"]]
    assert (row["is_deleted"], row["name"], row["percent_off"]) == (True, coupon["name"], coupon["percent_off"])
    assert row["updated"] == sandbox.now() - 600


def test_hard_delete_removes_what_stripe_deleted_also_before_it_was_asked_for(tmp_path: Path) -> None:
    sandbox = sandbox_of()
    ingest(sandbox, duckdb_in(tmp_path), ["coupons"])
    first, second = list(sandbox.truth("/v1/coupons"))[:2]
    sandbox.clock.advance(DAY)
    sandbox.delete("/v1/coupons", first["id"])
    sandbox.clock.advance(DAY)
    ingest(sandbox, duckdb_in(tmp_path), ["coupons"])
    sandbox.delete("/v1/coupons", second["id"])
    sandbox.clock.advance(600)
    ingest(sandbox, duckdb_in(tmp_path), ["coupons"], hard_delete=True)
    ids = {row["id"] for row in rows(duckdb_in(tmp_path), "coupons")}
    assert ids == {coupon["id"] for coupon in sandbox.truth("/v1/coupons")}


@pytest.mark.parametrize("streams", [["invoices", "invoice_line_items"], ["invoice_line_items"]])
def test_rows_that_vanish_with_a_change_of_what_they_hang_on_are_removed(tmp_path: Path, streams: list[str]) -> None:
    sandbox = sandbox_of(60)
    ingest(sandbox, duckdb_in(tmp_path), streams)
    counted: dict[str, list[Json]] = {}
    for line in sandbox.truth("/v1/invoices/{invoice}/lines"):
        counted.setdefault(line["invoice"], []).append(line)
    lines = next(lines for lines in counted.values() if len(lines) > 2)
    sandbox.clock.advance(DAY)
    sandbox.delete("/v1/invoices/{invoice}/lines", lines[0]["id"])
    sandbox.clock.advance(600)
    ingest(sandbox, duckdb_in(tmp_path), streams)
    assert wrong(sandbox, tmp_path, streams) == {}


def test_the_last_row_that_vanishes_from_its_parent_is_removed_too(tmp_path: Path) -> None:
    sandbox = sandbox_of(60)
    streams = ["invoices", "invoice_line_items"]
    ingest(sandbox, duckdb_in(tmp_path), streams)
    counted: dict[str, list[Json]] = {}
    for line in sandbox.truth("/v1/invoices/{invoice}/lines"):
        counted.setdefault(line["invoice"], []).append(line)
    (only,) = next(lines for lines in counted.values() if len(lines) == 1)
    sandbox.clock.advance(DAY)
    sandbox.delete("/v1/invoices/{invoice}/lines", only["id"])
    sandbox.clock.advance(600)
    ingest(sandbox, duckdb_in(tmp_path), streams)
    assert wrong(sandbox, tmp_path, streams) == {}


def test_what_hung_on_a_row_that_was_deleted_and_made_anew_is_removed(tmp_path: Path) -> None:
    sandbox = sandbox_of(60)
    streams = ["invoices", "invoice_line_items"]
    ingest(sandbox, duckdb_in(tmp_path), streams)
    invoice = next(iter(sandbox.truth("/v1/invoices")))
    sandbox.clock.advance(DAY)
    sandbox.delete("/v1/invoices", invoice["id"])
    sandbox.create("/v1/invoices", {"id": invoice["id"]})
    path = "/v1/invoices/{invoice}/lines"
    for line in [line for line in sandbox.truth(path) if line["invoice"] == invoice["id"]]:
        sandbox.delete(path, line["id"], event=None)
    sandbox.clock.advance(600)
    ingest(sandbox, duckdb_in(tmp_path), streams)
    assert wrong(sandbox, tmp_path, streams) == {}


def test_a_stream_that_is_read_whole_loses_the_rows_that_stripe_has_no_more(tmp_path: Path) -> None:
    sandbox = sandbox_of(60)
    ingest(sandbox, duckdb_in(tmp_path), ["payment_method_domains", "tax_ids"])
    gone = next(iter(sandbox.truth("/v1/tax_ids")))
    sandbox.clock.advance(DAY + 60)  # such streams are read once a day
    sandbox.delete("/v1/tax_ids", gone["id"])
    ingest(sandbox, duckdb_in(tmp_path), ["payment_method_domains", "tax_ids"])
    assert wrong(sandbox, tmp_path, ["payment_method_domains", "tax_ids"]) == {}


def test_a_stream_whose_state_is_too_old_is_read_again_and_loses_nothing(tmp_path: Path) -> None:
    sandbox = sandbox_of()
    ingest(sandbox, duckdb_in(tmp_path), ["coupons", "customers"])
    sandbox.clock.advance(20 * DAY)
    gone = next(iter(sandbox.truth("/v1/coupons")))
    sandbox.delete("/v1/coupons", gone["id"])
    sandbox.clock.advance(20 * DAY)
    ingest(sandbox, duckdb_in(tmp_path), ["coupons", "customers"])
    assert wrong(sandbox, tmp_path, ["coupons", "customers"]) == {}
    assert [row["id"] for row in rows(duckdb_in(tmp_path), "coupons") if row["is_deleted"]] == [gone["id"]]


def test_a_product_that_is_no_longer_used_keeps_its_rows(tmp_path: Path) -> None:
    sandbox = sandbox_of(60)
    ingest(sandbox, duckdb_in(tmp_path), ["cardholders"])
    kept = len(rows(duckdb_in(tmp_path), "cardholders"))
    sandbox.enabled -= {"issuing"}
    sandbox.clock.advance(DAY)
    assert ingest(sandbox, duckdb_in(tmp_path), ["cardholders"], full_refresh=True).complete
    assert len(rows(duckdb_in(tmp_path), "cardholders")) == kept > 0


def test_a_full_refresh_ends_as_stripe_is_now(tmp_path: Path) -> None:
    sandbox = sandbox_of()
    ingest(sandbox, duckdb_in(tmp_path), ["customers", "coupons"])
    sandbox.delete("/v1/coupons", next(iter(sandbox.truth("/v1/coupons")))["id"], event=None)
    sandbox.update("/v1/customers", next(iter(sandbox.truth("/v1/customers")))["id"], {"name": "x"}, event=None)
    sandbox.clock.advance(DAY)
    ingest(sandbox, duckdb_in(tmp_path), ["customers", "coupons"])
    assert wrong(sandbox, tmp_path, ["customers", "coupons"]).keys() == {"customers", "coupons"}
    ingest(sandbox, duckdb_in(tmp_path), ["customers", "coupons"], full_refresh=True)
    assert wrong(sandbox, tmp_path, ["customers", "coupons"]) == {}
    assert not [row for row in rows(duckdb_in(tmp_path), "coupons") if row["is_deleted"]]


def test_an_interval_brings_what_was_created_in_it_and_leaves_the_state_alone(tmp_path: Path) -> None:
    sandbox = sandbox_of(200)
    times = sorted(row["created"] for row in sandbox.truth("/v1/charges"))
    start, end = times[50], times[120]
    ingest(sandbox, duckdb_in(tmp_path), ["charges"], interval=Interval(start, end))
    created = [row["created"] for row in rows(duckdb_in(tmp_path), "charges")]
    assert sorted(created) == [time for time in times if start <= time < end]
    ingest(sandbox, duckdb_in(tmp_path), ["charges"])
    assert wrong(sandbox, tmp_path, ["charges"]) == {}
    ingest(sandbox, duckdb_in(tmp_path), ["charges"], interval=Interval(start, end))
    sandbox.clock.advance(DAY)
    sandbox.journal.reset()
    ingest(sandbox, duckdb_in(tmp_path), ["charges"])
    assert sandbox.journal.by_endpoint["/v1/charges"] == 0, "the run went on from elsewhere than the one before"


def test_fields_that_no_schema_knows_are_kept(tmp_path: Path) -> None:
    sandbox = sandbox_of()
    charge = next(iter(sandbox.truth("/v1/charges")))
    sandbox.update("/v1/charges", charge["id"], {"invented": {"by": "Stripe"}, "amount": "a word"}, event=None)
    ingest(sandbox, duckdb_in(tmp_path), ["charges"])
    with queried(duckdb_in(tmp_path)) as ask:
        (row,) = ask("SELECT amount, _extra FROM charges WHERE _extra IS NOT NULL")
    assert row == {"amount": None, "_extra": '{"amount":"a word","invented":{"by":"Stripe"}}'}


def test_a_stream_that_fails_leaves_the_others_whole_and_goes_on_next_time(tmp_path: Path) -> None:
    sandbox = sandbox_of(300)
    sandbox.faults.order(Fault("status", "/v1/customers", status=418, skip=1))
    outcome = ingest(sandbox, duckdb_in(tmp_path), ["charges", "customers"])
    assert set(outcome.errors) == {"customers"}
    assert wrong(sandbox, tmp_path, ["charges"]) == {}
    assert ingest(sandbox, duckdb_in(tmp_path), ["charges", "customers"]).complete
    assert wrong(sandbox, tmp_path, ["charges", "customers"]) == {}


def test_a_key_that_stripe_does_not_accept_is_refused(tmp_path: Path) -> None:
    sandbox = sandbox_of()
    with pytest.raises(Refused, match="does not accept this API key"):
        ingest(sandbox, duckdb_in(tmp_path), ["charges"], config_options={"api_key": "sk_test_wrong"})


def test_another_accounts_rows_do_not_get_into_a_table(tmp_path: Path) -> None:
    ingest(sandbox_of(), duckdb_in(tmp_path), ["charges"])
    with pytest.raises(Refused, match="about another account"):
        ingest(sandbox_of(seed=2), duckdb_in(tmp_path), ["charges"])


@pytest.mark.timeout(600)
def test_a_run_that_is_killed_at_any_message_is_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Packages of some pages: so it matters at which message the run ends.
    monkeypatch.setattr(copying, "ROWS_A_PACKAGE", 150)
    streams = ["charges", "invoices", "invoice_line_items", "tax_ids"]
    sandbox = sandbox_of(400)
    for killed_after in (9, 16, 24):
        folder = tmp_path / str(killed_after)
        with pytest.raises(Killed):
            ingest(sandbox, duckdb_in(folder), streams, killed_after=killed_after)
        assert ingest(sandbox, duckdb_in(folder), streams).complete
        assert wrong(sandbox, folder, streams) == {}
        keys = [row["id"] for row in rows(duckdb_in(folder), "charges")]
        assert len(keys) == len(set(keys)) == 400


def test_a_package_that_is_loaded_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # dlt would remember what it was given, for as long as the run lasts.
    monkeypatch.setattr(copying, "ROWS_A_PACKAGE", 150)
    alive_after: list[int] = []

    def load(self: Warehouse, package: Package, loads: Any = Warehouse.load) -> None:
        loads(self, package)
        gc.collect()
        alive_after.append(sum(isinstance(thing, Content) for thing in gc.get_objects()))

    monkeypatch.setattr(Warehouse, "load", load)
    assert ingest(sandbox_of(1_000), duckdb_in(tmp_path), ["charges"]).complete
    assert len(alive_after) > 1
    assert set(alive_after) == {0}


def test_rows_that_are_large_are_loaded_within_the_same_memory(tmp_path: Path) -> None:
    target = Target(stream_named("invoices"), "invoices")
    with opened(duckdb_in(tmp_path), "stripe") as warehouse:
        package = Package()
        for page in range(25):
            large = [{"id": f"in_{page}_{place}", "description": f"{place:8}" * 6_000} for place in range(100)]
            package.add(target, Layout.of(target.stream), large, warehouse.synced_at)
        assert package.size > 100_000_000
        warehouse.load(package)
        assert warehouse.query("SELECT count(*) FROM stripe.stripe.invoices") == [(2_500,)]


def test_rows_go_straight_into_their_table_in_duckdb(tmp_path: Path) -> None:
    ingest(sandbox_of(), duckdb_in(tmp_path), ["charges", "customers"])
    with queried(duckdb_in(tmp_path)) as ask:
        tables = ask("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT starts_with(table_name, '_dlt')")
    assert {(row["schema_name"], row["table_name"]) for row in tables} == {
        ("stripe", "charges"),
        ("stripe", "customers"),
    }
