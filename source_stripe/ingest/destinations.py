"""Where rows go: database URIs as dlt's destinations.

DuckDB and Postgres are run by the tests; for the others dlt's own word is taken, and the tests hold the URIs alone.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from source_stripe.api.keys import shown
from source_stripe.ingest.refusal import Refused

LONGEST_PORT = 5
"""Digits."""

FileFormat = Literal["parquet", "csv", "jsonl"]


@dataclass(frozen=True)
class Destination:
    """A place to load into, as dlt names it.

    Attributes:
        kind: dlt's name of the destination, which is that of its extra as well.
        settings: what dlt's destination of that name takes; may hold a password.
        shown: the place without the password.
        file_format: in which rows travel there fastest, or that are kept, where files are the destination.
        merges: rows can be updated; else every version of a row is kept.
        path: of a database that is a file on this machine.
    """

    kind: str
    settings: Mapping[str, Any] = field(repr=False)
    shown: str
    file_format: FileFormat = "parquet"
    merges: bool = True
    path: Path | None = None

    @property
    def identity(self) -> str:
        """The same for all URIs' spellings that differ in the password alone, and different from place to place."""
        return hashlib.sha256(f"{self.kind} {self.path or self.shown}".encode()).hexdigest()


@dataclass(frozen=True)
class _Parts:
    uri: str
    scheme: str
    user: str | None
    password: str | None
    host: str | None
    port: int | None
    path: str
    query: dict[str, str]

    @classmethod
    def of(cls, uri: str) -> _Parts:
        try:
            parts = urlsplit(uri)
            user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            return cls(uri, parts.scheme, user, password, parts.hostname, parts.port, unquote(parts.path), query)
        except ValueError:
            raise Refused("--dest-uri is no URI: write it as duckdb:///stripe.duckdb or postgresql://…") from None

    @property
    def shown(self) -> str:
        """Without anything that may be a secret: no password, no parameters."""
        host = f"{self.host}:{self.port}" if self.port else self.host or ""
        return urlunsplit((self.scheme, host, self.path, "", ""))

    def without_driver(self, scheme: str) -> str:
        return scheme + self.uri[len(self.scheme) :]

    def need(self, what: str, value: str | None, example: str) -> str:
        if not value:
            raise Refused(f"--dest-uri names no {what}: write it as {example}")
        return value


def destination_of(uri: str) -> Destination:
    """The destination that a URI names.

    Raises:
        Refused: it names none, or not all that is needed.
    """
    if uri.startswith("md:") and not uri.startswith("md://"):
        uri = f"md://{uri[3:]}"
    parts = _Parts.of(uri)
    scheme = parts.scheme.partition("+")[0]
    if scheme not in _MAPPED:
        nearest = difflib.get_close_matches(scheme, _MAPPED, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(sorted(_MAPPED))}."
        raise Refused(f"--dest-uri begins with {scheme + '://' if scheme else 'nothing'!r}, which is not known: {hint}")
    return _MAPPED[scheme](parts)


def secrets_in(uri: str) -> list[str]:
    """What must not be shown of a URI: the password, as it is written and as it is meant, and what parameters hold."""
    try:
        parts = urlsplit(uri)
        written = [parts.password or "", *(value for _, value in parse_qsl(parts.query))]
    except ValueError:
        return [uri]
    return sorted({secret for text in written for secret in (text, unquote(text)) if len(secret) > 3}, key=len)[::-1]


def _duckdb(parts: _Parts) -> Destination:
    # duckdb:///stripe.duckdb is a file here, duckdb:////data/stripe.duckdb one from the root on.
    name = parts.need("file", (parts.host or "") + parts.path.removeprefix("/"), "duckdb:///stripe.duckdb")
    try:
        path = Path(name).expanduser().resolve()
        folder = path.is_dir()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL in it, a home that nobody has
        raise Refused(f"--dest-uri names {shown(name)}, which can be no file: {_reason(error)}.") from None
    if folder:
        raise Refused(f"--dest-uri names {name}, which is a folder: name a file, such as {path / 'stripe.duckdb'}.")
    return Destination("duckdb", {"path": path}, parts.shown, path=path)


