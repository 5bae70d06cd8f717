"""A whole class at the same moment, on PostgreSQL and Kafka: nothing is lost, and whoever must wait is told.

`tests/benchmarks/load.py` measures how long it takes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from crowd import Doing, Student, Tally
from served import ASSIGNMENT, SOLVED, Client, until
from sqlalchemy import text
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.service.running import RunningService
from learnflow_ext.store import outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from learnflow_ext.events.kafka_client import KafkaCluster

STUDENTS = 20
MORNING: tuple[Doing, ...] = ("run", "ask", "submit", "progress", "run")


async def test_a_class_at_once_loses_nothing_and_who_is_told_to_wait_is_served_then(
    config: Config,
    start: Callable[[], Awaitable[RunningService]],
    hub: Hub,
    postgres_url: str,
    kafka: KafkaCluster,
) -> None:
    config.LearnFlow.database_url = postgres_url
    config.LearnFlowKafka.bootstrap_servers = kafka.bootstrap
    config.LearnFlowKafka.topic_prefix = kafka.prefix
    # One less than each of them wants at once; the next is free after four seconds.
    config.LearnFlowApi.requests_at_once = len(MORNING) - 1
    config.LearnFlowApi.requests_per_minute = 15
    service = await start()

    async def released() -> bool:
        return service.parts.releases.state == "done"

    await until(released)
    client, tally = Client(service, hub), Tally.empty()
    names = [f"s{number:02}" for number in range(STUDENTS)]

    async def morning(name: str) -> None:
        token = hub.add(name, f"nbgrader-{COURSE}")
        files = {ASSIGNMENT: SOLVED}
        student = Student(client.http, client.base, COURSE, token, files, tally, seed=name)
        await asyncio.gather(*map(student.do, MORNING))

    await asyncio.gather(*map(morning, names))
    client.http.close()
    assert tally.errors == []
    assert {what: tally.done(what) for what in tally.times} == {
        what: STUDENTS * count for what, count in Counter(MORNING).items()
    }
    assert sum(tally.busy.values()) > 0

    async def delivered_and_graded() -> bool:
        async with service.parts.db.connect() as conn:
            waiting = await conn.scalar(text("SELECT count(*) FROM submissions WHERE status <> 'graded'"))
            return waiting == 0 and await outbox.size(conn) == 0

    await until(delivered_and_graded)
    assert await kept(service) == {"runs": 40, "help_turns": 20, "submissions": 20}
    assert await told(service) == {
        "org.learnflow.run.finished.v1": 40,
        "org.learnflow.help.asked.v1": 20,
        "org.learnflow.help.answered.v1": 20,
        "org.learnflow.assignment.submitted.v1": 20,
        "org.learnflow.submission.graded.v1": 20,
    }


async def kept(service: RunningService) -> dict[str, int]:
    """Rows by table."""
    found = {}
    async with service.parts.db.connect() as conn:
        for table in ("runs", "help_turns", "submissions"):
            found[table] = int(await conn.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
    return found


async def told(service: RunningService) -> dict[str, int]:
    """Events by type, of what students and the grader did."""
    async with service.parts.db.connect() as conn:
        rows = await conn.execute(
            text("SELECT type, count(*) FROM event_log WHERE type ~ 'run|help.a|assign|grad' GROUP BY type")
        )
        return {str(kind): int(count) for kind, count in rows}
