"""The kernels of a student's server."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from traitlets import Bool, Float, default

from learnflow_ext.server.other_ai import Doors

MOST_PATIENT_S = 20.0


class PatientKernel(ServerKernelManager):
    """jupyter-server's own, whose restarts and end take turns.

    jupyter_client starts a kernel that died again, in two halves; an end that came between them found a
    kernel that was neither there nor gone, failed, and the second half started one that nobody knew.
    """

    def __init__(self, **kwargs: Any) -> None:
        parent: Any = super()
        parent.__init__(**kwargs)
        self.turn = asyncio.Lock()
        self.over = False
        """Somebody ended it for good: who waited to start it again has come too late."""
        self.has_magics = False
        """Whether it was started with extensions that lead to other AI."""

    async def restart_kernel(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Start it again, unless it was ended meanwhile."""
        parent: Any = super()
        async with self.turn:
            if self.over:
                return
            try:
                await parent.restart_kernel(*args, **kwargs)
            except Exception:
                self._try_again_later()
                raise

    async def allowed_now(self) -> tuple[tuple[str, ...], bool]:
        """For the provisioner: extensions to load besides, and whether there may be a network."""
        doors: Doors | None = getattr(self.parent, "doors", None)
        if doors is None:
            return (), True
        await doors.look()
        self.has_magics = bool(doors.magics)
        return doors.magics, doors.network

    async def end_for_exam(self) -> None:
        """End it if it has what an exam forbids; it is started again at once, without."""
        provisioner: Any = self.provisioner
        doors: Doors | None = getattr(self.parent, "doors", None)
        if doors is None or provisioner is None:
            return
        if self.has_magics or getattr(provisioner, "online", False):
            provisioner.why_it_ended = doors.why_ended
            await provisioner.send_signal(signal.SIGKILL)

    def _try_again_later(self) -> None:
        """Have a kernel that could not be started again looked after.

        jupyter_client stops watching before it starts a kernel again, and begins anew only afterwards: when
        the start fails it would stay dead with nobody to tell, and cells would wait for ever. Watched, it is
        tried again, and given up with a sentence when that has failed `KernelRestarter.restart_limit` times.
        """
        watch = self._restarter
        if watch is not None:
            watch._restarting = True  # so that the tries count as those of one row
            watch.start()


