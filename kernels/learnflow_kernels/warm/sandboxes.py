"""`Sandboxes` on this machine: forked from a warm process, some kept ready, each used once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import math
import os
import secrets
import signal
import socket
import struct
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.runner import Limit, RunLimits
from learnflow_ext.contracts.sandboxes import Ending
from learnflow_kernels import cgroups, uids
from learnflow_kernels.bubblewrap import Features
from learnflow_kernels.check import SandboxUnavailable, require_sandbox
from learnflow_kernels.endings import signal_in
from learnflow_kernels.limits import limits_env
from learnflow_kernels.owner import tag
from learnflow_kernels.warm.nursery import Nursery, readable, told
from learnflow_kernels.warm.wire import Fork, Start, Told, send

MIB = 2**20
LIBRARIES = ("numpy", "pandas", "matplotlib", "matplotlib.pyplot")
"""What a course in Python uses and what takes longest to load; each only if it is installed."""
_OWN_PROCESSES = 8
_GOT_READY_WITHIN_S = 30
_REMOVED_WITHIN_S = 60
_CREDENTIALS = struct.Struct("3i")
log = logging.getLogger("learnflow.kernels")


class WarmSandbox:
    """A `Sandboxed`. Made by `WarmSandboxes`; it may wait a while before it is started."""

    def __init__(
        self, outside: socket.socket, group: cgroups.Group, claim: uids.Claim, modules: frozenset[str]
    ) -> None:
        """`outside` is our end of the keeper's socket. `claim` is given back when nothing of it is left."""
        self._claim = claim
        self.modules = modules
        """Trusted modules that were loaded when it was forked."""
        self._outside = outside
        self._group = group
        self._keeper = -1
        self._channel: socket.socket | None = None
        self._stopped: Limit | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._ended: asyncio.Task[Ending] | None = None

    @property
    def channel(self) -> socket.socket:
        """As `Sandboxed.channel`."""
        assert self._channel is not None
        return self._channel

    @property
    def alive(self) -> bool:
        """False once its end was noticed."""
        return self._ended is not None and not self._ended.done()

    async def get_ready(self) -> None:
        """Wait until it is sealed. BadRequest when a module cannot be imported, else SandboxUnavailable."""
        try:
            async with asyncio.timeout(_GOT_READY_WITHIN_S):
                await readable(self._outside.fileno())
                pid = self._peek_pid()
                word = await told(self._outside)
        except TimeoutError:
            word = None
        if word is None or word.what != "ready" or pid is None:
            message = "" if word is None else word.message
            if message.startswith(("ImportError", "ModuleNotFoundError")):
                raise BadRequest(f"This function cannot be loaded: {message}.")
            raise SandboxUnavailable(f"A warm sandbox cannot be made here: {message or 'it ended'}.")
        self._keeper = os.pidfd_open(pid)
        self._ended = asyncio.create_task(self._watch(), name="sandbox")

    def _peek_pid(self) -> int | None:
        """The process id, as we see it, of who wrote the next message: the keeper, who is trusted."""
        size = socket.CMSG_SPACE(_CREDENTIALS.size)
        with contextlib.suppress(OSError):
            _, ancillary, _, _ = self._outside.recvmsg(1, size, socket.MSG_PEEK)
            for level, kind, content in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                    return int(_CREDENTIALS.unpack(content[: _CREDENTIALS.size])[0])
        return None

    def start(self, entry: str, limits: RunLimits) -> None:
        """Call `entry` in it. OSError when it has ended meanwhile."""
        self._group.resize(memory=limits.memory_mb * MIB, processes=limits.processes + _OWN_PROCESSES)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._channel = ours
        with theirs:
            word = Start(
                entry=entry,
                processes=limits.processes,
                open_files=limits.open_files,
                file_size=limits.file_size_mb * MIB,
                cpu=math.ceil(limits.wall_s) + 1,
                memory=None if self._group.limits_memory else limits.memory_mb * MIB,
                env=limits_env(
                    memory_mb=limits.memory_mb,
                    processes=limits.processes,
                    open_files=limits.open_files,
                    file_size_mb=limits.file_size_mb,
                ),
            )
            send(self._outside, word, (theirs.fileno(),))
        self._clock = asyncio.get_running_loop().call_later(limits.wall_s, self._time_is_over)

    def _time_is_over(self) -> None:
        self._stopped = "time"
        self.kill()

    def kill(self) -> None:
        """End everything in it, without waiting. Fine when it has ended."""
        if self._keeper >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._keeper, signal.SIGKILL)

    async def _watch(self) -> Ending:
        """Follow it to its end, and clean up after it."""
        # Linux tells of the end of a namespace's first process when all the others have ended.
        await readable(self._keeper)
        word: Told | None = None
        if self._outside.fileno() >= 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):  # its end is closed: this never waits
                    word = await told(self._outside)
        status = 128 + signal.SIGKILL if word is None or word.what != "ended" else word.status
        status = 128 - status if status < 0 else status
        self._let_go()
        oom = await asyncio.to_thread(self._group.out_of_memory)
        await self._clear()
        limit = self._stopped
        if limit is None and signal_in(status) == signal.SIGXCPU:
            limit = "time"
        elif limit is None and oom:
            limit = "memory"
        return Ending(status=status, limit=limit)

    def _let_go(self) -> None:
        """Close what we hold of it, but for the channel."""
        if self._clock is not None:
            self._clock.cancel()
        self._outside.close()
        if self._keeper >= 0:
            os.close(self._keeper)
            self._keeper = -1

    async def abandon(self) -> None:
        """Give up one that nobody was handed, and clean up after it."""
        if self._ended is not None:
            await self.close()
            return
        self._let_go()  # which ends it, if it has been made or still will be
        await self._clear()

    async def _clear(self) -> None:
        try:
            await asyncio.to_thread(_remove, self._group)
        finally:
            self._claim.release()

    async def wait(self) -> Ending:
        """As `Sandboxed.wait`."""
        assert self._ended is not None
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        """As `Sandboxed.close`."""
        self.kill()
        if self._ended is not None:
            await asyncio.shield(self._ended)
        if self._channel is not None:
            self._channel.close()


