"""How the feed is asked for what the streams want to know."""

from __future__ import annotations

from source_stripe.reading.feed import TYPES_A_REQUEST, groups_of


def types(name: str, count: int) -> frozenset[str]:
    return frozenset(f"{name}.{number}" for number in range(count))


def test_types_of_one_list_are_asked_for_together_so_that_the_order_within_a_second_is_known() -> None:
    families = [types(name, count) for name, count in (("a", 17), ("b", 8), ("c", 6), ("d", 5), ("e", 1))]
    groups = [set(group) for group in groups_of(families)]
    assert all(len(group) <= TYPES_A_REQUEST for group in groups)
    assert all(any(family <= group for group in groups) for family in families)
    assert len(groups) == 2


def test_types_that_two_lists_share_are_asked_for_once() -> None:
    groups = groups_of([types("a", 3), types("a", 5), types("b", 2)])
    assert sorted(kind for group in groups for kind in group) == sorted(types("a", 5) | types("b", 2))


def test_more_types_than_fit_in_a_request_are_split() -> None:
    groups = groups_of([types("a", 45)])
    assert sorted(map(len, groups)) == [5, 20, 20]
