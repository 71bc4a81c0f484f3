"""What there is to read: one module a product area, one small class a resource.

A new stream is one class in the module of its area, and a run of `make generate` for its schema.
"""

from source_stripe.streams import billing, connect, core, products
from source_stripe.streams.stream import StripeStream

STREAMS: tuple[type[StripeStream], ...] = tuple(
    sorted(
        (
            declared
            for area in (billing, connect, core, products)
            for declared in vars(area).values()
            if isinstance(declared, type)
            and issubclass(declared, StripeStream)
            and declared.__module__ == area.__name__
        ),
        key=lambda declared: declared.name,
    )
)
"""Every stream, by name."""

GONE: dict[str, str] = {}
"""Streams that Stripe has no more, and why: a catalog that still names one gets an empty stream and a warning."""

__all__ = ["GONE", "STREAMS", "StripeStream"]
