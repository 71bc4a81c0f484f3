"""What is read from the stripe package is what Stripe's API offers."""

import pytest

from tools import sdk
from tools.sdk_types import Scalar, UnreadableAnnotationError, read_annotation


def list_of(path: str) -> sdk.Operation:
    (found,) = [operation for operation in sdk.list_operations() if operation.path == path]
    return found


def test_every_list_is_found_once() -> None:
    paths = [operation.path for operation in sdk.list_operations()]
    assert len(paths) == len(set(paths))
    assert {"/v1/charges", "/v1/treasury/transactions", "/v2/core/accounts"} <= set(paths)


def test_searches_and_retrieves_are_no_lists() -> None:
    paths = {operation.path for operation in sdk.list_operations()}
    assert not paths & {"/v1/charges/search", "/v1/charges/{charge}", "/v1/balance"}


@pytest.mark.parametrize(
    ("path", "objects", "parents"),
    [
        ("/v1/charges", ("charge",), ()),
        ("/v1/invoices/{invoice}/lines", ("line_item",), ("invoice",)),
        ("/v1/accounts/{account}/external_accounts", ("bank_account", "card"), ("account",)),
        ("/v1/customers/{customer}/sources", ("account", "bank_account", "card", "source"), ("customer",)),
        ("/v2/core/events", ("v2.core.event",), ()),
    ],
)
def test_a_list_names_its_rows_and_its_parents(path: str, objects: tuple[str, ...], parents: tuple[str, ...]) -> None:
    assert list_of(path).objects == objects
    assert list_of(path).parents == parents


@pytest.mark.parametrize(
    ("path", "required"),
    [
        ("/v1/charges", set()),
        ("/v1/issuing/tokens", {"card"}),
        ("/v1/setup_attempts", {"setup_intent"}),
        ("/v1/subscription_items", {"subscription"}),
        ("/v1/treasury/transactions", {"financial_account"}),
    ],
)
def test_a_list_tells_which_parameters_it_needs(path: str, required: set[str]) -> None:
    assert {parameter.name for parameter in list_of(path).parameters if parameter.required} == required


def test_options_of_the_client_are_no_parameters_of_stripes() -> None:
    names = {parameter.name for operation in sdk.operations() for parameter in operation.parameters}
    assert not names & {"api_key", "stripe_account", "idempotency_key", "stripe_version"}


def test_every_object_of_a_list_is_a_known_resource() -> None:
    for operation in sdk.list_operations():
        assert operation.objects, operation.path
        assert set(operation.objects) <= set(sdk.resource_classes())


@pytest.mark.parametrize(
    ("event", "objects"),
    [
        ("charge.succeeded", ("charge",)),
        ("charge.dispute.created", ("dispute",)),
        ("charge.refund.updated", ("refund",)),
        ("customer.subscription.deleted", ("subscription",)),
        ("customer.source.updated", ("bank_account", "card", "source")),
        ("account.external_account.created", ("bank_account", "card")),
        ("invoice.upcoming", ("invoice",)),
        ("treasury.received_debit.created", ("treasury.received_debit",)),
        ("v2.core.account_person.deleted", ("v2.core.account_person",)),
    ],
)
def test_an_event_tells_whose_object_it_carries(event: str, objects: tuple[str, ...]) -> None:
    assert {found.name: found.objects for found in sdk.event_types()}[event] == objects


def test_every_event_tells_whose_object_it_carries() -> None:
    for event in sdk.event_types():
        assert event.objects, event.name
        assert set(event.objects) <= set(sdk.resource_classes())


def test_event_types_of_v1_are_those_that_the_events_list_returns() -> None:
    """Notifications name further v1 changes (`v1.price.activated`) that /v1/events never holds."""
    names = {event.name for event in sdk.event_types() if not event.v2}
    assert "price.updated" in names
    assert not names & {"price.activated", "v1.price.activated"}


def test_an_open_enumeration_is_one_string_with_its_known_values() -> None:
    read = read_annotation("Optional[Union[Literal['b', 'a'], str]]", "stripe._coupon")
    assert read == Scalar("string", choices=("a", "b"))


def test_an_annotation_of_a_new_form_is_refused_and_not_guessed() -> None:
    with pytest.raises(UnreadableAnnotationError, match=r"stripe\._coupon"):
        read_annotation("ClassVar[str]", "stripe._coupon")
