"""What a user may say, in all its accepted forms, turned into one `Config`."""

from __future__ import annotations

import difflib
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from source_stripe.api.keys import shown, without_keys
from source_stripe.reading.listing import STRIPE_BEGAN
from source_stripe.streams import STREAMS

logger = logging.getLogger("airbyte")

STRIPE_HOST = "api.stripe.com"
STRIPE_API = f"https://{STRIPE_HOST}"
LOOPBACK = ("localhost", "127.0.0.1", "::1")

REQUESTS_PER_SECOND = {"live": 100, "test": 25}
"""Stripe's own limits by the mode of the key (https://docs.stripe.com/rate-limits)."""

SECONDS_A_DAY = 86_400
SECONDS_AN_HOUR = 3_600

_SECRET_KEY = re.compile(
    r"(?:(?:sk|rk)_(?:live|(?P<test>test))_|(?P<organization>sk_org_)(?:live_|(?P<test_organization>test_))?)\w+",
    re.ASCII,
)
_VARIABLE = re.compile(r"\$\{(\w+)\}", re.ASCII)
_ACCOUNT = re.compile(r"acct_\w+", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
"""As in spec.json; Python alone would take more forms than a reader of the pattern expects, week numbers among them."""

MOST_REQUESTS_PER_SECOND = 10_000
"""More is taken as this: no account has nearly as many, and each is remembered for a second."""

_ALIASES = {"client_secret": "api_key", "call_rate_limit": "requests_per_second"}
"""Names that Airbyte's own Stripe source uses for options of ours."""

_OPTIONS = frozenset(
    {
        "api_key",
        "account_id",
        "start_date",
        "lookback_window_days",
        "incremental",
        "num_workers",
        "requests_per_second",
        "reread_hours",
        "slice_range",
        "api_base",
        *_ALIASES,
    }
)


_AS_A_WHOLE = frozenset(stream.name for stream in STREAMS if stream.whole())
_AT_INTERVALS = _AS_A_WHOLE | {stream.name for stream in STREAMS if stream.reread_seconds}
"""Streams that an incremental sync reads in full now and then."""


class ConfigRefused(ValueError):
    """A configuration that cannot work. The text is one sentence on what to change, and holds no secret."""

    def __init__(self, sentence: str) -> None:
        super().__init__(without_keys(sentence))  # a key that stands in the wrong field, for one


@dataclass(frozen=True)
class Config:
    """What the user wants read, checked and with every default filled in.

    Attributes:
        api_key: the secret; kept out of `repr`.
        account_id: the account to act as, None for the key's own.
        start: the oldest `created` to read, Unix seconds.
        lookback_seconds: how far behind the last sync to read again.
        requests_per_second: over all endpoints.
        incremental: `changes`, what is new, changed or deleted; or `created`, new records only.
        reread_seconds: by stream, after which an incremental sync reads all of it again, where that is not to be the
            stream's own interval.
    """

    api_key: str = field(repr=False)
    account_id: str | None = None
    start: int = STRIPE_BEGAN
    lookback_seconds: int = 0
    requests_per_second: int = 25
    incremental: Literal["changes", "created"] = "changes"
    reread_seconds: Mapping[str, int] = field(default_factory=dict)
    api_base: str = STRIPE_API

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Config:
        """Reads options as `normalised` returns them.

        Raises:
            ConfigRefused: an option is missing, of the wrong form, or at odds with another.
        """
        api_key = _api_key(options.get("api_key"))
        account_id = _account_id(options.get("account_id"))
        key = cast(re.Match[str], _SECRET_KEY.fullmatch(api_key))
        if key["organization"] and account_id is None:
            raise ConfigRefused(
                "An organization key (sk_org_…) needs account_id: the account of the organization to read."
            )
        mode = "test" if key["test"] or key["test_organization"] else "live"
        for hint in ("num_workers", "slice_range"):  # Airbyte's; only a value that makes no sense matters
            _positive(options, hint, 1)
        return cls(
            api_key=api_key,
            account_id=account_id,
            start=_start(options.get("start_date")),
            lookback_seconds=_number(options, "lookback_window_days", 0, least=0) * SECONDS_A_DAY,
            requests_per_second=min(
                MOST_REQUESTS_PER_SECOND, _positive(options, "requests_per_second", REQUESTS_PER_SECOND[mode])
            ),
            incremental=_incremental(options.get("incremental")),
            reread_seconds=_reread_seconds(options.get("reread_hours")),
            api_base=_api_base(options.get("api_base")),
        )


def normalised(raw: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The options under our own names, from any of the accepted forms.

    Taken: our own form, that of Airbyte's Stripe source, and `{"source": {"type": "stripe", "config": {…}}}`.
    `${NAME}` as the value of `api_key` is filled in from `environment`; nowhere else, or a configuration could
    read the environment of the machine it is run on.

    Raises:
        ConfigRefused: the form is none of these, or a variable is not set.
    """
    options = dict(_unwrapped(raw))
    for theirs, ours in _ALIASES.items():
        if theirs in options:
            value = options.pop(theirs)
            options.setdefault(ours, value)
    key = options.get("api_key")
    if isinstance(key, str) and (variable := _VARIABLE.fullmatch(key.strip())):
        if variable[1] not in environment:
            raise ConfigRefused(f"api_key names the environment variable {variable[1]}, which is not set.")
        options["api_key"] = environment[variable[1]]
    if isinstance(options.get("api_key"), str):
        options["api_key"] = options["api_key"].strip()
    # Options left empty in a form arrive as null or "": the same as not given.
    return {name: value for name, value in options.items() if value not in (None, "")}


def warn_of_unknown(options: Mapping[str, Any]) -> None:
    """Logs a warning for each option that nothing will come of."""
    for name in sorted(options.keys() - _OPTIONS):
        if not name.startswith("_"):  # the CDK's own internal options
            nearest = difflib.get_close_matches(name, _OPTIONS, n=1)
            hint = f"; did you mean {nearest[0]}?" if nearest else "."
            logger.warning(without_keys(f"The option {shown(name)} is not known and has no effect{hint}"))


def _unwrapped(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    source = raw.get("source")
    if source is None:
        return raw
    if not isinstance(source, Mapping) or not isinstance(source.get("config"), Mapping):
        raise ConfigRefused('The configuration has a "source" without a "config" in it that holds the options.')
    if source.get("type", "stripe") != "stripe":
        raise ConfigRefused(f"The configuration is for a source of type {shown(source['type'])}, this is stripe.")
    return cast(Mapping[str, Any], source["config"])


def _api_key(key: object) -> str:
    if key is None:
        raise ConfigRefused(
            "api_key is missing: a secret (sk_…) or restricted (rk_…) key, in the Stripe Dashboard under Developers."
        )
    if isinstance(key, str) and key.startswith("pk_"):
        raise ConfigRefused(
            "api_key is a publishable key (pk_…), which cannot read data: use a secret (sk_…) or restricted (rk_…) key."
        )
    if not isinstance(key, str) or not _SECRET_KEY.fullmatch(key):
        raise ConfigRefused(
            "api_key does not look like a Stripe key: those begin with sk_live_, sk_test_, rk_live_ or rk_test_."
        )
    return key


def _account_id(account_id: object) -> str | None:
    if account_id is None:
        return None
    if not isinstance(account_id, str) or not _ACCOUNT.fullmatch(account_id):
        raise ConfigRefused(f"account_id is {shown(account_id)}, but an account's id begins with acct_.")
    return account_id


def _start(text: object) -> int:
    """Unix seconds of an ISO 8601 date or time; without a zone it is UTC, as in Stripe's Dashboard exports."""
    if text is None:
        return STRIPE_BEGAN
    try:
        if not isinstance(text, str) or not _MOMENT.fullmatch(text):
            raise ValueError("not of the form that spec.json shows")
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigRefused(
            f"start_date is {shown(text)}, but has to be a date such as 2024-01-31 or 2024-01-31T00:00:00Z."
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(int(moment.timestamp()), STRIPE_BEGAN)


def _incremental(value: object) -> Literal["changes", "created"]:
    if value in (None, "changes"):
        return "changes"
    if value != "created":
        raise ConfigRefused(
            f"incremental is {shown(value)}, but has to be changes (what is new, changed or deleted) or created "
            "(new only)."
        )
    return "created"


def _reread_seconds(entries: object) -> dict[str, int]:
    """Of `[{"stream": "accounts", "hours": 12}]`."""
    if entries is None:
        return {}
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ConfigRefused('reread_hours has to be a list such as [{"stream": "accounts", "hours": 12}].')
    found: dict[str, int] = {}
    for entry in entries:
        name = entry.get("stream")
        if name not in _AT_INTERVALS:
            nearest = difflib.get_close_matches(str(name), _AT_INTERVALS, n=1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ": docs/incremental.md lists those that are."
            raise ConfigRefused(
                f"reread_hours names {shown(name)}, which is no stream that is read again at intervals{hint}"
            )
        if name in found:
            raise ConfigRefused(f"reread_hours names {shown(name)} twice.")
        if "hours" not in entry:
            raise ConfigRefused(f"reread_hours says no hours for {name}.")
        hours = entry["hours"]
        least = 0 if name in _AS_A_WHOLE else 1
        if isinstance(hours, bool) or not isinstance(hours, int) or hours < least:
            raise ConfigRefused(
                f"reread_hours says {shown(hours)} for {name}, but has to say a whole number of at least {least}."
            )
        found[name] = hours * SECONDS_AN_HOUR
    return found


def _positive(options: Mapping[str, Any], name: str, default: int) -> int:
    return _number(options, name, default, least=1)


def _number(options: Mapping[str, Any], name: str, default: int, least: int) -> int:
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigRefused(f"{name} is {shown(value)}, but has to be a whole number of at least {least}.")
    return value


def _api_base(base: object) -> str:
    """An origin: Stripe's, or this machine's.

    Nobody else's, for the key goes there: whoever may edit a configuration need not be allowed to see its key, and one
    that was copied from somewhere takes the key out of the environment.
    """
    if base is None:
        return STRIPE_API
    try:
        parts = urlsplit(base if isinstance(base, str) else "")
        origin = f"{parts.scheme}://{parts.netloc}"
        known = (parts.scheme == "https" and parts.hostname == STRIPE_HOST and parts.port in (None, 443)) or (
            parts.scheme in ("http", "https") and parts.hostname in LOOPBACK
        )
        fine = bool(parts.hostname) and parts.port != 0 and not parts.username and not parts.password
    except ValueError:
        fine = False
    if not fine or (parts.path, parts.query, parts.fragment) not in (("", "", ""), ("/", "", "")):
        raise ConfigRefused(
            f"api_base is {shown(base)}, but has to be an address such as {STRIPE_API}, without a path."
        )
    if not known:
        raise ConfigRefused(
            f"api_base is {shown(base)}, but has to be {STRIPE_API} or on this machine, such as "
            "http://127.0.0.1:12111: the key is sent there."
        )
    return origin
