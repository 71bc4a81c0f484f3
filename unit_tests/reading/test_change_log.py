"""The newest word on each object wins, whatever order the feed's spans arrive in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.utils import AirbyteTracedException

from source_stripe.api_version import API_VERSION
from source_stripe.reading.change_log import ChangeLog
from source_stripe.reading.interest import Change, Interest, Through

INTEREST = Interest(
    types=frozenset({"coupon.created", "coupon.updated", "coupon.deleted", "coupon.odd.deleted"}),
    deletions=frozenset({"coupon.deleted"}),
    resources=frozenset({"coupon"}),
    announced=True,
    retrieve="/v1/coupons/{coupon}",
)


def event(kind: str, second: int, version: str = API_VERSION, **fields: Any) -> dict[str, Any]:
    payload = {"id": "off", "object": "coupon", "created": 5, "name": kind, **fields}
    return {"type": f"coupon.{kind}", "created": second, "api_version": version, "data": {"object": payload}}


def newest(*events: dict[str, Any], interest: Interest = INTEREST) -> Change:
    log = ChangeLog(interest)
    for each in events:
        log.note(each)
    ((change,),) = log.changes()
    return change


@pytest.mark.parametrize("turned", [False, True])
def test_an_older_second_never_replaces_a_newer_one(turned: bool) -> None:
    events = [event("updated", 20, name="new"), event("updated", 10, name="old")]
    assert newest(*(reversed(events) if turned else events)).content["name"] == "new"


@pytest.mark.parametrize("turned", [False, True])
def test_a_creation_never_beats_an_update_of_its_second(turned: bool) -> None:
    events = [event("updated", 10), event("created", 10)]
    change = newest(*(reversed(events) if turned else events))
    assert (change.content["name"], change.complete) == ("updated", True)


def test_of_two_updates_in_a_second_the_first_in_the_feed_stands() -> None:
    assert newest(event("updated", 10, name="last"), event("updated", 10, name="first")).content["name"] == "last"


@pytest.mark.parametrize("other", ["created", "updated"])
@pytest.mark.parametrize("turned", [False, True])
def test_what_was_deleted_and_something_else_in_one_second_is_looked_up(other: str, turned: bool) -> None:
    events = [event("deleted", 10), event(other, 10)]
    change = newest(*(reversed(events) if turned else events))
    assert (change.deleted, change.complete) == (False, False)


def test_a_later_second_settles_what_was_in_doubt() -> None:
    change = newest(event("deleted", 10), event("created", 10), event("deleted", 11))
    assert change.deleted


def test_a_deletion_that_the_declaration_does_not_know_is_looked_up() -> None:
    change = newest(event("odd.deleted", 10))
    assert (change.deleted, change.complete) == (False, False)


def test_of_another_version_no_more_is_kept_than_every_version_has() -> None:
    change = newest(event("deleted", 10, version="2024-06-20"))
    assert change.content == {"id": "off", "object": "coupon", "created": 5}


@pytest.mark.parametrize(
    ("payload", "complete"),
    [
        ({"promotion": None}, True),
        ({"promotion": {"code": "a"}}, True),
        ({"promotion": "promo_1"}, False),
        ({"promotion": ["promo_1"]}, False),
        ({"promotion": []}, True),
        ({}, False),
        ({"promotion": None, "lines": {"object": "list", "data": [], "has_more": True}}, False),
        ({"promotion": None, "lines": {"object": "list", "data": [{"id": "l"}] * 9, "has_more": True}}, False),
        ({"promotion": None, "lines": {"object": "list", "data": [{"id": "l"}] * 10, "has_more": True}}, True),
        ({"promotion": None, "lines": {"object": "list", "data": [], "has_more": False}}, True),
    ],
)
def test_a_payload_stands_for_the_row_only_if_it_shows_all_of_it(payload: dict[str, Any], complete: bool) -> None:
    interest = Interest(**{**vars(INTEREST), "expansions": ("promotion",)})
    assert newest(event("updated", 10, **payload), interest=interest).complete is complete


@pytest.mark.parametrize(
    "fields", [{"id": None}, {"object": "card"}], ids=["without an id", "of another kind of object"]
)
def test_events_about_something_else_are_passed_over(fields: dict[str, Any]) -> None:
    log = ChangeLog(INTEREST)
    log.note(event("updated", 10, **fields))
    assert list(log.changes()) == []


def test_changes_come_youngest_object_first() -> None:
    log = ChangeLog(INTEREST)
    for number in (3, 9, 1):
        log.note(event("updated", 10, id=f"c{number}", created=number))
    assert [change.created for chunk in log.changes() for change in chunk] == [9, 3, 1]


CUSTOMERS = Interest(
    types=frozenset({"customer.updated", "customer.deleted"}),
    deletions=frozenset({"customer.deleted"}),
    resources=frozenset({"customer"}),
    announced=True,
    retrieve="/v1/customers/{customer}",
    through=(
        Through(
            "customer_cards",
            types=frozenset({"customer.source.created", "customer.source.deleted"}),
            deletions=frozenset({"customer.source.deleted"}),
            resources=frozenset({"card"}),
            parent_field="customer",
        ),
    ),
)


def customer(kind: str, second: int) -> dict[str, Any]:
    payload = {"id": "cus_1", "object": "customer", "created": 5}
    return {"type": f"customer.{kind}", "created": second, "api_version": API_VERSION, "data": {"object": payload}}


def card(kind: str, second: int, version: str = API_VERSION, name: str = "card_1") -> dict[str, Any]:
    payload = {"id": name, "object": "card", "customer": "cus_1", "last4": str(second)}
    event = {"type": f"customer.source.{kind}", "created": second, "api_version": version}
    return {**event, "data": {"object": payload}}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("own", "second", "complete"),
    [(20, 20, True), (10, 10, False), (9, 10, False)],
    ids=["its own word is newer", "both in one second", "its own word is older"],
)
def test_a_row_is_looked_up_unless_its_own_word_is_newer_than_what_hangs_on_it(
    own: int, second: int, complete: bool, turned: bool
) -> None:
    events = [customer("updated", own), card("created", 10)]
    change = newest(*(reversed(events) if turned else events), interest=CUSTOMERS)
    assert (change.id, change.second, change.complete, change.own) == ("cus_1", second, complete, True)


@pytest.mark.parametrize("turned", [False, True])
def test_of_what_was_taken_off_twice_the_newest_word_stands(turned: bool) -> None:
    events = [card("deleted", 10), card("created", 11), card("deleted", 12), card("deleted", 3, name="card_2")]
    change = newest(*(reversed(events) if turned else events), interest=CUSTOMERS)
    assert (change.own, change.content) == (False, {"id": "cus_1"})
    assert {each.id: (each.second, each.content["last4"]) for each in change.removed} == {
        "card_1": (12, "12"),
        "card_2": (3, "3"),
    }


def test_of_what_was_taken_off_in_another_version_no_more_is_kept_than_every_version_has() -> None:
    (removed,) = newest(card("deleted", 10, version="2024-06-20"), interest=CUSTOMERS).removed
    assert removed.content == {"id": "card_1", "object": "card"}


def test_what_a_deleted_row_lost_keeps_its_last_content() -> None:
    change = newest(customer("deleted", 10), card("deleted", 10), interest=CUSTOMERS)
    assert (change.deleted, change.complete) == (False, False), "looked up, for the tie"
    assert change.content == {"id": "cus_1", "object": "customer", "created": 5}


MUCH = """
import resource
from source_stripe.reading.change_log import ChangeLog
from unit_tests.reading.test_change_log import INTEREST, event

log = ChangeLog(INTEREST)
for number in range(1_000):
    log.note(event("updated", number, id=f"c{number}", description="x" * 3_000))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number in range(40_000):
    log.note(event("updated", number, id=f"c{number * 7_919 % 40_000}", created=number, description="x" * 3_000))
seen = sum(len(chunk) for chunk in log.changes())
assert seen == 40_000, seen
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1_024)
"""


def test_memory_stays_flat_however_much_there_is_to_note() -> None:
    """120 MB of events; half a million of them, 1.5 GB, take no more (7 MB both)."""
    root = Path(__file__).parents[2]
    grown = subprocess.run([sys.executable, "-c", MUCH], cwd=root, capture_output=True, text=True, check=True).stdout
    assert int(grown) < 30  # MB


def test_a_full_disk_is_told_in_one_sentence() -> None:
    log = ChangeLog(INTEREST)
    log.note(event("updated", 10))
    assert log._database is not None
    log._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(AirbyteTracedException, match="SQLITE_TMPDIR"):
        log.note(event("updated", 10, id="much", description="x" * 30_000))
