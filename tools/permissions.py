"""`python -m tools.permissions charges invoices` prints what a restricted key needs to read these streams."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping

from source_stripe.streams import STREAMS, StripeStream
from source_stripe.streams.permissions import KEYS

COMMAND = "python -m tools.permissions"


def permissions_of(streams: Iterable[type[StripeStream]]) -> Mapping[str, list[str]]:
    """The permissions that reading these streams takes, each with the streams that it is for, by name.

    A stream whose rows hang on another's list needs that one's permission too.
    """
    needed: dict[str, set[str]] = {}
    for stream in streams:
        for permission in {stream.permission, stream.root().permission}:
            needed.setdefault(permission, set()).add(stream.name)
    return {permission: sorted(needed[permission]) for permission in sorted(needed)}


def described(permission: str) -> str:
    """The permission by the Dashboard's name and, where it is known, by the API's."""
    return f"{permission} ({KEYS[permission]})" if permission in KEYS else f"{permission} (name not verified)"


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit code is 2 for a name that no stream has."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=(__doc__ or "").strip())
    parser.add_argument("streams", nargs="+", metavar="stream", help="names of streams")
    named = parser.parse_args(arguments).streams
    by_name = {stream.name: stream for stream in STREAMS}
    unknown = [name for name in named if name not in by_name]
    if unknown:
        print(f"No stream is called {', '.join(unknown)}. docs/streams.md lists them.", file=sys.stderr)
        return 2
    for permission in permissions_of(by_name[name] for name in named):
        print(f"Read: {described(permission)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
