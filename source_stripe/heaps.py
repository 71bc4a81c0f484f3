"""The C library's heaps: glibc has eight of them a processor, for threads, and each keeps much of what was freed.

Pages pass through many threads, of which Python runs one at a time: two heaps do for all of them.
"""

from __future__ import annotations

import ctypes
import sys

HEAPS = 2

_ARENAS, _TRIM_THRESHOLD = -8, -1
"""M_ARENA_MAX and M_TRIM_THRESHOLD of glibc's malloc.h."""


def shared(keep: int | None = None) -> None:
    """Lets all threads share a few heaps. Once, before there are threads; does nothing where there is no glibc.

    Args:
        keep: bytes that are free at a heap's end before they go back to the system; None for glibc's own way.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it, others go by their own lights
    if mallopt is not None:
        mallopt(_ARENAS, HEAPS)
        if keep is not None:
            mallopt(_TRIM_THRESHOLD, keep)
