"""The real service on a real port, beside a small hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from learnflow_kernels.choice import ChosenRunner
from served import ASSIGNMENT, Client, PaperWorker, notebook, until
from stub_hub import COURSE, Hub, environment, running_hub
from traitlets.config import Config

from learnflow_ext.service.checkup import Checkup
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import courses


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with running_hub() as hub:
        yield hub


@pytest.fixture
def ahead() -> bool:
    """Whether the service tries its sandbox as soon as it starts: seconds of loading numpy and the like,
    which most tests have no use for. `@pytest.mark.parametrize("ahead", [True])` has it do as in a classroom.
    """
    return False


@pytest.fixture(autouse=True)
def _nothing_ahead(ahead: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def when_asked(self: Checkup) -> None:
        await asyncio.Event().wait()

    if not ahead:
        # It is chosen all the same, and made by the first run.
        monkeypatch.setattr(ChosenRunner, "start", ChosenRunner._chosen)
        monkeypatch.setattr(Checkup, "run", when_asked)


@pytest.fixture
def worker() -> PaperWorker:
    return PaperWorker()


@pytest.fixture
def config(tmp_path: Path, sqlite_file: Callable[[Path], Path]) -> Config:
    """A classroom with one course, which has one assignment, not released yet."""
    sqlite_file(tmp_path / "state" / "learnflow.sqlite")
    folder = tmp_path / "course" / "source" / ASSIGNMENT
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").write_bytes(notebook("total = 3"))
    c = Config()
    c.LearnFlow.state_dir = str(tmp_path / "state")
    c.LearnFlow.courses = {COURSE: str(tmp_path / "course")}
    return c


Starter = Callable[[], Awaitable[RunningService]]


@pytest.fixture
async def start(config: Config, hub: Hub, worker: PaperWorker) -> AsyncIterator[Starter]:
    """Starts the service with `config` as it is by then; stops what was started."""
    running: list[RunningService] = []

    async def begin() -> RunningService:
        service = await RunningService.start(config, environment(hub), make_worker=lambda: worker)
        running.append(service)
        return service

    yield begin
    for service in running:
        await service.stop()


@pytest.fixture
async def service(start: Starter) -> RunningService:
    """The service, with the assignment released."""
    running = await start()
    await until(lambda: _released(running))
    return running


async def _released(service: RunningService) -> bool:
    async with service.parts.db.connect() as conn:
        return bool(await courses.assignments(conn, COURSE)) and service.parts.releases.state == "done"


@pytest.fixture
async def ask(service: RunningService, hub: Hub) -> AsyncIterator[Client]:
    client = Client(service, hub)
    yield client
    client.http.close()
