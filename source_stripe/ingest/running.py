"""How a command runs and ends: what went wrong in one sentence, and the exit code that says what to do next."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

from airbyte_cdk.utils import AirbyteTracedException
from rich.console import Console

from source_stripe.config import ConfigRefused
from source_stripe.ingest import exit_codes
from source_stripe.ingest.destinations import secrets_in
from source_stripe.ingest.lock import Busy
from source_stripe.ingest.memory import give_back_what_is_freed
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.terminal import say
from source_stripe.ingest.warehouse import chain_of


def run(work: Callable[[Console], int], dest_uri: str) -> int:
    """Does the work and returns its exit code, or the one for what it raised.

    Args:
        dest_uri: what it holds of secrets is not shown.
    """
    give_back_what_is_freed()
    console = Console(stderr=True, highlight=False)
    # `docker stop` and cron's like: as Ctrl-C, so that what has been read is kept.
    signal.signal(signal.SIGTERM, _interrupt)

    def ended(sentence: str, code: int) -> int:
        for secret in secrets_in(dest_uri):
            sentence = sentence.replace(secret, "…")
        say(console, sentence, "red")
        return code

    try:
        return work(console)
    except Busy as error:
        return ended(f"{error} Run this again when that is done.", exit_codes.BUSY)
    except (Refused, ConfigRefused) as error:
        return ended(str(error), exit_codes.REFUSED)
    except AirbyteTracedException as error:
        return ended(error.message or str(error), exit_codes.REFUSED)
    except KeyboardInterrupt:
        return ended("Stopped.", exit_codes.INTERRUPTED)
    except Exception as error:
        return ended(f"The destination failed: {_cause(error)}", exit_codes.INCOMPLETE)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _cause(error: BaseException) -> str:
    """The first line of what lies at the bottom of an exception."""
    cause = list(chain_of(error))[-1]
    lines = str(cause).strip().splitlines() or ["no reason given"]
    return f"{type(cause).__name__}: {lines[0]}"
