"""What there is to read: one module a product area, one small class a resource.

A new stream is one class in the module of its area, and a run of `make generate` for its schema.
"""

from source_stripe.streams import (
    apps,
    billing,
    checkout,
    climate,
    connect,
    core,
    customers,
    financial_connections,
    issuing,
    payment_methods,
    products,
    radar,
    reporting,
    tax,
    terminal,
    treasury,
    usage_billing,
    v2_core,
    v2_money_management,
)
from source_stripe.streams.absent import GONE, LEFT_OUT
from source_stripe.streams.stream import StripeStream

AREAS = (
    core,
    customers,
    payment_methods,
    products,
    checkout,
    billing,
    usage_billing,
    connect,
    radar,
    issuing,
    treasury,
    terminal,
    tax,
    financial_connections,
    reporting,
    climate,
    apps,
    v2_core,
    v2_money_management,
)
"""The modules, in the order in which a reader meets them."""

STREAMS: tuple[type[StripeStream], ...] = tuple(
    sorted(
        (
            declared
            for area in AREAS
            for declared in vars(area).values()
            if isinstance(declared, type)
            and issubclass(declared, StripeStream)
            and declared.__module__ == area.__name__
        ),
        key=lambda declared: declared.name,
    )
)
"""Every stream, by name."""

__all__ = ["AREAS", "GONE", "LEFT_OUT", "STREAMS", "StripeStream"]
