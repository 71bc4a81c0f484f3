"""One of Stripe's lists, as far as asking it goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote

from source_stripe.api.answer import Form
from source_stripe.api.client import Page, Request
from source_stripe.api.errors import Refusal, RequestRefused
from source_stripe.reading.ranges import ParameterSet, Range

PAGE_SIZE = 100
"""Objects a page, the most that Stripe gives."""

STRIPE_BEGAN = 1262304000
"""2010-01-01, Unix seconds: nothing on Stripe is older, so a range from here on needs no lower bound."""


@dataclass(frozen=True)
class Listing:
    """What to ask of a list, and which field of its rows the `created` filter goes by.

    Attributes:
        path: as in "/v1/charges"; `{…}` stands for a parent's id.
        form: how the answer is laid out.
        created_filter: whether it can be asked for a span of `created`.
        limit: whether it can be asked for full pages.
        parameter_sets: the list shows everything when it is read once with each of these.
        expand: fields of the rows.
        template: the path that Stripe counts requests under, where `path` has a parent's id in it.
    """

    path: str
    form: Form = "v1"
    created_filter: bool = True
    created_field: str = "created"
    limit: bool = True
    parameter_sets: tuple[ParameterSet, ...] = ({},)
    expand: tuple[str, ...] = ()
    template: str = ""

    def ranges(self, gte: int, lt: int) -> list[Range]:
        """What has to be read for everything that was created in a span, Unix seconds, `lt` not included."""
        if not self.created_filter:
            return self.whole()
        return [Range(gte, lt, parameters=parameters) for parameters in self.parameter_sets]

    def whole(self) -> list[Range]:
        """What has to be read for everything on the list."""
        return [Range(None, None, parameters=parameters) for parameters in self.parameter_sets]

    def newest(self, gte: int, lt: int) -> list[Range]:
        """As `ranges`; a list that has no `created` filter is read from its top down to `gte`."""
        if self.created_filter:
            return self.ranges(gte, lt)
        return [Range(gte, None, parameters=parameters) for parameters in self.parameter_sets]

    def takes(self, unread: Range) -> bool:
        """Whether a range, as a state has it, is one of this list's.

        Where to go on is an address in /v2, and a state is anybody's text: it must not lead anywhere else.
        """
        elsewhere = self.form == "v2" and unread.after and unread.after.partition("?")[0] != self.path
        return unread.parameters in self.parameter_sets and not elsewhere

    def request(self, unread: Range) -> Request:
        """The next page of a range."""
        if self.form == "v2" and unread.after:
            return Request(unread.after, form="v2", endpoint=self.template or self.path)
        parameters = [("limit", str(PAGE_SIZE))] if self.limit else []
        for name, value in unread.parameters.items():
            parameters += [(name, each) for each in ((value,) if isinstance(value, str) else value)]
        if unread.gte is not None and unread.gte > STRIPE_BEGAN and self.created_filter:
            parameters.append(("created[gte]", self._moment(unread.gte)))
        if unread.lt is not None:
            parameters.append(("created[lt]", self._moment(unread.lt)))
        if unread.after:
            parameters.append(("starting_after", unread.after))
        rows = "" if self.form == "object" else "data."
        parameters += [("expand[]", f"{rows}{field}") for field in self.expand]
        return Request(self.path, parameters, form=self.form, endpoint=self.template)

    def turn(self, unread: Range, page: Page) -> None:
        """Moves a range behind a page of it that is not its last.

        Raises:
            RequestRefused: the page leaves nothing to go on from that it did not start from itself.
        """
        ids = [row["id"] for row in page.records if isinstance(row.get("id"), str)]
        after = page.next_page or (ids[-1] if ids else None)
        if after is None or after == unread.after:
            message = "the list says that there is more, but its page holds nothing to go on from"
            raise RequestRefused(Refusal(200, self.path, message))
        trail = [] if page.next_page else ids[:-1]
        newest, oldest = (page.records[at].get(self.created_field) for at in (0, -1)) if page.records else (None, None)
        unread.advance(after, trail, newest, oldest, len(page.records))

    def of_parent(self, parent_id: str, parameter: str) -> Listing:
        """The same list for one parent, named in the path or by `parameter`."""
        if not parameter:
            before, _, rest = self.path.partition("{")
            path = before + quote(parent_id, safe="") + rest.partition("}")[2]
            return replace(self, path=path, template=self.path)
        sets = tuple({**parameters, parameter: parent_id} for parameters in self.parameter_sets)
        return replace(self, parameter_sets=sets)

    def _moment(self, seconds: int) -> str:
        if self.form == "v2":
            return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return str(seconds)