class WarmSandboxes:
    """`Sandboxes` from one warm process, which starts with the first of them, or with `start`."""

    def __init__(
        self,
        *,
        uid: int = 199_998,
        ready: int = 2,
        preload: Sequence[str] = LIBRARIES,
        packages: Sequence[str] = (),
    ) -> None:
        """`ready` sandboxes wait for work. When we are root they run under ids from `uid` downwards.

        `preload` names modules to load, as far as they are installed; `packages` of LearnFlow are shown in
        the sandboxes besides those of kernels, for entries that live there.
        """
        self._first_uid = uid
        self._ready_wanted = ready
        self._preload = tuple(preload)
        self._packages = tuple(packages)
        self._modules: frozenset[str] = frozenset()
        self._nursery: Nursery | None = None
        self._starting = asyncio.Lock()
        self._filling = asyncio.Lock()
        self._waiting: list[WarmSandbox] = []
        self._open: set[WarmSandbox] = set()
        self._jobs: set[asyncio.Task[None]] = set()
        self._forks: set[asyncio.Future[None]] = set()
        """Done when a fork that is under way has ended, well or not."""
        self._refilling: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._named = (0, "")
        self._closed = False
        self._closing: asyncio.Task[None] | None = None

    @property
    def ready(self) -> int:
        """How many sandboxes wait for work."""
        return sum(box.alive for box in self._waiting)

    async def start(self, *entries: str) -> None:
        """Get ready for these entries ahead of the first `open`. SandboxUnavailable where that cannot be."""
        self._modules |= {entry.partition(":")[0] for entry in entries}
        await self._alive_nursery()
        if self._ready_wanted:
            await self._refill()

    def launch(self, *entries: str) -> Callable[[], None]:
        """As `Forkable.launch`."""
        self._modules |= {entry.partition(":")[0] for entry in entries}
        self._nursery = Nursery.launch(
            self._features(),
            preload=self._preload,
            packages=self._packages,
            modules=tuple(sorted(self._modules)),
        )
        return self._nursery.wait

    async def open(self, entry: str, *, limits: RunLimits | None = None) -> WarmSandbox:
        """As `Sandboxes.open`."""
        module, _, function = entry.partition(":")
        if not module or not function.isidentifier():
            raise BadRequest(f"{entry[:100]!r} does not name a function, as package.module:function does.")
        for _ in range(3):
            box = await self._take(module)
            try:
                box.start(entry, limits or RunLimits())
            except OSError:
                await box.close()
                continue
            self._keep_for_later()
            return box
        raise SandboxUnavailable("Warm sandboxes end before they are used.")

    async def _take(self, module: str) -> WarmSandbox:
        while self._waiting:
            box = self._waiting.pop(0)
            # Without its zygote it is ending, whether that was noticed or not.
            lives = box.alive and self._nursery is not None and self._nursery.alive
            if lives and module in box.modules:
                self._open.add(box)
                return box
            await box.close()
        box = await self._fork(self._modules | {module})
        self._modules |= {module}
        return box

    async def _alive_nursery(self) -> Nursery:
        async with self._starting:
            self._require_open()
            if self._nursery is None or not self._nursery.alive:
                features = await asyncio.to_thread(self._features)
                if self._nursery is not None:
                    await self._nursery.close()
                self._nursery = await Nursery.start(features, preload=self._preload, packages=self._packages)
                self._require_open()  # `close` waits for the lock, and ends this one
            return self._nursery

    def _require_open(self) -> None:
        if self._closed:
            raise SandboxUnavailable("The sandboxes are closed.")

    def _features(self) -> Features:
        return require_sandbox(self._first_uid if os.geteuid() == 0 else 0)

    async def _fork(self, modules: frozenset[str]) -> WarmSandbox:
        """A sandbox of its own, sealed and waiting. `close` leaves nothing of it, at any moment."""
        nursery = await self._alive_nursery()
        over = asyncio.get_running_loop().create_future()
        self._forks.add(over)
        try:
            box = self._asked_for(nursery, modules)
            try:
                await box.get_ready()
                self._require_open()
            except BaseException:
                self._open.discard(box)
                self._soon(box.abandon())
                raise
            self._soon(self._forget(box))
            return box
        except OSError as error:
            raise SandboxUnavailable(f"The warm process cannot be asked: {error.strerror}.") from error
        finally:
            self._forks.discard(over)
            over.set_result(None)

    def _asked_for(self, nursery: Nursery, modules: frozenset[str]) -> WarmSandbox:
        """One that the zygote was asked to fork. OSError when that cannot be."""
        limits = RunLimits()
        claim = uids.claim(self._first_uid)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            ours.setblocking(False)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            try:
                group = cgroups.create(
                    f"{self._name}-{next(self._numbers)}",
                    memory=limits.memory_mb * MIB,
                    processes=limits.processes + _OWN_PROCESSES,
                    share=cgroups.SHARE,
                )
            except BaseException:
                claim.release()
                raise
            box = WarmSandbox(ours, group, claim, modules)
            self._open.add(box)
            try:
                nursery.fork(Fork(modules=tuple(sorted(modules)), uid=claim.uid), theirs.fileno(), group)
            except BaseException:
                self._open.discard(box)
                self._soon(box.abandon())
                raise
        return box

    @property
    def _name(self) -> str:
        """Of this process's groups: a fork's are its own."""
        if self._named[0] != os.getpid():
            self._named = os.getpid(), f"warm-{tag()}-{secrets.token_hex(3)}"
        return self._named[1]

    async def _forget(self, box: WarmSandbox) -> None:
        await box.wait()
        self._open.discard(box)

    def _soon(self, job: Coroutine[Any, Any, None]) -> None:
        """Run `job` in the background; `close` waits for it."""
        task = asyncio.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    def _keep_for_later(self) -> None:
        if self._refilling is None or self._refilling.done():
            self._refilling = asyncio.create_task(self._refill(), name="sandboxes kept ready")

    async def _refill(self) -> None:
        async with self._filling:
            while not self._closed and len(self._waiting) < self._ready_wanted:
                try:
                    box = await self._fork(self._modules)
                except (SandboxUnavailable, BadRequest):
                    return  # whoever opens the next one is told
                self._open.discard(box)
                self._waiting.append(box)

    async def close(self) -> None:
        """As `Sandboxes.close`. Cancelling it does not stop it."""
        self._closed = True
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="sandboxes close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        if self._refilling is not None:
            self._refilling.cancel()
            await asyncio.wait([self._refilling])
        await asyncio.gather(*(box.close() for box in [*self._waiting, *self._open]))
        self._waiting.clear()
        async with self._starting:
            if self._nursery is not None:
                await self._nursery.close()
                self._nursery = None
        if self._forks:  # they notice that the zygote has gone, and clear up after themselves
            await asyncio.wait(self._forks)
        while self._jobs:
            await asyncio.gather(*self._jobs)


def _remove(group: cgroups.Group) -> None:
    """End what is still in a group, and remove it. Blocks until that is done, at most a minute."""
    began = time.monotonic()
    while not group.remove():
        if time.monotonic() - began > _REMOVED_WITHIN_S:
            log.error("a control group cannot be removed: %s", ", ".join(map(str, group.folders)))
            return
        for pid in group.members():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
