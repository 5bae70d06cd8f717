"""Runs cells for the service, each run in a bubblewrap sandbox of its own that nothing outlives."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.paths import split_path
from learnflow_ext.contracts.runner import Call, Limit, RunLimits, RunResult
from learnflow_kernels import cgroups, rundir, seccomp, uids
from learnflow_kernels.bubblewrap import HOME, Features, KernelBox, Limits, drop_to, kernel_argv
from learnflow_kernels.check import require_sandbox
from learnflow_kernels.limits import limits_env
from learnflow_kernels.outputs import BYTES_ENV
from learnflow_kernels.paths import kernel_mounts
from learnflow_kernels.program import Report, Task, report_in
from learnflow_kernels.reach import reach_prefix
from learnflow_kernels.results import MAX_REPORT, Ended, Output, answer, result_of
from learnflow_kernels.workplace import kernel_env

MIB = 2**20
_ADDRESS_SPACE_FACTOR = 4
_ADDRESS_SPACE_EXTRA = 2**30
_OWN_PROCESSES = 8


def require_paths(files: Sequence[CourseFile]) -> None:
    """BadRequest for a file that would not lie below the working folder."""
    for file in files:
        if not split_path(file.path):
            raise BadRequest(f"{file.path[:100]!r} is not a path below the working folder.")


def shown(cells: Sequence[str], call: Call | None) -> tuple[str, ...]:
    """What ran, a text for each place that an error can have."""
    return tuple(cells) if call is None else (*cells, f"{call.function}(…)")


@dataclass(frozen=True)
class _Place:
    """Where one run takes place."""

    run: rundir.RunDir
    group: cgroups.Group
    uid: int


class BubblewrapRunner:
    """A `Runner` on this machine that starts Python anew for each run. `warm.runner` is the faster one.

    When we are root, code runs as `uid`, or the next free id below it; else as ourselves.
    """

    def __init__(self, *, uid: int = 199_998, parallel: int = 2) -> None:
        """`parallel` runs go on at the same time; the others wait their turn."""
        self._uid = uid if os.geteuid() == 0 else os.geteuid()
        self._turn = asyncio.Semaphore(parallel)

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
        features = await asyncio.to_thread(require_sandbox, self._uid)
        task = msgspec.msgpack.encode(Task(cells=tuple(cells), files=tuple(files), call=call))
        async with self._turn:
            claim = uids.claim(self._uid)
            group, run = cgroups.NONE, None
            try:
                run = await asyncio.to_thread(rundir.make, claim.uid)
                group = await asyncio.to_thread(
                    cgroups.create,
                    run.root.name,
                    memory=limits.memory_mb * MIB,
                    processes=limits.processes + _OWN_PROCESSES,
                    share=cgroups.SHARE,
                )
                await asyncio.to_thread(run.write, None, claim.uid)
                place = _Place(run, group, claim.uid)
                done = await self._sandboxed(task, shown(cells, call), limits, features, place)
                return answer(done, call)
            finally:
                await asyncio.shield(asyncio.to_thread(_clean_up, run, group, claim))

    async def close(self) -> None:
        """Nothing is kept between runs."""

    async def _sandboxed(
        self,
        task: bytes,
        cells: tuple[str, ...],
        limits: RunLimits,
        features: Features,
        place: _Place,
    ) -> RunResult:
        began = time.monotonic()
        full = asyncio.Event()
        streams = [Output(limits.output_bytes, bytearray(), full) for _ in range(2)]
        ours, theirs = os.pipe()
        inherited = [theirs]
        try:
            fd = seccomp.filter_fd() if features.seccomp else None
            inherited += [] if fd is None else [fd]
            argv = self._argv(limits, features, place, report=theirs, filter_fd=fd)
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=inherited,
                env={"PATH": os.environ.get("PATH", os.defpath)},
                cwd="/",
                start_new_session=True,
            )
            while inherited:
                os.close(inherited.pop())
            stopped = await _watched(process, task, streams, full, limits.wall_s, place.group)
            oom = await asyncio.to_thread(place.group.out_of_memory)
            ended = Ended(process.returncode or 0, stopped, oom, _read_report(ours))
        finally:
            for descriptor in (ours, *inherited):
                os.close(descriptor)
        duration = round((time.monotonic() - began) * 1000)
        return result_of(ended, cells, limits, streams[0].text, streams[1].text, duration)

    def _argv(
        self,
        limits: RunLimits,
        features: Features,
        place: _Place,
        *,
        report: int,
        filter_fd: int | None,
    ) -> list[str]:
        mounts = kernel_mounts()
        data = None if place.group.limits_memory else limits.memory_mb * MIB
        env = kernel_env(sys.executable, limits.output_bytes, os.environ) | limits_env(
            memory_mb=limits.memory_mb,
            processes=limits.processes,
            open_files=limits.open_files,
            file_size_mb=limits.file_size_mb,
        )
        del env[BYTES_ENV]
        box = KernelBox(
            mounts=mounts,
            sockets=None,
            command=(sys.executable, "-I", "-m", "learnflow_kernels.program", str(report)),
            env=env,
            files=place.run.accounts,
            chdir=HOME,
            limits=Limits(
                processes=limits.processes,
                open_files=limits.open_files,
                file_size=limits.file_size_mb * MIB,
                data=data,
                address_space=None if data is None else data * _ADDRESS_SPACE_FACTOR + _ADDRESS_SPACE_EXTRA,
                # Should this process be killed, nobody is left to watch the clock.
                cpu=math.ceil(limits.wall_s) + 1,
            ),
            features=features,
            seccomp_fd=filter_fd,
        )
        needed = [*mounts.read_only, place.run.root]
        become = drop_to(place.uid) if os.geteuid() == 0 else []
        return [*place.group.enter_argv(), *reach_prefix(needed, place.uid), *become, *kernel_argv(box)]


async def _watched(
    process: asyncio.subprocess.Process,
    task: bytes,
    streams: Sequence[Output],
    full: asyncio.Event,
    seconds: float,
    group: cgroups.Group,
) -> Limit | None:
    """Feed and follow the run to its end; the limit that we stopped it for, None when it ended by itself."""
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    followers = [
        asyncio.create_task(stream.follow(pipe))
        for stream, pipe in zip(streams, (process.stdout, process.stderr), strict=True)
    ]
    flooded = asyncio.create_task(full.wait())
    over = asyncio.create_task(process.wait())
    try:
        async with asyncio.timeout(seconds):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(task)
                await process.stdin.drain()
                process.stdin.close()
            await asyncio.wait([over, flooded], return_when=asyncio.FIRST_COMPLETED)
        stopped: Limit | None = None if over.done() else "output"
    except TimeoutError:
        stopped = "time"
    finally:
        _kill(process, group)
        await over
        await asyncio.gather(*followers)
        flooded.cancel()
    return "output" if full.is_set() else stopped


def _kill(process: asyncio.subprocess.Process, group: cgroups.Group) -> None:
    """End everything: bubblewrap takes its sandbox along, and the group knows what may be left."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    for pid in group.members():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _clean_up(run: rundir.RunDir | None, group: cgroups.Group, claim: uids.Claim) -> None:
    try:
        if run is not None:
            run.remove()
        for _ in range(100):
            if group.remove():
                return
            time.sleep(0.01)
    finally:
        claim.release()


def _read_report(pipe: int) -> Report | None:
    """What the run said of its end; None where it said nothing, or nonsense."""
    os.set_blocking(pipe, False)
    try:
        return report_in(os.read(pipe, MAX_REPORT))
    except BlockingIOError:
        return None
