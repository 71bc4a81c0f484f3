"""What is in the database, and how fresh it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from source_stripe.report.content import Figures
from source_stripe.report.database import Answer, Database, quoted, time

LOADS = "_dlt_loads"
"""dlt's table of what it loaded (https://dlthub.com/docs/general-usage/destination-tables)."""

SYNCED = "_synced_at"
"""The column of `source-stripe ingest` that says when the sync began that brought the row."""

_CREATED = ("created", "date", "created_at")


@dataclass(frozen=True)
class Tables:
    """Every stream's table: how many rows, how new.

    Attributes:
        answer: the statement that was run, and its rows.
        newest: when the newest row of all was created, UTC.
        loaded: when the last load was, UTC; None where the loader left no word of it.
        account: the account's identifier and name, as far as they are known.
        livemode: False for data of test mode or a sandbox; None where rows do not say.
    """

    answer: Answer
    figures: Figures
    newest: datetime | None
    loaded: datetime | None
    account: tuple[str, str]
    livemode: bool | None

    @classmethod
    def of(cls, database: Database) -> Tables:
        loads = database.columns_of(LOADS)
        sql = "\nunion all\n".join(_of_stream(database, stream, "load_id" in loads) for stream in database.streams())
        rows = database.rows(sql)
        dated = [row["newest"] for row in rows if row["newest"]]
        if "inserted_at" in loads:
            moment = time(quoted("inserted_at"), loads["inserted_at"])
            finished = f" where {quoted('status')} = 0" if "status" in loads else ""
            [row] = database.rows(f"select max({moment}) as loaded from {database.table(LOADS)}{finished}")  # noqa: S608 -- quoted names
            loaded = row["loaded"]
        else:
            loaded = max((row["loaded"] for row in rows if row["loaded"]), default=None)
        figures = Figures(
            "Tables",
            ("Table", "Rows", "Deleted at Stripe", "Newest row", "Newest change", "Last loaded"),
            tuple(
                (
                    row["name"],
                    f"{row['present']:,}",
                    f"{row['deleted']:,}" if row["deleted"] else "–",
                    *(_minute(row[name]) for name in ("newest", "changed", "loaded")),
                )
                for row in rows
            ),
            texts=frozenset({3, 4, 5}),
        )
        answer = Answer("Rows and freshness", sql, rows)
        return cls(answer, figures, max(dated, default=None), loaded, _account(database), _livemode(database))


def _of_stream(database: Database, stream: str, has_loads: bool) -> str:
    there = database.columns(stream)
    table = database.table(database.prefix + stream)
    deleted = f"{quoted('is_deleted')} is true" if "is_deleted" in there else "false"
    created = next((name for name in _CREATED if name in there), None)
    changed = next((name for name in there if name == "updated" or name.endswith("_updated")), None)
    loaded = _newest(SYNCED if SYNCED in there else None, there)
    if SYNCED not in there and has_loads and "_dlt_load_id" in there:
        moment = time(quoted("inserted_at"), database.columns_of(LOADS).get("inserted_at"))
        # Load ids are times, of one length: the largest is the last.
        last = f"(select max({quoted('_dlt_load_id')}) from {table})"  # noqa: S608 -- quoted names
        loaded = f"(select max({moment}) from {database.table(LOADS)} where load_id = {last})"  # noqa: S608 -- quoted names
    return (
        f"select '{stream}' as name, count(*) filter (not ({deleted})) as present, "  # noqa: S608 -- quoted names
        f"count(*) filter ({deleted}) as deleted, {_newest(created, there)} as newest, "
        f"{_newest(changed, there)} as changed, {loaded} as loaded from {table}"
    )


def _newest(column: str | None, there: Any) -> str:
    return time(f"max({quoted(column)})", there[column]) if column else "null::timestamp"


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "–"


def _account(database: Database) -> tuple[str, str]:
    there = database.columns("account")
    if "id" not in there:
        return "", ""
    names = [
        f"({quoted(column)} ->> '$.{path}')"
        for column, path in (("business_profile", "name"), ("settings", "dashboard.display_name"))
        if column in there
    ]
    name = f"coalesce({', '.join([*names, repr('')])})"
    rows = database.rows(f"select id, {name} as name from {database.table(database.prefix + 'account')} limit 2")  # noqa: S608 -- quoted names
    return (str(rows[0]["id"]), str(rows[0]["name"])) if len(rows) == 1 else ("", "")


def _livemode(database: Database) -> bool | None:
    for stream in ("charges", "customers", "invoices", "subscriptions", "payouts"):
        if "livemode" in database.columns(stream):
            [row] = database.rows(
                f"select bool_and(livemode) as live from {database.table(database.prefix + stream)}"  # noqa: S608 -- quoted names
            )
            if row["live"] is not None:
                return bool(row["live"])
    return None
