"""Objects made up from the SDK's types: every field of the right type, values varied, references to what exists.

The values are a function of a number by chance. A field that may be null is so in one case of three, and always where
objects lie too deep in one another. Where an object says its `type` and has a field for each of them, it has that one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integration_tests.sandbox import sdk
from integration_tests.sandbox.blanks import left_out
from integration_tests.sandbox.identity import letters, mix
from integration_tests.sandbox.sdk import Shape
from integration_tests.sandbox.strand import Json
from integration_tests.sandbox.timeline import DAY

# How deep objects within an object go before what may be null or empty is so.
_FIELDS_DEEP, _RESOURCES_DEEP = 5, 2
# The depth of an object that is whole inside another one: it holds no further whole objects.
SHALLOW = _RESOURCES_DEEP

# A class (module, name) and a number by chance to an identifier, or to a whole object, of one that the account has.
Refer = Callable[[tuple[str, str], int], str | None]
Embed = Callable[[tuple[str, str], int], Json | None]


class Draw:
    """Chance for one object, and what its fields are made around (`created` and `end` in Unix seconds)."""

    __slots__ = ("_state", "created", "end", "rfc3339")

    def __init__(self, chance: int, created: int, end: int, rfc3339: bool) -> None:
        self._state = mix(chance)
        self.created = created
        self.end = end
        self.rfc3339 = rfc3339

    def next(self) -> int:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return self._state >> 33

    def moment(self) -> int:
        """Seconds between the object's creation and the end of the history."""
        return self.created + self.next() % max(1, min(30 * DAY, self.end - self.created))


Maker = Callable[[Draw, int], Any]


def rfc3339(moment: int) -> str:
    """Unix seconds as /v2 writes them."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def unix(text: str) -> int:
    """Unix seconds of a time in RFC 3339. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


