"""A service that grades nothing itself, beside workers of the role `grading`."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, graded, until
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.contracts.events import SubmissionGraded
from learnflow_ext.contracts.grades import SubmissionView
from learnflow_ext.store import eventlog, submissions

SUBMISSIONS = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"

# The command as it is, but what it starts to grade with is a script: the first takes for ever.
COMMAND = """
import sys
from learnflow_grading import client

script = sys.argv.pop()

class Quick(client.GradingWorker):
    def __init__(self, **options):
        super().__init__(command=(sys.executable, script), **options)

client.GradingWorker = Quick
from learnflow_ext.cli.commands import app
app()
"""
SCRIPT = """
import json, pathlib, sys, time
began = pathlib.Path({began!r})
for line in sys.stdin:
    op = json.loads(line)
    if not began.exists():
        began.touch()
        time.sleep(600)
    record = {{k: op[k] for k in ("submission_id", "course", "assignment", "student")}}
    record |= {{"status": "graded", "score": 4.0, "max_score": 5.0}}
    print(json.dumps({{"ok": True, "record": record}}), flush=True)
"""
Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(tmp_path: Path, config: Config, postgres_url: str) -> Iterator[Start]:
    """Starts `learnflow worker --roles grading` for the classroom of `config`; none outlives the test."""
    config.LearnFlow.database_url = postgres_url
    config.LearnFlowGrading.workers = 0
    (tmp_path / "jupyterhub_config.py").write_text(
        f"c = get_config()\nc.LearnFlow.state_dir = {config.LearnFlow.state_dir!r}\n"
        f"c.LearnFlow.courses = {config.LearnFlow.courses!r}\nc.LearnFlow.database_url = {postgres_url!r}\n"
    )
    (tmp_path / "script.py").write_text(SCRIPT.format(began=str(tmp_path / "began")))
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", COMMAND, "worker", "--roles", "grading", str(tmp_path / "script.py")]
        started.append(subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "NO_COLOR": "1"}))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


async def test_a_worker_grades_and_when_it_is_killed_another_does(
    start_worker: Start, start: Any, hub: Hub, worker: PaperWorker, tmp_path: Path
) -> None:
    service = await start()
    ask = Client(service, hub)

    async def released() -> bool:
        return bool(service.parts.releases.state == "done")

    async def somebody_grades() -> bool:
        await service.parts.checkup.look()
        (part,) = [each for each in service.parts.checkup.parts if each.part == "grading"]
        return bool(part.state == "ok")

    await until(released)
    assert not await somebody_grades()
    first = await asyncio.to_thread(start_worker)
    made = msgspec.json.decode((await ask(SUBMISSIONS, "ada", body=SOLVED)).body, type=SubmissionView)

    async def in_hand() -> bool:
        assert first.poll() is None
        return await asyncio.to_thread((tmp_path / "began").exists)

    await until(in_hand)
    assert await somebody_grades()
    async with service.parts.db.connect() as conn:
        assert (await submissions.view(conn, made.submission_id)).status == "grading"
    first.send_signal(signal.SIGKILL)
    second = await asyncio.to_thread(start_worker)
    await graded(service, made.submission_id)
    answer = await ask(f"api/courses/{COURSE}/submissions/{made.submission_id}", "ada")
    seen = msgspec.json.decode(answer.body, type=SubmissionView)
    assert (seen.status, seen.score, seen.max_score) == ("graded", 4.0, 5.0)
    async with service.parts.db.connect() as conn:
        told = [each for each in await eventlog.tail(conn) if each.type == SubmissionGraded.TYPE]
    assert len(told) == 1
    assert worker.graded == []
    second.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(second.wait, 60) == 0
    ask.http.close()
