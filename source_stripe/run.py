"""The entry point of the container and of the `source-stripe` command."""

from __future__ import annotations

import logging
import os
import sys
from typing import NoReturn

from airbyte_cdk.entrypoint import AirbyteEntrypoint, launch
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import AirbyteMessage, FailureType
from airbyte_cdk.utils import AirbyteTracedException

from source_stripe.entrypoint import read
from source_stripe.inputs import refused
from source_stripe.local import LOCAL_COMMANDS, run_local
from source_stripe.source import SourceStripe


def main() -> NoReturn:
    """Runs one command, of the protocol (`spec`, `check`, `discover`, `read`) or a local one, and ends the process.

    The exit code is 0, or 1 with a message on stdout that says what went wrong.
    """
    # While a command runs, the CDK sends stderr to stdout: a library's warning would stand there as no message.
    logging.captureWarnings(True)
    arguments = sys.argv[1:]
    if arguments and arguments[0] in LOCAL_COMMANDS:
        run_local(arguments)
    parsed = AirbyteEntrypoint.parse_args(arguments)
    command = parsed.command
    code = 0
    try:
        if not command:
            raise refused("Say what to do: spec, check, discover or read (source-stripe --help).")
        if command == "read":
            read(parsed)
        else:
            launch(SourceStripe(), arguments)
    except AirbyteTracedException as error:
        code = _tell(error, asked_to_check=command == "check")
    except BrokenPipeError:
        # Nobody reads on: there is no one left to tell, and stdout must not be touched again.
        os._exit(1)
    except Exception:
        # The CDK's hook tells it as a message. Not left to the interpreter, which would wait for the workers first.
        sys.excepthook(*sys.exc_info())
        PRINT_BUFFER.flush()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Workers may still wait for Stripe or for room in a queue that nobody empties any more.
    os._exit(code)


def _tell(error: AirbyteTracedException, asked_to_check: bool) -> int:
    """Puts the error on stdout in the form that the command promises; returns the exit code."""
    message: AirbyteMessage | None = None
    if asked_to_check and error.failure_type == FailureType.config_error:
        message = error.as_connection_status_message()
    print(AirbyteEntrypoint.airbyte_message_to_string(message or error.as_sanitized_airbyte_message()))  # noqa: T201
    return 0 if message else 1
