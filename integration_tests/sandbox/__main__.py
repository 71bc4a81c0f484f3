"""`python -m integration_tests.sandbox`: serve until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from integration_tests.sandbox.clock import DEFAULT_NOW, Clock
from integration_tests.sandbox.limits import Limits
from integration_tests.sandbox.sandbox import Sandbox
from integration_tests.sandbox.server import Handler
from integration_tests.sandbox.timeline import DAY, Density


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=12111, help="0 picks a free one")
    parser.add_argument("--size", type=int, default=1000, help="number of charges; all else is in proportion")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--rate-global", type=float, help="requests a second of an account; none by default")
    parser.add_argument("--rate-endpoint", type=float, help="requests a second of each endpoint")
    parser.add_argument("--concurrency", type=int, help="requests at a time of an account")
    parser.add_argument("--connected", type=int, default=0, help="number of connected accounts")
    parser.add_argument("--connected-size", type=int, default=50, help="charges of each of them")
    parser.add_argument("--account-version", help="API version that events are written in; the SDK's by default")
    parser.add_argument("--one-day", action="store_true", help="squeeze all history into one day of the years")
    parser.add_argument("--per-second", type=int, help="charges in each second before now")
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--now", default=None, help="ISO date or `real`; a fixed date by default")
    parser.add_argument("--synthesized", type=int, default=250, help="about how many objects the other lists have")
    parser.add_argument("--shelve", action="append", default=[], help="list to serve compressed ahead (repeatable)")
    parser.add_argument("--shelves", type=Path, help="folder where shelved lists are kept for the next start")
    parser.add_argument("--without", action="append", default=[], help="product that the account lacks (repeatable)")
    return parser


def build(options: argparse.Namespace) -> Sandbox:
    start: float = DEFAULT_NOW
    if options.now == "real":
        start = time.time()
    elif options.now is not None:
        moment = datetime.fromisoformat(options.now)
        start = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    sandbox = Sandbox(
        size=options.size,
        seed=options.seed,
        density=Density(options.years, DAY if options.one_day else None, options.per_second),
        clock=Clock(start),
        limits=Limits(options.rate_global, options.rate_endpoint, options.concurrency),
        connected=options.connected,
        connected_size=options.connected_size,
        account_version=options.account_version,
        latency=options.latency,
        synthesized=options.synthesized,
    )
    sandbox.enabled -= frozenset(options.without)
    for path in options.shelve:
        sandbox.shelves.add(path, options.shelves)
    return sandbox


async def run(sandbox: Sandbox, port: int) -> None:
    handler = Handler(sandbox)
    bound = await handler.start(port)
    print(f"http://127.0.0.1:{bound}", flush=True)
    print(f"key: {sandbox.key}", flush=True)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stopped.set)
    await stopped.wait()
    await handler.stop()


if __name__ == "__main__":
    options = arguments().parse_args()
    asyncio.run(run(build(options), options.port))
