"""Runs cells for the service, each run in a container of its own that nothing outlives.

Only a worker that may use the engine's socket can do this: that socket is as good as root, so it belongs
to no student's server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from docker import APIClient

from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.runner import Call, Limit, RunLimits, RunResult
from learnflow_kernels.boxed import MARK_BYTES, BoxedTask, sent, split
from learnflow_kernels.docker_box import BoxSpec, box_spec
from learnflow_kernels.docker_engine import FAILURES, Engine, container, own_name
from learnflow_kernels.docker_stream import Streams
from learnflow_kernels.program import Task
from learnflow_kernels.results import Ended, answer, result_of
from learnflow_kernels.runner import require_paths, shown

IMAGE = "learnflow/grader:latest"
_READ = 65_536
_LATE_NEWS_S = 1.0
"""How long after a kill the engine may take to know that it was for want of memory."""


class _Run:
    """One run, in a thread of its own; `stop` may be called from any other."""

    def __init__(self, engine: Engine, spec: BoxSpec, task: Task, limits: RunLimits) -> None:
        self._engine, self._spec, self._limits = engine, spec, limits
        self._cells = shown(task.cells, task.call)
        self._mark = os.urandom(MARK_BYTES)
        self._task = sent(msgspec.msgpack.encode(BoxedTask(mark=self._mark, task=task)))
        self._wake, self._woken = socket.socketpair()
        self._lock = threading.Lock()

    def stop(self) -> None:
        """End it soon; what it returns does not matter any more."""
        with self._lock, contextlib.suppress(OSError):
            self._wake.send(b"x")

    def __call__(self) -> RunResult:
        """Run to the end, and leave no container. SandboxUnavailable when the engine does not help."""
        try:
            with self._engine.session() as api, container(api, self._spec) as name:
                return self._inside(api, name)
        finally:
            with self._lock:
                self._wake.close()
                self._woken.close()

    def _inside(self, api: APIClient, container: str) -> RunResult:
        parameters = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        attached = api.attach_socket(container, params=parameters)
        channel: socket.socket = getattr(attached, "_sock", attached)
        streams = Streams(self._limits.output_bytes, self._mark)
        try:
            api.start(container)
            began = time.monotonic()
            stopped = self._follow(channel, streams, began + self._limits.wall_s)
        finally:
            # Before the kill: the engine lets no container end whose output it cannot get rid of.
            attached.close()
            channel.close()
        if stopped is not None:
            with contextlib.suppress(*FAILURES):
                api.kill(container)
        ended = _ended(api, container, stopped)
        duration = round((time.monotonic() - began) * 1000)
        said, report = split(self._mark, bytes(streams.stderr))
        ended = Ended(ended.status, ended.stopped, ended.out_of_memory, report)
        limit = self._limits.output_bytes
        texts = [bytes(stream[:limit]).decode(errors="replace") for stream in (streams.stdout, said)]
        return result_of(ended, self._cells, self._limits, texts[0], texts[1], duration)

    def _follow(self, channel: socket.socket, streams: Streams, deadline: float) -> Limit | None:
        """Feed it and follow it to its end; the limit that it has to be stopped for."""
        channel.setblocking(False)
        task = memoryview(self._task)
        while (left := deadline - time.monotonic()) > 0:
            writing = [channel] if task else []
            readable, writable, _ = select.select([channel, self._woken], writing, [], left)
            if self._woken in readable:
                return "time"
            if writable:
                try:
                    task = task[channel.send(task) :]
                except BlockingIOError:
                    pass
                except (BrokenPipeError, ConnectionResetError):
                    task = memoryview(b"")
            if channel in readable:
                try:
                    data = channel.recv(_READ)
                except BlockingIOError:
                    continue
                except ConnectionResetError:
                    data = b""
                if not data:
                    return None
                streams.feed(data)
                if streams.flooded():
                    return "output"
        return "time"


def _ended(api: APIClient, container: str, stopped: Limit | None) -> Ended:
    status = int(api.wait(container)["StatusCode"])
    oom = bool(api.inspect_container(container)["State"].get("OOMKilled"))
    deadline = time.monotonic() + _LATE_NEWS_S
    while status == 137 and stopped is None and not oom and time.monotonic() < deadline:
        time.sleep(0.05)
        oom = bool(api.inspect_container(container)["State"].get("OOMKilled"))
    return Ended(status, stopped, oom, None)


class DockerRunner:
    """A `Runner` that starts a container a run, on an engine whose socket this process may use."""

    def __init__(
        self,
        *,
        image: str = IMAGE,
        url: str = "",
        parallel: int = 2,
        uid: int = 1000,
        cpus: float = 1.0,
        runtime: str = "",
    ) -> None:
        """`parallel` runs go on at the same time, the others wait; `uid` is the user inside, never 0.

        `url` names the engine, empty for `DOCKER_HOST` or the usual socket; `cpus` is how many processors one
        run may keep busy; `runtime` one that the engine knows, such as `runsc` (gVisor).
        """
        if uid == 0:
            raise ValueError("Student code never runs as root: choose another uid.")
        self._image, self._uid, self._cpus, self._runtime = image, uid, cpus, runtime
        self._engine = Engine(url)
        self._owner = own_name()
        self._turn = asyncio.Semaphore(parallel)
        # Threads of our own: a run keeps one for seconds, and the loop's own pool is everybody's.
        self._threads = ThreadPoolExecutor(parallel + 1, thread_name_prefix="learnflow-docker")
        self._swept = False

    async def run(
        self,
        cells: Sequence[str],
        *,
        files: Sequence[CourseFile] = (),
        limits: RunLimits | None = None,
        call: Call | None = None,
    ) -> RunResult:
        """As `Runner.run`. BadRequest for a file whose path is none, SandboxUnavailable without an engine."""
        limits = limits or RunLimits()
        require_paths(files)
        task = Task(cells=tuple(cells), files=tuple(files), call=call)
        async with self._turn:
            if not self._swept:
                self._swept = True
                await self.sweep()
            spec = box_spec(
                self._image,
                limits,
                owner=self._owner,
                deadline=time.time() + limits.wall_s,
                uid=self._uid,
                cpus=self._cpus,
                runtime=self._runtime,
            )
            run = _Run(self._engine, spec, task, limits)
            running = asyncio.get_running_loop().run_in_executor(self._threads, run)
            try:
                return answer(await asyncio.shield(running), call)
            except asyncio.CancelledError:
                run.stop()
                await asyncio.wait([running])
                running.exception()  # looked at, whatever it is: nobody waits for it any more
                raise

    async def ready(self) -> None:
        """SandboxUnavailable when no run could start: no engine, or no image."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._engine.require_image, self._image)

    async def sweep(self) -> list[str]:
        """Remove containers that runners which are no more have left behind; their ids."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._engine.sweep)

    async def close(self) -> None:
        """Give back the threads; runs that go on end first."""
        await asyncio.to_thread(self._threads.shutdown)
