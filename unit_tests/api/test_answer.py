"""Rows that stay as Stripe wrote them say what they would say had they been parsed, and broken answers stay broken."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
import pytest

from source_stripe.api.answer import decompressed, list_of, texts_of

ROWS = [
    {"id": "ch_1", "created": 5, "nested": {"a": [1, {"b": None}], "é": "ü\n\u2028"}, "amount": 12345678901234567},
    {"id": "ch_2", "created": 4, "updated": 9, "is_deleted": False},
    {"created": 4},
    {"id": None, "created": "1"},
    {},
]


def body(rows: Any, has_more: Any = True, indented: bool = False) -> bytes:
    written = {"object": "list", "data": rows, "has_more": has_more, "url": "/v1/charges"}
    return orjson.dumps(written, option=orjson.OPT_INDENT_2 if indented else 0)


@pytest.mark.parametrize("indented", [False, True], ids=["compact", "indented"])
def test_texts_hold_what_was_written_on_one_line_each(indented: bool) -> None:
    found = texts_of(body(ROWS, indented=indented))
    assert found is not None
    assert [bytes(text) for text in found["texts"]] == [orjson.dumps(row) for row in ROWS]
    looked_at = ("id", "created", "updated", "is_deleted")
    assert found["data"] == [{name: row[name] for name in looked_at if name in row} for row in ROWS]
    assert found["has_more"] is True


def test_numbers_stay_as_they_are_written() -> None:
    found = texts_of(b'{"has_more":false,"data":[{"id":"a","rate":1.10,"huge":36893488147419103232}]}')
    assert found is not None
    assert bytes(found["texts"][0]) == b'{"id":"a","rate":1.10,"huge":36893488147419103232}'


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[]",
        b'{"has_more":true,"data":[]}',
        b'{"has_more":true,"data":{}}',
        b'{"data":[{"id":"a"}]}',
        b'{"has_more":true,"data":[{"id":"a"}',
        b'{"has_more":true,"data":[{"id":"a",}]}',
        b'{"has_more":true,"data":[{"id":"a\xff"}]}',
        b'{"has_more":true,"data":[{"id":"a\nb"}]}',
        b'{"has_more":true,"data":[{"id":"\\q"}]}',
        b'{"has_more":true,"data":[{"id":"\\ud800"}]}',
        b'{"has_more":true,"data":[{"id":"a","n":01}]}',
        b'{"has_more":true,"data":[{"id":"a","n":NaN}]}',
        b'{"has_more":true,"data":[{"id":"a"}]} and more',
    ],
)
def test_what_no_list_can_be_parsed_from_holds_no_texts_either(broken: bytes) -> None:
    assert texts_of(broken) is None
    assert list_of(broken) is None


def test_a_list_of_something_else_than_objects_is_parsed() -> None:
    assert texts_of(body(["a"])) == list_of(body(["a"]))


def test_a_body_is_decompressed_in_one_go_or_several() -> None:
    assert decompressed(gzip.compress(b"one")) == b"one"
    assert decompressed(gzip.compress(b"one") + gzip.compress(b"two")) == b"onetwo"
    assert decompressed(b"") == b""


@pytest.mark.parametrize(
    "damaged",
    [b"not gzip", gzip.compress(b"one")[:-1], gzip.compress(b"one" * 50)[:20], gzip.compress(b"one") + b"rest"],
    ids=["not gzip", "without its last byte", "cut off", "followed by something else"],
)
def test_a_body_that_does_not_decompress_is_an_error(damaged: bytes) -> None:
    with pytest.raises((OSError, EOFError)):
        decompressed(damaged)


def test_a_damaged_body_is_not_taken_for_a_whole_one() -> None:
    whole = bytearray(gzip.compress(b"one" * 50))
    whole[-6] ^= 1  # within the checksum
    with pytest.raises((OSError, EOFError)):
        decompressed(bytes(whole))