def _postgres(parts: _Parts) -> Destination:
    parts.need("database", parts.path.strip("/"), "postgresql://user:password@host:5432/database")
    credentials = {"credentials": parts.without_driver("postgresql")}
    return Destination("postgres", credentials, parts.shown, file_format="csv")


def _redshift(parts: _Parts) -> Destination:
    parts.need("database", parts.path.strip("/"), "redshift://user:password@host:5439/database")
    return Destination("redshift", {"credentials": parts.without_driver("redshift")}, parts.shown)


def _motherduck(parts: _Parts) -> Destination:
    database = (parts.host or parts.path.strip("/")) or "my_db"
    token = parts.query.get("motherduck_token") or parts.query.get("token")
    credentials = {"database": database, **({"password": token} if token else {})}
    return Destination("motherduck", {"credentials": credentials}, f"md:{database}")


def _snowflake(parts: _Parts) -> Destination:
    example = "snowflake://user:password@account/database?warehouse=…&role=…"
    parts.need("account", parts.host, example)
    database = parts.need("database", parts.path.strip("/").partition("/")[0], example)
    credentials = {
        "username": parts.need("user", parts.user, example),
        "password": parts.password,
        "host": parts.host,
        "database": database,
        **{name: value for name, value in parts.query.items() if name in ("warehouse", "role")},
    }
    return Destination("snowflake", {"credentials": credentials}, parts.shown)


def _bigquery(parts: _Parts) -> Destination:
    settings: dict[str, Any] = {}
    example = "bigquery://project?credentials_path=key.json&location=EU"
    project = parts.need("project", parts.host or parts.path.strip("/"), example)
    if path := parts.query.get("credentials_path"):
        try:
            settings["credentials"] = Path(path).expanduser().read_text(encoding="utf-8")
        except (OSError, ValueError, RuntimeError) as error:
            raise Refused(f"credentials_path of --dest-uri, {path}, cannot be read ({_reason(error)}).") from None
    # Without a key file it is the machine's own login that counts.
    if location := parts.query.get("location"):
        settings["location"] = location
    return Destination("bigquery", settings | {"project_id": project}, f"bigquery://{project}")


def _databricks(parts: _Parts) -> Destination:
    example = "databricks://token:dapi…@host?http_path=/sql/1.0/warehouses/…&catalog=main"
    credentials = {
        "server_hostname": parts.need("host", parts.host, example),
        "http_path": parts.need("http_path", parts.query.get("http_path"), example),
        "access_token": parts.need("token", parts.password, example),
        "catalog": parts.query.get("catalog", "main"),
    }
    return Destination("databricks", {"credentials": credentials}, parts.shown)


def _clickhouse(parts: _Parts) -> Destination:
    example = "clickhouse://user:password@host:9440/database?http_port=8443&secure=1"
    credentials: dict[str, Any] = {
        "host": parts.need("host", parts.host, example),
        "username": parts.user or "default",
        "password": parts.password,
        "database": parts.path.strip("/") or "default",
    }
    numbers = {"port": parts.port, "http_port": parts.query.get("http_port"), "secure": parts.query.get("secure")}
    for name, value in numbers.items():
        if isinstance(value, str) and not (value.isdecimal() and len(value) <= LONGEST_PORT):
            raise Refused(f"--dest-uri gives {name} as {shown(value)}, but it has to be a whole number: {example}")
        if value is not None:
            credentials[name] = int(value)
    return Destination("clickhouse", {"credentials": credentials}, parts.shown)


def _files(parts: _Parts) -> Destination:
    if parts.scheme == "file":
        url = parts.need("folder", parts.path, "file:///data/stripe")
    else:
        parts.need("bucket", parts.host, "s3://bucket/folder")
        url = parts.uri
    settings = {"bucket_url": url}
    return Destination("filesystem", settings, parts.shown, merges=False)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


_MAPPED: Mapping[str, Callable[[_Parts], Destination]] = {
    "duckdb": _duckdb,
    "postgres": _postgres,
    "postgresql": _postgres,
    "redshift": _redshift,
    "motherduck": _motherduck,
    "md": _motherduck,
    "snowflake": _snowflake,
    "bigquery": _bigquery,
    "databricks": _databricks,
    "clickhouse": _clickhouse,
    "file": _files,
    "s3": _files,
    "gs": _files,
    "az": _files,
}
"""What a URI may begin with."""