class Synthesis:
    """Makes objects of one account. `named` answers an identifier for a field's name, where one is meant."""

    def __init__(
        self, *, account: str, livemode: bool, refer: Refer, embed: Embed, named: Callable[[str, bool, int], str | None]
    ) -> None:
        self._account = account
        self._livemode = livemode
        self._refer = refer
        self._embed = embed
        self._named = named
        self._makers: dict[tuple[str, str], Callable[[Draw, int], Json]] = {}

    def make(self, module: str, name: str, draw: Draw, depth: int = 0) -> Json:
        """An object of a class, without the identifier and time that its place in a list gives it."""
        maker = self._makers.get((module, name))
        if maker is None:
            maker = self._makers[module, name] = self._object(sdk.resource_shape(name, module))
        return maker(draw, depth)

    def part(self, shape: Shape, draw: Draw) -> Any:
        """A value for a field that is asked for: not null, although it may be."""
        return self._bare("", shape)(draw, 0)

    def _object(self, shape: Shape) -> Callable[[Draw, int], Json]:
        absent = left_out(shape)
        makers = {n: self._maker(n, f) for n, f in shape.fields.items() if n not in absent}
        switch, cases = _switch(shape)
        full = {name: self._bare(name, shape.fields[name]) for name in cases}

        def make(draw: Draw, depth: int) -> Json:
            made = {name: maker(draw, depth) for name, maker in makers.items() if name not in full}
            for name, maker in full.items():
                made[name] = maker(draw, depth) if made.get(switch) == name else None
            return made

        return make

    def _maker(self, name: str, shape: Shape) -> Maker:
        bare = self._bare(name, shape)
        if not shape.nullable:
            return bare
        deepest = _RESOURCES_DEEP if shape.kind == "resource" else _FIELDS_DEEP

        def maybe(draw: Draw, depth: int) -> Any:
            return None if depth >= deepest or draw.next() % 3 == 0 else bare(draw, depth)

        return maybe

    def _bare(self, name: str, shape: Shape) -> Maker:
        match shape.kind:
            case "string":
                return self._text(name)
            case "integer":
                return _integer(name)
            case "integer_text":
                number = _integer(name)
                return lambda draw, depth: str(number(draw, depth))
            case "literal":
                values = shape.values
                return lambda draw, depth: values[draw.next() % len(values)]
            case "boolean" if name == "livemode":
                return lambda draw, depth: self._livemode
            case "boolean":
                return lambda draw, depth: draw.next() % 2 == 0
            case "number":
                return lambda draw, depth: draw.next() % 10_000 / 100
            case "decimal":
                return lambda draw, depth: f"{draw.next() % 100_000}.{draw.next() % 10}"
            case "object":
                inner = self._object(shape)
                return lambda draw, depth: inner(draw, depth + 1)
            case "resource":
                return self._resource(shape)
            case "expandable":
                return self._reference(shape)
            case "list":
                entry = self._bare(name.removesuffix("s"), shape.of[0])
                return lambda draw, depth: (
                    [] if depth >= _FIELDS_DEEP else [entry(draw, depth + 1) for _ in range(draw.next() % 3)]
                )
            case "map":
                value = self._bare(name, shape.of[0])
                return lambda draw, depth: {f"key_{n}": value(draw, depth + 1) for n in range(draw.next() % 3)}
            case "sublist":
                return lambda draw, depth: {"object": "list", "data": [], "has_more": False, "url": ""}
            case "union":
                parts = [self._bare(name, part) for part in shape.of]
                return lambda draw, depth: parts[draw.next() % len(parts)](draw, depth)
        return lambda draw, depth: f"value-{draw.next() % 1000}"

    def _resource(self, shape: Shape) -> Maker:
        key = class_of(shape)

        def make(draw: Draw, depth: int) -> Json:
            found = self._embed(key, draw.next()) if depth < _RESOURCES_DEEP else None
            return found if found is not None else self.make(*key, draw, depth + 1)

        return make

    def _reference(self, shape: Shape) -> Maker:
        keys = [class_of(part) for part in resources_of(shape)]

        def refer(draw: Draw, depth: int) -> str:
            key = keys[draw.next() % len(keys)] if keys else ("", "object")
            found = self._refer(key, draw.next())
            return found if found is not None else f"{_initials(key[1])}_1{letters(draw.next(), 14)}"

        return refer

    def _text(self, name: str) -> Maker:
        fixed = _TEXTS.get(name)
        if fixed is not None:
            return lambda draw, depth: fixed
        if name == "account":
            return lambda draw, depth: self._account

        def text(draw: Draw, depth: int) -> str:
            found = self._named(name, draw.rfc3339, draw.next())
            if found is not None:
                return found
            if draw.rfc3339 and (name.endswith("_at") or name in _MOMENTS):
                return rfc3339(draw.moment())
            if name.endswith("url"):
                return f"https://example.com/{name}/{draw.next() % 100_000}"
            if name == "id" or name.endswith("_id"):
                return letters(draw.next(), 14)
            if "email" in name:
                return f"someone{draw.next() % 1000}@example.com"
            if name == "last4":
                return f"{draw.next() % 10_000:04d}"
            return f"{name or 'text'}-{draw.next() % 100_000}"

        return text


def class_of(shape: Shape) -> tuple[str, str]:
    """Module and name of a resource's class."""
    name = shape.resource or ""
    return (shape.module or sdk.resource_shape(name).module or "", name)


def resources_of(shape: Shape) -> list[Shape]:
    """The classes that a field may lead to."""
    return [shape] if shape.resource is not None else [found for part in shape.of for found in resources_of(part)]


_MOMENTS = {"created", "updated", "start", "end", "start_date", "end_date", "period_start", "period_end", "expires"}
_TEXTS = {"currency": "usd", "country": "US", "timezone": "Etc/UTC", "state": "CA", "phone": "+15550100100"}


def _integer(name: str) -> Maker:
    if name in _MOMENTS or name.endswith(("_at", "_time", "_date", "_on", "_by", "_anchor")):
        return lambda draw, depth: draw.moment()
    known = {"exp_month": (1, 12), "exp_year": (2027, 7), "month": (1, 12), "day": (1, 28), "year": (1960, 40)}
    low, size = known.get(name, (0, 100_000))
    return lambda draw, depth: low + draw.next() % size


def _switch(shape: Shape) -> tuple[str, list[str]]:
    """The field that says which of the others is there, and those."""
    for name in ("type", "kind", "object", "method_type"):
        field = shape.fields.get(name)
        if field is not None and field.kind == "literal":
            cases = [str(v) for v in field.values if v in shape.fields and shape.fields[str(v)].nullable]
            if cases:
                return name, cases
    return "", []


def _initials(name: str) -> str:
    return "".join(letter for letter in name if letter.isupper()).lower() or "obj"
