"""The events of an account: computed ones for what was generated, stored ones for what was changed since."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from integration_tests.sandbox.blanks import blank
from integration_tests.sandbox.identity import Ids
from integration_tests.sandbox.listing import Source
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.timeline import DAY
from integration_tests.sandbox.versions import in_version
from integration_tests.sandbox.world import World

# Seconds. EventService.list in the SDK says how far back events go.
RETENTION = 30 * DAY
_SLOTS = 32


@dataclass(frozen=True)
class Slot:
    """One event for each object of a list endpoint (of its first strand): which types there can be, and which one it
    is for an index."""

    path: str
    types: tuple[str, ...]
    type_of: Callable[[int], str]


@dataclass(frozen=True)
class Written:
    """An event of run time. `visible_from` is later than `created` for one that turns up late (Unix seconds)."""

    created: int
    serial: int
    visible_from: int
    event: Json


class Feed:
    """Events of one account. `render` attaches sub-lists to a generated object, as lists do."""

    def __init__(self, world: World, version: Callable[[], str], render: Callable[[str, Json], Json]) -> None:
        self._world = world
        self._business = world.business
        self._ids = Ids("evt_1", world.business.seed)
        self._version = version
        self._render = render
        self._blank = blank("Event")
        self.written: list[Written] = []
        self._places: list[tuple[int, int]] = []
        self._by_id: dict[str, Written] = {}
        self._serial = 0

    @cached_property
    def slots(self) -> list[Slot]:
        business = self._business

        def paid(succeeded: str, failed: str) -> Callable[[int], str]:
            return lambda charge: failed if business.failed(charge) else succeeded

        def bill(invoice: int) -> str:
            return "invoice.payment_failed" if business.failed(business.invoice_charge(invoice)) else "invoice.paid"

        return [
            _always("/v1/products", "product.created"),
            _always("/v1/prices", "price.created"),
            _always("/v1/plans", "plan.created"),
            _always("/v1/coupons", "coupon.created"),
            _always("/v1/customers", "customer.created"),
            _always("/v1/payment_methods", "payment_method.attached"),
            _always("/v1/subscriptions", "customer.subscription.created"),
            _always("/v1/invoiceitems", "invoiceitem.created"),
            _always("/v1/invoices", "invoice.created"),
            _always("/v1/payment_intents", "payment_intent.created"),
            Slot("/v1/charges", ("charge.succeeded", "charge.failed"), paid("charge.succeeded", "charge.failed")),
            Slot(
                "/v1/payment_intents",
                ("payment_intent.succeeded", "payment_intent.payment_failed"),
                paid("payment_intent.succeeded", "payment_intent.payment_failed"),
            ),
            Slot("/v1/invoices", ("invoice.paid", "invoice.payment_failed"), bill),
            _always("/v1/refunds", "refund.created"),
            _always("/v1/disputes", "charge.dispute.created"),
            _always("/v1/payouts", "payout.created"),
        ]

    def oldest(self) -> int:
        """Unix seconds of the oldest event that is still kept."""
        return self._business.now() - RETENTION

    def sources(self, wanted: list[str] | None) -> list[Source]:
        """What the list is merged from; `wanted` are types, with `*` as a wildcard, or None for all."""
        oldest = self.oldest()
        found = []
        for rank, slot in enumerate(self.slots):
            if wanted is not None and not any(matches(kind, wanted) for kind in slot.types):
                continue
            strand = self._strand(slot)
            found.append(Source(rank, range(strand.first_at(oldest), strand.count), strand.created))
        first = bisect_left(self._places, (oldest, 0))
        found.append(Source(len(self.slots), range(first, len(self.written)), lambda n: self.written[n].created))
        return found

    def type_at(self, rank: int, index: int) -> str | None:
        """The type of an event, without making it; None while it is not to be seen yet."""
        if rank < len(self.slots):
            return self.slots[rank].type_of(index)
        written = self.written[index]
        return str(written.event["type"]) if written.visible_from <= self._business.now() else None

    def make(self, rank: int, index: int) -> Json:
        if rank == len(self.slots):
            return self.written[index].event
        slot = self.slots[rank]
        strand = self._strand(slot)
        value = self._render(slot.path, strand.make(index))
        return self._event(
            self._ids(index * _SLOTS + rank), slot.type_of(index), strand.created(index), value, None, None
        )

    def locate(self, identifier: str) -> tuple[int, int, int] | None:
        """The place (created, rank, index) of an event that is kept and to be seen, else None."""
        written = self._by_id.get(identifier)
        if written is not None:
            index = bisect_left(self._places, (written.created, written.serial))
            seen = written.visible_from <= self._business.now() and written.created >= self.oldest()
            return (written.created, len(self.slots), index) if seen else None
        value = self._ids.index(identifier)
        if value is None or value % _SLOTS >= len(self.slots):
            return None
        index, rank = divmod(value, _SLOTS)
        strand = self._strand(self.slots[rank])
        if index >= strand.count or strand.created(index) < self.oldest():
            return None
        return (strand.created(index), rank, index)

    def write(
        self,
        kind: str,
        value: Json,
        *,
        created: int,
        previous: Json | None = None,
        version: str | None = None,
        visible_after: int = 0,
        account: str | None = None,
    ) -> Json:
        """Write an event as Stripe would; `value` is the object as it is rendered in the pinned version."""
        self._serial += 1
        identifier = self._ids(-self._serial & ((1 << 40) - 1))
        event = self._event(identifier, kind, created, value, previous, version)
        if account is not None:
            event["account"] = account
        written = Written(created, self._serial, created + visible_after, event)
        place = (created, self._serial)
        at = bisect_left(self._places, place)
        insort(self._places, place)
        self.written.insert(at, written)
        self._by_id[identifier] = written
        return event

    def _strand(self, slot: Slot) -> Strand:
        return self._world.strands[slot.path][0]

    def _event(
        self, identifier: str, kind: str, created: int, value: Json, previous: Json | None, version: str | None
    ) -> Json:
        version = version or self._version()
        data: dict[str, Any] = {"object": in_version(value, version)}
        if previous is not None:
            data["previous_attributes"] = in_version(previous, version)
        return {
            **self._blank,
            "id": identifier,
            "api_version": version,
            "created": created,
            "data": data,
            "livemode": self._business.livemode,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }


def matches(kind: str, wanted: list[str]) -> bool:
    return any(kind == pattern or ("*" in pattern and fnmatchcase(kind, pattern)) for pattern in wanted)


def _always(path: str, kind: str) -> Slot:
    return Slot(path, (kind,), lambda index: kind)
