"""The same service with Kafka between its parts, and while Kafka is away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from served import Client, until
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.contracts.events import ProgressChanged, SubmissionGraded
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog, outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from learnflow_ext.events.kafka_client import KafkaCluster

GRADED = SubmissionGraded(
    course=COURSE, student="ada", submission_id="s1", assignment="a", status="graded", score=7, max_score=10
)


async def record(service: RunningService, count: int = 1) -> None:
    async with service.parts.db.begin() as conn:
        await outbox.record_all(conn, [GRADED] * count)


async def waiting(service: RunningService) -> int:
    async with service.parts.db.connect() as conn:
        return await outbox.size(conn)


@pytest.fixture
def on_kafka(config: Config, kafka: KafkaCluster) -> Config:
    config.LearnFlowKafka.bootstrap_servers = kafka.bootstrap
    config.LearnFlowKafka.topic_prefix = kafka.prefix
    return config


async def test_a_grade_becomes_a_standing_by_way_of_kafka(
    on_kafka: Config, start: Callable[[], Awaitable[RunningService]], hub: Hub
) -> None:
    service = await start()
    await record(service)

    async def changed() -> bool:
        async with service.parts.db.connect() as conn:
            (newest,) = await eventlog.tail(conn, limit=1)
            return newest.type == ProgressChanged.TYPE

    await until(changed)

    async def all_delivered() -> bool:
        return await waiting(service) == 0

    await until(all_delivered)
    client = Client(service, hub)
    page = (await client("metrics")).body.decode()
    client.http.close()
    assert "learnflow_outbox_waiting 0.0" in page
    assert 'learnflow_consumer_lag{group="progress"}' in page


async def test_while_kafka_is_away_the_service_works_and_keeps_events(
    config: Config,
    start: Callable[[], Awaitable[RunningService]],
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Stopping waits for the thread that asks.
    monkeypatch.setattr("learnflow_ext.events.kafka_topics.TIMEOUT_S", 1.0)
    config.LearnFlowKafka.bootstrap_servers = "127.0.0.1:9"
    service = await start()
    await record(service, 3)
    client = Client(service, hub)
    answer = await client("health")
    client.http.close()
    assert json.loads(answer.body)["status"] == "ok"
    assert await waiting(service) == 3
    assert not service.broken.is_set()
