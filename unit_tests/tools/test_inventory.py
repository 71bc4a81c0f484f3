"""The inventory tells what a reader of Stripe's API needs to know of each list."""

from typing import Any

import pytest

from tools import sdk
from tools.inventory import inventory


@pytest.fixture(scope="module")
def lists() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = inventory()["lists"]
    return found


def test_every_list_of_the_package_is_counted() -> None:
    found = inventory()
    assert sorted(found["lists"]) == sorted(operation.path for operation in sdk.list_operations())
    assert found["counts"]["v1_lists"] + found["counts"]["v2_lists"] == len(found["lists"])
    assert found["counts"]["events"] == len(found["events"])


def test_a_list_that_filters_by_time_says_so(lists: dict[str, dict[str, Any]]) -> None:
    assert lists["/v1/charges"]["created_filter"]
    assert not lists["/v1/payment_methods"]["created_filter"]
    # `created` is one moment there, ranges are `created_gte` and the like.
    assert not lists["/v2/commerce/product_catalog/imports"]["created_filter"]


def test_times_of_a_filter_are_seconds_under_v1_and_text_under_v2(lists: dict[str, dict[str, Any]]) -> None:
    assert lists["/v1/charges"]["parameters"]["created"] == "integer or range of integer"
    assert lists["/v2/core/events"]["parameters"]["created"] == "range of string"


def test_a_list_that_takes_no_limit_says_so(lists: dict[str, dict[str, Any]]) -> None:
    assert lists["/v1/charges"]["limit"]
    assert not lists["/v1/reporting/report_types"]["limit"]


def test_a_dictionary_stands_with_the_names_it_has_on_the_wire(lists: dict[str, dict[str, Any]]) -> None:
    secrets = lists["/v1/apps/secrets"]
    assert {"scope", "scope[type]", "scope[user]"} <= secrets["parameters"].keys()
    assert secrets["required"] == ["scope", "scope[type]"]
    assert secrets["choices"] == {"scope[type]": ["account", "user"]}


def test_the_values_of_a_filter_are_listed(lists: dict[str, dict[str, Any]]) -> None:
    assert {"active", "all", "canceled"} <= set(lists["/v1/subscriptions"]["choices"]["status"])


def test_rows_that_can_be_deleted_are_told_from_those_that_can_only_be_ended(
    lists: dict[str, dict[str, Any]],
) -> None:
    """A DELETE on a subscription cancels it: the subscription still exists."""
    assert lists["/v1/customers"]["deletable"]
    assert not lists["/v1/subscriptions"]["deletable"]


def test_a_row_is_retrieved_by_the_path_below_its_list(lists: dict[str, dict[str, Any]]) -> None:
    assert lists["/v1/charges"]["retrieve"] == "/v1/charges/{charge}"
    assert lists["/v1/accounts/{account}/persons"]["retrieve"] == "/v1/accounts/{account}/persons/{person}"
    assert lists["/v1/invoices/{invoice}/lines"]["retrieve"] is None


def test_what_has_no_list_can_be_found_by_its_retrieve_path() -> None:
    retrieves = inventory()["retrieves"]
    assert retrieves["/v1/balance"] == ["balance"]
    assert retrieves["/v1/account"] == ["account"]


def test_a_list_names_the_events_of_its_rows(lists: dict[str, dict[str, Any]]) -> None:
    assert "charge.dispute.created" in lists["/v1/disputes"]["events"]
    assert "charge.dispute.created" not in lists["/v1/charges"]["events"]
    assert lists["/v1/balance_transactions"]["events"] == []
