"""The fault matrix: what goes wrong, and how a run must end then. A row is a fault; `trial` tries it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from airbyte_cdk.models import FailureType

from integration_tests.sandbox import departures

End = Literal["whole", "failed", "skipped"]
"""whole: every stream is COMPLETE, with exit code 0. failed: the stream that was hit is INCOMPLETE with an error that
names it, the others are COMPLETE, the exit code is 1, and the next run brings what is missing. skipped: the stream is
COMPLETE without a record, with a warning and exit code 0; where it had had records before, failed."""

LIST = "limit="
"""In the query of every request for a list."""

ALL, CHARGES, EVENTS = "/v1/*", "/v1/charges", "/v1/events"


@dataclass(frozen=True)
class Case:
    """A fault, and what has to become of a run that meets it.

    Attributes:
        fault: the fields of the sandbox's `Fault` but for how often; `{key}` in its body stands for the key.
        end: how the run ends.
        says: words of the message that is shown: the stream's error, the warning, or the log's line on trying again.
        failure: whose turn it is then; None where nobody's is.
        other: which fields of an object come as they are in the fault's answer, not as they are in truth; "*" for any.
        rereads: records may come twice: the place to go on from was lost, and an earlier one is as near as it gets.
        changes: the account itself; what happens while a sync is under way, the next one tells.
        on_end: how it ends where no request is spared for two minutes, if that is another way.
    """

    name: str
    fault: Mapping[str, Any]
    end: End = "whole"
    says: tuple[str, ...] = ()
    failure: FailureType | None = None
    other: tuple[str, ...] = ()
    rereads: bool = False
    changes: bool = False
    on_end: End | None = None


def _error(message: str, **fields: str) -> str:
    return json.dumps({"error": {"message": message, **fields}})


def _status(status: int, path: str = ALL, body: str | None = None, **headers: str) -> Mapping[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"kind": "status", "status": status, "path": path, "body": body, "headers": named}


# Reasons: https://docs.stripe.com/rate-limits, "Handle limiting gracefully".
_LIMITED = [
    Case(f"429 {reason}", _status(429, Stripe_Rate_Limited_Reason=reason), says=(f"HTTP 429 ({reason})",))
    for reason in ("global-rate", "global-concurrency", "endpoint-rate", "endpoint-concurrency", "resource-specific")
]

_LOCKED = _error("This object cannot be accessed right now because another request is using it.", code="lock_timeout")

_PASSING = [
    *_LIMITED,
    Case("429 without a reason", _status(429, body=_LOCKED), says=("HTTP 429.",)),
    Case("429 with Retry-After", _status(429, Retry_After="7"), says=("HTTP 429. Trying again in 7.0 s",)),
    Case("409 lock_timeout", _status(409, body=_LOCKED), says=("HTTP 409",)),
    *(Case(str(status), _status(status), says=(f"HTTP {status}",)) for status in (500, 502, 503, 504)),
    Case("500 that quotes the key", _status(500, body=_error("Broken for {key}.")), says=("HTTP 500",)),
    Case("connection refused", {"kind": "refused", "path": ALL}, says=("Connection refused",)),
    Case("connection reset", {"kind": "reset", "path": ALL}, says=("reset by peer",)),
    Case("half a body", {"kind": "half_body", "path": ALL}, says=("not what was asked for",)),
    Case("a hang past the time-out", {"kind": "hang", "path": ALL}, says=("timed out",)),
    Case("HTML with 200", {"kind": "html", "path": ALL, "status": 200}, says=("not what was asked for (text/html",)),
    Case("HTML with 502", {"kind": "html", "path": ALL, "status": 502}, says=("HTTP 502",)),
    Case("an empty body", {"kind": "empty", "path": ALL}, says=("not what was asked for (application/json, 0 bytes)",)),
    Case("gzip that does not decode", {"kind": "bad_gzip", "path": ALL}, says=("does not decompress",)),
    Case("bytes that are no JSON", {"kind": "garbage", "path": ALL}, says=("not what was asked for",)),
    Case(
        "has_more without data",
        {"kind": "no_data", "path": ALL, "query": LIST},
        says=("not what was asked for",),
    ),
]

_FINAL = [
    Case(
        "401 in mid-sync",
        _status(401, CHARGES, _error("Expired API Key provided: {key}", code="api_key_expired")),
        "failed",
        ("HTTP 401", "Expired API Key", "create or copy one"),
        FailureType.config_error,
    ),
    Case(
        "403 on one stream",
        _status(
            403,
            CHARGES,
            _error(
                "The provided key '{key}' does not have the required permissions for this endpoint on account "
                "'acct_1'. Having the 'rak_charge_read' permission would allow this request to continue.",
                code="more_permissions_required",
            ),
        ),
        "failed",
        ("HTTP 403", "rak_charge_read", "read permission"),
        FailureType.config_error,
    ),
    Case(
        "400 that is not known",
        _status(400, CHARGES, _error("Something that nobody has seen yet.")),
        "failed",
        ("HTTP 400", "nobody has seen", "report"),
        FailureType.system_error,
    ),
]

_NOT_ENABLED = [
    Case(
        f"not enabled: {product.name}{'' if product.livemode is None else ', live' if product.livemode else ', test'}",
        _status(
            product.status,
            CHARGES,
            _error(
                product.message.format(path=product.prefixes[0] + "things"),
                **({"code": product.code} if product.code else {}),
            ),
        ),
        "skipped",
        ("does not use", product.message.partition("{")[0][:30]),
        FailureType.config_error,
    )
    for product in departures.PRODUCTS
]

_VANISHING = [
    Case(
        "resource_missing for starting_after",
        {"kind": "vanished_cursor", "path": "/v1/c*", "query": "starting_after"},
        says=("No such object", "report"),
        failure=FailureType.system_error,
        rereads=True,
        on_end="failed",
    ),
    Case(
        "an event that has aged out",
        {"kind": "vanished_cursor", "path": EVENTS, "query": "starting_after"},
        rereads=True,
    ),
    Case(
        "a parent that is deleted",
        {"kind": "deleted_parent", "path": "/v1/customers/*/balance_transactions"},
        changes=True,
    ),
]

_ODD_OBJECTS = [
    Case("an object without id", {"kind": "no_id", "path": CHARGES}, other=("id",)),
    Case("an object without created", {"kind": "no_created", "path": CHARGES}, other=("created",)),
    Case("fields of other types", {"kind": "other_types", "path": CHARGES}, other=("*",)),
    Case("5 MB of metadata", {"kind": "large_metadata", "path": CHARGES}, other=("metadata",)),
]

CASES: tuple[Case, ...] = (*_PASSING, *_FINAL, *_NOT_ENABLED, *_VANISHING, *_ODD_OBJECTS)
