"""Columns: what is a time, what is JSON, and that no value is dropped on the way into them."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from source_stripe.ingest.columns import MILLISECONDS, Layout, Row, column_of
from source_stripe.ingest.tables import stream_named
from source_stripe.streams import STREAMS
from tools import sdk
from tools.sdk_types import Scalar, fields_of

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

TELLS_A_TIME = re.compile(r"\b(epoch|timestamps?|dates?|time|when)\b", re.IGNORECASE)

OTHERWISE = {
    "amount_due": False,  # "Final amount due at this time"
    "trial_period_days": False,  # "Default number of trial days when …"
    "version": False,  # "… increases by one when an update …"
    "trial_end": True,  # "… the end of that trial": a Unix timestamp in Stripe's API reference
    "trial_start": True,
    "webhooks_delivered_at": True,  # "Invoices are automatically paid or sent 1 hour after webhooks are delivered"
}
"""Fields whose first sentence in the stripe package misleads → whether they are times."""


@cache
def documented() -> dict[str, set[str]]:
    """What the stripe package says of each whole number among the streams' fields, by its name."""
    said: dict[str, set[str]] = {}
    for kind in {kind for stream in STREAMS for kind in stream.kinds()}:
        cls = sdk.resource_classes()[kind]
        sentences = docstrings(cls)
        for name, field in fields_of(cls).items():
            if isinstance(field, Scalar) and field.kind == "integer":
                said.setdefault(name, set()).add(sentences.get(name, ""))
    return said


def docstrings(cls: type) -> dict[str, str]:
    found = {}
    for base in inspect.getmro(cls):
        if base.__module__.startswith("stripe."):
            (definition,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
            assert isinstance(definition, ast.ClassDef)
            for field, text in zip(definition.body, definition.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                    assert isinstance(field.target, ast.Name)
                    found[field.target.id] = " ".join(str(ast.literal_eval(text.value)).split())
    return found


def kind_of(name: str) -> str:
    return column_of(name, {"type": ["null", "integer"]}).kind


def test_a_whole_number_is_a_time_where_the_stripe_package_says_so_and_nowhere_else() -> None:
    said = documented()
    assert len(said) > 100
    wrong = {}
    for name, sentences in said.items():
        told = {bool(TELLS_A_TIME.search(sentence.split(". ")[0])) for sentence in sentences}
        expected = {OTHERWISE[name]} if name in OTHERWISE else told
        if expected != {kind_of(name) == "timestamp"}:
            wrong[name] = sentences
    assert wrong == {}


def test_the_times_in_milliseconds_are_those_that_the_stripe_package_names() -> None:
    assert {name for name, sentences in documented().items() if "millisecond" in " ".join(sentences)} == MILLISECONDS


def test_the_connectors_own_cursors_are_times() -> None:
    for stream in STREAMS:
        kinds = {column.name: column.kind for column in Layout.of(stream).columns}
        assert kinds[stream.cursor_field] == "timestamp", stream.name


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_stream_has_a_key_and_names_that_the_loader_leaves_as_they_are(stream: Any) -> None:
    from dlt.common.normalizers.naming.snake_case import NamingConvention

    layout = Layout.of(stream)
    naming = NamingConvention()
    assert layout.key
    assert {name for name in layout.hints() if naming.normalize_identifier(name) != name} == set()


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": ["null", "string"]}, "text"),
        ({"type": ["null", "string"], "format": "date-time"}, "timestamp"),
        ({"type": ["null", "integer"]}, "bigint"),
        ({"type": ["null", "number"]}, "double"),
        ({"type": ["null", "integer", "number"]}, "double"),
        ({"type": ["null", "boolean"]}, "bool"),
        ({"type": ["null", "object"]}, "json"),
        ({"type": ["null", "array"]}, "json"),
        ({"type": ["null", "string", "object"]}, "text"),
        ({"type": ["null", "string", "array"]}, "json"),
        ({"type": ["null", "string", "integer", "number", "boolean", "object", "array"]}, "json"),
    ],
)
def test_a_fields_schema_says_its_columns_type(schema: dict[str, Any], kind: str) -> None:
    assert column_of("field", schema).kind == kind


def test_a_field_that_is_asked_for_expanded_is_json() -> None:
    assert column_of("customer", {"type": ["null", "string", "object"]}, expanded=True).kind == "json"


def shown(stream: str, row: Row) -> Row:
    """The row's columns that hold anything, as they come back out of Arrow."""
    (back,) = Layout.of(stream_named(stream)).table([row], NOW).to_pylist()
    return {name: value for name, value in back.items() if value is not None}


def test_values_get_into_their_columns() -> None:
    row = {
        "id": "ch_1",
        "amount": 1_000,
        "created": 1_700_000_000,
        "paid": True,
        "metadata": {"a": "ä"},
        "customer": "cus_1",
        "description": None,
    }
    assert shown("charges", row) == {
        "id": "ch_1",
        "amount": 1_000,
        "created": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        "paid": True,
        "metadata": '{"a":"ä"}',
        "customer": "cus_1",
        "_synced_at": NOW,
    }


def test_times_in_milliseconds_and_in_rfc_3339_are_times_too() -> None:
    assert shown("terminal_readers", {"id": "tmr_1", "last_seen_at": 1_700_000_000_123})["last_seen_at"] == datetime(
        2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC
    )
    assert shown("v2_core_accounts", {"id": "acct_1", "created": "2026-01-02T03:04:05.678Z"})["created"] == datetime(
        2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC
    )


def test_fields_that_the_schema_does_not_know_stand_in_extra() -> None:
    assert shown("charges", {"id": "ch_1", "invented": [1]})["_extra"] == '{"invented":[1]}'


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("amount", 10.5, '{"amount":10.5}'),
        ("amount", "10", '{"amount":"10"}'),
        ("amount", True, '{"amount":true}'),
        ("created", "yesterday", '{"created":"yesterday"}'),
        ("created", 2**60, '{"created":1152921504606846976}'),
        ("paid", "yes", '{"paid":"yes"}'),
        ("description", 7, '{"description":7}'),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_kept_in_extra(name: str, value: object, kept: str) -> None:
    found = shown("charges", {"id": "ch_1", name: value})
    assert name not in found
    assert found["_extra"] == kept


def test_one_value_that_does_not_fit_leaves_the_other_rows_alone() -> None:
    table = Layout.of(stream_named("charges")).table([{"id": "1", "amount": 5}, {"id": "2", "amount": "x"}], NOW)
    assert table["amount"].to_pylist() == [5, None]
    assert table["_extra"].to_pylist() == [None, '{"amount":"x"}']


def test_an_object_in_the_place_of_an_id_leaves_its_id_in_the_column_and_itself_in_extra() -> None:
    found = shown("charges", {"id": "ch_1", "customer": {"id": "cus_1", "name": "A"}})
    assert found["customer"] == "cus_1"
    assert found["_extra"] == '{"customer":{"id":"cus_1","name":"A"}}'
