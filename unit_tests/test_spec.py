"""What Airbyte's form asks for and what the connector takes are the same."""

import re
from typing import Any

import jsonschema
import pytest

from source_stripe.config import _OPTIONS, Config, ConfigRefused
from source_stripe.source import SourceStripe

KEYS = (
    "sk_live_sandbox rk_live_sandbox sk_test_sandbox rk_test_sandbox sk_org_sandbox sk_org_live_sandbox "
    "sk_org_test_sandbox pk_live_sandbox sk_sandbox sk_live_ sk_test_sand-box sk_test_sandbóx rk_org_live_sandbox "
    "xsk_test_sandbox sk_org_ whsec_sandbox"
).split()

DATES = (
    "2024-01-31|2024-01-31T00:00:00Z|2024-01-31 00:00|2024-01-31T00:00:00+01:00|2024-01-31T00:00:00.5Z|"
    "2024-01-31T00:00:00-0130|2024-01-31T00:00:00.123456789Z|20240131|2024-W05-3|2024-01-31T00|2024-1-31|"
    "31.01.2024|2024-01-31t00:00|2024-01-31T00:00:00,5|1706659200|2024-01-31Z|²024-01-31"
).split("|")


@pytest.fixture(scope="module")
def specification() -> dict[str, Any]:
    return dict(SourceStripe().spec(None).connectionSpecification)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def properties(specification: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = specification["properties"]
    return found


def test_every_option_is_declared_and_no_other(properties: dict[str, Any]) -> None:
    assert properties.keys() == _OPTIONS


def test_the_key_is_a_secret_under_both_of_its_names(properties: dict[str, Any]) -> None:
    assert {name for name, option in properties.items() if option.get("airbyte_secret")} == {"api_key", "client_secret"}


def test_only_options_of_ours_are_shown(properties: dict[str, Any]) -> None:
    shown = [name for name, option in properties.items() if not option.get("airbyte_hidden")]
    assert shown == [
        "api_key",
        "account_id",
        "start_date",
        "lookback_window_days",
        "incremental",
        "reread_hours",
        "requests_per_second",
    ]


def test_options_stand_in_an_order_and_have_their_words(properties: dict[str, Any]) -> None:
    assert [option["order"] for option in properties.values()] == list(range(len(properties)))
    for name, option in properties.items():
        assert option["title"], name
        assert option["description"], name
        assert option.get("airbyte_hidden") or "pattern" not in option or option["pattern_descriptor"], name


def test_a_guide_is_linked() -> None:
    url = SourceStripe().spec(None).documentationUrl  # type: ignore[arg-type]
    assert url is not None
    assert url.startswith("https://")


@pytest.mark.parametrize("key", KEYS)
def test_the_form_and_the_connector_agree_on_keys(properties: dict[str, Any], key: str) -> None:
    try:
        Config.of({"api_key": key, "account_id": "acct_sandbox"})
        taken = True
    except ConfigRefused:
        taken = False
    assert bool(re.search(properties["api_key"]["pattern"], key)) == taken


@pytest.mark.parametrize("date", DATES)
def test_the_form_and_the_connector_agree_on_dates(properties: dict[str, Any], date: str) -> None:
    try:
        Config.of({"api_key": "sk_test_sandbox", "start_date": date})
        taken = True
    except ConfigRefused:
        taken = False
    assert bool(re.search(properties["start_date"]["pattern"], date)) == taken


@pytest.mark.parametrize(
    "option",
    [
        {"lookback_window_days": -1},
        {"requests_per_second": 0},
        {"call_rate_limit": 0},
        {"num_workers": 0},
        {"slice_range": 0},
        {"incremental": "everything"},
        {"account_id": "sandbox"},
        {"lookback_window_days": 1.5},
        {"reread_hours": {"accounts": 12}},
        {"reread_hours": [{"stream": "accounts"}]},
        {"reread_hours": [{"stream": "accounts", "hours": -1}]},
    ],
)
def test_the_form_refuses_what_the_connector_refuses(specification: dict[str, Any], option: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"api_key": "sk_test_sandbox", **option}, specification)
    ours = {"requests_per_second" if name == "call_rate_limit" else name: value for name, value in option.items()}
    with pytest.raises(ConfigRefused):
        Config.of({"api_key": "sk_test_sandbox", **ours})


def test_defaults_and_examples_are_such_as_would_be_taken(specification: dict[str, Any]) -> None:
    defaults = {name: o["default"] for name, o in specification["properties"].items() if "default" in o}
    examples = {name: o["examples"][-1] for name, o in specification["properties"].items() if "examples" in o}
    for options in (defaults, {**examples, "api_key": "sk_test_sandbox"}):
        options = {"api_key": "sk_test_sandbox", **options}
        jsonschema.validate(options, specification)
        Config.of(options)
