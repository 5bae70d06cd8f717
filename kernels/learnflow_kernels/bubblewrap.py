"""Command lines for bubblewrap, built from plain data: nothing here looks at the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from learnflow_kernels.paths import Mounts

HOME = Path("/home/student")
"""Home folder inside a kernel's sandbox: empty at each start, gone at its end."""
RUN = Path("/run/learnflow")
"""Where a kernel finds the files that were made for it, read-only."""
USER = "student"
SERVER_SCRATCH = 512 * 2**20
"""Bytes of a server's temporary folder: it is memory, and kernels may write where in it their sockets lie."""
SHM = Path("/dev/shm")  # noqa: S108 - as TMP
TMP = Path("/tmp")  # noqa: S108 - a private file system inside, never the host's


@dataclass(frozen=True)
class Features:
    """Options that older versions of bubblewrap do not have."""

    disable_userns: bool = True
    """0.8: no user namespaces inside, which closes much of the kernel's attack surface."""
    size: bool = True
    """0.7: a temporary file system can be limited in size."""
    seccomp: bool = True
    """A filter of system calls is known for this architecture, and the kernel takes it."""


@dataclass(frozen=True)
class Limits:
    """Limits of one sandbox. None means: not limited here."""

    processes: int | None = 64
    """Processes and threads together."""
    open_files: int | None = 1024
    file_size: int | None = 100 * 2**20
    """Bytes of the largest file it may write."""
    data: int | None = None
    """Bytes of private memory of each process; for machines without a writable memory cgroup."""
    address_space: int | None = None
    """Bytes of address space of each process: far more than `data`, because libraries map a lot."""
    cpu: int | None = None
    """Seconds of processor time of each process, after which it is ended."""
    scratch: int | None = 64 * 2**20
    """Bytes of each of its temporary folders."""


@dataclass(frozen=True)
class KernelBox:
    """All that one kernel's sandbox is made of."""

    mounts: Mounts
    sockets: Path | None
    """Folder for the kernel's sockets: the only way in and out. None where there are only pipes."""
    command: tuple[str, ...]
    env: Mapping[str, str]
    files: Mapping[Path, Path] = field(default_factory=dict)
    """Destination to source of single read-only files; the folders of those in HOME are the user's own."""
    work: Path | None = None
    """The folder the code works in, writable; None for none."""
    chdir: Path = HOME
    limits: Limits = Limits()
    features: Features = Features()
    network: bool = False
    """Whether it shares the network of whoever starts it: all of it, this machine's own services too."""
    cores: tuple[int, ...] = ()
    """Processor cores it starts on; empty for all. It could choose others: a control group is stronger."""
    seccomp_fd: int | None = None
    """Where bubblewrap reads the filter of system calls from; inherited. None for no filter."""


def passwd_text(uid: int, gid: int, *, name: str = USER, home: Path = HOME) -> str:
    """An `/etc/passwd` with just the one user."""
    return f"{name}:x:{uid}:{gid}:Student:{home}:/bin/sh\n"


def group_text(gid: int, *, name: str = USER) -> str:
    """An `/etc/group` to go with it."""
    return f"{name}:x:{gid}:\n"


def drop_to(uid: int) -> list[str]:
    """Arguments that give up root for `uid`, in the group of the same number and no other, for good."""
    user = str(uid)
    return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs", "--"]


def prlimit_argv(limits: Limits) -> list[str]:
    """Arguments that set the limits for the command that follows; to be used inside the sandbox.

    (Outside, a process limit would hit bubblewrap itself.)
    """
    argv = ["prlimit", "--core=0"]
    for name, value in (
        ("nproc", limits.processes),
        ("nofile", limits.open_files),
        ("fsize", limits.file_size),
        ("data", limits.data),
        ("as", limits.address_space),
        ("cpu", limits.cpu),
    ):
        if value is not None:
            argv.append(f"--{name}={value}")
    return [*argv, "--"]


def _folders(paths: Iterable[Path], mounts: Sequence[Path]) -> list[str]:
    """Make the folders above `paths` that none of `mounts` brings along, passable for everybody.

    bubblewrap would make them itself, but for its own user only.
    """
    argv: list[str] = []
    made: set[Path] = {Path("/"), TMP}
    for path in paths:
        for parent in reversed(path.parents):
            if parent not in made and not any(parent.is_relative_to(mount) for mount in mounts):
                made.add(parent)
                argv += ["--perms", "0755", "--dir", str(parent)]
    return argv


def _system(mounts: Mounts) -> list[str]:
    argv: list[str] = []
    for path in mounts.read_only:
        argv += ["--ro-bind", str(path), str(path)]
    for target, link in mounts.symlinks:
        argv += ["--symlink", target, link]
    for path in mounts.masked:
        argv += ["--perms", "0755", "--tmpfs", str(path), "--remount-ro", str(path)]
    return argv


def _tmpfs(path: Path, limits: Limits, features: Features) -> list[str]:
    size = ["--size", str(limits.scratch)] if features.size and limits.scratch is not None else []
    return ["--perms", "0700", *size, "--tmpfs", str(path)]


