"""The permissions of a selection are those of its streams and of the lists they hang on, and no more."""

from __future__ import annotations

import pytest

from source_stripe.streams import STREAMS
from source_stripe.streams.permissions import KEYS
from tools.permissions import described, main, permissions_of

BY_NAME = {stream.name: stream for stream in STREAMS}


def needed(*names: str) -> list[str]:
    return list(permissions_of(BY_NAME[name] for name in names))


def test_one_permission_for_several_streams_is_named_once() -> None:
    assert needed("charges", "refunds") == ["Charges and Refunds"]


def test_a_child_needs_the_permission_of_its_parent_too() -> None:
    assert needed("payout_balance_transactions") == ["Balance transaction sources", "Payouts"]


def test_a_name_that_stripe_does_not_publish_is_said_to_be_unverified() -> None:
    assert described("Charges and Refunds") == "Charges and Refunds (charge_read)"
    assert described("Climate") == "Climate (name not verified)"


def test_every_known_name_belongs_to_a_stream() -> None:
    assert KEYS.keys() <= {stream.permission for stream in STREAMS}


def test_the_command_prints_one_permission_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["charges", "invoices"]) == 0
    assert capsys.readouterr().out == "Read: Charges and Refunds (charge_read)\nRead: Invoices (invoice_read)\n"


def test_the_command_refuses_a_name_that_no_stream_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["charges", "unicorns"]) == 2
    said = capsys.readouterr()
    assert "unicorns" in said.err
    assert not said.out
