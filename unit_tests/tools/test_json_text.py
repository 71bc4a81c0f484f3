"""Generated JSON is the same for the same content, and reads well in a diff."""

import json

from tools.json_text import to_bytes


def test_the_order_of_keys_does_not_matter() -> None:
    assert to_bytes({"a": 1, "b": {"d": 2, "c": 3}}) == to_bytes({"b": {"c": 3, "d": 2}, "a": 1})


def test_a_small_fact_stands_on_one_line_and_a_large_one_on_several() -> None:
    text = to_bytes({"small": {"type": ["null", "integer"]}, "large": [str(n) * 9 for n in range(9)]}).decode()
    assert '  "small": {"type": ["null", "integer"]}\n' in text
    assert '    "000000000",\n    "111111111",\n' in text


def test_nothing_is_lost_on_the_way() -> None:
    value = {"text": 'a "quote" – ä', "none": None, "empty": {}, "list": [1, {"deep": [True, 1.5]}]}
    assert json.loads(to_bytes(value)) == value


def test_the_text_ends_with_one_newline() -> None:
    assert to_bytes([1]).endswith(b"]\n")
