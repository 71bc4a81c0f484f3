"""The streams in a dlt pipeline of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dlt
import duckdb

from integration_tests.in_process import config, source
from integration_tests.sandbox import Clock, Sandbox
from source_stripe.ingest.dlt_source import stripe

STREAMS = {"customers": "/v1/customers", "coupons": "/v1/coupons", "tax_ids": "/v1/tax_ids"}


def run(sandbox: Sandbox, folder: Path) -> None:
    """One run of a pipeline whose working folder is another one each time: it goes on from the destination."""
    pipeline: Any = dlt.pipeline(
        "my_stripe",
        pipelines_dir=str(folder / f"pipelines-{len(list(folder.iterdir()))}"),
        destination=dlt.destinations.duckdb(str(folder / "mine.duckdb")),
        dataset_name="raw",
    )
    pipeline.run(
        stripe("customer", "coupons", "tax_ids", source=lambda: source(sandbox), **config(sandbox)),
        loader_file_format="parquet",
    )


def ids(folder: Path, table: str) -> list[str]:
    with duckdb.connect(str(folder / "mine.duckdb"), read_only=True) as connection:
        return sorted(row[0] for row in connection.execute(f"SELECT id FROM raw.{table}").fetchall())


def test_a_pipeline_brings_everything_and_then_changes_and_deletions(tmp_path: Path) -> None:
    sandbox = Sandbox(size=40, clock=Clock(running=False))
    run(sandbox, tmp_path)
    for table, path in STREAMS.items():
        assert ids(tmp_path, table) == sorted(row["id"] for row in sandbox.truth(path))
    sandbox.clock.advance(86_460)
    customer, coupon, tax_id = (next(iter(sandbox.truth(path)))["id"] for path in STREAMS.values())
    sandbox.update("/v1/customers", customer, {"name": "Another name"})
    sandbox.delete("/v1/coupons", coupon)
    sandbox.delete("/v1/tax_ids", tax_id)
    sandbox.clock.advance(600)
    sandbox.journal.reset()
    run(sandbox, tmp_path)
    for table, path in STREAMS.items():
        assert ids(tmp_path, table) == sorted(row["id"] for row in sandbox.truth(path))
    with duckdb.connect(str(tmp_path / "mine.duckdb"), read_only=True) as connection:
        found = connection.execute("SELECT name FROM raw.customers WHERE id = ?", [customer]).fetchall()
    assert found == [("Another name",)]
    assert sandbox.journal.by_endpoint["/v1/coupons"] == 0, "the second run began from the beginning"
