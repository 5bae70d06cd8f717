"""Trees of processes: who belongs to one, and how all of it ends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

import psutil

WRAPPERS = frozenset({"bwrap", "setpriv", "env", "sh"})
"""Programs that only start the next one; bubblewrap stays as a monitor that passes no signal on."""


def tree(pid: int) -> list[psutil.Process]:
    """The process `pid` and everything below it, the oldest first; empty when it is gone."""
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def inner_process(pid: int) -> psutil.Process | None:
    """The first process below `pid`, itself included, that is no wrapper; None when there is none (yet)."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while process.name() in WRAPPERS:
            children = process.children()
            if not children:
                return None
            process = children[0]
        return process
    return None


def started_at(pid: int) -> float | None:
    """When the process began, in seconds since the epoch; None when it is gone.

    A number alone is no identity: the kernel gives it to another process later.
    """
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def kill_all(processes: Iterable[psutil.Process], timeout: float = 5) -> list[psutil.Process]:
    """Kill them, and wait up to `timeout` seconds. What is left is returned: normally nothing."""
    condemned = list(processes)
    for process in condemned:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + timeout
    # Not psutil.wait_procs: it waits for zombies too, and these may be another's to bury.
    while left := [process for process in condemned if is_alive(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return left


def is_alive(process: psutil.Process) -> bool:
    """False for what is gone, and for a zombie: that only waits for its parent to notice."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
