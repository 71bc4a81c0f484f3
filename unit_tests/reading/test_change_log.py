"""The newest word on each object wins, whatever order the feed's spans arrive in."""

from __future__ import annotations

from typing import Any

import pytest

from source_stripe.api_version import API_VERSION
from source_stripe.reading.change_log import ChangeLog
from source_stripe.reading.interest import Change, Interest

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
