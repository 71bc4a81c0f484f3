"""Each kind of answer means one kind of error, and a sentence that is not known fails the stream."""

import pytest
from airbyte_cdk.models import FailureType

from source_stripe.api.errors import (
    AccountRefused,
    CursorVanished,
    KeyRefused,
    NotEnabled,
    NotFound,
    PermissionMissing,
    Refusal,
    RequestRefused,
    StripeError,
    Unavailable,
    account_named_in,
    error_of,
    retryable,
)

NO_PERMISSION = (
    "The provided key 'rk_test_***' does not have the required permissions for this endpoint on account "
    "'acct_sandbox'. Having the 'rak_charge_read' permission would allow this request to continue."
)
NO_ACCOUNT = "The provided key 'sk_test_***' does not have access to account 'acct_other' (or it does not exist)."


def error(status: int, message: str = "Something.", **fields: str) -> StripeError:
    return error_of(Refusal.of(status, "/v1/charges", {"error": {"message": message, **fields}}, {}))


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (error(401, "Invalid API Key provided: sk_test_****"), KeyRefused),
        (error(401, "Expired API Key provided", code="api_key_expired"), KeyRefused),
        (error(403, NO_PERMISSION, code="more_permissions_required"), PermissionMissing),
        (error(403, NO_PERMISSION), PermissionMissing),
        (error(403, "Something.", code="more_permissions_required"), PermissionMissing),
        (error(403, NO_ACCOUNT, code="account_invalid"), AccountRefused),
        (error(403, NO_ACCOUNT), AccountRefused),
        (error(400, NO_ACCOUNT), AccountRefused),
        (error(403, "Requests from this IP address are not allowed."), RequestRefused),
        (error(400, "No such charge", code="resource_missing", param="starting_after"), CursorVanished),
        (error(404, "No such charge", code="resource_missing", param="id"), NotFound),
        (error(400, "No such customer", code="resource_missing", param="customer"), RequestRefused),
        (error(400, "Your account is not set up to use Issuing. Please visit the Dashboard."), NotEnabled),
        (error(400, "Treasury is not enabled for your account."), NotEnabled),
        (error(404, "Unrecognized request URL (GET: /v1/treasury/transactions). Please see the docs."), NotEnabled),
        (error(400, "Your account is not authorized to send Forwarding requests in livemode."), NotEnabled),
        (error(400, "This endpoint is only available in testmode. Try using your test keys instead."), NotEnabled),
        (error(400, "Received unknown parameter: created", code="parameter_unknown"), RequestRefused),
        (error(400, "A sentence that nobody has seen yet."), RequestRefused),
        (error(400, ""), RequestRefused),
        (error(429), Unavailable),
        (error(500), Unavailable),
        (error(302), RequestRefused),
    ],
)
def test_an_answer_means_one_kind_of_error(refused: StripeError, kind: type[StripeError]) -> None:
    assert type(refused) is kind


@pytest.mark.parametrize(
    "message",
    [
        "The feature that you ask for is not enabled.",
        "This parameter is not available for your request.",
        "Invalid request: limit is not set up correctly.",
        "This account cannot currently make this request.",
    ],
)
def test_an_unknown_400_never_passes_for_a_product_that_is_not_enabled(message: str) -> None:
    assert type(error(400, message)) is RequestRefused


def test_a_product_that_is_not_enabled_is_named() -> None:
    refused = error(400, "Your account is not set up to use Issuing. Please visit the Dashboard.")
    assert isinstance(refused, NotEnabled)
    assert refused.product == "Issuing"


def test_where_no_product_is_named_it_is_the_paths() -> None:
    body = {"error": {"message": "This endpoint is only available in testmode."}}
    refused = error_of(Refusal.of(400, "/v1/test_helpers/test_clocks", body, {}))
    assert isinstance(refused, NotEnabled)
    assert refused.product == "/v1/test_helpers"


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        (KeyRefused, FailureType.config_error),
        (PermissionMissing, FailureType.config_error),
        (AccountRefused, FailureType.config_error),
        (Unavailable, FailureType.transient_error),
        (RequestRefused, FailureType.system_error),
        (CursorVanished, FailureType.system_error),
    ],
)
def test_the_platform_hears_whose_turn_it_is(kind: type[StripeError], failure: FailureType) -> None:
    assert kind.failure_type == failure
    assert kind.cure


def test_an_error_tells_status_path_request_and_stripes_own_words() -> None:
    refusal = Refusal.of(400, "/v1/charges", {"error": {"message": "Something."}}, {"Request-Id": "req_sandbox"})
    assert str(error_of(refusal)) == "HTTP 400 from /v1/charges, request req_sandbox: Something"


@pytest.mark.parametrize("body", [None, [], "text", {}, {"error": "text"}, {"error": {"message": None}}])
def test_a_body_of_another_form_still_makes_an_error(body: object) -> None:
    assert "HTTP 418 without an explanation" in str(error_of(Refusal.of(418, "/v1/charges", body, {})))


@pytest.mark.parametrize(
    ("status", "headers", "again"),
    [
        (409, {}, True),
        (429, {}, True),
        (500, {}, True),
        (503, {}, True),
        (400, {}, False),
        (401, {}, False),
        (403, {}, False),
        (404, {}, False),
        (302, {}, False),
        (400, {"Stripe-Should-Retry": "true"}, True),
        (500, {"Stripe-Should-Retry": "false"}, False),
        (500, {"Stripe-Should-Retry": "perhaps"}, True),
    ],
)
def test_stripes_word_on_trying_again_stands_above_the_status(
    status: int, headers: dict[str, str], again: bool
) -> None:
    assert retryable(status, headers) == again


def test_all_of_stripes_words_are_kept_free_of_keys() -> None:
    key = "sk_test_sandboxKey123"
    error_fields = dict.fromkeys(("message", "type", "code", "param"), f"about {key}")
    refusal = Refusal.of(400, "/v1/charges", {"error": error_fields}, {})
    assert "sandboxKey" not in repr(refusal)
    assert "sandboxKey" not in str(error_of(refusal))


@pytest.mark.parametrize(("message", "account"), [(NO_PERMISSION, "acct_sandbox"), ("Something.", None)])
def test_the_account_of_a_restricted_key_is_found_in_its_refusal(message: str, account: str | None) -> None:
    assert account_named_in(message) == account
