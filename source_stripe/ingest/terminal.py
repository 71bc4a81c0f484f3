"""What people are told on a terminal: nothing in it is a key, and nothing is obeyed."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from source_stripe.api.keys import without_keys


def printable(text: str) -> str:
    """`text` with keys taken out, and what is no printable character shown by its escape.

    Names and sentences come from Stripe, or from whoever may write into an account there: an escape sequence must not
    clear the screen, nor a line break make a line of its own.
    """
    shown = without_keys(text)
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in shown)


def say(console: Console, sentence: str, style: str = "") -> None:
    """Writes one line, however long."""
    console.print(Text(printable(sentence), style=style), soft_wrap=True)
