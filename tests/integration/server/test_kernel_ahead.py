"""The kernel that is started with the server: real, sandboxed, and waiting for the first notebook."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from learnflow_kernels.provisioner import SandboxProvisioner
from learnflow_kernels.specs import SandboxKernelSpecManager
from traitlets.config import Config

from learnflow_ext.contracts.other_ai import OtherAi, OtherAiStanding
from learnflow_ext.server.kernels import PatientKernelManager
from learnflow_ext.server.other_ai import Doors

Make = Callable[..., Any]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """A kernel manager as a student's server has it, on a folder of its own; ended afterwards."""
    work = Path(tempfile.mkdtemp(prefix="ahead-"))
    (work / "py/one").mkdir(parents=True)
    if os.geteuid() == 0:
        for folder in (work, work / "py", work / "py/one"):
            os.chown(folder, 199_999, 199_999)
    made: list[Any] = []

    def maker(**traits: Any) -> Any:
        config = Config({"SandboxProvisioner": {"work_dir": str(work)}, "PatientKernelManager": traits})
        kind: Any = PatientKernelManager
        specs = SandboxKernelSpecManager()
        manager = kind(config=config, root_dir=str(work), kernel_spec_manager=specs)
        made.append(manager)
        return manager

    yield maker
    for manager in made:
        await manager._async_shutdown_all(now=True)
        # One that stays open blocks whoever collects the garbage: all of the server, for good.
        assert [each for each in manager.context._sockets if not each.closed] == []
    shutil.rmtree(work, ignore_errors=True)


async def said(manager: Any, kernel_id: str, code: str) -> str:
    """What a cell prints."""
    client = manager.get_kernel(kernel_id).client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        shown: list[str] = []

        def hook(message: dict[str, Any]) -> None:
            shown.append(message["content"].get("text", ""))

        await client.execute_interactive(code, output_hook=hook, timeout=60)
        return "".join(shown)
    finally:
        client.stop_channels()


async def dies(manager: Any, kernel_id: str) -> None:
    """Wait for a kernel's end."""
    async with asyncio.timeout(30):
        while kernel_id in manager:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)


WHERE = "import os; print(os.getcwd(), len(In))"


async def test_it_is_nobodys_until_a_notebook_takes_it_and_then_works_beside_it(make: Make) -> None:
    manager = make()
    manager.start_ahead()
    waiting = await manager._spare
    assert manager.list_kernels() == []
    taken = await manager.start_kernel(path="py/one/first.ipynb", kernel_name="python3")
    assert taken == waiting
    assert [model["id"] for model in manager.list_kernels()] == [taken]
    where, cells = (await said(manager, taken, WHERE)).split()
    assert where == f"{manager.root_dir}/py/one"
    assert cells == "2", "the first cell is number one"
    other = await manager.start_kernel(path="", kernel_name="python3")
    assert other != taken, "there was only one"


async def test_a_notebook_that_comes_early_waits_for_it(make: Make) -> None:
    manager = make()
    manager.start_ahead()
    spare = manager._spare
    taken = await manager.start_kernel(path="py/one/first.ipynb")
    assert taken == await spare


async def test_a_restart_stays_in_the_notebooks_folder(make: Make) -> None:
    manager = make()
    manager.start_ahead()
    taken = await manager.start_kernel(path="py/one/first.ipynb")
    await manager.restart_kernel(taken)
    assert (await said(manager, taken, WHERE)).split()[0].endswith("/py/one")


async def test_it_ends_when_nobody_comes(make: Make) -> None:
    manager = make(prestart_idle_s=1.0)
    manager.start_ahead()
    await dies(manager, await manager._spare)
    assert await manager.start_kernel(path="") in manager


async def test_one_that_died_is_not_handed_out(make: Make) -> None:
    manager = make()
    manager.start_ahead()
    spare = await manager._spare
    await manager.get_kernel(spare)._async_kill_kernel()
    taken = await manager.start_kernel(path="")
    assert taken != spare
    assert spare not in manager
    assert (await said(manager, taken, WHERE)).split()


