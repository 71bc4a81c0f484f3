"""The picture of the report in the documentation: `python -m integration_tests.system.screenshot docs/report.png`.

It shows three sandboxes as one account with three currencies: the same rows, and so the same picture, every time.
"""

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from integration_tests.in_process import read
from integration_tests.sandbox import DEFAULT_NOW, Clock, Sandbox
from integration_tests.system.browser import chromium, opened
from integration_tests.tables import write_tables
from source_stripe.report.command import report

STREAMS = (
    "balance_transactions charges customers disputes invoice_line_items invoices payouts prices products refunds "
    "subscription_items subscriptions"
).split()
SIZES = {"usd": 3000, "eur": 1200, "jpy": 400}
"""How many charges there are in each currency."""
HEIGHT = 1900
"""Pixels of the page that the picture shows."""


def sample(folder: Path) -> Path:
    """A report in the folder, with its database; returns the page's path."""
    rows: dict[str, list[Any]] = {stream: [] for stream in STREAMS}
    for seed, (currency, size) in enumerate(SIZES.items(), start=1):
        run = read(
            Sandbox(size=size, seed=seed, synthesized=5, clock=Clock(running=False)), STREAMS, mode="full_refresh"
        )
        for stream in STREAMS:
            # The sandbox deals in dollars alone.
            text = json.dumps(run.records(stream)).replace('"currency": "usd"', f'"currency": "{currency}"')
            rows[stream] += json.loads(text)
    rows["account"] = [{"id": "acct_1Example", "business_profile": {"name": "Example Ltd"}}]
    database = write_tables(folder / "stripe.duckdb", rows)
    report(database, folder / "stripe.html", made=datetime.fromtimestamp(DEFAULT_NOW, UTC))
    return folder / "stripe.html"


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the picture of the report.")
    parser.add_argument("picture", type=Path)
    picture = parser.parse_args().picture
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page, _ = opened(browser, sample(Path(folder)), height=HEIGHT)
        page.screenshot(path=picture)


if __name__ == "__main__":
    main()
