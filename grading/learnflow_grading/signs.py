"""A sign from the middle of an op, by which whoever waits tells what takes long from what hangs."""

from __future__ import annotations

from collections.abc import Callable

_tell: list[Callable[[], None]] = []


def listen(tell: Callable[[], None]) -> None:
    """From now on `tell` is called, in any thread, whenever a run of a notebook's cells begins."""
    _tell[:] = [tell]


def begun() -> None:
    """A run begins; it ends within its own limits."""
    for tell in _tell:
        tell()
