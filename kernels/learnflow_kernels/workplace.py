"""What a kernel is given of its user: a folder to work in and an environment, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_kernels.bubblewrap import HOME, USER
from learnflow_kernels.outputs import BYTES_ENV
from learnflow_kernels.reach import passable

_PASSED_ON = ("TZ", "LC_ALL", "LC_TIME", "LC_NUMERIC")


class UnsuitableFolder(LearnFlowError):
    """The folder cannot be handed to a kernel."""

    code: ClassVar[str] = "unsuitable_folder"
    status: ClassVar[int] = 422


def working_place(
    work_dir: str, cwd: str | None, *, system: Sequence[Path], private: Sequence[Path]
) -> tuple[Path | None, Path]:
    """The folder to hand to a kernel, None for none, and the one to start in; real paths both.

    `work_dir`, when set, wins, and `cwd` counts only inside it. UnsuitableFolder for one that does not exist,
    that lies in `system` or holds part of it (a kernel could change the system then), or that holds one
    of `private`.
    """
    chosen = work_dir or cwd
    if not chosen:
        return None, HOME
    work = Path(chosen).resolve()
    if not work.is_dir():
        raise UnsuitableFolder(f"The kernel cannot start: there is no folder {work.name!r} to work in.")
    holds = any(path.is_relative_to(work) for path in (*system, *private))
    if holds or work == Path("/") or any(work.is_relative_to(path) for path in system):
        raise UnsuitableFolder(
            f"The kernel cannot start in {str(work)!r}: that folder holds more than notebooks, and code in a"
            " notebook may change all of its folder. Put the notebook into a folder of its own."
        )
    start = Path(cwd).resolve() if cwd else work
    return work, start if start.is_relative_to(work) and start.is_dir() else work


def require_open(work: Path, uid: int) -> None:
    """UnsuitableFolder when root runs kernels as `uid` and that user may not enter `work`."""
    if os.geteuid() != 0:
        return
    status = work.stat()
    if not passable(status.st_mode, status.st_uid, status.st_gid, uid):
        raise UnsuitableFolder(
            f"The kernel cannot start: its folder {work.name!r} is closed to user id {uid},"
            " which kernels run as."
        )


def kernel_env(executable: str, output_bytes: int, host: Mapping[str, str]) -> dict[str, str]:
    """The whole environment inside: nothing of the host's but time zone and number formats."""
    passed = {name: host[name] for name in _PASSED_ON if name in host}
    return passed | {
        "PATH": f"{Path(executable).parent}:/usr/bin:/bin",
        "HOME": str(HOME),
        "USER": USER,
        "LOGNAME": USER,
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",  # noqa: S108 - a private one, inside
        "IPYTHONDIR": str(HOME / ".ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONNOUSERSITE": "1",
        # A thread for every core of a large machine would meet the limit on processes.
        "OMP_NUM_THREADS": "4",
        "OPENBLAS_NUM_THREADS": "4",
        BYTES_ENV: str(output_bytes),
    }
