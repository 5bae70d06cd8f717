"""Limits that student code notices as an exception, named in a sentence: the in-kernel half."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass

MEMORY_ENV = "LEARNFLOW_MEMORY_MB"
PROCESSES_ENV = "LEARNFLOW_PROCESSES"
FILES_ENV = "LEARNFLOW_OPEN_FILES"
FILE_SIZE_ENV = "LEARNFLOW_FILE_SIZE_MB"
KERNELS_ENV = "LEARNFLOW_KERNELS"
"""Traits of students' kernels that the hub hands to their server, as a JSON object."""
FOR_ADMINS = (
    "memory_mb",
    "cpus",
    "processes",
    "open_files",
    "file_size_mb",
    "scratch_mb",
    "output_kb",
    "cell_seconds",
)
"""The traits of `SandboxProvisioner` that are limits."""
_SAFE = "so it was stopped. Your notebook is safe."
# name: the variable that tells the limit, the sentence with it, and without
_SENTENCES: dict[str, tuple[str, str, str]] = {
    "memory": (
        MEMORY_ENV,
        f"This cell needed more than {{}} MB of memory, {_SAFE}",
        f"This cell needed more memory than it may use, {_SAFE}",
    ),
    "processes": (
        PROCESSES_ENV,
        f"This cell started more than {{}} processes and threads, {_SAFE}",
        f"This cell started more processes and threads than it may have, {_SAFE}",
    ),
    "open_files": (
        FILES_ENV,
        "This cell had more than {} files open, so it was stopped. Close each one, best with `with`.",
        "This cell had too many files open, so it was stopped. Close each one, best with `with`.",
    ),
    "file_size": (
        FILE_SIZE_ENV,
        f"This cell wrote a file of more than {{}} MB, {_SAFE}",
        f"This cell wrote a file larger than it may make, {_SAFE}",
    ),
    "disk": (
        "",
        "",
        f"This cell filled the folder that it wrote to, {_SAFE}",
    ),
}
_BY_NUMBER = {
    errno.ENOMEM: "memory",
    errno.EMFILE: "open_files",
    errno.EFBIG: "file_size",
    errno.ENOSPC: "disk",
}


@dataclass(frozen=True)
class LimitHit:
    """A limit that a cell ran into."""

    name: str
    """`memory`, `processes`, `open_files`, `file_size` or `disk`."""
    sentence: str


def limits_env(*, memory_mb: int, processes: int, open_files: int, file_size_mb: int) -> dict[str, str]:
    """What the kernel is told of its limits, so that it can name them."""
    return {
        MEMORY_ENV: str(memory_mb),
        PROCESSES_ENV: str(processes),
        FILES_ENV: str(open_files),
        FILE_SIZE_ENV: str(file_size_mb),
    }


def _name(error: BaseException) -> str:
    """The limit's name, empty for none. Looks past whatever a class of the student's says about itself."""
    kind = type(error)
    if issubclass(kind, MemoryError):
        return "memory"
    if kind is RuntimeError and "can't start new thread" in BaseException.__str__(error):
        return "processes"
    if not issubclass(kind, OSError):
        return ""
    number, file = (OSError.__dict__[name].__get__(error) for name in ("errno", "filename"))
    if kind is BlockingIOError and number == errno.EAGAIN and file is None:
        return "processes"  # of `fork`
    return _BY_NUMBER.get(number, "") if isinstance(number, int) else ""


def limit_hit(error: BaseException, env: Mapping[str, str] | None = None) -> LimitHit | None:
    """The limit behind an exception; None when it has another cause, as almost always.

    `env` tells the limits, as `limits_env` made it; None reads the process's own environment.
    """
    name = _name(error)
    if not name:
        return None
    variable, exact, vague = _SENTENCES[name]
    value = (os.environ if env is None else env).get(variable, "")
    return LimitHit(name, exact.format(value) if value.isdecimal() else vague)