async def test_one_that_hangs_is_replaced(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learnflow_ext.server.kernels.MOST_PATIENT_S", 2.0)
    manager = make()
    manager.start_ahead()
    spare = await manager._spare
    client = manager.get_kernel(spare).client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    client.execute("import time; time.sleep(3600)")
    client.stop_channels()
    taken = await manager.start_kernel(path="")
    assert taken != spare
    assert spare not in manager


@pytest.mark.parametrize("moment_s", [0.0, 0.01, 0.03, 0.1])
async def test_one_that_is_just_starting_again_can_be_ended(make: Make, moment_s: float) -> None:
    manager = make(prestart=False)
    kernel_id = await manager.start_kernel(path="")
    kernel = manager.get_kernel(kernel_id)
    await kernel._async_kill_kernel()
    again = asyncio.ensure_future(kernel.restart_kernel(now=True))
    await asyncio.sleep(moment_s)
    await manager.shutdown_kernel(kernel_id)
    assert kernel_id not in manager
    await again
    assert not await kernel.is_alive(), "nobody would ever end it"


async def test_who_ends_it_second_finds_it_ended(make: Make) -> None:
    manager = make(prestart=False)
    kernel_id = await manager.start_kernel(path="")
    await asyncio.gather(manager.shutdown_kernel(kernel_id), manager.shutdown_kernel(kernel_id))
    assert kernel_id not in manager


class TestStartingAgainFails:
    """As when the machine is out of memory or processes for a moment, while a kernel is started again."""

    @pytest.fixture
    async def failing(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> tuple[Any, str, list[str], Callable[[int], None]]:
        """A manager, its kernel, what its watchers were told, and how to have the next starts fail."""
        manager = make(prestart=False)
        kernel_id = await manager.start_kernel(path="")
        watch = manager.get_kernel(kernel_id)._restarter
        watch.stop()
        watch.time_to_dead = 0.05
        watch.start()
        told: list[str] = []
        for event in ("restart", "dead"):
            manager.add_restart_callback(kernel_id, lambda event=event: told.append(event), event)
        left = 0
        wrapped: Any = SandboxProvisioner._wrapped

        def may_fail(self: SandboxProvisioner, *args: Any) -> list[str]:
            nonlocal left
            if left:
                left -= 1
                raise OSError(11, "Resource temporarily unavailable")
            argv: list[str] = wrapped(self, *args)
            return argv

        monkeypatch.setattr(SandboxProvisioner, "_wrapped", may_fail)

        def fail(times: int) -> None:
            nonlocal left
            left = times

        return manager, kernel_id, told, fail

    async def test_it_is_tried_again_and_its_clients_find_it(self, failing: Any) -> None:
        manager, kernel_id, told, fail = failing
        fail(2)
        await manager.get_kernel(kernel_id)._async_kill_kernel()
        async with asyncio.timeout(60):
            while told.count("restart") < 3 or not await manager.get_kernel(kernel_id).is_alive():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert told == ["restart"] * 3
        assert (await said(manager, kernel_id, WHERE)).split()

    async def test_it_is_given_up_aloud_and_leaves_nothing(self, failing: Any) -> None:
        manager, kernel_id, told, fail = failing
        kernel = manager.get_kernel(kernel_id)
        folder = kernel.provisioner._run.root
        assert folder.is_dir()
        fail(1000)
        await kernel._async_kill_kernel()
        await dies(manager, kernel_id)
        assert told == [*["restart"] * 5, "dead"]
        async with asyncio.timeout(30):
            while folder.exists():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_all_are_ended_also_one_that_is_starting_and_one_that_has_gone(make: Make) -> None:
    manager = make(prestart=False)
    running = await manager.start_kernel(path="")
    manager._pending_kernels["gone"] = asyncio.ensure_future(asyncio.sleep(0))
    starting = asyncio.ensure_future(manager.start_kernel(path=""))
    while len(manager._pending_kernels) < 2:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    await manager.shutdown_all(now=True)
    assert running not in manager
    assert await starting not in manager


class TestWithoutOne:
    async def test_a_start_that_fails_is_only_logged(
        self, make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def refuse(self: Any, **_: Any) -> str:
            raise RuntimeError("no sandbox")

        manager = make()
        monkeypatch.setattr(AsyncMappingKernelManager, "_async_start_kernel", refuse)
        manager.start_ahead()
        await asyncio.wait([manager._spare])
        assert await manager._take() is None
        with pytest.raises(RuntimeError, match="no sandbox"):
            await manager.start_kernel(path="")

    async def test_it_can_be_turned_off(self, make: Make) -> None:
        manager = make(prestart=False)
        manager.start_ahead()
        assert manager._spare is None


class TestExamBeginsWhileAKernelStarts:
    async def test_its_network_ends_all_the_same(self, make: Make) -> None:
        manager, asked = make(), asyncio.Event()
        manager.config.SandboxProvisioner.network = "full"
        exams = [False, True]

        async def exam() -> OtherAiStanding:
            asked.set()
            return OtherAiStanding(exam=exams.pop(0) if len(exams) > 1 else exams[0])

        manager.doors = Doors(OtherAi(), exam, logging.getLogger("test.doors"), online=True)
        manager.doors.when_shut.append(manager.end_for_exam)
        starting = asyncio.create_task(manager.start_kernel())
        await asked.wait()
        # Nobody knows the kernel yet: it has what it was told, and is not there to be ended.
        await manager.doors.look()
        assert manager.list_kernel_ids() == []
        kernel = manager.get_kernel(await starting)
        assert kernel.provisioner.online
        await manager.doors.look()
        async with asyncio.timeout(60):
            while kernel.provisioner.online or not await kernel.is_alive():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
