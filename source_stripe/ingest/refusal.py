"""What a command cannot do, and what to change: one sentence, without a key or a password in it."""

from __future__ import annotations

from source_stripe.api.keys import without_keys


class Refused(Exception):
    """A command that cannot work as it is given. The text is one sentence on what to change."""

    def __init__(self, sentence: str) -> None:
        super().__init__(without_keys(sentence))
