"""Files that are no configuration, catalog or state are refused in one sentence that names the file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils import AirbyteTracedException

from source_stripe import inputs

SECRET_PART = "sandboxKey123"
STREAM_STATE = {
    "type": "STREAM",
    "stream": {"stream_descriptor": {"name": "charges"}, "stream_state": {"updated": 7}},
}
CONFIGURED = {
    "stream": {"name": "charges", "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
    "sync_mode": "full_refresh",
    "destination_sync_mode": "append",
}


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], str]:
    def written(content: bytes) -> str:
        path = tmp_path / "input.json"
        path.write_bytes(content)
        return str(path)

    return written


def sentence_of(reading: Callable[[str], Any], path: str) -> str:
    with pytest.raises(AirbyteTracedException) as refusal:
        reading(path)
    assert refusal.value.failure_type == FailureType.config_error
    assert path in str(refusal.value)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


READERS = [inputs.read_config, inputs.read_catalog, inputs.read_state]


@pytest.mark.parametrize("reading", READERS)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"api_key": "sk_test_sandboxKey123"', "not valid JSON (line 1"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"7", ""),
        (b'"sk_test_sandboxKey123"', ""),
        (b"false", ""),
        (b'[{"api_key": "sk_test_sandboxKey123"}]', ""),
    ],
)
def test_a_file_of_something_else_is_refused_without_being_shown(
    file: Callable[[bytes], str], reading: Callable[[str], Any], content: bytes, words: str
) -> None:
    sentence = sentence_of(reading, file(content))
    assert words in sentence
    assert SECRET_PART not in sentence


@pytest.mark.parametrize("reading", READERS)
def test_a_file_that_is_not_there_is_named(reading: Callable[[str], Any], tmp_path: Path) -> None:
    assert "cannot be read (No such file" in sentence_of(reading, str(tmp_path / "none.json"))


@pytest.mark.parametrize("reading", READERS)
def test_a_folder_is_no_file(reading: Callable[[str], Any], tmp_path: Path) -> None:
    assert "cannot be read" in sentence_of(reading, str(tmp_path))


def test_a_configuration_is_read(file: Callable[[bytes], str]) -> None:
    assert inputs.read_config(file(b'{"api_key": "x"}')) == {"api_key": "x"}


def test_a_catalog_is_read(file: Callable[[bytes], str]) -> None:
    catalog = inputs.read_catalog(file(json.dumps({"streams": [CONFIGURED]}).encode()))
    assert [configured.stream.name for configured in catalog.streams] == ["charges"]


@pytest.mark.parametrize(
    "catalog",
    [
        {},
        {"streams": {}},
        {"streams": [{}]},
        {"streams": [{**CONFIGURED, "sync_mode": "sometimes"}]},
        {"streams": [CONFIGURED["stream"]]},
        None,
    ],
)
def test_a_catalog_that_is_none_is_refused(file: Callable[[bytes], str], catalog: object) -> None:
    assert "is no configured catalog" in sentence_of(inputs.read_catalog, file(json.dumps(catalog).encode()))


@pytest.mark.parametrize("content", [b"", b" \n", b"{}", b"[]", b"null"])
def test_an_empty_state_is_no_state(file: Callable[[bytes], str], content: bytes) -> None:
    assert inputs.read_state(file(content)) == []


def test_no_state_is_no_state() -> None:
    assert inputs.read_state(None) == []


def test_a_state_is_read(file: Callable[[bytes], str]) -> None:
    (state,) = inputs.read_state(file(json.dumps([STREAM_STATE]).encode()))
    assert state.stream is not None
    assert state.stream.stream_descriptor.name == "charges"


@pytest.mark.parametrize(
    "state",
    [
        {"charges": {"updated": 7}},
        [7],
        [{}],
        [{"type": "STREAM"}],
        [{"type": "GLOBAL", "global": {"stream_states": []}}],
        [{"type": "LEGACY", "data": {"charges": {}}}],
        False,
        0,
    ],
)
def test_a_state_that_is_none_is_refused(file: Callable[[bytes], str], state: object) -> None:
    assert "cannot be used" in sentence_of(inputs.read_state, file(json.dumps(state).encode()))
