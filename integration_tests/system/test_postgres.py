"""`ingest` into a real Postgres server: types, changes, deletions, kills and locks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg2
import psycopg2.extras
import pytest

from integration_tests.ingested import Json, Killed, alive, as_json, ingest
from integration_tests.sandbox import Clock, Sandbox
from integration_tests.system.postgres import served
from integration_tests.test_every_stream import _truth
from integration_tests.test_ingest import differences
from source_stripe.ingest import copying
from source_stripe.ingest.destinations import Destination, destination_of
from source_stripe.ingest.lock import Busy, postgres_lock
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.tables import stream_named

DAY = 86_400
BUSINESS = ["charges", "coupons", "customers", "invoices", "invoice_line_items", "tax_ids"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with served() as uri:
        yield uri


@pytest.fixture
def database(server: str) -> str:
    """The server's database, emptied."""
    with psycopg2.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS stripe CASCADE; DROP SCHEMA IF EXISTS stripe_staging CASCADE")
    return server


def sandbox_of(size: int = 40, **options: Any) -> Sandbox:
    return Sandbox(size=size, clock=Clock(running=False), **options)


def asked(database: str, sql: str) -> list[Json]:
    rows_by_name = psycopg2.extras.RealDictCursor
    with psycopg2.connect(database) as connection, connection.cursor(cursor_factory=rows_by_name) as cursor:
        cursor.execute(sql)
        return [dict(row) for row in cursor.fetchall()]


def rows(database: str, stream: str) -> list[Json]:
    return [as_json(row, ()) for row in asked(database, f"SELECT * FROM stripe.{stream}")]


def wrong(sandbox: Sandbox, database: str, streams: list[str]) -> dict[str, list[str]]:
    found = {}
    for name in streams:
        stream = stream_named(name)
        if lines := differences(stream, _truth(sandbox, stream), alive(rows(database, name))):
            found[name] = lines
    return found


def into(database: str) -> Destination:
    return destination_of(database)


def test_tables_equal_stripe_after_changes_deletions_and_a_second_run(database: str) -> None:
    sandbox = sandbox_of()
    assert ingest(sandbox, into(database), BUSINESS).complete
    assert wrong(sandbox, database, BUSINESS) == {}
    sandbox.clock.advance(DAY + 60)
    customer, coupon, tax_id = (
        next(iter(sandbox.truth(path))) for path in ("/v1/customers", "/v1/coupons", "/v1/tax_ids")
    )
    line = next(iter(sandbox.truth("/v1/invoices/{invoice}/lines")))
    sandbox.create("/v1/charges", {"customer": customer["id"], "description": 'a "word", a\nline and a \\ too'})
    sandbox.update("/v1/customers", customer["id"], {"name": "Another name"})
    sandbox.delete("/v1/coupons", coupon["id"], api_version="2024-06-20")
    sandbox.delete("/v1/invoices/{invoice}/lines", line["id"])
    sandbox.delete("/v1/tax_ids", tax_id["id"])
    sandbox.clock.advance(600)
    assert ingest(sandbox, into(database), BUSINESS).complete
    assert wrong(sandbox, database, BUSINESS) == {}
    (deleted,) = [row for row in rows(database, "coupons") if row["is_deleted"]]
    assert (deleted["id"], deleted["name"]) == (coupon["id"], coupon["name"])


def test_the_columns_are_typed(database: str) -> None:
    ingest(sandbox_of(), into(database), ["charges"])
    columns = asked(
        database, "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'charges'"
    )
    types = {column["column_name"]: column["data_type"] for column in columns}
    assert types["amount"] == "bigint"
    assert types["created"] == "timestamp with time zone"
    assert types["paid"] == "boolean"
    assert types["metadata"] == "jsonb"


def test_an_empty_text_and_no_text_stay_two_things(database: str) -> None:
    sandbox = sandbox_of()
    first, second = list(sandbox.truth("/v1/customers"))[:2]
    sandbox.update("/v1/customers", first["id"], {"description": ""}, event=None)
    sandbox.update("/v1/customers", second["id"], {"description": None}, event=None)
    ingest(sandbox, into(database), ["customers"])
    found = {row["id"]: row["description"] for row in rows(database, "customers")}
    assert (found[first["id"]], found[second["id"]]) == ("", None)


def test_hard_delete_removes_rows(database: str) -> None:
    sandbox = sandbox_of()
    ingest(sandbox, into(database), ["coupons"])
    sandbox.clock.advance(DAY)
    sandbox.delete("/v1/coupons", next(iter(sandbox.truth("/v1/coupons")))["id"])
    sandbox.clock.advance(600)
    ingest(sandbox, into(database), ["coupons"], hard_delete=True)
    assert {row["id"] for row in rows(database, "coupons")} == {row["id"] for row in sandbox.truth("/v1/coupons")}


def test_a_killed_run_is_gone_on_from_with_every_row_once(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "ROWS_A_PACKAGE", 150)
    sandbox = sandbox_of(400)
    for killed_after in (9, 20):
        with pytest.raises(Killed):
            ingest(sandbox, into(database), BUSINESS, killed_after=killed_after)
    assert ingest(sandbox, into(database), BUSINESS).complete
    assert wrong(sandbox, database, BUSINESS) == {}


def test_two_runs_into_one_schema_do_not_meet(database: str) -> None:
    busy = pytest.raises(Busy, match="Another run writes into the schema stripe")
    with postgres_lock(database, "stripe", "the database"), busy:
        ingest(sandbox_of(), into(database), ["charges"])
    assert ingest(sandbox_of(), into(database), ["charges"]).complete


def test_a_wrong_password_is_said_and_not_shown(database: str) -> None:
    password = database.split(":")[2].split("@")[0]
    with pytest.raises(Refused, match="password authentication failed") as refused:
        ingest(sandbox_of(), into(database.replace(password, "wrong-password")), ["charges"])
    assert "wrong-password" not in str(refused.value)
