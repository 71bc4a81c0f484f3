"""The entry point that writes records by the page says what the CDK's own says, byte for byte, and keeps the nulls."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import AirbyteStateMessageSerializer

from integration_tests.command import configured
from integration_tests.in_process import config, source
from integration_tests.sandbox import Clock, Sandbox
from source_stripe.entrypoint import PagedEntrypoint

FAMILY = {"invoice_line_items": "incremental", "invoices": "incremental"}


def by_stream(lines: Iterator[str]) -> dict[str, list[str]]:
    """What was said of each stream, in order: streams of one family come to their ends in any order."""
    found: dict[str, list[str]] = {}
    for line in lines:
        (name,) = set(re.findall(r'"(?:stream|name)":"(\w+)"', line.partition('"data"')[0]))
        found.setdefault(name, []).append(line)
    return found


def without_nulls(line: str) -> str:
    """A RECORD as the CDK would print it, which leaves out what is null at a row's top; any other line as it is."""
    message = json.loads(line)
    if message["type"] != "RECORD":
        return line
    record = message["record"]
    record["data"] = {name: value for name, value in record["data"].items() if value is not None}
    return orjson.dumps(message).decode()


def said(folder: Path, streams: Mapping[str, str], *, paged: bool, state: Any = None) -> Iterator[str]:
    """Lines of a `read` of a sandbox made anew, times of emission taken out.

    Left out are log lines, which tell seconds, and estimates, which know of sizes only where there are lines.
    """
    sandbox = Sandbox(size=60, clock=Clock(running=False))
    arguments = ["read"]
    for name, value in (("config", config(sandbox)), ("catalog", configured(streams)), ("state", state)):
        if value is not None:
            path = folder / f"{name}.json"
            path.write_text(json.dumps(value))
            arguments += [f"--{name}", str(path)]
    parsed = AirbyteEntrypoint.parse_args(arguments)
    connector = source(sandbox)
    if paged:
        text = b"".join(PagedEntrypoint(connector).lines(parsed)).decode()
        lines = text.removesuffix("\n").split("\n")
    else:
        lines = list(AirbyteEntrypoint(connector).run(parsed))
    for line in lines:
        if not line.startswith('{"type":"LOG"') and '"type":"ESTIMATE"' not in line:
            yield re.sub(r'"emitted_at":[\d.]+', '"emitted_at":0', line)


@pytest.mark.parametrize("streams", [{"charges": "incremental"}, {"coupons": "full_refresh"}, FAMILY], ids=str)
def test_it_says_byte_for_byte_what_the_cdk_says(tmp_path: Path, streams: Mapping[str, str]) -> None:
    paged, plain = (by_stream(said(tmp_path, streams, paged=paged)) for paged in (True, False))
    assert {stream: list(map(without_nulls, lines)) for stream, lines in paged.items()} == plain
    for lines in paged.values():
        assert sum(line.startswith('{"type":"RECORD"') for line in lines) > 0


def test_a_row_keeps_the_nulls_that_stripe_has(tmp_path: Path) -> None:
    (row, *_) = (line for line in said(tmp_path, {"coupons": "full_refresh"}, paged=True) if '"RECORD"' in line)
    assert '"currency":null' in row


def test_every_state_counts_the_records_before_it(tmp_path: Path) -> None:
    counted = {stream: [0.0, 0.0] for stream in FAMILY}
    for line in said(tmp_path, FAMILY, paged=True):
        message = json.loads(line)
        if message["type"] == "RECORD":
            counted[message["record"]["stream"]][0] += 1
        if message["type"] == "STATE":
            stream = message["state"]["stream"]["stream_descriptor"]["name"]
            counted[stream][1] += message["state"]["sourceStats"]["recordCount"]
    for emitted, told in counted.values():
        assert emitted == told > 0


def test_a_state_that_is_handed_in_is_gone_on_from(tmp_path: Path) -> None:
    first = list(said(tmp_path, {"coupons": "incremental"}, paged=True))
    last = next(json.loads(line) for line in reversed(first) if '"STATE"' in line)["state"]
    AirbyteStateMessageSerializer.load(last)
    paged, plain = (
        list(said(tmp_path, {"coupons": "incremental"}, paged=paged, state=[last])) for paged in (True, False)
    )
    assert paged == plain
    assert not any(line.startswith('{"type":"RECORD"') for line in paged)
