"""Many small pieces of work that each may ask Stripe, done by a pool of threads that others use as well."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

Result = TypeVar("Result")

AT_ONCE = 64
"""Under way at a time: an endpoint's 25 requests/s at two and a half seconds each. With more, the threads of the pool
would all wait for one endpoint's turn, and what asks others would wait for a thread."""


def side_by_side(pool: Executor, work: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """What each comes to, in order.

    Raises:
        Exception: whatever one of them raised; those that have not begun are not done then.
    """
    under_way: deque[Future[Result]] = deque()
    try:
        for each in work:
            if len(under_way) >= AT_ONCE:
                yield under_way.popleft().result()
            under_way.append(pool.submit(each))
        while under_way:
            yield under_way.popleft().result()
    finally:
        for left in under_way:
            left.cancel()
