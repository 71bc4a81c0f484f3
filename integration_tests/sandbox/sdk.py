"""What Stripe is, read from the source text of the installed `stripe` package.

The package is generated from Stripe's OpenAPI document: its services name every endpoint, its parameter classes
what an endpoint takes, its resource classes the fields of an object. The text is parsed rather than imported:
importing all of it costs over a second, and annotations behind `TYPE_CHECKING` cannot be evaluated anyway.
Everything is read when first asked for and kept.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from threading import Lock

_METHOD = re.compile(
    r"\n    def (\w+)\(\s*self,((?:(?!\n    def ).)*?)\) -> (.*?):\n(.*?)(?=\n    (?:async )?def |\Z)", re.DOTALL
)
_REQUEST = re.compile(r'self\._request\(\s*"(get|post|delete)",\s*"([^"]+)"')
_IMPORT = re.compile(r"from (stripe[\w.]*) import \(?\s*([\w\s,]+?)\s*(?:\)|\n)")
_PARAMS = re.compile(r'params: (?:Optional\[\s*)?"(\w+)"')
_RETURNS = re.compile(r'ListObject\[\s*(?:Union\[)?\s*([^\]"]+)')
_SERVICE = re.compile(r"^class (\w+)\(StripeService\)", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Shape:
    """The type of a field: one of `kind`, with what it is made of.

    kind: string, integer, integer_text (a whole number as a text),
    number, decimal, boolean, literal, object (fields of its own), resource (another class),
    list, sublist (a Stripe list object), map, expandable, union, any.
    """

    kind: str
    nullable: bool = False
    values: tuple[str | int | bool, ...] = ()
    of: tuple[Shape, ...] = ()
    resource: str | None = None
    module: str | None = None
    fields: dict[str, Shape] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Parameter:
    """One parameter of an endpoint: its shape, and whether the SDK says that it must be there."""

    name: str
    shape: Shape
    required: bool


@dataclass(frozen=True)
class Endpoint:
    """One service method. `path` holds placeholders (`/v1/invoices/{invoice}/lines`); `items` are the class names
    of what it returns (several for a union), of one entry where `is_list`. `service` is where the method is:
    `stripe._charge_service.ChargeService`."""

    method: str
    path: str
    name: str
    items: tuple[str, ...]
    is_list: bool
    params_class: str | None
    service: str
    modules: dict[str, str] = field(compare=False)

    @property
    def item(self) -> str:
        return self.items[0]

    @property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(_PLACEHOLDER.findall(self.path))

    @property
    def parameters(self) -> dict[str, Parameter]:
        if self.params_class is None:
            return {}
        return _parameters(self.modules[self.params_class], self.params_class)


def package_root() -> Path:
    """Where the `stripe` package lies. Raises ModuleNotFoundError when it is not installed."""
    spec = importlib.util.find_spec("stripe")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the sandbox needs the `stripe` package")
    return Path(spec.origin).parent


@cache
def api_version() -> str:
    """The API version that the installed package's types describe, e.g. `2025-03-31.basil`."""
    text = (package_root() / "_api_version.py").read_text()
    match = re.search(r'CURRENT = "([^"]+)"', text)
    if match is None:
        raise RuntimeError("the stripe package names no API version")
    return match.group(1)


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Every GET and DELETE endpoint of the package's services, in the order of their paths."""
    found: dict[tuple[str, str], Endpoint] = {}
    for file in sorted(package_root().rglob("*_service.py")):
        if "test_helpers" in file.parts and "v2" in file.parts:
            continue
        text = file.read_text()
        modules = {
            name.strip(): module for module, names in _IMPORT.findall(text) for name in names.split(",") if name.strip()
        }
        place = ".".join(("stripe", *file.relative_to(package_root()).with_suffix("").parts))
        service = ".".join((place, *_SERVICE.findall(text)[:1]))
        for name, signature, returns, body in _METHOD.findall(text):
            request = _REQUEST.search(body)
            if request is None or request.group(1) == "post":
                continue
            params = _PARAMS.search(signature)
            items = _RETURNS.search(returns)
            names = items.group(1) if items else returns.strip().strip('"')
            endpoint = Endpoint(
                method=request.group(1),
                path=request.group(2),
                name=name,
                items=tuple(name.strip() for name in names.split(",") if name.strip()),
                is_list=items is not None and "Search" not in returns,
                params_class=params.group(1) if params else None,
                service=service,
                modules=modules,
            )
            found.setdefault((endpoint.method, endpoint.path), endpoint)
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[1], key[0])))


@cache
def list_endpoints() -> dict[str, Endpoint]:
    """Path to endpoint, for every list of the package."""
    return {endpoint.path: endpoint for endpoint in endpoints() if endpoint.method == "get" and endpoint.is_list}


@cache
def get_endpoint(path: str) -> Endpoint | None:
    """The GET endpoint of exactly this path (placeholders as in the SDK), if there is one."""
    return next((e for e in endpoints() if e.method == "get" and e.path == path), None)


@cache
def class_modules() -> dict[str, str]:
    """Name of a resource class to the module that defines it; of namesakes (`Product` and `climate.Product`) the one
    of the core API."""
    modules: dict[str, str] = {}
    for endpoint in endpoints():
        for name, module in endpoint.modules.items():
            known = modules.get(name)
            if ".params" not in module and (known is None or module.count(".") < known.count(".")):
                modules[name] = module
    return modules


@cache
def module_of(name: str, path: str) -> str:
    """The module of a class as the endpoints at and below a path know it. Raises KeyError where none does."""
    for endpoint in endpoints():
        if endpoint.path.startswith(path) and name in endpoint.modules:
            return endpoint.modules[name]
    raise KeyError(f"{name} at {path}")


