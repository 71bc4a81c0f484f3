"""Stripe's error answers: status, type, code, message and parameter, as its client library parses them."""

from __future__ import annotations

from typing import Any


class StripeFault(Exception):
    """An answer that is an error. `headers` go out beside Stripe's usual ones."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = headers or {}

    def body(self, request_id: str) -> dict[str, Any]:
        error: dict[str, Any] = {"message": self.message, "type": self.kind}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        error["request_log_url"] = f"https://dashboard.stripe.com/logs/{request_id}"
        return {"error": error}


def unknown_parameter(name: str) -> StripeFault:
    return StripeFault(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def missing_parameter(name: str) -> StripeFault:
    return StripeFault(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def no_such(kind: str, identifier: str, param: str, status: int) -> StripeFault:
    """404 where the object is what was asked for, 400 where a parameter names it."""
    noun = kind.replace("_", " ") if kind != "payment_intent" else kind
    return StripeFault(status, f"No such {noun}: '{identifier}'", code="resource_missing", param=param)


def unrecognized_url(method: str, path: str) -> StripeFault:
    message = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
    return StripeFault(404, message)


def rate_limited(reason: str) -> StripeFault:
    """`reason` is what `Stripe-Rate-Limited-Reason` says, e.g. `endpoint-rate`."""
    return StripeFault(
        429,
        "Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.",
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": reason},
    )
