"""Real kernels in real sandboxes, as whoever runs the tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from learnflow_kernels import cgroups
from learnflow_kernels.docker_runner import DockerRunner
from learnflow_kernels.manager import SandboxKernelManager
from learnflow_kernels.owner import tag
from learnflow_kernels.provisioner import SandboxProvisioner
from learnflow_kernels.runner import BubblewrapRunner
from learnflow_kernels.warm.runner import WarmRunner
from traitlets.config import Config

from learnflow_ext.contracts.help import ERROR_MIME
from learnflow_ext.contracts.runner import RunLimits, RunResult


@dataclass
class Seen:
    """What one cell showed."""

    text: str = ""
    error: str = ""
    bundles: list[dict[str, Any]] = field(default_factory=list)

    @property
    def explained(self) -> dict[str, Any]:
        """The one CellError it published."""
        found = [bundle[ERROR_MIME] for bundle in self.bundles if ERROR_MIME in bundle]
        assert len(found) == 1
        return dict(found[0])


class Notebook:
    """A running kernel and a way to run cells in it."""

    def __init__(self, manager: SandboxKernelManager, client: AsyncKernelClient, work: Path) -> None:
        self.manager = manager
        self.client = client
        self.work = work

    @property
    def provisioner(self) -> SandboxProvisioner:
        found = self.manager.provisioner
        assert isinstance(found, SandboxProvisioner)
        return found

    async def run(self, code: str, *, within: float = 30) -> Seen:
        """Run a cell to its end; TimeoutError when it takes longer."""
        request = self.client.execute(code, allow_stdin=False)
        async with asyncio.timeout(within):
            return await self.collect(request)

    async def collect(self, request: str) -> Seen:
        seen = Seen()
        while True:
            message = await self.client.get_iopub_msg(timeout=None)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                seen.text += content["text"]
            elif kind == "error":
                seen.error = content["ename"]
            elif kind in ("display_data", "execute_result"):
                seen.bundles.append(content["data"])
                seen.text += str(content["data"].get("text/plain", ""))
            elif kind == "status" and content["execution_state"] == "idle":
                return seen

    async def death(self, *, within: float = 10) -> int | None:
        """Wait until the kernel has died by itself; its status."""
        async with asyncio.timeout(within):
            status = await self.provisioner.wait()
        assert not await self.manager.is_alive()
        return status


Starter = Callable[..., Awaitable[Notebook]]


@pytest.fixture
def work() -> Iterator[Path]:
    """A student's folder, open to the user that kernels run as."""
    folder = Path(tempfile.mkdtemp(prefix="work-"))
    if os.geteuid() == 0:
        os.chown(folder, 199_999, 199_999)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def start(work: Path) -> AsyncIterator[Starter]:
    """Start a kernel: `await start(memory_mb=…)`; it is shut down afterwards."""
    running: list[Notebook] = []

    async def starter(*, cwd: str | None = None, tutor: bool = True, **traits: Any) -> Notebook:
        config = Config({"SandboxProvisioner": traits})
        manager = SandboxKernelManager(kernel_name="python3", tutor=tutor, config=config)
        await manager.start_kernel(cwd=cwd or str(work))
        client = manager.client()
        client.start_channels()
        notebook = Notebook(manager, client, work)
        running.append(notebook)
        await client.wait_for_ready(timeout=30)
        return notebook

    yield starter
    for notebook in running:
        notebook.client.stop_channels()
        await notebook.manager.shutdown_kernel(now=True)


@pytest.fixture
async def notebook(start: Starter) -> Notebook:
    """A kernel with the default limits."""
    return await start()


UID = 110_000 + os.getpid() % 40_000
"""Our own when we are root, so that other tests on this machine do not count."""
Box = BubblewrapRunner | WarmRunner | DockerRunner


@pytest.fixture(params=["cold", "warm", "docker"])
async def box(request: pytest.FixtureRequest) -> AsyncIterator[Box]:
    """A runner; when a test is over, nothing that it started runs on."""
    made: Box
    if request.param == "cold":
        made = BubblewrapRunner(uid=UID)
    elif request.param == "docker":
        image = request.getfixturevalue("grader_image")
        made = DockerRunner(image=image, url=request.getfixturevalue("engine").url, uid=UID)
    else:
        made = WarmRunner(uid=UID, ready=0, preload=())
        await made.start()
    yield made
    await made.close()
    if os.geteuid() == 0:
        for _ in range(100):
            left = await asyncio.to_thread(_programs)
            if not left:
                break
            await asyncio.sleep(0.05)
        assert left == []
    if request.param == "docker":
        assert request.getfixturevalue("engine").containers() == []


def groups_can_be_made() -> bool:
    """Whether whoever runs the tests may limit the memory of several processes together."""
    group = cgroups.create(f"probe-{tag()}", memory=64 * 2**20, processes=16)
    group.remove()
    return group.limits_memory


def held_by_runs() -> int:
    """Bytes of memory that the runs of this test take, what they share counted once.

    Of the whole machine when they have no user of their own, as those of an ordinary user's tests.
    """
    if os.geteuid() != 0:
        return int(psutil.virtual_memory().used)
    held = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.uids().real == UID:
                held += process.memory_full_info().pss
    return held


def _programs() -> list[str]:
    """Command lines of what runs under the test's own uid."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.uids().real == UID and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
    return found


async def run(box: Box, code: str, **limits: float) -> RunResult:
    return await box.run([code], limits=RunLimits(**{"wall_s": 20, **limits}))  # type: ignore[arg-type]


async def works(box: Box) -> None:
    """The next one gets a sandbox as if nothing had been."""
    done = await run(box, "print(6 * 7)")
    assert (done.stdout, done.error, done.limit) == ("42\n", None, None)


TRY = """
import ctypes, errno, glob, os, signal, socket, stat, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, what):
    try: print(name, 'DONE', what())
    except Exception as error: print(name, 'refused', type(error).__name__)
def call(number, *arguments):
    if libc.syscall(number, *arguments) == -1:
        raise OSError(ctypes.get_errno(), 'call')
    return 'returned'
"""


async def all_refused(box: Box, code: str, count: int) -> RunResult:
    """Run attempts; each must have been made, and refused."""
    done = await run(box, TRY + code)
    assert done.error is None, done
    lines = done.stdout.splitlines()
    assert len(lines) == count, done
    assert [line for line in lines if " refused " not in line] == []
    return done
