"""Keys, as far as they are not to be seen."""

from __future__ import annotations

import re

# Keys as they may turn up in Stripe's own sentences, in full or with stars in the middle. What is kept
# tells a reader which kind of key it was and nothing more. A letter may stand before it, where text was escaped or
# encoded on its way (`\nsk_test_…`, `%3Dsk_test_…`); without the mode behind it, that would be any word (`risk_level`).
_KEY = re.compile(
    r"((?:\b|(?=[a-z]+_(?:org|test|live)_))(?:sk|rk|pk|ek|whsec)_(?:(?:org_)?(?:test|live)_|org_)?)[A-Za-z0-9*_.…]+"
)

SHOWN_CHARACTERS = 100
"""Of a value that is refused."""


def without_keys(text: str) -> str:
    """`text` with everything behind the prefix of an API key replaced."""
    return _KEY.sub(lambda match: f"{match[1]}…", text)


def shown(value: object) -> str:
    """A value as a sentence may show it that refuses it: as Python writes it, short, and without keys."""
    text = repr(value)
    return without_keys(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…")
