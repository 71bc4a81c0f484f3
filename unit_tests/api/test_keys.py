"""Of a key nothing is left but what says which kind it was, and of other words nothing is taken."""

from urllib.parse import quote

import pytest

from source_stripe.api.keys import SHOWN_CHARACTERS, shown, without_keys

SECRET = "sandboxKey123"


@pytest.mark.parametrize(
    "prefix", ["sk_test_", "sk_live_", "rk_test_", "rk_live_", "pk_live_", "sk_org_live_", "sk_org_", "whsec_"]
)
@pytest.mark.parametrize("secret", ["sandboxKey123", "********y123", "sandbox...y123", "sand…y123", "sandbox_Key_123"])
def test_of_a_key_only_its_prefix_is_left(prefix: str, secret: str) -> None:
    assert without_keys(f"Invalid API Key: '{prefix}{secret}', sorry") == f"Invalid API Key: '{prefix}…', sorry"


@pytest.mark.parametrize("prefix", ["sk_test_", "rk_live_", "sk_org_", "sk_org_live_"])
def test_it_does_not_matter_what_a_key_stands_behind(prefix: str) -> None:
    key = f"{prefix}{SECRET}"
    for text in (f"\n{key}", f"\r\n\t{key}", f"\x00{key}", f"é{key}"):
        for written in (text, repr(text), ascii(text), quote(f"api_key={text}"), f"Bearer{key}", f"_{key}", f"1{key}"):
            assert SECRET not in without_keys(written), written


@pytest.mark.parametrize("text", ["risk_level", "the task_id", "week_start of desk_1", "sk_", "whsec", "a mask_test"])
def test_other_words_stay_as_they_are(text: str) -> None:
    assert without_keys(text) == text


def test_a_value_is_shown_short_and_without_keys() -> None:
    assert shown("soon") == "'soon'"
    assert shown("9" * 5_000) == f"'{'9' * (SHOWN_CHARACTERS - 1)}…"
    for before in range(SHOWN_CHARACTERS + 1):
        text = shown(f"{'-' * before}sk_test_{SECRET}")
        assert not [SECRET[at : at + 6] for at in range(len(SECRET) - 5) if SECRET[at : at + 6] in text]