@cache
def resource_shape(name: str, module: str | None = None) -> Shape:
    """The fields of a resource class. Raises KeyError for a class that the package does not have."""
    module = module or class_modules().get(name) or _guess_module(name)
    tree = _tree(module)
    scope = _Scope({}, _imports(module))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            fields = _class_fields(node, scope)
            # In answers these two come first and the others in the order of the alphabet, as in the package.
            first = {field: fields[field] for field in ("id", "object") if field in fields}
            return Shape("object", resource=name, module=module, fields={**first, **fields})
    raise KeyError(name)


@cache
def object_name(name: str, module: str | None = None) -> str:
    """What a resource class writes into `object`: `Charge` is `charge`."""
    shape = resource_shape(name, module).fields.get("object")
    return str(shape.values[0]) if shape and shape.values else name.lower()


@cache
def event_types() -> frozenset[str]:
    """Every type an event may have, as `Event.type` lists them."""
    return frozenset(str(value) for value in resource_shape("Event").fields["type"].values)


def _guess_module(name: str) -> str:
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    candidates = [f"_{snake}.py", *(f"{d.name}/_{snake}.py" for d in package_root().iterdir() if d.is_dir())]
    for candidate in candidates:
        if (package_root() / candidate).exists():
            return "stripe." + candidate.removesuffix(".py").replace("/", ".")
    raise KeyError(name)


_parsing = Lock()


@cache
def _tree(module: str) -> ast.Module:
    file = package_root() / (module.removeprefix("stripe.").replace(".", "/") + ".py")
    with _parsing:  # two threads in `ast.parse` at once can end in a SystemError (seen with CPython 3.11)
        return ast.parse(file.read_text())


@dataclass(frozen=True)
class _Scope:
    """What names mean where an annotation stands: nested classes, and imports (module and name there)."""

    classes: dict[str, ast.ClassDef]
    imports: dict[str, tuple[str, str]]


@cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    return {
        alias.asname or alias.name: (str(node.module), alias.name)
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@cache
def _parameters(module: str, name: str) -> dict[str, Parameter]:
    classes = {node.name: node for node in _tree(module).body if isinstance(node, ast.ClassDef)}
    scope = _Scope(classes, {})
    found: dict[str, Parameter] = {}
    for statement in classes[name].body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            annotation = statement.annotation
            optional = _subscript_name(annotation) == "NotRequired"
            inner = annotation.slice if optional and isinstance(annotation, ast.Subscript) else annotation
            key = statement.target.id
            found[key] = Parameter(key, _shape(inner, scope), not optional)
    return found


def _class_fields(node: ast.ClassDef, outer: _Scope) -> dict[str, Shape]:
    nested = {n.name: n for n in node.body if isinstance(n, ast.ClassDef)}
    scope = _Scope({**outer.classes, **nested}, outer.imports)
    # On the wire some fields have other names (Python's reserved words) and forms (/v2 sends 64-bit numbers as text).
    names, encodings = _class_table(node, "_field_remappings"), _class_table(node, "_field_encodings")
    return {
        names.get(statement.target.id, statement.target.id): _encoded(
            _shape(statement.annotation, scope), encodings.get(statement.target.id)
        )
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and _subscript_name(statement.annotation) != "ClassVar"
        and not statement.target.id.startswith("_")
    }


def _class_table(node: ast.ClassDef, name: str) -> dict[str, str]:
    """A class attribute that is a dictionary of texts; {} where the class has none of that name."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Dict() as table) if found == name:
                return {str(key): str(value) for key, value in ast.literal_eval(table).items()}
    return {}


def _encoded(shape: Shape, encoding: str | None) -> Shape:
    if encoding == "int64_string" and shape.kind == "integer":
        return replace(shape, kind="integer_text")
    return shape


_SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "Decimal": "decimal"}


def _shape(node: ast.expr, scope: _Scope) -> Shape:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _shape(ast.parse(node.value, mode="eval").body, scope)
    if isinstance(node, ast.BinOp):
        return Shape("union", of=(_shape(node.left, scope), _shape(node.right, scope)))
    if isinstance(node, ast.Name):
        if node.id in _SCALARS:
            return Shape(_SCALARS[node.id])
        if node.id in scope.classes:
            return Shape("object", fields=_class_fields(scope.classes[node.id], scope))
        if node.id in ("Any", "object"):
            return Shape("any")
        if node.id in ("StripeObject", "UntypedStripeObject", "Dict"):
            return Shape("map", of=(Shape("any"),))
        # A namesake is imported under another name: `from stripe._dispute import Dispute as DisputeResource`.
        source, original = scope.imports.get(node.id, (None, node.id))
        return Shape("resource", resource=original, module=source)
    if not isinstance(node, ast.Subscript):
        return Shape("any")
    name = _subscript_name(node)
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Literal":
        return Shape("literal", values=tuple(a.value for a in arguments if isinstance(a, ast.Constant)))  # type: ignore[misc]
    parts = tuple(_shape(argument, scope) for argument in arguments)
    if name == "Optional":
        inner = parts[0]
        return replace(inner, nullable=True)
    if name == "Union":
        literals = [part for part in parts if part.kind == "literal"]
        if literals and all(part.kind in ("literal", "string") for part in parts):
            return literals[0]
        return Shape("union", of=parts)
    kinds = {"List": "list", "ListObject": "sublist", "ExpandableField": "expandable"}
    if name in kinds:
        return Shape(kinds[name], of=parts)
    if name in ("UntypedStripeObject", "Dict"):
        return Shape("map", of=(parts[-1],))
    if name == "NotRequired":
        return parts[0]
    return Shape("any")


def _subscript_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return node.value.id
    return None
