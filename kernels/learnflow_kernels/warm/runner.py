"""Runs cells for the service, each in a warm sandbox of its own: libraries loaded, there in milliseconds."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Sequence

import msgspec

from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.runner import Call, RunLimits, RunResult
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.program import HEADER, Task, report_in
from learnflow_kernels.results import MAX_REPORT, Ended, Output, answer, result_of
from learnflow_kernels.runner import BubblewrapRunner, require_paths, shown
from learnflow_kernels.warm.sandboxes import LIBRARIES, WarmSandbox, WarmSandboxes

ENTRY = "learnflow_kernels.program:warm"
log = logging.getLogger("learnflow.kernels")


async def _reader(pipe: int) -> asyncio.StreamReader:
    """Read a pipe, which is closed at its end."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    file = os.fdopen(pipe, "rb", 0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, file)
    return reader


class WarmRunner:
    """A `Runner` on warm sandboxes; where none can be had, on cold ones.

    Close it when it is no longer needed: it keeps processes.
    """

    def __init__(
        self,
        *,
        uid: int = 199_998,
        parallel: int = 2,
        ready: int = 2,
        preload: Sequence[str] = LIBRARIES,
    ) -> None:
        """`parallel` runs go on at the same time; the others wait. The rest is as for `WarmSandboxes`."""
        self._sandboxes = WarmSandboxes(uid=uid, ready=ready, preload=preload)
        self._cold: BubblewrapRunner | None = None
        self._uid, self._parallel = uid, parallel
        self._turn = asyncio.Semaphore(parallel)

    async def start(self) -> None:
        """Get ready ahead of the first run. Without it, that one waits for libraries to be loaded."""
        try:
            await self._sandboxes.start(ENTRY)
        except SandboxUnavailable as error:
            self._fall_back(error)

    def _fall_back(self, error: SandboxUnavailable) -> BubblewrapRunner:
        """Cold sandboxes from here on: slower, and as safe."""
        if self._cold is None:
            log.warning("no warm sandboxes, so every run starts Python anew: %s", error.message)
            self._cold = BubblewrapRunner(uid=self._uid, parallel=self._parallel)
        return self._cold

    async def run(
        self,
        cells: Sequence[str],
        *,
        files: Sequence[CourseFile] = (),
        limits: RunLimits | None = None,
        call: Call | None = None,
    ) -> RunResult:
        """As `Runner.run`. BadRequest for a file whose path is none, SandboxUnavailable without a sandbox."""
        limits = limits or RunLimits()
        require_paths(files)
        if self._cold is not None:
            return await self._cold.run(cells, files=files, limits=limits, call=call)
        task = msgspec.msgpack.encode(Task(cells=tuple(cells), files=tuple(files), call=call))
        async with self._turn:
            try:
                box = await self._sandboxes.open(ENTRY, limits=limits)
            except SandboxUnavailable as error:
                return await self._fall_back(error).run(cells, files=files, limits=limits, call=call)
            try:
                return answer(await _run(box, task, shown(cells, call), limits), call)
            finally:
                await asyncio.shield(box.close())

    async def close(self) -> None:
        """End all runs and the warm process."""
        await self._sandboxes.close()


async def _run(box: WarmSandbox, task: bytes, cells: tuple[str, ...], limits: RunLimits) -> RunResult:
    """Hand the task over and follow the run to its end."""
    began = time.monotonic()
    full, nonsense = asyncio.Event(), asyncio.Event()
    streams = [Output(limits.output_bytes, bytearray(), full) for _ in range(2)]
    said = Output(MAX_REPORT, bytearray(), nonsense)
    theirs, readers = [], []
    try:
        for _ in streams:
            reader, writer = os.pipe()
            theirs.append(writer)
            readers.append(await _reader(reader))
        socket.send_fds(box.channel, [HEADER.pack(len(task))], theirs)
    finally:
        for writer in theirs:
            os.close(writer)
    channel, feed = await asyncio.open_unix_connection(sock=box.channel)
    readers.append(channel)
    outputs = zip([*streams, said], readers, strict=True)
    followers = [asyncio.create_task(output.follow(reader)) for output, reader in outputs]
    flooded = asyncio.create_task(full.wait())
    over = asyncio.create_task(box.wait())
    try:
        feed.write(task)
        await asyncio.wait([over, flooded], return_when=asyncio.FIRST_COMPLETED)
    finally:
        box.kill()
        flooded.cancel()
        ending = await asyncio.shield(over)
        await asyncio.gather(*followers, return_exceptions=True)
        feed.close()
    ended = Ended(
        status=ending.status,
        stopped="output" if full.is_set() else "time" if ending.limit == "time" else None,
        out_of_memory=ending.limit == "memory",
        report=None if nonsense.is_set() else report_in(bytes(said.data)),
    )
    duration = round((time.monotonic() - began) * 1000)
    return result_of(ended, cells, limits, streams[0].text, streams[1].text, duration)
