"""A command's arguments, read without a key in what is said of those that are none."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr

from source_stripe.api.keys import without_keys

Parse = Callable[[list[str]], argparse.Namespace]


def parsed(parse: Parse, arguments: Sequence[str]) -> argparse.Namespace:
    """What `parse` makes of the arguments.

    A parser repeats on stderr what it does not know, and that may be a URI with a key in it.

    Raises:
        SystemExit: the arguments are none, or ask for help.
    """
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return parse(list(arguments))
    finally:
        sys.stderr.write(without_keys(said.getvalue()))
