"""A service that makes no exercises itself, beside workers of the role `generation`."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Client, chunks, until
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.store import eventlog
from learnflow_ext.store.presence import MAKERS, present

# The command as it is, but the first exercise that anybody looks for is never found.
COMMAND = """
import asyncio, pathlib, sys
from learnflow_ext.service import practice_making

began = pathlib.Path(sys.argv.pop())
found = practice_making.generate

async def generate(*args, **more):
    if not began.exists():
        began.touch()
        await asyncio.sleep(600)
    return await found(*args, **more)

practice_making.generate = generate
from learnflow_ext.cli.commands import app
app()
"""
Start = Callable[[], "subprocess.Popen[bytes]"]
WISH = HelpRequest(text="something on loops", agent="exercise", course=COURSE)


@pytest.fixture
def start_worker(tmp_path: Path, config: Config, postgres_url: str) -> Iterator[Start]:
    """Starts `learnflow worker --roles generation` for the classroom of `config`; none outlives the test."""
    config.LearnFlow.database_url = postgres_url
    config.LearnFlowPractice.in_service = False
    config.LearnFlowPractice.seconds = 120.0
    (tmp_path / "jupyterhub_config.py").write_text(
        f"c = get_config()\nc.LearnFlow.state_dir = {config.LearnFlow.state_dir!r}\n"
        f"c.LearnFlow.courses = {config.LearnFlow.courses!r}\nc.LearnFlow.database_url = {postgres_url!r}\n"
        "c.LearnFlowPractice.seconds = 120.0\n"
    )
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        roles = ["worker", "--roles", "generation", str(tmp_path / "began")]
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", COMMAND, *roles], cwd=tmp_path, env={**os.environ, "NO_COLOR": "1"}
            )
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.timeout(300)
async def test_a_worker_makes_what_is_asked_for_and_when_it_is_killed_another_does(
    start_worker: Start, start: Any, hub: Hub, tmp_path: Path
) -> None:
    service = await start()
    ask = Client(service, hub)

    async def state() -> str:
        await service.parts.checkup.look()
        return str(next(each.state for each in service.parts.checkup.parts if each.part == "generation"))

    def there(count: int) -> Callable[[], Any]:
        async def enough() -> bool:
            return len(await present(service.parts.db, MAKERS)) == count

        return enough

    assert await state() == "down"
    # What a course says of itself is asked, not the setting for all of them.
    rules = tmp_path / "course" / "course.yaml"
    await asyncio.to_thread(rules.write_text, "practice: off\n")
    assert await state() == "off"
    service.parts.practice_settings.enabled = False
    await asyncio.to_thread(rules.write_text, "practice: on\n")
    assert await state() == "down"
    service.parts.practice_settings.enabled = True
    first = await asyncio.to_thread(start_worker)
    await until(there(1))
    assert await state() == "ok"
    asked = asyncio.create_task(ask("api/help", "ada", body=WISH, request_timeout=150))

    async def in_hand() -> bool:
        assert first.poll() is None
        return await asyncio.to_thread((tmp_path / "began").exists)

    await until(in_hand)
    second = await asyncio.to_thread(start_worker)
    await until(there(2))
    first.send_signal(signal.SIGKILL)
    answer = chunks(await asked)
    name = answer[-1].practice
    assert name, [chunk.text for chunk in answer]
    async with service.parts.db.connect() as conn:
        made = [each for each in await eventlog.tail(conn) if each.type == ExerciseGenerated.TYPE]
    assert [each.data["name"] for each in made] == [name]
    # What the worker released the service hands out, without its solution.
    files = await ask(f"api/practice/{name}/files", "ada")
    assert files.code == 200 and b"BEGIN SOLUTION" not in files.body
    second.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(second.wait, 60) == 0
    ask.http.close()
