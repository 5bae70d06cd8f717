"""The service as the hub runs it: a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from stub_hub import COURSE, PREFIX, Hub, environment
from tornado.httpclient import AsyncHTTPClient

CONFIG = """
c.LearnFlow.state_dir = {state!r}
c.LearnFlow.courses = {courses!r}
c.LearnFlow.release_on_start = False
c.LearnFlowTutor.questions_per_minute = 7
"""


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    (tmp_path / "course").mkdir()
    file = tmp_path / "jupyterhub_config.py"
    file.write_text(CONFIG.format(state=str(tmp_path / "state"), courses={COURSE: str(tmp_path / "course")}))
    return file


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


@asynccontextmanager
async def process(file: Path, told: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service's process; killed at the end when it has not ended by itself."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "learnflow_ext.service",
        "--config",
        str(file),
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("JUPYTERHUB")},
            **told,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def listening(running: asyncio.subprocess.Process) -> int:
    """The port that the log names."""
    assert running.stderr is not None
    async for line in running.stderr:
        entry = json.loads(line)
        if entry["event"] == "listening":
            return int(entry["port"])
    raise AssertionError("it ended")


async def ended(running: asyncio.subprocess.Process) -> tuple[int, list[dict[str, object]]]:
    """The exit code and the log."""
    async with asyncio.timeout(60):
        _, log = await running.communicate()
    assert b"Traceback" not in log
    return running.returncode or 0, [json.loads(line) for line in log.splitlines()]


class TestProcess:
    async def test_serves_and_stops_on_sigterm(self, config_file: Path, hub: Hub, tmp_path: Path) -> None:
        async with process(config_file, environment(hub)) as running:
            async with asyncio.timeout(60):
                port = await listening(running)
            response = await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}{PREFIX}health")
            assert json.loads(response.body)["status"] == "ok"
            running.send_signal(signal.SIGTERM)
            code, log = await ended(running)
        assert code == 0
        assert [entry["event"] for entry in log[-2:]] == ["drained", "stopped"]
        for name in ("learnflow.sqlite", "service_cookie_secret"):
            assert os.stat(tmp_path / "state" / name).st_mode & 0o077 == 0

    async def test_without_a_hub(self, config_file: Path) -> None:
        async with process(config_file, {}) as running:
            code, log = await ended(running)
        assert code == 2
        assert "the hub starts this service" in str(log[-1]["error"])

    async def test_without_a_configuration(self, tmp_path: Path, hub: Hub) -> None:
        async with process(tmp_path / "none.py", environment(hub)) as running:
            code, log = await ended(running)
        assert code == 2
        assert "No configuration at" in str(log[-1]["error"])

    async def test_with_a_database_that_does_not_work(self, config_file: Path, hub: Hub) -> None:
        await asyncio.to_thread(append, config_file, "c.LearnFlow.database_url = 'mysql://x@y/z'\n")
        async with process(config_file, environment(hub)) as running:
            code, log = await ended(running)
        assert code == 2
        assert "mysql" in str(log[-1]["error"])
