"""Runs the connector as a platform does: a process for each command, its messages read from stdout."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

# The line that the connector logs for each stream at the end of a sync.
_TALLY = re.compile(r"(?P<stream>\w+): \d+ records with (?P<requests>\d+) requests in (?P<seconds>[\d.]+) s")

Message = dict[str, Any]


class Failed(Exception):
    """A command that ended with an error; the text is what it said about it."""


@dataclass
class Synced:
    """What one `read` brought, by stream.

    Attributes:
        deleted: whether the last record of an object says that it is deleted, by its id.
    """

    records: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    states: dict[str, Message] = field(default_factory=dict)
    deleted: dict[str, dict[str, bool]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    took: float = 0.0

    def brought(self, stream: str, identifier: str, deleted: bool) -> bool:
        """Whether the last record of an object is there, and says of it whether it is deleted."""
        return self.deleted.get(stream, {}).get(identifier) is deleted


@dataclass(frozen=True)
class Connector:
    """The connector with one configuration.

    Attributes:
        workspace: a folder for the files that commands are given; it holds the key, so it must not outlive the demo.
    """

    workspace: Path
    config: Mapping[str, Any]

    def check(self) -> None:
        """Raises Failed with the connector's own words."""
        for message in self._run("check", "--config", self._file("config", self.config)):
            status = message.get("connectionStatus")
            if status and status["status"] != "SUCCEEDED":
                raise Failed(status["message"])

    def discover(self) -> list[Message]:
        """The catalog's streams."""
        for message in self._run("discover", "--config", self._file("config", self.config)):
            if message["type"] == "CATALOG":
                streams: list[Message] = message["catalog"]["streams"]
                return streams
        raise Failed("discover gave no catalog")

    def read(
        self,
        streams: Iterable[Message],
        states: Mapping[str, Message],
        on_record: Callable[[str], None] = lambda stream: None,
        on_status: Callable[[str, str], None] = lambda stream, status: None,
    ) -> Synced:
        """One sync of `streams`, incremental where they can be."""
        configured = [
            {
                "stream": stream,
                "sync_mode": stream["supported_sync_modes"][-1],
                "destination_sync_mode": "append_dedup",
            }
            for stream in streams
        ]
        arguments = ["--config", self._file("config", self.config)]
        arguments += ["--catalog", self._file("catalog", {"streams": configured})]
        if states:
            arguments += ["--state", self._file("state", list(states.values()))]
        synced, started = Synced(), time.monotonic()
        for message in self._run("read", *arguments):
            if message["type"] == "RECORD":
                name = message["record"]["stream"]
                synced.records[name] = synced.records.get(name, 0) + 1
                data = message["record"]["data"]
                synced.deleted.setdefault(name, {})[data.get("id", "")] = bool(data.get("is_deleted"))
                on_record(name)
            elif message["type"] == "STATE":
                state = message["state"]
                synced.states[state["stream"]["stream_descriptor"]["name"]] = state
            elif message["type"] == "TRACE" and message["trace"]["type"] == "STREAM_STATUS":
                status = message["trace"]["stream_status"]
                name = status["stream_descriptor"]["name"]
                synced.statuses[name] = status["status"]
                on_status(name, status["status"])
            elif message["type"] == "LOG":
                self._note(message["log"], synced)
        synced.took = time.monotonic() - started
        return synced

    def _note(self, log: Message, synced: Synced) -> None:
        tally = _TALLY.match(log["message"])
        if tally:
            synced.requests[tally["stream"]] = int(tally["requests"])
            synced.seconds[tally["stream"]] = float(tally["seconds"])
        elif log["level"] == "WARN":
            synced.warnings.append(log["message"])

    def _file(self, name: str, content: object) -> str:
        path = self.workspace / f"{name}.json"
        path.write_text(json.dumps(content))
        return str(path)

    def _run(self, *command: str) -> Iterable[Message]:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "main.py"), *command], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        errors: list[str] = []
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                message = json.loads(line)
                if message["type"] == "TRACE" and message["trace"]["type"] == "ERROR":
                    errors.append(message["trace"]["error"]["message"])
                yield message
        if process.returncode:
            raise Failed("\n".join(errors) or f"{command[0]} ended with exit code {process.returncode}")
