"""Every way in which a user may say what to read, and one clear sentence for each that cannot work."""

import logging
from typing import Any

import pytest

from source_stripe.config import STRIPE_API, Config, ConfigRefused, normalised, warn_of_unknown
from source_stripe.reading.listing import STRIPE_BEGAN

KEY = "sk_test_sandboxKey123"
SECRET_PART = "sandboxKey123"


def config_of(**options: Any) -> Config:
    return Config.of(normalised({"api_key": KEY, **options}, environment={}))


def sentence_for(raw: dict[str, Any], environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigRefused) as refusal:
        Config.of(normalised(raw, environment or {}))
    return str(refusal.value)


# --- what is taken


def test_a_key_alone_is_enough() -> None:
    assert config_of() == Config(
        api_key=KEY,
        account_id=None,
        start=STRIPE_BEGAN,
        lookback_seconds=0,
        requests_per_second=25,
        incremental="changes",
        api_base=STRIPE_API,
    )


def test_every_option_is_understood() -> None:
    config = config_of(
        account_id="acct_sandbox",
        start_date="2024-01-31",
        lookback_window_days=2,
        requests_per_second=7,
        incremental="created",
        reread_hours=[{"stream": "accounts", "hours": 12}, {"stream": "balance", "hours": 0}],
        api_base="http://127.0.0.1:12111/",
        num_workers=4,
        slice_range=30,
    )
    assert config == Config(
        api_key=KEY,
        account_id="acct_sandbox",
        start=1_706_659_200,
        lookback_seconds=172_800,
        requests_per_second=7,
        incremental="created",
        reread_seconds={"accounts": 43_200, "balance": 0},
        api_base="http://127.0.0.1:12111",
    )


def test_the_configuration_of_airbytes_own_source_works_unchanged() -> None:
    theirs = {
        "client_secret": KEY,
        "account_id": "acct_sandbox",
        "start_date": "2017-01-25T00:00:00Z",
        "lookback_window_days": 1,
        "slice_range": 365,
        "num_workers": 10,
        "call_rate_limit": 20,
    }
    config = Config.of(normalised(theirs, environment={}))
    assert (config.api_key, config.requests_per_second, config.start) == (KEY, 20, 1_485_302_400)


def test_our_names_win_over_airbytes() -> None:
    options = normalised({"api_key": KEY, "client_secret": "sk_test_other", "call_rate_limit": 1}, environment={})
    assert options == {"api_key": KEY, "requests_per_second": 1}


def test_the_wrapped_form_works_with_the_key_from_the_environment() -> None:
    raw = {"source": {"type": "stripe", "config": {"api_key": "${STRIPE_API_KEY}"}}}
    assert Config.of(normalised(raw, environment={"STRIPE_API_KEY": KEY})).api_key == KEY


@pytest.mark.parametrize("name", ["api_key", "client_secret"])
def test_the_key_may_come_from_the_environment_in_the_plain_form(name: str) -> None:
    assert Config.of(normalised({name: "${MY_KEY}"}, environment={"MY_KEY": f" {KEY}\n"})).api_key == KEY


def test_nothing_but_the_key_is_filled_in_from_the_environment() -> None:
    environment = {"HOME_ACCOUNT": "acct_sandbox"}
    options = normalised({"api_key": KEY, "account_id": "${HOME_ACCOUNT}"}, environment)
    assert options["account_id"] == "${HOME_ACCOUNT}"


def test_a_variable_is_not_filled_in_as_part_of_a_key() -> None:
    assert normalised({"api_key": "sk_test_${HOME}"}, {"HOME": "x"})["api_key"] == "sk_test_${HOME}"


def test_white_space_around_a_key_is_no_part_of_it() -> None:
    assert config_of(api_key=f" {KEY}\n").api_key == KEY


@pytest.mark.parametrize("empty", [None, ""])
def test_an_option_left_empty_counts_as_not_given(empty: object) -> None:
    assert config_of(account_id=empty, start_date=empty, requests_per_second=empty, api_base=empty) == config_of()


@pytest.mark.parametrize(
    ("key", "requests_per_second"),
    [
        ("sk_live_sandbox", 100),
        ("rk_live_sandbox", 100),
        ("sk_test_sandbox", 25),
        ("rk_test_sandbox", 25),
        ("sk_org_live_sandbox", 100),
        ("sk_org_test_sandbox", 25),
        ("sk_org_sandbox", 100),
    ],
)
def test_each_kind_of_key_is_taken_and_brings_stripes_own_limit(key: str, requests_per_second: int) -> None:
    assert config_of(api_key=key, account_id="acct_sandbox").requests_per_second == requests_per_second


def test_workers_are_a_hint_that_caps_nothing() -> None:
    assert config_of(num_workers=1) == config_of()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-01-31", 1_706_659_200),
        ("2024-01-31T00:00:00Z", 1_706_659_200),
        ("2024-01-31 00:00", 1_706_659_200),
        ("2024-01-31T01:00:00+01:00", 1_706_659_200),
        ("2024-01-31T01:00:00.250+0100", 1_706_659_200),
        ("1999-12-31", STRIPE_BEGAN),
    ],
)
def test_a_start_date_is_a_day_or_a_moment(text: str, seconds: int) -> None:
    assert config_of(start_date=text).start == seconds


@pytest.mark.parametrize("base", ["https://localhost:1", "http://localhost:1", "http://[::1]:12111", STRIPE_API])
def test_requests_may_go_to_stripe_or_to_this_machine(base: str) -> None:
    assert config_of(api_base=base).api_base == base


