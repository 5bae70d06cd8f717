"""Clears away what servers that were killed have left: folders of sockets, and control groups.

Processes and mounts need no clearing: sandboxes end with their server, and mounts with their sandbox. Only
what surely belongs to a process that has ended is touched, and nothing that was made a moment ago.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import stat
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_kernels import cgroups, rundir
from learnflow_kernels.owner import surely_dead
from learnflow_kernels.removal import remove_tree

EVERY_S = 300.0
_YOUNG_S = 60.0
log = logging.getLogger("learnflow.kernels")


@dataclass(frozen=True)
class Swept:
    """What was cleared away."""

    folders: int = 0
    groups: int = 0

    def __bool__(self) -> bool:
        """Whether it was anything."""
        return bool(self.folders or self.groups)


async def _nothing() -> Sequence[str]:
    return ()


def _old(status: os.stat_result, young_s: float) -> bool:
    return time.time() - max(status.st_mtime, status.st_ctime) >= young_s


def _sweep_folders(place: Path, young_s: float) -> int:
    """Remove run folders of the dead that are ours to remove; links are left alone."""
    swept = 0
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if not entry.name.startswith(rundir.PREFIX) or not surely_dead(entry.name):
                continue
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                ours = os.geteuid() in (0, status.st_uid)
                if stat.S_ISDIR(status.st_mode) and ours and _old(status, young_s):
                    swept += remove_tree(Path(entry.path))
    return swept


def _sweep_groups(root: Path, table: str | None, young_s: float) -> int:
    """End what is still in control groups of the dead, and remove them."""
    swept = 0
    for folder in cgroups.existing(root, table):
        with contextlib.suppress(OSError):
            if not surely_dead(folder.name) or not _old(folder.stat(), young_s):
                continue
            group = cgroups.Group((folder,))
            for pid in group.members():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            for _ in range(20):
                if group.remove():
                    swept += 1
                    break
                time.sleep(0.01)
    return swept


def sweep(
    *,
    place: Path = rundir.PLACE,
    root: Path = cgroups.ROOT,
    table: str | None = None,
    young_s: float = _YOUNG_S,
) -> Swept:
    """Clear away once. Blocks for some milliseconds; never raises for what it may not touch.

    `place` is where run folders lie, `root` and `table` are as for `cgroups.create`; nothing younger than
    `young_s` seconds is touched.
    """
    return Swept(_sweep_folders(place, young_s), _sweep_groups(root, table, young_s))


async def keep_clean(
    every_s: float = EVERY_S, *, also: Callable[[], Awaitable[Sequence[str]]] = _nothing
) -> None:
    """Sweep now and every so many seconds, until cancelled.

    `also` sweeps where this machine's folders and groups say nothing, as on a container engine; it tells
    what it removed. It may raise LearnFlowError; then it is asked again the next time.
    """
    while True:
        swept = await asyncio.to_thread(sweep)
        if swept:
            log.info("cleared away what a killed server left: %s", swept)
        try:
            containers = await also()
        except LearnFlowError as error:
            log.warning("nothing could be cleared away: %s", error.message)
        else:
            if containers:
                log.info("cleared away %d containers that a killed service left", len(containers))
        await asyncio.sleep(every_s)
