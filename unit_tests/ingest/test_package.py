"""A load package: each key once, as it came last."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from source_stripe.ingest.columns import Layout, Row
from source_stripe.ingest.package import ROWS_A_TABLE, Mark, Package, Saved
from source_stripe.ingest.tables import Target, stream_named

NOW = datetime(2026, 1, 2, tzinfo=UTC)
COUPONS = Target(stream_named("coupons"), "coupons")


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def coupon(identifier: str, name: str | None = "A", deleted: bool = False, updated: int = 1) -> Row:
    row = {"id": identifier, "object": "coupon", "created": 1, "updated": updated, "is_deleted": deleted}
    return row if name is None else {**row, "name": name}


def packed(*rows: Row) -> tuple[list[Row], list[Mark]]:
    """The rows and marks of a package that these came into, a page each."""
    package = Package()
    for row in rows:
        package.add(COUPONS, Layout.of(COUPONS.stream), [row], NOW)
    (content,) = package.take_contents()
    rows = pa.concat_tables(content.tables())
    assert content.count == rows.num_rows
    return rows.select(["id", "name", "is_deleted", "updated"]).to_pylist(), content.marks


def test_of_a_key_that_comes_several_times_the_last_row_stays() -> None:
    rows, marks = packed(coupon("a", "old"), coupon("b"), coupon("a", "new", updated=2))
    assert {row["id"]: row["name"] for row in rows} == {"a": "new", "b": "A"}
    assert len(rows) == 2
    assert marks == []


def test_a_bare_deletion_keeps_the_content_that_came_before_it() -> None:
    rows, marks = packed(coupon("a", "content"), coupon("a", None, deleted=True, updated=5))
    assert rows == [{"id": "a", "name": "content", "is_deleted": True, "updated": moment(5)}]
    assert marks == []


def test_a_bare_deletion_of_a_row_of_an_earlier_package_is_a_mark() -> None:
    rows, marks = packed(coupon("b"), coupon("a", None, deleted=True, updated=5))
    assert [row["id"] for row in rows] == ["b"]
    assert marks == [Mark(("a",), moment(5))]


def test_an_object_that_was_made_anew_after_its_deletion_exists() -> None:
    rows, marks = packed(coupon("a", None, deleted=True, updated=5), coupon("a", "anew", updated=6))
    assert rows == [{"id": "a", "name": "anew", "is_deleted": False, "updated": moment(6)}]
    assert marks == []


def test_a_deletion_that_tells_the_content_is_a_row_like_any_other() -> None:
    rows, marks = packed(coupon("a", "before"), coupon("a", "last", deleted=True, updated=5))
    assert rows == [{"id": "a", "name": "last", "is_deleted": True, "updated": moment(5)}]
    assert marks == []


def test_rows_wait_on_disk_rather_than_in_memory() -> None:
    package, before = Package(), pa.total_allocated_bytes()
    for page in range(100):
        rows = [coupon(f"{page}-{place}", "x" * 2_000) for place in range(100)]
        package.add(COUPONS, Layout.of(COUPONS.stream), rows, NOW)
    assert package.size > 20_000_000
    assert pa.total_allocated_bytes() - before < 1_000_000


def test_rows_come_back_in_their_order_a_few_thousand_at_a_time() -> None:
    package = Package()
    for page in range(70):
        rows = [coupon(f"{page:02}-{place:02}") for place in range(100)]
        package.add(COUPONS, Layout.of(COUPONS.stream), rows, NOW)
    package.add(COUPONS, Layout.of(COUPONS.stream), [coupon("00-07", "new"), coupon("69-99", None, deleted=True)], NOW)
    (content,) = package.take_contents()
    tables = list(content.tables())
    assert max(table.num_rows for table in tables) <= ROWS_A_TABLE + 100
    ids = [row["id"] for table in tables for row in table.select(["id"]).to_pylist()]
    assert content.count == len(ids) == 7_000
    assert ids[:8] == ["00-00", "00-01", "00-02", "00-03", "00-04", "00-05", "00-06", "00-08"]
    assert ids[-2:] == ["69-99", "00-07"], "the newest row of a key stands where it came"
    assert [row["id"] for table in tables for row in table.to_pylist() if row["is_deleted"]] == ["69-99"]


def test_tables_that_come_mixed_are_kept_apart() -> None:
    package = Package()
    customers = Target(stream_named("customers"), "customers")
    for target, name in ((COUPONS, "a"), (customers, "b"), (COUPONS, "c")):
        package.add(target, Layout.of(target.stream), [{"id": name}], NOW)
    found = {content.target.table: pa.concat_tables(content.tables())["id"] for content in package.take_contents()}
    assert {table: ids.to_pylist() for table, ids in found.items()} == {"coupons": ["a", "c"], "customers": ["b"]}
    assert list(package.take_contents()) == [], "what was taken is let go of"


def test_what_is_kept_about_a_table_comes_back_as_it_was() -> None:
    for saved in (Saved("charges"), Saved("charges", {"updated": 1}, NOW, anew=True)):
        assert Saved.of_json(saved.to_json()) == saved
