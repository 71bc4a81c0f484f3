"""Whatever a command is given, it answers in messages: no traceback ever, and nothing that passes for a bug of ours.

A few examples of each here; `make fuzz` tries thousands.
"""

from __future__ import annotations

import functools
import io
import json
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.utils import AirbyteTracedException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration_tests.command import configured
from integration_tests.fuzzing import Said, altered, blobs, command, texts, values
from integration_tests.in_process import config
from integration_tests.sandbox import Clock, Sandbox
from source_stripe.arguments import parsed
from source_stripe.config import _OPTIONS, ConfigRefused
from source_stripe.ingest.command import interval_of
from source_stripe.ingest.command import parser as ingest_parser
from source_stripe.ingest.destinations import _MAPPED, destination_of
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.source_uri import PARAMETERS, key_on_the_command_line, options_of
from source_stripe.ingest.tables import targets
from source_stripe.ingest.verify_command import parser as verify_parser
from source_stripe.source import SourceStripe

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
STREAMS = {"coupons": "incremental", "invoice_line_items": "incremental", "accounts": "incremental"}

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,  # the same ones each time, but where somebody looks for new ones
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(size=3, synthesized=5, clock=Clock(running=False))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def states(sandbox: Sandbox, folder: Path) -> list[Any]:
    """Every STATE of a sync: while it was under way, and at its end."""
    said = command(sandbox, folder, "read", config=config(sandbox), catalog=configured(STREAMS))
    assert said.code == 0, said.stdout
    return [message["state"] for message in said.messages if message["type"] == "STATE"]


def assert_well_said(said: Said) -> None:
    """Messages alone; a failure is the user's to mend and is told once, in a sentence."""
    kinds = {message["type"] for message in said.messages}
    assert kinds <= {"RECORD", "STATE", "LOG", "TRACE", "CONNECTION_STATUS", "CATALOG", "SPEC"}
    assert said.stderr == ""
    assert "Traceback" not in "".join(m["log"]["message"] for m in said.messages if m["type"] == "LOG")
    refusals = said.refusals()
    assert set(refusals) <= {"config_error"}, said.stdout
    for error in said.errors():
        assert 20 < len(error["message"]) < 1_000, error["message"]
        assert "\n" not in error["message"]
    assert bool(refusals) or said.code == 0


# --- configurations

given_options = st.dictionaries(st.sampled_from(sorted(_OPTIONS)) | texts, values, max_size=4)


@fuzzed
@given(content=blobs | values)
def test_a_configuration_that_is_none_is_answered_with_a_message(sandbox: Sandbox, folder: Path, content: Any) -> None:
    for name in ("check", "discover"):
        assert_well_said(command(sandbox, folder, name, config=content))


@fuzzed
@given(options=given_options)
def test_options_of_any_kind_are_answered_with_a_message(sandbox: Sandbox, folder: Path, options: Any) -> None:
    whole = {**config(sandbox), **options}
    assert_well_said(command(sandbox, folder, "check", config=whole))
    assert_well_said(command(sandbox, folder, "read", config=whole, catalog=configured({"coupons": "incremental"})))


# --- catalogs


@fuzzed
@given(content=blobs | values | altered(configured(STREAMS)))
def test_a_catalog_of_any_kind_is_answered_with_a_message(sandbox: Sandbox, folder: Path, content: Any) -> None:
    assert_well_said(command(sandbox, folder, "read", config=config(sandbox), catalog=content))


# --- states


@fuzzed
@given(content=blobs | values)
def test_a_state_that_is_none_is_answered_with_a_message(sandbox: Sandbox, folder: Path, content: Any) -> None:
    given_in = {"config": config(sandbox), "catalog": configured({"coupons": "incremental"})}
    assert_well_said(command(sandbox, folder, "read", **given_in, state=content))


@fuzzed
@given(data=st.data())
def test_an_altered_state_is_refused_or_read_from(
    sandbox: Sandbox, folder: Path, states: list[Any], data: st.DataObject
) -> None:
    content = [data.draw(altered(data.draw(st.sampled_from(states))))]
    given_in = {"config": config(sandbox), "catalog": configured(STREAMS)}
    assert_well_said(command(sandbox, folder, "read", **given_in, state=content))


def test_what_is_altered_reaches_states_that_are_still_taken(states: list[Any]) -> None:
    """Or the test before this one would try refusals alone."""
    assert any(state["stream"]["stream_state"].get("unread") for state in states)
    assert len({state["stream"]["stream_descriptor"]["name"] for state in states}) == len(STREAMS)
    assert json.dumps(states)


# --- what the local commands are given

arguments = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["[", "%00", "%ff", "~nobody", "9" * 5_000, "x" * 5_000, "a/b", "../..", "sk_test_1", "-1", "/dev/null", "charges"]
)
BEGINNINGS = [f"{scheme}://" for scheme in ("stripe", *_MAPPED)] + ["clickhouse://h:1/?http_port=", "md:", ""]
NAMES = [*sorted(PARAMETERS), "http_port", "http_path", "credentials_path", "secure", "anything"]
uris = st.builds(
    lambda start, path, pairs: f"{start}{path}?" + "&".join(f"{name}={value}" for name, value in pairs),
    st.sampled_from(BEGINNINGS),
    arguments,
    st.lists(st.tuples(st.sampled_from(NAMES), arguments), max_size=3),
)


def assert_refused_if_at_all(read: Callable[[], object]) -> None:
    try:
        read()
    except (Refused, ConfigRefused, AirbyteTracedException) as refusal:
        sentence = refusal.message if isinstance(refusal, AirbyteTracedException) else str(refusal)
        assert sentence
        assert 20 < len(sentence) < 6_000, sentence
    except SystemExit:
        pass  # the parser said why


@fuzzed
@given(uri=uris | arguments)
def test_a_source_or_destination_of_any_kind_is_refused_in_a_sentence_if_at_all(uri: str) -> None:
    assert_refused_if_at_all(lambda: destination_of(uri))
    assert_refused_if_at_all(lambda: key_on_the_command_line(uri))
    assert_refused_if_at_all(lambda: SourceStripe().configure(options_of(uri, {"STRIPE_API_KEY": "sk_test_1"}), ""))


@fuzzed
@given(tables=arguments, table=st.none() | arguments, start=arguments, end=arguments)
def test_tables_and_intervals_of_any_kind_are_refused_in_a_sentence_if_at_all(
    tables: str, table: str | None, start: str, end: str
) -> None:
    assert_refused_if_at_all(lambda: targets(tables, table))
    assert_refused_if_at_all(lambda: interval_of({"api_key": "sk_test_1"}, start, end))


@fuzzed
@given(words=st.lists(arguments | uris | st.sampled_from(["--source-table", "--dest-uri", "--repair"]), max_size=4))
def test_words_of_any_kind_are_refused_without_a_key_if_at_all(words: list[str]) -> None:
    for parser in (ingest_parser(), verify_parser()):
        said = io.StringIO()
        with redirect_stderr(said), redirect_stdout(said):
            assert_refused_if_at_all(functools.partial(parsed, parser.parse_args, words))
        assert "sk_test_1" not in said.getvalue()
