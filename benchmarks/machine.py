"""The machine that was measured on, without its name."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def description() -> str:
    """Processor, cores, memory, system, Python."""
    parts = [_processor(), f"{os.cpu_count()} cores", *_memory(), f"{platform.system()} {platform.release()}"]
    return ", ".join([*parts, f"{platform.python_implementation()} {platform.python_version()}"])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _memory() -> list[str]:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return []
    return [f"{size / 2**30:.0f} GiB of memory"]
