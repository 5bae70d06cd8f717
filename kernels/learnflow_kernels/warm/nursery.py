"""The zygote as its server sees it: started once, asked for forks, ended with its server."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import subprocess
import sys
from pathlib import Path

import msgspec

from learnflow_kernels import cgroups
from learnflow_kernels.bubblewrap import Features, group_text, passwd_text, warm_argv
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.outputs import BYTES_ENV
from learnflow_kernels.paths import kernel_mounts
from learnflow_kernels.rundir import HOSTS, NSSWITCH
from learnflow_kernels.warm.sealing import INSIDE, OWN_FOLDERS
from learnflow_kernels.warm.wire import Config, Fork, Told, close_all, receive, send
from learnflow_kernels.workplace import kernel_env

_STARTS_WITHIN_S = 60
_ENDS_WITHIN_S = 10
_TOO_LONG = "Warm sandboxes take too long to get ready."
_DOES_NOT_WORK = "Warm sandboxes do not work here: {}."
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


async def readable(fd: int) -> None:
    """Wait until a descriptor can be read, or its other end has gone."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)


async def told(sock: socket.socket) -> Told | None:
    """The next message on a non-blocking socket; None when nobody is there any more, or talks nonsense."""
    while True:
        try:
            data, fds = receive(sock)
        except BlockingIOError:
            await readable(sock.fileno())
            continue
        except OSError:
            return None
        for fd in fds:
            os.close(fd)
        try:
            return msgspec.msgpack.decode(data, type=Told) if data else None
        except msgspec.DecodeError:
            return None


def _in_memory(text: str) -> int:
    fd = os.memfd_create("learnflow", os.MFD_CLOEXEC)
    os.write(fd, text.encode())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _account_files() -> dict[Path, int]:
    """Descriptors of the files that say who the user is and what the machine is called."""
    return {
        Path("/etc/passwd"): _in_memory(passwd_text(INSIDE, INSIDE)),
        Path("/etc/group"): _in_memory(group_text(INSIDE)),
        Path("/etc/nsswitch.conf"): _in_memory(NSSWITCH),
        Path("/etc/hosts"): _in_memory(HOSTS),
    }


class Nursery:
    """One zygote. Made by `start`, or by `launch`; ends with `close`, with its server, or by a fault.

    Forks of the server may ask it too, once it is ready: each sandbox answers on a socket of its own. For
    them `close` just lets go of it.
    """

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket, said: int) -> None:
        """Use `start` or `launch`."""
        self._process = process
        self._control = control
        self._said = said
        self._server = os.getpid()
        self._pidfd = os.pidfd_open(process.pid)

    @classmethod
    async def start(
        cls, features: Features, *, preload: tuple[str, ...], packages: tuple[str, ...]
    ) -> Nursery:
        """Start it and wait until its libraries are loaded. SandboxUnavailable, with its own words."""
        nursery = cls.launch(features, preload=preload, packages=packages)
        try:
            async with asyncio.timeout(_STARTS_WITHIN_S):
                ready = await told(nursery._control)
        except BaseException as error:
            await nursery.close()
            if isinstance(error, TimeoutError):
                raise SandboxUnavailable(_TOO_LONG) from None
            raise
        if ready is None:
            words = nursery.last_words()
            await nursery.close()
            raise SandboxUnavailable(_DOES_NOT_WORK.format(words or "no reason was given"))
        return nursery

    def wait(self) -> None:
        """As `start` waits, where no event loop runs. Blocks."""
        if not select.select([self._control], [], [], _STARTS_WITHIN_S)[0]:
            raise SandboxUnavailable(_TOO_LONG)
        data, fds = receive(self._control)
        close_all(fds)
        if not data:
            raise SandboxUnavailable(_DOES_NOT_WORK.format(self.last_words() or "no reason was given"))

    @classmethod
    def launch(
        cls,
        features: Features,
        *,
        preload: tuple[str, ...],
        packages: tuple[str, ...],
        modules: tuple[str, ...] = (),
    ) -> Nursery:
        """Start it, and do not wait. It ends with the thread that called this. SandboxUnavailable.

        `modules` are trusted ones, loaded ahead of the first fork.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        said = os.memfd_create("said", os.MFD_CLOEXEC)
        files = _account_files()
        root = os.geteuid() == 0
        mounts = kernel_mounts(packages)
        hidden = [path for path in mounts.read_only if any(map(path.is_relative_to, OWN_FOLDERS))]
        config = Config(
            control=theirs.fileno(),
            preload=preload,
            modules=modules,
            seccomp=features.seccomp,
            shown=tuple(str(path) for path in hidden if path.is_dir()),
        )
        env = kernel_env(sys.executable, 0, os.environ) | dict.fromkeys(_THREADS, "1") | {"MPLBACKEND": "Agg"}
        del env[BYTES_ENV]
        text = msgspec.json.encode(config).decode()
        argv = warm_argv(
            [sys.executable, "-I", "-m", "learnflow_kernels.warm.zygote", text],
            mounts=mounts,
            env=env,
            files=files,
            root=root,
            features=features,
        )
        try:
            # From this thread: bubblewrap would end with any other that started it.
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                pass_fds=(theirs.fileno(), *files.values()),
                env={"PATH": os.environ.get("PATH", os.defpath)},
                cwd="/",
            )
        except OSError as error:
            ours.close()
            os.close(said)
            raise SandboxUnavailable(f"Warm sandboxes cannot be started: {error.strerror}.") from error
        finally:
            theirs.close()
            for fd in files.values():
                os.close(fd)
        ours.setblocking(False)
        return cls(process, ours, said)

    @property
    def alive(self) -> bool:
        """False once it has ended: no more forks from it, and those it had are gone too."""
        if os.getpid() == self._server:
            return self._process.poll() is None
        return not select.select([self._pidfd], [], [], 0)[0]

    @property
    def pid(self) -> int:
        """Of its outermost process."""
        return self._process.pid

    def last_words(self, limit: int = 500) -> str:
        """The end of what it printed; empty for nothing."""
        size = os.fstat(self._said).st_size
        return os.pread(self._said, limit, max(0, size - limit)).decode(errors="replace").strip()

    def fork(self, request: Fork, outside: int, group: cgroups.Group) -> None:
        """Ask for a sandbox that talks to `outside` and enters `group`. OSError when that fails."""
        doors = group.open_doors()
        try:
            send(self._control, request, (outside, *doors))
        finally:
            for door in doors:
                os.close(door)

    async def close(self) -> None:
        """End it and all its forks, and wait for that. Fine when called again."""
        if self._control.fileno() < 0:
            return
        self._control.close()
        os.close(self._said)
        os.close(self._pidfd)
        if os.getpid() == self._server:
            await asyncio.shield(asyncio.to_thread(self._ended))

    def _ended(self) -> None:
        """Wait for its end, which comes by itself when nobody talks to it any more."""
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
