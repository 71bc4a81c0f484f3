"""The control address over HTTP: `/_sandbox/…`, JSON in and out, never counted as a Stripe request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import parse_qs

import orjson
from aiohttp import web

from integration_tests.sandbox.faults import Fault
from integration_tests.sandbox.limits import Limits
from integration_tests.sandbox.sandbox import Sandbox
from integration_tests.sandbox.writing import Writer

PREFIX = "/_sandbox"


def respond(sandbox: Sandbox, method: str, path: str, query: str, body: bytes) -> web.Response:
    """One control request. 404 for an unknown one, 400 with {"error": …} for one that cannot be done."""
    action = _ACTIONS.get((method, path.removeprefix(PREFIX)))
    if action is None:
        known = [f"{verb} {PREFIX}{name}" for verb, name in _ACTIONS]
        return _json({"error": f"no such control: {method} {path}", "known": known}, 404)
    try:
        given = orjson.loads(body) if body else {}
        given.update({name: values[-1] for name, values in parse_qs(query).items()})
        return _json(action(sandbox, given))
    except (KeyError, ValueError, TypeError) as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, 400)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


def _writer(sandbox: Sandbox, given: dict[str, Any]) -> Writer:
    return sandbox.writer(given.pop("account", None), livemode=bool(given.pop("livemode", False)))


def _create(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return _writer(sandbox, given).create(given.pop("path"), given.pop("fields", None), **given)


def _update(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return _writer(sandbox, given).update(given.pop("path"), given.pop("id"), given.pop("fields"), **given)


def _delete(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return _writer(sandbox, given).delete(given.pop("path"), given.pop("id"), **given)


def _cancel(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return _writer(sandbox, given).cancel(given.pop("id"), **given)


def _refund(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return _writer(sandbox, given).refund(given.pop("charge"), given.pop("amount", None), **given)


def _event(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return _writer(sandbox, given).write_event(given.pop("type"), given.pop("object"), **given)


def _clock(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    if "set" in given:
        sandbox.clock.set(float(given["set"]))
    if "advance" in given:
        sandbox.clock.advance(float(given["advance"]))
    if "skew" in given:
        sandbox.clock.skew = float(given["skew"])
    return {"now": sandbox.now(), "skew": sandbox.clock.skew}


def _fault(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    known = {field.name for field in fields(Fault)}
    if unknown := given.keys() - known:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    return asdict(sandbox.faults.order(Fault(**given)))


def _clear_faults(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    sandbox.faults.clear()
    return []


def _stats(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    journal = sandbox.journal
    return {
        "requests": journal.requests,
        "by_endpoint": dict(journal.by_endpoint),
        "by_status": {str(status): count for status, count in journal.by_status.items()},
        "limited": dict(journal.limited),
        "items": dict(journal.items),
        "first": journal.first,
        # Seconds, user and system, of the whole process: with a server of its own, of the sandbox.
        "cpu": time.process_time(),
    }


def _log(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return [asdict(entry) for entry in list(sandbox.journal.log)[-int(given.get("last", 1000)) :]]


def _reset(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    sandbox.journal.reset()
    return {}


def _truth(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return list(sandbox.truth(given["path"], given.get("account"), livemode=bool(given.get("livemode"))))


def _count(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    account = sandbox.account(given.get("account"), livemode=bool(given.get("livemode")))
    if not account.overlay.untouched:
        raise ValueError("the account was changed: count its truth")
    return {"count": sum(strand.count for strand in account.strands(given["path"]))}


def _limits(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    sandbox.limiter.set(Limits(**given))
    return asdict(sandbox.limiter.limits)


def _latency(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    sandbox.latency = float(given["seconds"])
    return {"seconds": sandbox.latency}


def _issue_key(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    rights = given.get("permissions")
    return {
        "key": sandbox.keys.issue(
            given.get("account") or sandbox.directory.platform,
            livemode=bool(given.get("livemode")),
            permissions=None if rights is None else set(rights),
            organization=bool(given.get("organization")),
        )
    }


def _roll_key(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return {"key": sandbox.keys.roll(given["key"])}


def _about(sandbox: Sandbox, given: dict[str, Any]) -> Any:
    return {
        "key": sandbox.key,
        "accounts": sandbox.directory.identifiers()[:1000],
        "now": sandbox.now(),
        "version": sandbox.directory.version,
        "enabled": sorted(sandbox.enabled),
    }


_ACTIONS: dict[tuple[str, str], Callable[[Sandbox, dict[str, Any]], Any]] = {
    ("GET", ""): _about,
    ("POST", "/create"): _create,
    ("POST", "/update"): _update,
    ("POST", "/delete"): _delete,
    ("POST", "/cancel"): _cancel,
    ("POST", "/refund"): _refund,
    ("POST", "/event"): _event,
    ("POST", "/clock"): _clock,
    ("POST", "/faults"): _fault,
    ("DELETE", "/faults"): _clear_faults,
    ("GET", "/stats"): _stats,
    ("GET", "/log"): _log,
    ("POST", "/reset"): _reset,
    ("GET", "/truth"): _truth,
    ("GET", "/count"): _count,
    ("POST", "/limits"): _limits,
    ("POST", "/latency"): _latency,
    ("POST", "/keys"): _issue_key,
    ("POST", "/keys/roll"): _roll_key,
}
