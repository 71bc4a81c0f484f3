"""Changing an account at run time, with the events that Stripe would write about it."""

from __future__ import annotations

from collections.abc import Mapping
from threading import RLock
from typing import Any

from integration_tests.sandbox import sdk
from integration_tests.sandbox.account import AccountData, Deleted
from integration_tests.sandbox.blanks import blank
from integration_tests.sandbox.clock import Clock
from integration_tests.sandbox.identity import letters, mix, seed_of
from integration_tests.sandbox.resources import BY_PATH, CHILD_BY_PATH, Child, Resource, changed_event
from integration_tests.sandbox.strand import Json
from integration_tests.sandbox.synthesis import rfc3339, unix
from integration_tests.sandbox.world import Parent

# Unset: write the event that Stripe would. None or a type says otherwise.
DEFAULT_EVENT = "as Stripe does"


class Writer:
    """All methods answer the object as it then is, and take as options:

    event: a type to write instead of the usual one, None to write none (a change that Stripe never tells).
    api_version: the version that the event's payload is written in; the account's own by default.
    visible_after: seconds after which the event turns up in the feed, dated as if it had been there at once.
    at: Unix seconds that it happens at; now by default.
    """

    def __init__(self, account: AccountData, clock: Clock, lock: RLock) -> None:
        self._account = account
        self._clock = clock
        self._lock = lock

    def create(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        event: str | None = DEFAULT_EVENT,
        api_version: str | None = None,
        visible_after: int = 0,
        at: int | None = None,
    ) -> Json:
        """A new object of a list endpoint, modelled on a generated one, with `fields` over it.

        Sub-lists are given as lists of fields (`{"items": [{"quantity": 2}, {}]}`), one entry by default; children
        are created on their own path, their parent among the fields. Raises ValueError if the identifier is taken
        or the path is none that objects are created on.
        """
        with self._lock:
            moment = self._clock.now() if at is None else at
            given = dict(fields or {})
            if path in CHILD_BY_PATH:
                child = CHILD_BY_PATH[path]
                if child.names:
                    raise ValueError(f"nothing is created on {path}")
                parent = str(given.pop(child.parameter))
                options = {"version": api_version, "visible_after": visible_after, "created": moment}
                value = self._add_child(child, parent, given, moment)
                self._tell_child(child, parent, value, None, child.born, event, options)
                return value
            if path not in BY_PATH or path in ("/v1/events", "/v1/accounts") or BY_PATH[path].names:
                raise ValueError(f"nothing is created on {path}")
            resource = BY_PATH[path]
            lists = {name: given.pop(name, [{}]) for name in resource.sublists}
            value = self._model(resource, given, moment)
            identifier = str(value["id"])
            entry = self._account.overlay.entries[path].get(identifier)
            if (entry is None or entry.object is not None) and self._exists(path, identifier):
                raise ValueError(f"{identifier} exists already")
            self._account.overlay.add(path, identifier, _created(resource, value, moment), value)
            for name, child_path in resource.sublists.items():
                for child_fields in lists[name]:
                    self._add_child(CHILD_BY_PATH[child_path], identifier, child_fields, moment)
            if resource.object == "invoice" and "total" not in given:
                value = self._add_up(value)
            options = {"version": api_version, "visible_after": visible_after, "created": moment}
            if resource.object == "refund" and event == DEFAULT_EVENT:
                self._refund_charge(value, options)
            kinds = resource.born if event == DEFAULT_EVENT else (event,) if event else ()
            for kind in kinds:
                self._tell(kind.format(**value) if "{" in kind else kind, path, value, None, options)
            return self._account.render(path, value)

    def update(
        self,
        path: str,
        identifier: str,
        fields: Mapping[str, Any],
        *,
        event: str | None = DEFAULT_EVENT,
        api_version: str | None = None,
        visible_after: int = 0,
        at: int | None = None,
    ) -> Json:
        """Change fields of an object (of `metadata`, the given keys only). Raises KeyError if there is none."""
        with self._lock:
            moment = self._clock.now() if at is None else at
            before = self._alive(path, identifier)
            after = {**before, **fields}
            if isinstance(before.get("metadata"), dict) and isinstance(fields.get("metadata"), dict):
                after["metadata"] = {**before["metadata"], **fields["metadata"]}
            is_v2 = path.startswith("/v2/")
            if "updated" in before and "updated" not in fields:
                after["updated"] = rfc3339(moment) if is_v2 else moment
            self._account.overlay.replace(path, identifier, after)
            previous = {key: before.get(key) for key in after if before.get(key) != after[key]}
            if path in CHILD_BY_PATH:
                child = CHILD_BY_PATH[path]
                options = {"version": api_version, "visible_after": visible_after, "created": moment}
                parent = str(self._account.parent_of(path, identifier))
                self._tell_child(child, parent, after, previous, child.changed, event, options)
                return after
            resource = BY_PATH[path]
            kind = changed_event(resource, before, after) if event == DEFAULT_EVENT else event
            if kind is not None:
                options = {"version": api_version, "visible_after": visible_after, "created": moment}
                self._tell(kind, path, after, previous, options)
            return self._account.render(path, after)

    def delete(
        self,
        path: str,
        identifier: str,
        *,
        event: str | None = DEFAULT_EVENT,
        api_version: str | None = None,
        visible_after: int = 0,
        at: int | None = None,
    ) -> Json:
        """Delete an object; a payment method is detached from its customer instead, as Stripe has no other way.

        Raises KeyError if there is none."""
        with self._lock:
            moment = self._clock.now() if at is None else at
            last = self._alive(path, identifier)
            options = {"version": api_version, "visible_after": visible_after, "created": moment}
            if path in CHILD_BY_PATH:
                child = CHILD_BY_PATH[path]
                parent = str(self._account.parent_of(path, identifier))
                self._account.overlay.remove(path, identifier, last)
                self._tell_child(child, parent, last, None, child.gone, event, options)
                return last
            resource = BY_PATH[path]
            kind = resource.gone if event == DEFAULT_EVENT else event
            if resource.object == "payment_method":
                value = {**last, "customer": None}
                self._account.overlay.replace(path, identifier, value)
                if kind is not None:
                    self._tell(kind, path, value, {"customer": last["customer"]}, options)
                return value
            rendered = self._account.render(path, last)
            self._account.overlay.remove(path, identifier, rendered)
            if kind is not None:
                self._account.feed.write(kind, rendered, **options)  # type: ignore[arg-type]
            return rendered

    def cancel(self, subscription: str, **options: Any) -> Json:
        """Cancel a subscription at once: it lives on as canceled, and the event is customer.subscription.deleted."""
        moment = options.get("at") or self._clock.now()
        fields = {"status": "canceled", "canceled_at": moment, "ended_at": moment}
        return self.update("/v1/subscriptions", subscription, fields, **options)

    def refund(self, charge: str, amount: int | None = None, **options: Any) -> Json:
        """Refund a charge (in full, or so many cents). Writes charge.refunded and refund.created."""
        value = self._alive("/v1/charges", charge)
        left = int(value["amount"]) - int(value["amount_refunded"])
        fields = {
            "amount": left if amount is None else amount,
            "charge": charge,
            "customer": value["customer"],
            "payment_intent": value["payment_intent"],
            "status": "succeeded",
        }
        return self.create("/v1/refunds", fields, **options)

    def write_event(
        self, kind: str, value: Json, *, at: int | None = None, api_version: str | None = None, visible_after: int = 0
    ) -> Json:
        """An event about no object of the lists (`invoice.upcoming`). Raises ValueError for an unknown type."""
        if kind not in sdk.event_types():
            raise ValueError(f"the SDK knows no event type {kind}")
        moment = self._clock.now() if at is None else at
        with self._lock:
            return self._account.feed.write(
                kind, value, created=moment, version=api_version, visible_after=visible_after
            )

    # --- how

    def _exists(self, path: str, identifier: str) -> bool:
        try:
            return self._account.find(path, identifier) is not None
        except Deleted:
            return False

    def _alive(self, path: str, identifier: str) -> Json:
        try:
            found = self._account.find(path, identifier)
        except Deleted:
            found = None
        if found is None:
            raise KeyError(f"{path} holds no {identifier}")
        return found

    def _model(self, resource: Resource, fields: Mapping[str, Any], moment: int) -> Json:
        """A generated object with an identifier and time of its own."""
        serial = self._account.overlay.serial
        chance = seed_of(self._account.world.business.seed, resource.path, serial)
        strand = self._account.strands(resource.path)[0]
        value = (
            strand.make(mix(chance) % strand.count)
            if strand.count
            else dict(blank(resource.type, resource.classes[0][0]))
        )
        value.update(dict.fromkeys(resource.own))
        prefix = resource.prefixes[0] if resource.prefixes else ""
        identifier = f"{prefix}{'1' if prefix else ''}{letters(chance, 20 if prefix else 8)}"
        return {**value, "id": identifier, **_times(resource, value, moment), **fields}

    def _add_child(self, child: Child, parent: str, fields: Mapping[str, Any], moment: int) -> Json:
        overlay = self._account.overlay
        chance = seed_of(self._account.world.business.seed, child.path, overlay.serial)
        module, name = child.classes[0]
        value = {**(self._child_model(child) or blank(name, module))}
        value |= _times(child, value, moment)
        if child.parent_field is not None:
            value[child.parent_field] = parent
        value = {**value, "id": f"{child.prefixes[0]}1{letters(chance, 20)}", **fields}
        overlay.add_child(child.path, parent, str(value["id"]), value)
        return value

    def _child_model(self, child: Child) -> Json | None:
        """A generated child of another parent, of the first class that there can be."""
        kind = sdk.object_name(child.classes[0][1], child.classes[0][0])
        for strand in self._account.strands(child.parent):
            for index in range(min(strand.count, 3)):
                for entry in self._account.world.children(child.path, Parent(index, "", strand.created(index))):
                    if entry.get("object", kind) == kind:
                        return entry
        return None

    def _add_up(self, invoice: Json) -> Json:
        identifier = str(invoice["id"])
        lines = self._account.children("/v1/invoices/{invoice}/lines", identifier)
        total = sum(int(line["amount"]) for line in lines)
        paid = invoice["status"] == "paid"
        sums = dict.fromkeys(
            ("amount_due", "subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"), total
        )
        value = {**invoice, **sums, "amount_paid": total if paid else 0, "amount_remaining": 0 if paid else total}
        self._account.overlay.replace("/v1/invoices", identifier, value)
        return value

    def _refund_charge(self, refund: Json, options: dict[str, Any]) -> None:
        charge_id = refund.get("charge")
        if not charge_id or not self._exists("/v1/charges", str(charge_id)):
            return
        before = self._alive("/v1/charges", str(charge_id))
        refunded = int(before["amount_refunded"]) + int(refund["amount"])
        after = {**before, "amount_refunded": refunded, "refunded": refunded >= int(before["amount"])}
        self._account.overlay.replace("/v1/charges", str(charge_id), after)
        previous = {key: before[key] for key in ("amount_refunded", "refunded") if before[key] != after[key]}
        self._tell("charge.refunded", "/v1/charges", after, previous, options)

    def _tell_child(
        self,
        child: Child,
        parent: str,
        value: Json,
        previous: Json | None,
        own: str | None,
        event: str | None,
        options: dict[str, Any],
    ) -> None:
        """The child's own event, else (and where another type is asked for) one about its parent."""
        if own is not None and event == DEFAULT_EVENT:
            account = parent if child.parent == "/v1/accounts" and parent != self._account.id else None
            self._account.feed.write(own, value, previous=previous, account=account, **options)
            return
        resource = BY_PATH[child.parent]
        kind = resource.changed if event == DEFAULT_EVENT else event
        if kind is not None and self._exists(child.parent, parent):
            self._tell(kind, child.parent, self._alive(child.parent, parent), {}, options)

    def _tell(self, kind: str, path: str, value: Json, previous: Json | None, options: dict[str, Any]) -> None:
        self._account.feed.write(kind, self._account.render(path, value), previous=previous, **options)


def _times(of: Resource | Child, value: Json, moment: int) -> Json:
    """The times of its own that a new object has, as its API writes them."""
    names = (of.created_field, "updated")
    return {name: rfc3339(moment) if of.is_v2 else moment for name in names if name in value}


def _created(resource: Resource, value: Json, moment: int) -> int:
    """Unix seconds of an object's place in its list."""
    created = value.get(resource.created_field, moment)
    return unix(created) if isinstance(created, str) else int(created)
