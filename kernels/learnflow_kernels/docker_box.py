"""What a container is made of that runs student code, built from plain data: nothing here asks an engine.

Shapes are those of the Docker SDK: `host` is what `create_host_config` takes, `container` the rest of what
`create_container` does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from learnflow_ext.contracts.runner import RunLimits
from learnflow_kernels.bubblewrap import HOME, TMP, USER
from learnflow_kernels.limits import limits_env

MIB = 2**20
OWNER_LABEL = "org.learnflow.owner"
"""On every container of a runner's: which process made it, as `docker_engine.own_name` says it."""
DEADLINE_LABEL = "org.learnflow.deadline"
"""When its time is over, in seconds since the epoch."""
COMMAND = ("python", "-I", "-m", "learnflow_kernels.boxed")
OWN_PROCESSES = 2
"""The container's init, and the interpreter itself."""
SCRATCH = 64 * MIB


@dataclass(frozen=True)
class BoxSpec:
    """One container."""

    container: dict[str, Any]
    host: dict[str, Any]


def _tmpfs(uid: int) -> dict[str, str]:
    options = f"rw,nosuid,nodev,size={SCRATCH},mode=0700,uid={uid},gid={uid}"
    return {str(folder): options for folder in (HOME, TMP)}


def _ulimits(limits: RunLimits) -> list[dict[str, Any]]:
    size, seconds = limits.file_size_mb * MIB, math.ceil(limits.wall_s) + 1
    values = (("core", 0), ("nofile", limits.open_files), ("fsize", size), ("cpu", seconds))
    return [{"Name": name, "Soft": value, "Hard": value} for name, value in values]


def environment(limits: RunLimits) -> dict[str, str]:
    """All variables inside; the image adds its `PATH`."""
    return {
        "HOME": str(HOME),
        "USER": USER,
        "LOGNAME": USER,
        "LANG": "C.UTF-8",
        "TMPDIR": str(TMP),
        "PYTHONNOUSERSITE": "1",
        "OMP_NUM_THREADS": "4",
        "OPENBLAS_NUM_THREADS": "4",
    } | limits_env(
        memory_mb=limits.memory_mb,
        processes=limits.processes,
        open_files=limits.open_files,
        file_size_mb=limits.file_size_mb,
    )


def box_spec(
    image: str,
    limits: RunLimits,
    *,
    owner: str,
    deadline: float,
    uid: int,
    cpus: float = 0,
    runtime: str = "",
) -> BoxSpec:
    """A container that reaches nothing, owns nothing and can become nothing.

    `cpus` are processors' worth of time, 0 for no limit; `runtime` is one that the engine knows, such as
    `runsc`, empty for its default.
    """
    container = {
        "image": image,
        "command": list(COMMAND),
        "entrypoint": [],
        "user": f"{uid}:{uid}",
        "working_dir": str(HOME),
        "hostname": "classroom",
        "environment": environment(limits),
        "labels": {OWNER_LABEL: owner, DEADLINE_LABEL: f"{deadline:.0f}"},
        "stdin_open": True,
        "tty": False,
        "network_disabled": True,
    }
    host: dict[str, Any] = {
        "network_mode": "none",
        "ipc_mode": "private",
        "read_only": True,
        "init": True,
        "privileged": False,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": limits.memory_mb * MIB,
        "memswap_limit": limits.memory_mb * MIB,  # the same number: no swap
        "pids_limit": limits.processes + OWN_PROCESSES,
        "shm_size": SCRATCH,
        "tmpfs": _tmpfs(uid),
        "ulimits": _ulimits(limits),
        "log_config": {"Type": "none", "Config": {}},
        "restart_policy": {"Name": "no"},
        "oom_kill_disable": False,
    }
    if cpus:
        host["nano_cpus"] = round(cpus * 1e9)
    if runtime:
        host["runtime"] = runtime
    return BoxSpec(container, host)
