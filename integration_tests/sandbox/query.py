"""A query string as Stripe reads it, checked against the parameters that the SDK knows for the endpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from integration_tests.sandbox.errors import StripeFault, missing_parameter, unknown_parameter
from integration_tests.sandbox.sdk import Parameter, Shape

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def parse(raw: str) -> dict[str, Any]:
    """`created[gte]=1&expand[]=a&expand[1]=b` to nested dicts and lists of texts. Raises StripeFault 400."""
    found: dict[str, Any] = {}
    for key, value in parse_qsl(raw, keep_blank_values=True):
        match = _KEY.match(key)
        if match is None:
            raise unknown_parameter(key)
        name, inner = match.group(1), _BRACKETS.findall(match.group(2))
        if not inner:
            found[name] = value
        elif inner[0] == "" or inner[0].isdigit():
            entries = found.setdefault(name, [])
            if not isinstance(entries, list):
                raise StripeFault(400, f"Invalid array: {name}", param=name)
            entries.append(value)
        else:
            target = found.setdefault(name, {})
            if not isinstance(target, dict):
                raise StripeFault(400, f"Invalid object: {name}", param=name)
            for part in inner[:-1]:
                target = target.setdefault(part, {})
            target[inner[-1]] = value
    return found


def check(query: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The query with integers and booleans as such. Raises StripeFault 400 for what the endpoint does not take."""
    checked: dict[str, Any] = {}
    for name, value in query.items():
        parameter = parameters.get(name)
        if parameter is None:
            raise unknown_parameter(name)
        checked[name] = _convert(name, value, parameter.shape)
    for name, parameter in parameters.items():
        if parameter.required and name not in checked:
            raise missing_parameter(name)
    return checked


def _convert(name: str, value: Any, shape: Shape) -> Any:
    match shape.kind:
        case "union":
            wanted = "object" if isinstance(value, dict) else "list" if isinstance(value, list) else None
            for part in shape.of:
                if (part.kind == wanted) if wanted else part.kind not in ("object", "list"):
                    return _convert(name, value, part)
            raise StripeFault(400, f"Invalid value: {name}", param=name)
        case "object" if isinstance(value, dict):
            for inner in value:
                if inner not in shape.fields:
                    raise unknown_parameter(f"{name}[{inner}]")
            return {inner: _convert(f"{name}[{inner}]", v, shape.fields[inner]) for inner, v in value.items()}
        case "list" if isinstance(value, list):
            return [_convert(name, entry, shape.of[0]) for entry in value]
        case "map" if isinstance(value, dict):
            return value
        case "object" | "map":
            raise StripeFault(400, f"Invalid object: {name}", param=name)
        case "list":
            raise StripeFault(400, f"Invalid array: {name}", param=name)
    if not isinstance(value, str):
        raise StripeFault(400, f"Invalid string: {name}", param=name)
    match shape.kind:
        case "integer":
            if not re.fullmatch(r"-?\d{1,15}", value):
                message = f"Invalid integer: {value}"
                raise StripeFault(400, message, code="parameter_invalid_integer", param=name)
            return int(value)
        case "boolean":
            if value not in ("true", "false"):
                raise StripeFault(400, f"Invalid boolean: {value}", param=name)
            return value == "true"
        case "literal" if value not in shape.values:
            allowed = ", ".join(str(v) for v in shape.values)
            raise StripeFault(400, f"Invalid {name}: must be one of {allowed}", param=name)
    return value
