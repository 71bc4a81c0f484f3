"""The source as a URI, and where its key is taken from."""

from pathlib import Path

import pytest

from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.source_uri import key_on_the_command_line, options_of

KEY = "sk_test_sandboxKey123"


def refusal(uri: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(Refused) as refused:
        options_of(uri, environment or {})
    return str(refused.value)


def test_the_seeds_uri_is_understood() -> None:
    assert options_of("stripe://?api_key=sk_test_12345", {}) == {"api_key": "sk_test_12345"}


def test_every_parameter_becomes_an_option_numbers_as_numbers() -> None:
    uri = (
        f"stripe://?api_key={KEY}&account_id=acct_1&start_date=2024-01-31T00%3A00%3A00Z&lookback_window_days=2"
        "&requests_per_second=10&incremental=created&api_base=http%3A%2F%2F127.0.0.1%3A12111"
    )
    assert options_of(uri, {}) == {
        "api_key": KEY,
        "account_id": "acct_1",
        "start_date": "2024-01-31T00:00:00Z",
        "lookback_window_days": 2,
        "requests_per_second": 10,
        "incremental": "created",
        "api_base": "http://127.0.0.1:12111",
    }


def test_the_key_comes_from_the_environment_where_the_uri_has_none() -> None:
    assert options_of("stripe://", {"STRIPE_API_KEY": f"{KEY}\n"}) == {"api_key": KEY}
    assert options_of("stripe://?api_key=", {"STRIPE_API_KEY": KEY}) == {"api_key": KEY}


def test_the_uris_own_key_comes_before_the_environments() -> None:
    assert options_of(f"stripe://?api_key={KEY}", {"STRIPE_API_KEY": "rk_test_other"})["api_key"] == KEY


def test_a_file_may_hold_the_key_alone_or_a_configuration(tmp_path: Path) -> None:
    alone, configuration = tmp_path / "key", tmp_path / "config.json"
    alone.write_text(f"{KEY}\n")
    configuration.write_text('{"api_key": "rk_test_1", "account_id": "acct_1"}')
    assert options_of(f"stripe://?api_key_file={alone}", {}) == {"api_key": KEY}
    assert options_of(f"stripe://?api_key_file={configuration}&account_id=acct_2", {}) == {
        "api_key": "rk_test_1",
        "account_id": "acct_2",
    }


def test_no_key_at_all_says_where_to_put_one() -> None:
    assert "STRIPE_API_KEY" in refusal("stripe://")


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("postgres://?api_key=x", "begin with stripe://"),
        ("stripe://sk_test_x", "nothing between"),
        ("stripe://?apikey=x", "did you mean api_key?"),
        ("stripe://?requests_per_second=many", "whole number"),
        ("stripe://?api_key_file=/nowhere/key", "cannot be read"),
    ],
)
def test_what_cannot_work_is_said_in_one_sentence(uri: str, word: str) -> None:
    assert word in refusal(uri)


def test_a_file_that_is_no_json_is_said_without_showing_it(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(f'{{"api_key": "{KEY}"')
    sentence = refusal(f"stripe://?api_key_file={path}")
    assert "not valid JSON" in sentence
    assert KEY not in sentence


def test_no_sentence_shows_a_key_that_stands_in_the_wrong_place() -> None:
    assert KEY not in refusal(f"stripe://?requests_per_second={KEY}")
    assert KEY not in refusal(f"stripe://?{KEY}=1")


def test_a_key_in_the_uri_is_noticed_a_variable_or_a_file_is_not() -> None:
    assert key_on_the_command_line(f"stripe://?api_key={KEY}")
    assert not key_on_the_command_line("stripe://?api_key=${STRIPE_API_KEY}")
    assert not key_on_the_command_line("stripe://?api_key_file=key")
