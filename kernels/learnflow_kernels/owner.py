"""Who made a folder or a control group, written into its name: so what a killed server left can be told."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

_TAG = re.compile(r"(?<![\d.])(\d+)\.(\d+)\.(\d+)(?![\d.])")


def _started(pid: int, proc: Path) -> int | None:
    """When a process started, in clock ticks since the machine did; None when there is none."""
    try:
        text = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[19])  # the name before it may hold anything


@lru_cache(maxsize=8)
def _tag(pid: int, proc: Path) -> str:
    return f"{pid}.{_started(pid, proc) or 0}.{(proc / 'self/ns/pid').stat().st_ino}"


def tag(proc: Path = Path("/proc")) -> str:
    """This process: its id, when it started, and the process namespace in which that is its id."""
    return _tag(os.getpid(), proc)


def surely_dead(name: str, proc: Path = Path("/proc")) -> bool:
    """Whether `name` holds a tag, and the process behind it has ended.

    False where that cannot be known: without a tag, and for one of another process namespace.
    """
    found = _TAG.search(name)
    if found is None:
        return False
    pid, start, namespace = (int(number) for number in found.groups())
    if namespace != (proc / "self/ns/pid").stat().st_ino:
        return False
    return _started(pid, proc) != start
