"""The connector as a platform starts it: `python main.py …` in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
Json = dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """A command that came to its end.

    Attributes:
        messages: stdout, a JSON value a line.
        left_behind: what stands in files that it made and did not remove.
    """

    code: int
    stdout: str
    stderr: str
    left_behind: str

    @cached_property
    def messages(self) -> list[Json]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    def of_type(self, kind: str) -> list[Json]:
        return [message for message in self.messages if message["type"] == kind]

    @property
    def errors(self) -> list[Json]:
        return [trace["trace"]["error"] for trace in self.of_type("TRACE") if trace["trace"]["type"] == "ERROR"]

    @property
    def status(self) -> Json:
        """What `check` answered."""
        (answer,) = self.of_type("CONNECTION_STATUS")
        found: Json = answer["connectionStatus"]
        return found

    def records(self, stream: str) -> list[Json]:
        return [m["record"]["data"] for m in self.of_type("RECORD") if m["record"]["stream"] == stream]


def run(
    command: str,
    *flags: str,
    config: object = None,
    catalog: object = None,
    state: object = None,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = ("main.py",),
) -> Finished:
    """Runs a command of the protocol to its end. Inputs are written to files; a text is written as it is."""
    with tempfile.TemporaryDirectory() as folder:
        inputs, made = Path(folder, "inputs"), Path(folder, "made")
        inputs.mkdir()
        made.mkdir()
        arguments = [sys.executable, *program, command, *flags]
        for name, value in (("config", config), ("catalog", catalog), ("state", state)):
            if value is not None:
                path = inputs / f"{name}.json"
                path.write_text(value if isinstance(value, str) else json.dumps(value))
                arguments += [f"--{name}", str(path)]
        done = subprocess.run(
            arguments,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(made), "PYTHONPATH": str(ROOT), **(environment or {})},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        left_behind = "".join(path.read_text(errors="replace") for path in made.rglob("*") if path.is_file())
        return Finished(done.returncode, done.stdout, done.stderr, left_behind)


def configured(streams: Mapping[str, str], schemas: Mapping[str, Json] | None = None) -> Json:
    """A configured catalog: stream name to sync mode."""
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": (schemas or {}).get(name, {}),
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": mode,
                "destination_sync_mode": "append",
            }
            for name, mode in streams.items()
        ]
    }
