"""The form in which a stream is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, ClassVar

import requests
from airbyte_cdk.sources.streams.http import HttpStream

from source_stripe.reading.listing import Listing
from source_stripe.reading.ranges import ParameterSet

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class StripeStream(HttpStream):
    """One of Stripe's lists as users select it. A subclass declares; `source_stripe.reading` reads.

    The name is the class's in snake case. What a subclass may declare:

    Attributes:
        resource: Stripe's `object` value of the rows.
        endpoint: the list's path.
        cursor_field: `updated` where Stripe's events tell of changes, else `created`.
        primary_key: the fields that tell rows apart.
        created_field: the field that the list's `created` filter goes by.
        parameter_sets: query parameters that together make the list show everything: one reading for each set.
        expand: what to expand, in the form that `expand[]` takes on a list (`data.…`).
    """

    name: ClassVar[str]
    resource: ClassVar[str]
    endpoint: ClassVar[str]
    cursor_field: ClassVar[str] = "updated"
    primary_key: ClassVar[str] = "id"
    created_field: ClassVar[str] = "created"
    parameter_sets: ClassVar[tuple[ParameterSet, ...]] = ({},)
    expand: ClassVar[tuple[str, ...]] = ()
    extra_properties: ClassVar[dict[str, dict[str, Any]]]
    """Schemas of the fields that the connector adds to Stripe's own."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = _WORD.sub("_", cls.__name__).lower()
        cls.extra_properties = {"updated": {"type": ["null", "integer"]}} if cls.cursor_field == "updated" else {}

    def __init__(self, api_base: str = "https://api.stripe.com") -> None:
        self._api_base = api_base
        super().__init__()

    @classmethod
    def listing(cls) -> Listing:
        """What the reading needs to know of this stream."""
        return Listing(
            path=cls.endpoint,
            created_field=cls.created_field,
            parameter_sets=cls.parameter_sets,
            expand=cls.expand,
        )

    @property
    def url_base(self) -> str:
        return self._api_base

    def path(
        self,
        *,
        stream_state: Mapping[str, Any] | None = None,
        stream_slice: Mapping[str, Any] | None = None,
        next_page_token: Mapping[str, Any] | None = None,
    ) -> str:
        return self.endpoint

    def request_params(
        self,
        stream_state: Mapping[str, Any] | None,
        stream_slice: Mapping[str, Any] | None = None,
        next_page_token: Mapping[str, Any] | None = None,
    ) -> MutableMapping[str, Any]:
        return {"limit": 100, **(stream_slice or {}), **(next_page_token or {})}

    def parse_response(self, response: requests.Response, **kwargs: Any) -> Iterable[Mapping[str, Any]]:
        yield from response.json()["data"]

    def next_page_token(self, response: requests.Response) -> Mapping[str, Any] | None:
        page = response.json()
        return {"starting_after": page["data"][-1]["id"]} if page["has_more"] else None
