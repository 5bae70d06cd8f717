"""Memory and process limits for a whole sandbox, by control groups where this machine lets us make some."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PROCS = "cgroup.procs"
PREFIX = "learnflow-"
"""Of the names of all groups we make."""
SHARE = 0.5
"""Of the processor, where too many want it, for code that is tried or graded: half of what a process gets
that answers somebody. Enough that no program runs into its time limit because others are at work."""
_PERIOD_US = 100_000
_CPU = ("cpu.max", "cpu.cfs_quota_us")
_OOM_COUNTERS = ("memory.events", "memory.oom_control")
"""Of version 2 and version 1."""
_ENTER = (
    'for group in $LEARNFLOW_CGROUPS; do echo $$ > "$group" || exit 125; done;'
    ' unset LEARNFLOW_CGROUPS; exec "$@"'
)


@dataclass(frozen=True)
class Group:
    """One sandbox's control groups: one folder in version 2, one a controller in version 1."""

    folders: tuple[Path, ...]

    @property
    def limits_memory(self) -> bool:
        """False where no memory controller is ours to use: then rlimits must do."""
        return bool(self.folders)

    @property
    def limits_cpu(self) -> bool:
        """Whether the processor time at a time is bounded by it."""
        for folder in self.folders:
            for name in _CPU:
                with contextlib.suppress(OSError):
                    return not (folder / name).read_text().startswith(("max", "-1"))
        return False

    def enter_argv(self) -> list[str]:
        """Arguments that put the command that follows into the group; empty when there is none."""
        if not self.folders:
            return []
        groups = " ".join(str(folder / PROCS) for folder in self.folders)
        return ["env", f"LEARNFLOW_CGROUPS={groups}", "/bin/sh", "-c", _ENTER, "sh"]

    def open_doors(self) -> list[int]:
        """Descriptors through which a process of any user enters by writing `0`; the caller closes them."""
        return [os.open(folder / PROCS, os.O_WRONLY | os.O_CLOEXEC) for folder in self.folders]

    def resize(self, *, memory: int, processes: int) -> None:
        """Set other limits than it was made with, in bytes and a number. OSError when that is refused."""
        # The limit with swap may never be the lower one, so first or last, whichever works.
        order = ("memory.max", "memory.memsw.limit_in_bytes", "memory.limit_in_bytes")
        for name in (*order, order[1]):
            for folder in self.folders:
                if (folder / name).exists():
                    with contextlib.suppress(OSError) if name == order[1] else contextlib.nullcontext():
                        (folder / name).write_text(str(memory))
        for folder in self.folders:
            if (folder / "pids.max").exists():
                (folder / "pids.max").write_text(str(processes))

    def members(self) -> set[int]:
        """Ids of the processes that are in it."""
        found: set[int] = set()
        for folder in self.folders:
            with contextlib.suppress(OSError):
                found.update(int(pid) for pid in (folder / PROCS).read_text().split())
        return found

    def out_of_memory(self) -> bool:
        """Whether the system has killed something in it for want of memory. Asked before `remove`."""
        for folder in self.folders:
            for name in _OOM_COUNTERS:
                with contextlib.suppress(OSError):
                    if counter((folder / name).read_text(), "oom_kill"):
                        return True
        return False

    def remove(self) -> bool:
        """Remove it; False when something is still dying in it. Fine when it is gone already."""
        done = True
        for folder in self.folders:
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                done = False
        return done


NONE = Group(())


def counter(text: str, name: str) -> int:
    """The number behind `name` in a file of counters, a `name number` a line; 0 when it is not there."""
    for line in text.splitlines():
        found, _, value = line.partition(" ")
        if found == name and value.strip().isdecimal():
            return int(value)
    return 0


def own_path(table: str, controller: str) -> str | None:
    """Where `/proc/self/cgroup` (its text) places us in version 1's `controller`, "" for version 2's tree."""
    for line in table.splitlines():
        _, names, path = line.split(":", 2)
        if (controller in names.split(",")) if controller else not names:
            return path
    return None


