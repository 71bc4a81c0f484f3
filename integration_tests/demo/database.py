"""The end of the demo: the same account in a DuckDB file, by the local command."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from integration_tests.demo.connector import ROOT, Failed

DATABASE = ROOT / "build" / "demo" / "stripe.duckdb"

TABLES = (
    "balance_transactions charges customers disputes invoice_line_items invoices payment_intents payouts prices "
    "products refunds subscription_items subscriptions"
).split()
"""The books of an ordinary business."""


def copy_into_duckdb(config: Mapping[str, Any]) -> Path:
    """The file, made anew, with these tables of the account that the configuration is for, and a page about it beside.

    Raises:
        Failed: something is not in it; the command has said what.
    """
    DATABASE.parent.mkdir(parents=True, exist_ok=True)
    DATABASE.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as key_file:
        json.dump(config, key_file)
        key_file.flush()
        done = subprocess.run(
            [
                sys.executable,
                str(ROOT / "main.py"),
                "ingest",
                "--source-uri",
                f"stripe://?api_key_file={key_file.name}",
                "--source-table",
                ",".join(TABLES),
                "--dest-uri",
                f"duckdb:///{DATABASE}",
                "--report",
            ],
            check=False,
        )
    if done.returncode:
        raise Failed(f"ingest ended with exit code {done.returncode}")
    return DATABASE
