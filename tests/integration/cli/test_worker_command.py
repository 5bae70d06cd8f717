"""`learnflow worker`: relay and consumers as processes of their own, members of groups on a real Kafka."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from served import until
from typer.testing import CliRunner

from learnflow_ext.cli.commands import app
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.events import ProgressChanged, SubmissionGraded
from learnflow_ext.events import kafka_topics
from learnflow_ext.store import eventlog, outbox
from learnflow_ext.store.database import Database

if TYPE_CHECKING:
    from learnflow_ext.events.kafka_client import KafkaCluster

pytestmark = pytest.mark.timeout(400)

GRADED = SubmissionGraded(
    course="c", student="ada", submission_id="s1", assignment="a", status="graded", score=7, max_score=10
)
Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, kafka: KafkaCluster, postgres_url: str) -> Iterator[Start]:
    """Starts a worker in a classroom on PostgreSQL and Kafka; none outlives the test."""
    (tmp_path / "jupyterhub_config.py").write_text(
        f"c = get_config()\nc.LearnFlow.database_url = {postgres_url!r}\n"
        f"c.LearnFlowKafka.bootstrap_servers = {kafka.bootstrap!r}\n"
        f"c.LearnFlowKafka.topic_prefix = {kafka.prefix!r}\nc.LearnFlowKafka.create_topics = False\n"
    )
    started: list[subprocess.Popen[str]] = []

    def begin(roles: str) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "learnflow_ext.cli", "worker", "--roles", roles],
                cwd=tmp_path,
                env={**os.environ, "NO_COLOR": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


async def test_a_grade_becomes_a_standing_without_any_service(
    start: Start, kafka: KafkaCluster, postgres_url: str
) -> None:
    await kafka_topics.create(kafka)
    workers = [start("progress,struggle"), start("relay")]
    db = Database(postgres_url)
    await db.open(create=False)
    try:
        async with db.begin() as conn:
            await outbox.record(conn, GRADED)

        async def changed() -> bool:
            assert [worker.poll() for worker in workers] == [None, None]
            async with db.connect() as conn:
                (newest,) = await eventlog.tail(conn, limit=1)
                return newest.type == ProgressChanged.TYPE and not await outbox.size(conn)

        await until(changed, seconds=120)
    finally:
        await db.close()
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    said = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said


@pytest.mark.parametrize("roles", ["progress,cooking", "", " , "])
def test_a_role_that_is_none_is_a_sentence(roles: str) -> None:
    done = CliRunner().invoke(app, ["worker", "--roles", roles, "--kafka", "127.0.0.1:9"])
    assert isinstance(done.exception, LearnFlowError)
    assert "relay, progress, struggle, grading" in done.exception.message


def test_without_kafka_there_is_nothing_to_share(tmp_path: Path) -> None:
    config = tmp_path / "jupyterhub_config.py"
    config.write_text("c = get_config()\n")
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    done = CliRunner().invoke(app, ["worker", "--config", str(config), "--database-url", url])
    assert isinstance(done.exception, LearnFlowError)
    assert "--kafka" in done.exception.message