def kernel_argv(box: KernelBox) -> list[str]:
    """The command that runs `box.command` sealed off: no network, no other process, no other file.

    To be run by the user the code shall run as; root goes through `drop_to` first.
    """
    features, limits = box.features, box.limits
    argv = ["bwrap", "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts"]
    argv += [] if box.network else ["--unshare-net"]
    argv += ["--unshare-cgroup-try", *(["--disable-userns"] if features.disable_userns else [])]
    argv += [
        "--hostname",
        "classroom",
        "--cap-drop",
        "ALL",
        "--new-session",
        "--die-with-parent",
        "--clearenv",
    ]
    if box.seccomp_fd is not None:
        argv += ["--seccomp", str(box.seccomp_fd)]
    for name, value in sorted(box.env.items()):
        argv += ["--setenv", name, value]
    writable = [path for path in (box.sockets, box.work) if path is not None]
    # First, because the host's /tmp may hold the sockets, a work folder, even the Python environment.
    argv += _tmpfs(TMP, limits, features)
    outside_home = [path for path in box.files if not path.is_relative_to(HOME)]
    argv += _folders([*box.mounts.read_only, *outside_home, *writable, HOME], box.mounts.read_only)
    argv += _system(box.mounts)
    argv += ["--proc", "/proc", "--dev", "/dev"]
    argv += [*_tmpfs(HOME, limits, features), *_tmpfs(SHM, limits, features)]
    for destination, source in sorted(box.files.items()):
        argv += ["--ro-bind", str(source), str(destination)]
    for path in writable:
        argv += ["--bind", str(path), str(path)]
    argv += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(box.chdir), "--"]
    cores = ["taskset", "-c", ",".join(map(str, box.cores))] if box.cores else []
    return [*argv, *cores, *prlimit_argv(limits), *box.command]


def warm_argv(
    command: Sequence[str],
    *,
    mounts: Mounts,
    env: Mapping[str, str],
    files: Mapping[Path, int],
    root: bool,
    limits: Limits = Limits(),
    features: Features = Features(),
) -> list[str]:
    """The command that runs a zygote, which forks sandboxes: sealed off itself, but able to make namespaces.

    `files` maps destinations to descriptors of their contents. As `root` it keeps just the rights to choose
    a user for each fork, and to mount `/proc` once; otherwise it is to be run by the user the code shall
    run as.
    """
    argv = [
        "bwrap",
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]
    argv += [
        "--hostname",
        "classroom",
        "--new-session",
        "--die-with-parent",
        "--clearenv",
        "--cap-drop",
        "ALL",
    ]
    if root:
        for name in ("CAP_SETUID", "CAP_SETGID", "CAP_SYS_ADMIN"):
            argv += ["--cap-add", name]
    else:
        argv.append("--unshare-user")
    for name, value in sorted(env.items()):
        argv += ["--setenv", name, value]
    argv += _tmpfs(TMP, limits, features)
    argv += _folders([*mounts.read_only, *files, HOME], mounts.read_only)
    argv += [*_system(mounts), "--proc", "/proc", "--dev", "/dev"]
    argv += [*_tmpfs(HOME, limits, features), *_tmpfs(SHM, limits, features)]
    for destination, descriptor in sorted(files.items()):
        argv += ["--perms", "0644", "--ro-bind-data", str(descriptor), str(destination)]
    return [*argv, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(HOME), "--", *command]


def server_argv(
    command: Sequence[str],
    *,
    mounts: Mounts,
    work: Path,
    home: Path,
    env: Mapping[str, str] | None = None,
    files: Mapping[Path, Path] | None = None,
    read_only: Sequence[Path] = (),
    features: Features = Features(),
) -> list[str]:
    """The command that runs a student's Jupyter server so that it sees no other student's files.

    It keeps the network (it talks to the hub) and the processes (the hub stops it by id), and may itself
    start kernels in sandboxes. `work` and `home` are writable; `files` maps destinations to sources of single
    read-only files, `read_only` names more folders. `env` replaces the environment; None keeps the caller's.
    """
    files = files or {}
    argv = ["bwrap", "--unshare-user", "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL"]
    if env is not None:
        argv.append("--clearenv")
        for name, value in sorted(env.items()):
            argv += ["--setenv", name, value]
    shown = Mounts((*mounts.read_only, *read_only), mounts.symlinks, mounts.masked)
    size = ["--size", str(SERVER_SCRATCH)] if features.size else []
    argv += ["--perms", "1777", *size, "--tmpfs", str(TMP)]
    argv += _folders([*shown.read_only, *files, work, home], shown.read_only)
    argv += _system(shown)
    # Bound, not mounted anew: only a process that sees a whole /proc may mount one for its kernels.
    argv += ["--dev-bind", "/proc", "/proc", "--dev", "/dev"]
    for destination, source in sorted(files.items()):
        argv += ["--ro-bind", str(source), str(destination)]
    for path in (work, home):
        argv += ["--bind", str(path), str(path)]
    return [*argv, "--remount-ro", "/", "--chdir", str(work), "--", *command]
