"""The commands that need no platform, and more packages than the protocol does: loaded only when one is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import NoReturn

LOCAL_COMMANDS: Mapping[str, str] = {
    "ingest": "source_stripe.ingest.command",
    "verify": "source_stripe.ingest.verify_command",
    "report": "source_stripe.report.command",
}
"""Name of the command → module whose `main` takes the other arguments and returns the exit code."""

PACKAGES = frozenset({"dlt", "duckdb", "jinja2", "psycopg2", "pyarrow", "rich", "vl_convert"})
"""What `pip install source-stripe[ingest]` brings along."""

NOT_INSTALLED = 2


def run_local(arguments: list[str]) -> NoReturn:
    """Runs a local command and ends the process with its exit code.

    Args:
        arguments: the command's name, one of LOCAL_COMMANDS, and what follows it.
    """
    try:
        code = import_module(LOCAL_COMMANDS[arguments[0]]).main(arguments[1:])
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in PACKAGES:
            raise
        sys.stderr.write(
            f"source-stripe {arguments[0]} needs more packages than the connector: "
            "pip install 'source-stripe[ingest]'\n"
        )
        code = NOT_INSTALLED
    sys.stdout.flush()
    sys.stderr.flush()
    # Workers that wait for Stripe must not keep the process alive.
    os._exit(code)
