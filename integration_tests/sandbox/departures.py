"""Where Stripe departs from what its own SDK says, and the sandbox with it. Every row names its source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integration_tests.sandbox.strand import Json


@dataclass(frozen=True)
class DefaultFilter:
    """A list that leaves objects out unless `parameter` is given."""

    path: str
    parameter: str
    keeps: Callable[[Json], bool]
    source: str


@dataclass(frozen=True)
class NeedsParent:
    """A list that the SDK shows as free and that asks for `parameter` when called."""

    path: str
    parameter: str
    source: str


@dataclass(frozen=True)
class TakesNoLimit:
    """A list that refuses `limit` (and the other paging parameters)."""

    path: str
    source: str


@dataclass(frozen=True)
class Product:
    """A product that an account may lack: its paths (by prefix), and the 400 that they then answer."""

    name: str
    prefixes: tuple[str, ...]
    message: str
    source: str
    status: int = 400


DEFAULT_FILTERS = (
    DefaultFilter(
        "/v1/subscriptions",
        "status",
        lambda subscription: subscription["status"] != "canceled",
        "https://docs.stripe.com/api/subscriptions/list: canceled ones only with status=canceled, ended or all",
    ),
    DefaultFilter(
        "/v1/prices",
        "active",
        lambda price: bool(price["active"]),
        "https://docs.stripe.com/api/prices/list: active prices by default (some connectors' authors saw both)",
    ),
)

NEEDS_PARENT: tuple[NeedsParent, ...] = ()
TAKES_NO_LIMIT: tuple[TakesNoLimit, ...] = ()
PRODUCTS: tuple[Product, ...] = ()


def default_filter(path: str, query: Mapping[str, Any]) -> Callable[[Json], bool] | None:
    """What a list leaves out by itself for this query; None where nothing."""
    for row in DEFAULT_FILTERS:
        if row.path == path and row.parameter not in query:
            return row.keeps
    return None


def missing_product(path: str, enabled: frozenset[str]) -> Product | None:
    """The product that a path belongs to and the account does not have."""
    for product in PRODUCTS:
        if product.name not in enabled and path.startswith(product.prefixes):
            return product
    return None