class PatientKernelManager(AsyncMappingKernelManager):
    """jupyter-server's own, which can shut a kernel down while that is just starting again, too.

    The first kernel of a server is started ahead, so that the first notebook finds it waiting. Until it is
    taken it is nobody's: no list shows it.
    """

    prestart = Bool(
        True,
        help="""Start one kernel with the server, for the notebook that is opened first: its first cell
        then runs at once. It takes some 40 MiB until it is used or `prestart_idle_s` is over. Turn off where
        memory is scarcer than patience.""",
    ).tag(config=True)

    prestart_idle_s = Float(
        900.0,
        min=1.0,
        help="""Seconds after which the kernel that was started ahead is ended if nobody has opened a
        notebook. The next notebook then starts its own, which takes about a second.""",
    ).tag(config=True)

    @default("kernel_manager_class")
    def _patient_too(self) -> str:
        return f"{PatientKernel.__module__}.{PatientKernel.__name__}"

    doors: Doors | None = None
    """Set by the server extension: what a kernel may have besides."""

    _spare: asyncio.Task[str] | None = None
    _spare_id = ""
    _spare_end: asyncio.TimerHandle | None = None

    def __init__(self, **kwargs: Any) -> None:
        parent: Any = super()
        parent.__init__(**kwargs)
        self._jobs: set[asyncio.Task[None]] = set()

    def start_ahead(self) -> None:
        """Start the kernel that waits. To be called once, in the event loop. A failure is only logged."""
        if not self.prestart:
            return
        parent: Any = super()
        loop = asyncio.get_running_loop()
        self._spare_id = self.new_kernel_id()
        starting = parent._async_start_kernel(kernel_id=self._spare_id, path="")
        self._spare = loop.create_task(starting, name="kernel started ahead")
        self._spare.add_done_callback(self._started_ahead)
        self._spare_end = loop.call_later(self.prestart_idle_s, self._nobody_came)

    def _started_ahead(self, task: asyncio.Task[str]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.log.warning("No kernel could be started ahead: %s", task.exception())

    def _nobody_came(self) -> None:
        async def end() -> None:
            kernel_id = await self._take()
            if kernel_id is not None:
                self.log.info("Nobody opened a notebook: the kernel that waited is ended.")
                await self._async_shutdown_kernel(kernel_id, now=True)

        self._do(end())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        job = asyncio.get_running_loop().create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    def _handle_kernel_died(self, kernel_id: str) -> None:
        """Given up: jupyter-server forgets it, and what it left on the machine goes too."""
        kernel: Any = self.get_kernel(kernel_id)
        parent: Any = super()
        parent.stop_watching_activity(kernel_id)
        parent._handle_kernel_died(kernel_id)
        self._do(kernel._async_cleanup_resources())

    async def _take(self) -> str | None:
        """The kernel that waits, which from now on does not; None when there is none, or it has died."""
        task, self._spare = self._spare, None
        if task is None:
            return None
        if self._spare_end is not None:
            self._spare_end.cancel()
        try:
            kernel_id = await asyncio.shield(task)
            manager: Any = self.get_kernel(kernel_id)
            if await manager.is_alive():
                return kernel_id
            await self._async_shutdown_kernel(kernel_id, now=True)  # or it would be started again
            return None
        except Exception:
            return None  # it was logged when it happened; the caller starts another one and sees for itself

    async def _async_start_kernel(
        self, *, kernel_id: str | None = None, path: str | None = None, **kwargs: Any
    ) -> str:
        """Hand out the kernel that waits, moved to the notebook's folder; start another one otherwise."""
        if kernel_id is None and kwargs.get("kernel_name") in (None, "", self.default_kernel_name):
            taken = await self._take()
            if taken is not None:
                where: Any = self.cwd_for_path
                folder = os.path.realpath(where(path or ""))  # noqa: ASYNC240 - a few calls, all local
                if await self._moved(taken, folder):
                    self.log.info("Kernel %s was waiting and has now a notebook.", taken)
                    return taken
                await self._async_shutdown_kernel(taken, now=True)
        parent: Any = super()
        started: str = await parent._async_start_kernel(kernel_id=kernel_id, path=path, **kwargs)
        return started

    start_kernel: Any = _async_start_kernel

    async def _moved(self, kernel_id: str, folder: str) -> bool:
        """Make `folder` its working folder, now and after a restart; False when it does not answer."""
        manager: Any = self.get_kernel(kernel_id)
        manager._launch_args["cwd"] = folder
        manager.last_activity = utcnow()
        client: Any = manager.client()
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        try:
            code = f"__import__('os').chdir({folder!r})"
            reply = await client.execute(code, silent=True, reply=True, timeout=MOST_PATIENT_S)
            return bool(reply["content"]["status"] == "ok")
        except (TimeoutError, RuntimeError):
            return False
        finally:
            client.stop_channels()

    async def end_for_exam(self) -> None:
        """An exam runs: end kernels that have what it forbids, the one that waits too."""
        kernels: list[Any] = [self.get_kernel(kernel_id) for kernel_id in self.list_kernel_ids()]
        for kernel in kernels:
            await kernel.end_for_exam()

    def list_kernels(self) -> list[dict[str, Any]]:
        """All but the one that waits."""
        hidden = self._spare_id if self._spare is not None else ""
        parent: Any = super()
        return [model for model in parent.list_kernels() if model["id"] != hidden]

    async def _async_shutdown_kernel(
        self, kernel_id: str, now: bool | None = False, restart: bool | None = False
    ) -> None:
        """Wait for a start under way, then shut down.

        Without the wait the caller gets an error, and the kernel is left running with nobody listening.
        """
        parent: Any = super()
        parent._check_kernel_id(kernel_id)
        kernel: Any = self.get_kernel(kernel_id)
        ours = False
        with suppress(TimeoutError):  # without its turn, then: what hangs is ended all the same
            ours = await asyncio.wait_for(kernel.turn.acquire(), MOST_PATIENT_S)
        try:
            kernel.over = not restart
            ready = kernel.ready
            if not isinstance(ready, asyncio.Future):
                ready = asyncio.wrap_future(ready)
            await asyncio.wait([ready], timeout=MOST_PATIENT_S)
            if kernel_id in self:  # else somebody who waited before us has ended it
                await parent._async_shutdown_kernel(kernel_id, now=now, restart=restart)
        finally:
            if ours:
                kernel.turn.release()

    shutdown_kernel: Any = _async_shutdown_kernel

    async def _async_shutdown_all(self, now: bool = False) -> None:
        """End all kernels, those too that are just starting.

        jupyter-server refuses to end one that it does not know yet, or no longer, and leaves it at that.
        """
        unknown = {
            kernel_id: task for kernel_id, task in self._pending_kernels.items() if kernel_id not in self
        }
        if unknown:
            await asyncio.wait(unknown.values(), timeout=MOST_PATIENT_S)
        for kernel_id in unknown:
            self._pending_kernels.pop(kernel_id, None)
        parent: Any = super()
        await parent._async_shutdown_all(now=now)

    shutdown_all: Any = _async_shutdown_all