# --- what is refused


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, "api_key is missing"),
        ({"api_key": None}, "api_key is missing"),
        ({"api_key": "pk_live_sandboxKey123"}, "publishable"),
        ({"api_key": "whsec_sandboxKey123"}, "does not look like a Stripe key"),
        ({"api_key": "sk_test_"}, "does not look like a Stripe key"),
        ({"api_key": "sk_test_sandboxKey123 sandboxKey123"}, "does not look like a Stripe key"),
        ({"api_key": "sk_test_sandboxKey123é"}, "does not look like a Stripe key"),
        ({"api_key": 12345678}, "does not look like a Stripe key"),
        ({"api_key": ["sk_test_sandboxKey123"]}, "does not look like a Stripe key"),
        ({"api_key": "sk_org_live_sandboxKey123"}, "needs account_id"),
        ({"api_key": "${STRIPE_API_KEY}"}, "STRIPE_API_KEY"),
        ({"source": {"type": "stripe"}}, '"config"'),
        ({"source": "stripe"}, '"config"'),
        ({"source": {"type": "paypal", "config": {"api_key": KEY}}}, "paypal"),
    ],
)
def test_a_configuration_without_a_usable_key_is_refused(raw: dict[str, Any], words: str) -> None:
    assert words in sentence_for(raw)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("account_id", "sandbox", "acct_"),
        ("account_id", 7, "acct_"),
        ("start_date", "yesterday", "2024-01-31"),
        ("start_date", "2024-02-30", "2024-01-31"),
        ("start_date", "2024-W05-3", "2024-01-31"),
        ("start_date", "20240131", "2024-01-31"),
        ("start_date", 1_706_659_200, "2024-01-31"),
        ("lookback_window_days", -1, "at least 0"),
        ("lookback_window_days", "3", "whole number"),
        ("lookback_window_days", True, "whole number"),
        ("requests_per_second", 0, "at least 1"),
        ("requests_per_second", 1.5, "whole number"),
        ("call_rate_limit", -5, "requests_per_second"),
        ("num_workers", -1, "at least 1"),
        ("slice_range", 0, "at least 1"),
        ("incremental", "everything", "created"),
        ("reread_hours", {"accounts": 12}, '[{"stream": "accounts", "hours": 12}]'),
        ("reread_hours", ["accounts"], '[{"stream": "accounts", "hours": 12}]'),
        ("reread_hours", [{"stream": "account", "hour": 12}], "no hours for account"),
        ("reread_hours", [{"stream": "acounts", "hours": 12}], "did you mean accounts?"),
        ("reread_hours", [{"stream": "charges", "hours": 12}], "no stream that is read again at intervals"),
        ("reread_hours", [{"stream": "balance", "hours": 1}, {"stream": "balance", "hours": 2}], "twice"),
        ("reread_hours", [{"stream": "accounts", "hours": 0}], "at least 1"),
        ("reread_hours", [{"stream": "tax_codes", "hours": -1}], "at least 0"),
        ("reread_hours", [{"stream": "tax_codes", "hours": "1"}], "whole number"),
        ("api_base", "http://stripe.example", "https://api.stripe.com"),
        ("api_base", "https://stripe.example", "the key is sent there"),
        ("api_base", "http://api.stripe.com", "the key is sent there"),
        ("api_base", "https://api.stripe.com.example", "the key is sent there"),
        ("api_base", "https://api.stripe.com:8443", "the key is sent there"),
        ("api_base", "https://127.0.0.1.example", "the key is sent there"),
        ("api_base", "https://api.stripe.com/v1", "without a path"),
        ("api_base", "https://user:word@stripe.example", "address"),
        ("api_base", "https://[", "address"),
        ("api_base", "file:///etc/hostname", "address"),
        ("api_base", 12111, "address"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_its_name(option: str, value: object, words: str) -> None:
    sentence = sentence_for({"api_key": KEY, option: value})
    assert words in sentence
    assert ("requests_per_second" if option == "call_rate_limit" else option) in sentence


@pytest.mark.parametrize(
    "option",
    [
        "account_id",
        "start_date",
        "lookback_window_days",
        "incremental",
        "reread_hours",
        "api_base",
        "requests_per_second",
    ],
)
def test_a_key_in_the_wrong_field_is_not_repeated(option: str) -> None:
    assert SECRET_PART not in sentence_for({"api_key": KEY, option: KEY})


@pytest.mark.parametrize(
    "raw",
    [
        {"api_key": f"{KEY}!"},
        {"api_key": f"Bearer {KEY}"},
        {"api_key": f"${{{KEY}}}"},
        {"api_key": f"pk_test_{SECRET_PART}"},
        {"source": {"type": KEY, "config": {}}},
        {"api_key": KEY, "api_base": f"https://{KEY}@stripe.example"},
    ],
)
def test_no_sentence_holds_a_key(raw: dict[str, Any]) -> None:
    assert SECRET_PART not in sentence_for(raw)


def test_a_configuration_does_not_show_its_key() -> None:
    assert SECRET_PART not in repr(config_of())


def test_a_misspelt_option_is_pointed_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="airbyte"):
        warn_of_unknown({"api_key": KEY, "start_dat": "2024-01-31", "_limit": 1, f"{KEY}": 1})
    assert len(caplog.messages) == 2
    assert "did you mean start_date?" in "".join(caplog.messages)
    assert SECRET_PART not in "".join(caplog.messages)


def test_more_requests_than_any_account_has_are_as_many_as_can_be_kept_count_of() -> None:
    assert config_of(requests_per_second=2**63).requests_per_second == 10_000
