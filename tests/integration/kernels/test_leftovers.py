"""A server that is killed leaves folders and control groups; the next one clears them away."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from learnflow_kernels import cgroups
from learnflow_kernels.janitor import sweep
from learnflow_kernels.rundir import PLACE

SERVER = """
import asyncio, os, sys, tempfile, time
from learnflow_kernels import owner
from learnflow_kernels.manager import SandboxKernelManager
from learnflow_kernels.warm.runner import ENTRY
from learnflow_kernels.warm.sandboxes import WarmSandboxes
from learnflow_ext.contracts.runner import RunLimits

async def main():
    work = tempfile.mkdtemp()
    os.chmod(work, 0o777)
    manager = SandboxKernelManager(kernel_name="python3")
    await manager.start_kernel(cwd=work)
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    boxes = WarmSandboxes(ready=1, preload=())
    await boxes.start(ENTRY)
    await boxes.open(ENTRY, limits=RunLimits(wall_s=600))
    print(owner.tag(), work, flush=True)
    time.sleep(600)

asyncio.run(main())
"""


def found(tag: str) -> list[Path]:
    """All that has this owner in its name."""
    return [path for path in [*PLACE.iterdir(), *cgroups.existing()] if tag in path.name]


@pytest.fixture
def killed() -> Iterator[str]:
    """The tag of a server that was killed with a kernel and warm sandboxes running."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        tag, work = server.stdout.readline().split()
        assert found(tag)
        server.kill()
    yield tag
    Path(work).rmdir()


def test_all_that_a_killed_server_left_is_cleared_away(killed: str) -> None:
    assert any(path.parent == PLACE for path in found(killed))
    deadline = time.monotonic() + 30
    while found(killed):
        sweep(young_s=0)
        assert time.monotonic() < deadline, found(killed)
        time.sleep(0.05)
