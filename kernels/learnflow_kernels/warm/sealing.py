"""How a fork of the zygote shuts itself off before it runs anything that is not trusted.

Everything here either succeeds or raises OSError: there is no half sealed sandbox.
"""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import socket
from pathlib import Path

from learnflow_kernels import seccomp
from learnflow_kernels.bubblewrap import HOME, SHM, TMP
from learnflow_kernels.warm import linux
from learnflow_kernels.warm.wire import Config, Start

OWN_FOLDERS = (TMP, HOME, SHM)
"""What every sandbox has to itself, empty."""
INSIDE = 1000
"""The user and group id that code sees as its own; on the host it is another, and nobody's."""
_NAMESPACES = (
    linux.NEW_USER
    | linux.NEW_MOUNTS
    | linux.NEW_PIDS
    | linux.NEW_NET
    | linux.NEW_IPC
    | linux.NEW_UTS
    | linux.NEW_CGROUP
)
# Libraries map far more than they use.
_ADDRESS_SPACE_FACTOR = 4
_ADDRESS_SPACE_EXTRA = 2**30


def enter(groups: list[int], uid: int) -> None:
    """Enter the control groups behind these open files, become `uid` where we may, and leave the host.

    The next child is the first process of its own process namespace.
    """
    for group in groups:
        os.write(group, b"0")
        os.close(group)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    linux.no_new_privileges()
    user, group_id = os.geteuid(), os.getegid()
    linux.unshare(_NAMESPACES)
    linux.set_dumpable(True)  # or its own files in /proc are root's
    for name, text in (
        ("uid_map", f"{INSIDE} {user} 1"),
        ("setgroups", "deny"),
        ("gid_map", f"{INSIDE} {group_id} 1"),
    ):
        Path("/proc/self", name).write_text(text)


def seal(config: Config) -> None:
    """As the first process of the namespaces: own file systems over the shared ones, then no rights."""
    linux.keep_mounts_private()
    calm = linux.NOSUID | linux.NODEV
    linux.mount("proc", "/proc", flags=calm | linux.NOEXEC)
    shown = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in config.shown}
    for folder in OWN_FOLDERS:
        linux.mount("tmpfs", str(folder), f"size={config.scratch},nr_inodes=65536,mode=700", flags=calm)
    for path, descriptor in shown.items():
        os.makedirs(path, exist_ok=True)
        linux.bind(f"/proc/self/fd/{descriptor}", path)
        os.close(descriptor)
    # The zygote's would be a place where two sandboxes meet.
    linux.mount("devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=620", flags=linux.NOSUID | linux.NOEXEC)
    linux.loopback_up()
    socket.sethostname("classroom")
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    linux.set_capabilities()
    linux.set_dumpable(False)
    if config.seccomp:
        code = seccomp.program(platform.machine())
        if code is None:
            raise OSError(f"no filter of system calls is known for {platform.machine()}")
        linux.install_filter(code)


def only(kept: set[int]) -> None:
    """Close every open file but these."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))


def silence() -> None:
    """Point the standard streams at nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    os.close(nothing)


def limit(start: Start) -> None:
    """Set the resource limits of the process that runs the function, for itself and all it starts."""
    limits = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, start.processes + 1),  # and the keeper
        (resource.RLIMIT_NOFILE, start.open_files),
        (resource.RLIMIT_FSIZE, start.file_size),
        (resource.RLIMIT_CPU, start.cpu),
    ]
    if start.memory is not None:
        data, space = linux.memory_in_use()
        allowed = start.memory * _ADDRESS_SPACE_FACTOR + _ADDRESS_SPACE_EXTRA
        limits += [(resource.RLIMIT_DATA, data + start.memory), (resource.RLIMIT_AS, space + allowed)]
    for name, value in limits:
        _, hard = resource.getrlimit(name)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value))