def _make(folder: Path, settings: dict[str, str], optional: frozenset[str] = frozenset()) -> bool:
    """Make one group with these settings; False, with nothing left behind, when we may not."""
    try:
        folder.mkdir()
    except OSError:
        return False
    for name, value in settings.items():
        if name in optional and not (folder / name).exists():
            continue
        try:
            (folder / name).write_text(value)
        except OSError:
            folder.rmdir()
            return False
    return True


def create(
    name: str,
    *,
    memory: int,
    processes: int,
    cpus: float = 0.0,
    share: float = 1.0,
    together: bool = True,
    root: Path = ROOT,
    table: str | None = None,
) -> Group:
    """A control group of `memory` bytes for a sandbox called `name`; `NONE` where we may not make one.

    `processes` bounds processes and threads, `cpus` the processor cores in use at a time (0 for no bound),
    where those controllers are ours too; `share` is what it gets of a busy processor, all of it together,
    against 1 for another group or process. Swap counts as memory. Whoever runs out of it ends as a whole,
    where Linux can do that, unless not `together`: then one process at a time is ended.
    """
    text = Path("/proc/self/cgroup").read_text() if table is None else table
    place = own_path(text, "memory")
    if place is not None:
        return _create_v1(name, text, place, memory, processes, cpus, share, root)
    place = own_path(text, "")
    if place is None:
        return NONE
    folder = _beside(root, place) / f"{PREFIX}{name}"
    optional = {"memory.swap.max": "0", "pids.max": str(processes), "memory.oom.group": str(int(together))}
    if cpus:
        optional["cpu.max"] = f"{round(cpus * _PERIOD_US)} {_PERIOD_US}"
    if share != 1:
        optional["cpu.weight"] = str(round(share * 100))
    made = _make(folder, {"memory.max": str(memory), **optional}, frozenset(optional))
    return Group((folder,)) if made and os.access(folder / PROCS, os.W_OK) else NONE


def _beside(root: Path, place: str) -> Path:
    """Version 2 lets only groups without processes have limited children, so ours go beside us."""
    own = root / place.strip("/")
    return own.parent if own != root else own


def existing(root: Path = ROOT, table: str | None = None) -> list[Path]:
    """All groups like ours, whoever made them, where `create` would make one now."""
    text = Path("/proc/self/cgroup").read_text() if table is None else table
    parents = [
        root / controller / place.strip("/")
        for controller in ("memory", "pids", "cpu")
        if (place := own_path(text, controller)) is not None
    ]
    if not parents and (place := own_path(text, "")) is not None:
        parents = [_beside(root, place)]
    return [folder for parent in parents for folder in sorted(parent.glob(f"{PREFIX}*"))]


def remove_empty(prefix: str, root: Path = ROOT, table: str | None = None) -> None:
    """Remove the groups whose name begins so (without `PREFIX`) and in which nothing runs any more."""
    for folder in existing(root, table):
        if folder.name.startswith(f"{PREFIX}{prefix}"):
            with contextlib.suppress(OSError):  # Linux removes no group with a process in it
                folder.rmdir()


def _create_v1(
    name: str, table: str, place: str, memory: int, processes: int, cpus: float, share: float, root: Path
) -> Group:
    folder = root / "memory" / place.strip("/") / f"{PREFIX}{name}"
    swap = "memory.memsw.limit_in_bytes"
    if not _make(folder, {"memory.limit_in_bytes": str(memory), swap: str(memory)}, frozenset({swap})):
        return NONE
    folders = [folder]
    place_pids = own_path(table, "pids")
    if place_pids is not None:
        pids = root / "pids" / place_pids.strip("/") / f"{PREFIX}{name}"
        if _make(pids, {"pids.max": str(processes)}):
            folders.append(pids)
    place_cpu = own_path(table, "cpu")
    settings = {}
    if cpus:
        settings = {"cpu.cfs_period_us": str(_PERIOD_US), "cpu.cfs_quota_us": str(round(cpus * _PERIOD_US))}
    if share != 1:
        # More than niceness does: where sessions are weighed against each other, that counts only within one.
        settings["cpu.shares"] = str(round(share * 1024))
    if settings and place_cpu is not None:
        cpu = root / "cpu" / place_cpu.strip("/") / f"{PREFIX}{name}"
        if _make(cpu, settings):
            folders.append(cpu)
    return Group(tuple(folders))
