"""One of Stripe's lists, as far as reading it goes."""

from __future__ import annotations

from dataclasses import dataclass

from source_stripe.api.client import Request
from source_stripe.reading.ranges import ParameterSet, Range

PAGE_SIZE = 100
"""Objects a page, the most that Stripe gives."""

STRIPE_BEGAN = 1262304000
"""2010-01-01, Unix seconds: nothing on Stripe is older, so a range from here on needs no lower bound."""


@dataclass(frozen=True)
class Listing:
    """What to ask of a list, and which field of its rows the `created` filter goes by.

    Attributes:
        path: as in "/v1/charges".
        parameter_sets: the list shows everything when it is read once with each of these.
        expand: in the form that lists take, "data.…".
    """

    path: str
    created_field: str = "created"
    parameter_sets: tuple[ParameterSet, ...] = ({},)
    expand: tuple[str, ...] = ()

    def request(self, unread: Range) -> Request:
        """The next page of a range."""
        parameters = [("limit", str(PAGE_SIZE))]
        parameters += unread.parameters.items()
        if unread.gte > STRIPE_BEGAN:
            parameters.append(("created[gte]", str(unread.gte)))
        parameters.append(("created[lt]", str(unread.lt)))
        if unread.after:
            parameters.append(("starting_after", unread.after))
        parameters += [("expand[]", field) for field in self.expand]
        return Request(self.path, parameters)
