"""`stripe://?api_key=…`: the source as a URI, turned into the connector's configuration."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from source_stripe.api.keys import shown
from source_stripe.ingest.refusal import Refused

KEY_VARIABLE = "STRIPE_API_KEY"

TEXTS = frozenset({"api_key", "account_id", "start_date", "incremental", "api_base"})
NUMBERS = frozenset({"lookback_window_days", "requests_per_second"})
LONGEST_NUMBER = 9
"""Digits."""

KEY_FILE = "api_key_file"
PARAMETERS = TEXTS | NUMBERS | {KEY_FILE}
"""What may stand behind the `?`: the connector's own options, and a file to take the key from."""


def options_of(uri: str, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The connector's options that a source URI asks for, with the key from where it is kept.

    The key is `api_key`, else in the file `api_key_file`, else in the environment's STRIPE_API_KEY. That file holds the
    key alone, or a configuration such as secrets/config.json, whose other options hold where the URI says nothing.

    Raises:
        Refused: it is no such URI, or no key is found.
    """
    given = parameters_of(uri)
    options: dict[str, Any] = {}
    if (path := given.pop(KEY_FILE, None)) is not None:
        options = _in_file(path)
    options |= given
    if not options.get("api_key"):
        if not environment.get(KEY_VARIABLE):
            raise Refused(
                f"There is no key: set {KEY_VARIABLE}, or name a file that holds it "
                "(--source-uri 'stripe://?api_key_file=PATH')."
            )
        options["api_key"] = environment[KEY_VARIABLE].strip()
    return options


def parameters_of(uri: str) -> dict[str, Any]:
    """What the URI itself says.

    Raises:
        Refused: it is no Stripe URI, or names a parameter that there is not.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise Refused("--source-uri is no URI: write it as 'stripe://?api_key=…'.") from None
    if parts.scheme != "stripe":
        raise Refused("--source-uri has to begin with stripe://, such as 'stripe://?account_id=acct_…'.")
    if parts.netloc or parts.path.strip("/") or parts.fragment:
        raise Refused("--source-uri has nothing between stripe:// and ?: write 'stripe://?api_key=…'.")
    given: dict[str, Any] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in PARAMETERS:
            nearest = difflib.get_close_matches(name, PARAMETERS, n=1)
            known = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(sorted(PARAMETERS))}."
            raise Refused(f"--source-uri has a parameter {shown(name)}, which does not exist: {known}")
        if name in NUMBERS and not (value.isdecimal() and len(value) <= LONGEST_NUMBER):
            raise Refused(f"--source-uri gives {name} as {shown(value)}, but it has to be a whole number.")
        if value:
            given[name] = int(value) if name in NUMBERS else value
    return given


def key_on_the_command_line(uri: str) -> bool:
    """Whether everyone who lists this machine's processes, or reads the shell's history, sees the key."""
    key = parameters_of(uri).get("api_key", "")
    return bool(key) and not key.startswith("${")


def _in_file(path: str) -> dict[str, Any]:
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except UnicodeError:
        raise Refused(f"The file of the key, {path}, is no text in UTF-8.") from None
    except (OSError, ValueError, RuntimeError) as error:  # a name that can be none, a home that nobody has
        reason = error.strerror if isinstance(error, OSError) else error
        raise Refused(f"The file of the key, {path}, cannot be read ({reason}).") from None
    if not text.startswith("{"):
        return {"api_key": text}
    try:
        options = json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused(f"The file {path} is not valid JSON (line {error.lineno}, column {error.colno}).") from None
    except (ValueError, RecursionError):
        raise Refused(f"The file {path} holds JSON that is too long or too deep to be one.") from None
    return dict(options)
