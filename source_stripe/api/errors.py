"""What Stripe's answers mean when they are not the data that was asked for.

    StripeError                an answer (or the lack of one) that ends the reading of a stream
    ├── NotStripe              whoever answers cannot prove to be Stripe: the key was not sent
    ├── KeyRefused             401: the key is unknown, expired or rolled
    ├── PermissionMissing      403 about a permission: the key is good, but may not read this
    ├── AccountRefused         403/400: the key has no access to the account that was named
    ├── NotEnabled             400/404: the account does not use this product; nothing is lost by going on
    ├── CursorVanished         400: the object named in starting_after exists no longer
    ├── NotFound               404: an object that is not (or no longer) there
    ├── RequestRefused         any other 4xx: the request is one Stripe does not take
    └── Unavailable            no usable answer in all the time we were willing to wait, or Stripe says not to try

Answers worth a second try are not errors yet: `retryable` says which those are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airbyte_cdk.models import FailureType

from source_stripe.api.keys import without_keys

_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]+")

_HERE = r"(?:for|on|in) (?:your|this) (?:account|country|platform)"

# Sentences by which Stripe says that an account does not use a product. A sentence that is not listed
# fails the stream: better an error that a user reports than rows that are missing unseen.
# Seen in the issue trackers of other connectors and in what Stripe's own sync engine tolerates
# (github.com/stripe/sync-engine-fork, src-list-api.ts). One that names no product means the path's. The last
# one is Stripe's answer for a whole product area (Treasury, Sigma, Forwarding) that an account was never given.
_NOT_ENABLED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"not set up to use (?P<product>[A-Z][\w ]+?)[.,]",
        rf"(?P<product>[A-Z][\w ]+?) is not (?:enabled|available) {_HERE}",
        r"Account not eligible for (?P<product>[A-Z]\w+)",
        r"not enabled for (?P<product>[A-Z][\w ]+?)[.,]",
        r"not authorized to send (?P<product>[A-Z]\w+) requests",
        r"endpoint is only available in testmode",
        r"Unrecognized request URL \(GET: (?P<product>/v[12]/[\w/]+)",
    )
)


@dataclass(frozen=True)
class Refusal:
    """Stripe's error body, with what is needed to tell one refusal from another.

    Attributes:
        status: the HTTP status, 0 where there was no answer.
        message: Stripe's own sentence, keys taken out.
    """

    status: int
    path: str
    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None
    request_id: str | None = None

    @classmethod
    def of(cls, status: int, path: str, body: object, headers: Mapping[str, str]) -> Refusal:
        """Reads `{"error": {...}}`; a body of any other form gives a refusal without Stripe's words."""
        error: Any = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            error = {}

        def text(field: str) -> str | None:
            value = error.get(field)
            return without_keys(str(value)) if value is not None else None

        return cls(
            status=status,
            path=path,
            message=text("message") or f"HTTP {status} without an explanation",
            type=text("type"),
            code=text("code"),
            param=text("param"),
            request_id=headers.get("Request-Id"),
        )

    def __str__(self) -> str:
        request = f", request {self.request_id}" if self.request_id else ""
        answer = f"HTTP {self.status} from " if self.status else ""
        return f"{answer}{self.path}{request}: {self.message.rstrip('.')}"


class StripeError(Exception):
    """An answer that ends the reading of a stream. `str()` of it is fit to be shown: it holds no key."""

    failure_type = FailureType.system_error
    cure = "Please report this with the log of the sync."

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class NotStripe(StripeError):
    failure_type = FailureType.config_error
    cure = (
        "The key was not sent. Where a proxy opens connections on purpose, name a file with its certificate authority "
        "in the environment variable REQUESTS_CA_BUNDLE."
    )


class KeyRefused(StripeError):
    failure_type = FailureType.config_error
    cure = "Stripe does not accept this API key (any more): create or copy one in the Dashboard, Developers, API keys."


class PermissionMissing(StripeError):
    failure_type = FailureType.config_error
    cure = "Give the restricted key the read permission named above, or leave this stream out."


class AccountRefused(StripeError):
    failure_type = FailureType.config_error
    cure = "Correct account_id: it must be the key's own account or one connected to it."


class NotEnabled(StripeError):
    failure_type = FailureType.config_error
    """`product` names it as Stripe's sentence does, or by the path that its endpoints share (`/v1/treasury`)."""

    cure = "There is nothing to read: leave the stream out, or have Stripe enable the product."

    def __init__(self, refusal: Refusal, product: str) -> None:
        super().__init__(refusal)
        self.product = product if not product.startswith("/") else "/".join(product.split("/")[:3])


class CursorVanished(StripeError):
    pass


class NotFound(StripeError):
    pass


class RequestRefused(StripeError):
    pass


class Unavailable(StripeError):
    failure_type = FailureType.transient_error
    cure = "Try again later: a sync goes on where it stopped."


def account_named_in(message: str) -> str | None:
    """The account id in one of Stripe's sentences, as in its 403 about permissions; None where there is none."""
    match = _ACCOUNT.search(message)
    return match[0] if match else None


def retryable(status: int, headers: Mapping[str, str]) -> bool:
    """Whether the same request may be answered properly a moment later.

    `Stripe-Should-Retry` is Stripe's own word on it and overrides the status
    (https://docs.stripe.com/error-low-level).
    """
    told = headers.get("Stripe-Should-Retry", "").lower()
    if told in ("true", "false"):
        return told == "true"
    return status in (409, 429) or status >= 500


def error_of(refusal: Refusal) -> StripeError:
    """The error that a final (not retryable) answer means."""
    status, message = refusal.status, refusal.message
    if status == 401:
        return KeyRefused(refusal)
    if status in (400, 403) and _about_account(refusal):
        return AccountRefused(refusal)
    if status == 403 and _about_permissions(refusal):
        return PermissionMissing(refusal)
    if refusal.code == "resource_missing" and refusal.param in ("starting_after", "ending_before"):
        return CursorVanished(refusal)
    if status in (400, 404):
        for sentence in _NOT_ENABLED:
            match = sentence.search(message)
            if match:
                return NotEnabled(refusal, match.groupdict().get("product") or refusal.path)
    if status == 404:
        return NotFound(refusal)
    if status == 429 or status >= 500:  # with Stripe-Should-Retry: false
        return Unavailable(refusal)
    return RequestRefused(refusal)


def _about_permissions(refusal: Refusal) -> bool:
    # The code is missing at times. A 403 of another kind (a firewall's, an IP address that is not allowed) says
    # nothing about the key's permissions, and must not pass for a sign of a good key.
    return refusal.code == "more_permissions_required" or "permission" in refusal.message.lower()


def _about_account(refusal: Refusal) -> bool:
    # "… does not have access to account 'acct_…' (or that account does not exist)", code account_invalid
    return refusal.code == "account_invalid" or "does not have access to account" in refusal.message
