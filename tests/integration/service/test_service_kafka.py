"""The same service with Kafka between its parts, and while Kafka is away."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from served import Client, until
from stub_hub import COURSE, PREFIX, Hub
from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, websocket_connect
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
    monkeypatch.setattr("learnflow_ext.service.live.LOOK_SECONDS", 0.2)
    config.LearnFlowKafka.bootstrap_servers = "127.0.0.1:9"
    service = await start()
    dashboard = await Socket.connect(service, hub)
    await record(service, 3)
    assert await dashboard.grades(3) == [1, 2, 3]
    await dashboard.lost()
    client = Client(service, hub)
    answer = await client("health")
    client.http.close()
    assert json.loads(answer.body)["status"] == "ok"
    assert await waiting(service) == 3
    assert not service.broken.is_set()


class TestTwoReplicas:
    """One PostgreSQL, one Kafka, two services."""

    async def test_sockets_on_both_hear_the_same_and_go_on_at_the_other(
        self,
        on_kafka: Config,
        postgres_url: str,
        start: Callable[[], Awaitable[RunningService]],
        hub: Hub,
    ) -> None:
        on_kafka.LearnFlow.database_url = postgres_url
        a, b = await start(), await start()
        on_a, on_b = await Socket.connect(a, hub), await Socket.connect(b, hub)
        # Who just watches is told by the bus from the moment on at which Kafka knows of them.
        await heard_by_bus(b, on_a, on_b)
        await record(b, 3)
        told = await on_a.grades(3)
        assert await on_b.grades(3) == told
        await on_a.lost()
        await record(b, 2)
        later = await on_b.grades(2)
        again = await Socket.connect(b, hub, on_a.resume)
        assert await again.grades(2) == later
        await record(a)
        assert await again.grades(1) == await on_b.grades(1)
        for socket in (again, on_b):
            await socket.lost()


class Socket:
    """A dashboard's, that asks for events."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self.resume = ""

    @classmethod
    async def connect(cls, service: RunningService, hub: Hub, after: str = "0") -> Socket:
        url = f"ws://127.0.0.1:{service.port}{PREFIX}ws?course={COURSE}&after={after}"
        headers = HTTPHeaders({"Authorization": f"token {hub.token('teacher')}"})
        return cls(await websocket_connect(HTTPRequest(url, headers=headers)))

    async def message(self) -> dict[str, Any]:
        text = await asyncio.wait_for(self._connection.read_message(), 30)
        assert text is not None, "closed"
        message: dict[str, Any] = msgspec.json.decode(str(text))
        self.resume = message.get("resume", self.resume)
        return message

    async def grades(self, count: int) -> list[int]:
        """The numbers of the next `count` grades; other messages are passed over."""
        found: list[int] = []
        while len(found) < count:
            message = await self.message()
            if message["kind"] == "happened" and message["what"] == "grade":
                found.append(message["sequence"])
        return found

    async def lost(self) -> None:
        self._connection.close()
        while await asyncio.wait_for(self._connection.read_message(), 20) is not None:
            pass


async def heard_by_bus(service: RunningService, *sockets: Socket) -> None:
    """Until an event of a course reaches each by way of Kafka."""

    async def ring() -> None:
        while True:
            await record(service)
            await asyncio.sleep(0.5)

    ringing = asyncio.create_task(ring())
    for socket in sockets:
        while (await socket.message())["kind"] != "changed":
            pass
    ringing.cancel()
    await asyncio.gather(ringing, return_exceptions=True)
    await record(service)
    (last,) = await newest_grades(service)
    for socket in sockets:
        while (await socket.grades(1)) != [last]:
            pass


async def newest_grades(service: RunningService) -> list[int]:
    async with service.parts.db.connect() as conn:
        entries = await eventlog.tail(conn, limit=20)
    return [entry.sequence for entry in entries if entry.type == SubmissionGraded.TYPE][-1:]
