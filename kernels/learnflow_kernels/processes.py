"""Finding a sandbox's Python process from outside."""

from __future__ import annotations

from pathlib import Path

_DEPTH = 8


def children(pid: int, proc: Path = Path("/proc")) -> list[int]:
    """Ids of the direct children of a process's main thread, oldest first; empty when it is gone."""
    try:
        return [
            int(child) for child in (proc / str(pid) / "task" / str(pid) / "children").read_text().split()
        ]
    except OSError:
        return []


def name_of(pid: int, proc: Path = Path("/proc")) -> str:
    """The process's short name; empty when it is gone."""
    try:
        return (proc / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def kernel_process(pid: int, proc: Path = Path("/proc")) -> int | None:
    """The process that the chain of bubblewraps starting at `pid` runs; None when it has ended."""
    for _ in range(_DEPTH):
        if name_of(pid, proc) != "bwrap":
            break
        below = children(pid, proc)
        if not below:
            return None
        pid = below[0]
    return pid if name_of(pid, proc) not in ("", "bwrap") else None
