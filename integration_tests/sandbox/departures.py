"""Where Stripe departs from what its own SDK says, and the sandbox with it. Every row names its source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integration_tests.sandbox.errors import StripeFault
from integration_tests.sandbox.strand import Json

# No page shows what Stripe answers; this is its usual answer for a product area that the account does not have.
_UNAVAILABLE = (
    "Unrecognized request URL (GET: {path}). Please see https://stripe.com/docs or we can help at "
    "https://support.stripe.com/."
)
_NO_PAGE = "observed by connector authors; no page found"

# What Stripe's own sync engine tolerates, message by message, each with the request that taught it.
_SYNC_ENGINE = "https://github.com/stripe/sync-engine-fork packages/source-stripe/src/src-list-api.ts"


@dataclass(frozen=True)
class DefaultFilter:
    """A list that leaves objects out unless `parameter` is given."""

    path: str
    parameter: str
    keeps: Callable[[Json], bool]
    source: str


@dataclass(frozen=True)
class NeedsParent:
    """A list that the SDK shows as free and that wants one of `parameters` when called."""

    path: str
    parameters: tuple[str, ...]
    message: str
    source: str


@dataclass(frozen=True)
class PlatformOnly:
    """A list that is empty, not an error, on an account that is no platform."""

    path: str
    source: str


@dataclass(frozen=True)
class Product:
    """A product that an account may lack, and what its paths (by prefix) then answer. `{path}` is filled in.

    livemode: the mode in which it is refused; None for both. `status` is the answer's.
    """

    name: str
    prefixes: tuple[str, ...]
    message: str
    source: str
    code: str | None = None
    livemode: bool | None = None
    status: int = 400


@dataclass(frozen=True)
class Refusal:
    """What a list refuses although its parameters are right."""

    path: str
    message: str
    source: str


DEFAULT_FILTERS = (
    DefaultFilter(
        "/v1/subscriptions",
        "status",
        lambda subscription: subscription["status"] != "canceled",
        "https://docs.stripe.com/api/subscriptions/list",
    ),
    DefaultFilter(
        "/v1/prices",
        "active",
        lambda price: bool(price["active"]),
        "PriceService.list in the SDK speaks of active ones; authors of connectors saw both",
    ),
    DefaultFilter(
        "/v1/reviews",
        "open",
        lambda review: bool(review["open"]),
        "ReviewService.list in the SDK: lists those that have `open` set; there is no parameter to switch that off",
    ),
    DefaultFilter(
        "/v2/core/accounts",
        "closed",
        lambda account: not account["closed"],
        "AccountListParams.closed in the SDK's params/v2/core",
    ),
    DefaultFilter(
        "/v2/money_management/financial_accounts",
        "statuses",
        lambda account: account["status"] != "closed",
        "FinancialAccountListParams.statuses in the SDK's params/v2/money_management",
    ),
)
# Left alone, having looked: promotion codes, tax rates, shipping rates, payment links and trial offers take `active`,
# and plans too, but the SDK's descriptions of those parameters and lists speak of filters, not of defaults.

NEEDS_PARENT = (
    NeedsParent(
        "/v1/billing/credit_balance_transactions",
        ("customer", "customer_account"),
        "Must provide customer or customer_account.",
        "https://github.com/PostHog/posthog/pull/75723",
    ),
)

MANUAL_PAYOUT = Refusal(
    "/v1/balance_transactions",
    "Balance transaction history can only be filtered on automatic transfers, not manual.",
    "https://github.com/proudcity/wp-proudcity/issues/993",
)

PLATFORM_ONLY = (
    PlatformOnly(
        "/v1/accounts",
        "observed by authors of connectors. (To name another account is refused with a 403: "
        "https://github.com/stripe/stripe-apps/issues/505)",
    ),
)

PRODUCTS = (
    Product(
        "issuing",
        ("/v1/issuing/",),
        "Your account is not set up to use Issuing. Please visit https://dashboard.stripe.com/issuing/overview to get "
        "started.",
        "https://github.com/airbytehq/airbyte/issues/26483",
    ),
    Product(
        "identity",
        ("/v1/identity/",),
        "Your account is not set up to use Identity. Please have an account admin visit "
        "https://dashboard.stripe.com/identity to get started.",
        _SYNC_ENGINE,
    ),
    Product(
        "treasury",
        ("/v1/treasury/",),
        "Unrecognized request URL (GET: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/. (Hint: Have you onboarded to Treasury? You can learn more about the steps needed "
        "at https://stripe.com/docs/treasury/access)",
        f"https://github.com/stripe/stripe-python/issues/1338; status 400 by {_SYNC_ENGINE}",
    ),
    Product(
        "climate",
        ("/v1/climate/orders",),
        "Account not eligible for Climate Orders",
        "https://github.com/stripe/sync-engine-fork/pull/382",
    ),
    Product("financial_connections", ("/v1/financial_connections/",), _UNAVAILABLE, _NO_PAGE, status=404),
    Product("sigma", ("/v1/sigma/",), _UNAVAILABLE, _NO_PAGE, status=404),
    Product(
        "forwarding",
        ("/v1/forwarding/",),
        "Your account is not authorized to send Forwarding requests in livemode. To enable access, please contact us "
        "via https://support.stripe.com/contact.",
        _SYNC_ENGINE,
        livemode=True,
    ),
    Product("forwarding", ("/v1/forwarding/",), _UNAVAILABLE, _NO_PAGE, livemode=False, status=404),
    Product(
        "accounts_v2",
        ("/v2/core/accounts",),
        "Accounts v2 is not enabled for your platform.",
        f"https://github.com/stripe/sync-engine-fork/pull/348 and {_SYNC_ENGINE}",
        code="accounts_v2_access_blocked",
    ),
    Product(
        "test_clocks",
        ("/v1/test_helpers/test_clocks",),
        "This endpoint is only available in testmode. Try using your test keys instead.",
        _SYNC_ENGINE,
        livemode=True,
    ),
)

# What no account has in live mode.
_NEVER_LIVE = frozenset({"test_clocks"})


def default_filter(path: str, query: Mapping[str, Any]) -> Callable[[Json], bool] | None:
    """What a list leaves out by itself for this query; None where nothing."""
    for row in DEFAULT_FILTERS:
        if row.path == path and row.parameter not in query:
            return row.keeps
    return None


def check_payout(payout: Json | None) -> None:
    """Raises StripeFault 400 for the transactions of a payout that was made by hand."""
    if payout is not None and not payout["automatic"]:
        raise StripeFault(400, MANUAL_PAYOUT.message, param="payout")


def customers_tax_ids(path: str, query: Mapping[str, Any]) -> str | None:
    """The customer whose tax ids a query wants: the list is the account's own ones unless `owner` says otherwise."""
    owner = query.get("owner")
    if path != "/v1/tax_ids" or not isinstance(owner, dict) or owner.get("type") != "customer":
        return None
    return str(owner.get("customer"))


def check_query(path: str, query: Mapping[str, Any]) -> None:
    """Raises StripeFault 400 where Stripe wants a parent although the SDK does not say so."""
    for row in NEEDS_PARENT:
        if row.path == path and not any(name in query for name in row.parameters):
            raise StripeFault(400, row.message)


def check_product(path: str, enabled: frozenset[str], livemode: bool) -> None:
    """Raises StripeFault for a path of a product that the account does not have."""
    for product in PRODUCTS:
        missing = product.name not in enabled or (livemode and product.name in _NEVER_LIVE)
        if missing and path.startswith(product.prefixes) and product.livemode in (None, livemode):
            raise StripeFault(product.status, product.message.format(path=path), code=product.code)
