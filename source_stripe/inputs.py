"""The files that a command is given: configuration, catalog and state, read with a clear word where they are none."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    AirbyteStateType,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
)
from airbyte_cdk.utils import AirbyteTracedException

from source_stripe.api.keys import without_keys


def refused(sentence: str, failure_type: FailureType = FailureType.config_error) -> AirbyteTracedException:
    """The exception that the entry point turns into one message with `sentence` as its text.

    Keys are taken out of it: what is refused may be a key that stands in the wrong place.
    """
    sentence = without_keys(sentence)
    return AirbyteTracedException(message=sentence, internal_message=sentence, failure_type=failure_type)


def read_config(path: str) -> MutableMapping[str, Any]:
    """The object in a configuration file.

    Raises:
        AirbyteTracedException: config_error; the text shows nothing of the file, which may hold a key.
    """
    config = _json_in(path, "configuration")
    if not isinstance(config, dict):
        raise refused(f"The configuration {path} holds no JSON object.")
    return config


def read_catalog(path: str) -> ConfiguredAirbyteCatalog:
    """The configured catalog in a file.

    Raises:
        AirbyteTracedException: config_error; it is no configured catalog.
    """
    catalog = _json_in(path, "catalog")
    try:
        return ConfiguredAirbyteCatalogSerializer.load(catalog)
    except Exception as error:  # the serializer's own kinds, which differ with what is wrong
        raise refused(
            f"The catalog {path} is no configured catalog ({_first_line(error)}): each entry of its `streams` needs "
            "`stream`, `sync_mode` and `destination_sync_mode`."
        ) from None


def read_state(path: str | None) -> list[AirbyteStateMessage]:
    """The state messages in a file; none where no file is named or the file is empty or holds `{}`.

    Raises:
        AirbyteTracedException: config_error; it holds something that is not a state of this protocol.
    """
    if not path:
        return []
    states = _json_in(path, "state", or_empty=True)
    if states in (None, {}):
        return []
    try:
        if not isinstance(states, list):
            raise ValueError("it is no list of state messages")
        messages = [AirbyteStateMessageSerializer.load(state) for state in states]
        for message in messages:
            if message.type != AirbyteStateType.STREAM or message.stream is None:
                raise ValueError("it holds an entry that is not about one stream (type STREAM)")
        names = [str(message.stream.stream_descriptor) for message in messages if message.stream]
        if len(set(names)) < len(names):  # which of them was the last one, nobody knows
            raise ValueError("it holds two entries about one stream")
    except Exception as error:
        raise refused(
            f"The state {path} cannot be used ({_first_line(error)}): give the list of the last STATE message of "
            "each stream, or no state to read from the beginning."
        ) from None
    return messages


def _json_in(path: str, kind: str, or_empty: bool = False) -> Any:
    try:
        text = Path(path).read_text(encoding="utf-8")
        if or_empty and not text.strip():
            return None
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise refused(f"The {kind} {path} is not valid JSON (line {error.lineno}, column {error.colno}).") from None
    except UnicodeError:
        raise refused(f"The {kind} {path} is not a text in UTF-8.") from None
    except OSError as error:
        raise refused(f"The {kind} {path} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or objects as deep
        raise refused(f"The {kind} {path} holds JSON that is too long or too deep to be one.") from None


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__
