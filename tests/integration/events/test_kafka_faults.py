"""What a real broker, and whoever else writes to it, can do to us."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import kafka_broker
import msgspec
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)
from kafka_broker import Kafka
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from learnflow_ext.contracts.events import Envelope, RunFinished
from learnflow_ext.events import kafka_topics
from learnflow_ext.events.bus import BusMessage
from learnflow_ext.events.consumer import Consumer
from learnflow_ext.events.kafka import KafkaBus
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.kafka_sender import Undelivered
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.topics import DEAD_SPECS, SPECS
from learnflow_ext.events.wire import to_message
from learnflow_ext.store import outbox
from learnflow_ext.store.database import Database

TOPIC = "progress.events"
DEAD = TOPIC + ".dead-letter"
USED = [spec for spec in (*SPECS, *DEAD_SPECS) if spec.name in (TOPIC, DEAD)]
PATIENCE_S = 90

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Background = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite is enough: the faults are Kafka's."""
    database = Database(f"sqlite:///{tmp_path / 'learnflow.sqlite'}")
    await database.open()
    yield database
    await database.close()


@asynccontextmanager
async def opened(cluster: KafkaCluster) -> AsyncIterator[KafkaBus]:
    bus = KafkaBus(cluster)
    try:
        yield bus
    finally:
        await bus.close()


@pytest.fixture
async def bus(kafka: KafkaCluster) -> AsyncIterator[KafkaBus]:
    await kafka_topics.create(kafka, USED)
    async with opened(kafka) as bus:
        yield bus


def run(number: int, student: str = "ada") -> RunFinished:
    return RunFinished(course="c", student=student, run_id=str(number), notebook="n", ok=True, duration_ms=1)


def good(number: int) -> BusMessage:
    envelope = Envelope(
        id=f"00000000-0000-4000-8000-{number:012d}",
        sequence=number,
        time=datetime.now(UTC).isoformat(),
        event=run(number),
    )
    return to_message(envelope, "p" * 32)


def with_(message: BusMessage, **changes: Any) -> BusMessage:
    cloud = json.loads(message.value)
    return msgspec.structs.replace(message, value=json.dumps({**cloud, **changes}).encode())


class Seen:
    """A handler that only remembers."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.changed = asyncio.Condition()

    async def __call__(self, conn: AsyncConnection, envelope: Envelope) -> None:
        assert isinstance(envelope.event, RunFinished)
        self.numbers.append(int(envelope.event.run_id))
        async with self.changed:
            self.changed.notify_all()

    async def reaches(self, count: int) -> list[int]:
        async with asyncio.timeout(PATIENCE_S), self.changed:
            await self.changed.wait_for(lambda: len(self.numbers) >= count)
        return self.numbers


NOTHING = "neither key nor value"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
BAD = {
    "unknown type": with_(good(1), type="org.learnflow.lunch.eaten.v1"),
    "wrong version": with_(good(1), type="org.learnflow.run.finished.v9"),
    "wrong CloudEvents": with_(good(1), specversion="0.3"),
    "from tomorrow": with_(good(1), time=TOMORROW),
    "another schema": with_(good(1), data={"ok": "perhaps"}),
    "a field too few": with_(good(1), data={"course": "c", "student": "p", "run_id": "1", "ok": True}),
    "no object": with_(good(1), data="ok"),
    "invalid JSON": msgspec.structs.replace(good(1), value=b'{"specversion": "1.0", '),
    "no content-type": msgspec.structs.replace(good(1), headers={}),
    "5 MB": msgspec.structs.replace(good(1), value=b"x" * 5_000_000),
    "huge headers": msgspec.structs.replace(good(1), value=b"", headers={"h": b"x" * 500_000}),
    NOTHING: msgspec.structs.replace(good(1), value=b"", headers={}),
}
"""What strangers write to our topic, by name."""


def _named(key: str) -> str:
    """The name in `BAD` of what was written under `key`; letters are told by it, for one may come twice."""
    return key.removeprefix("c:") or NOTHING


class Buried(NamedTuple):
    """What came of it all."""

    letters: dict[str, BusMessage]
    """On the dead-letter topic, by the name in `BAD`."""
    told: dict[str, str]
    """What the log says is the reason, likewise."""
    went_on: list[int]
    """Events that had an effect."""


async def _bury(cluster: KafkaCluster, file: Path) -> Buried:
    """A consumer meets everything in `BAD`, and then an event."""
    await kafka_topics.create(cluster, USED)
    allow_large(cluster, 6_000_000)
    stranger = Producer({"bootstrap.servers": cluster.bootstrap, "message.max.bytes": 6_000_000})
    for name, message in BAD.items():
        key, value = (None, None) if name == NOTHING else (f"c:{name}", message.value)
        stranger.produce(cluster.prefix + TOPIC, value, key=key, headers=dict(message.headers))
    assert stranger.flush(PATIENCE_S) == 0
    db = Database(f"sqlite:///{file}")
    await db.open()
    seen = Seen()
    letters: dict[str, BusMessage] = {}
    with capture_logs() as logs:
        async with opened(cluster) as bus:
            graveyard = bus.subscribe("graveyard", [DEAD])
            task = asyncio.create_task(Consumer(db, bus, "g", [TOPIC], seen).run())
            await bus.put(good(7))
            went_on = list(await seen.reaches(1))
            async with asyncio.timeout(PATIENCE_S):
                while len(letters) < len(BAD):
                    delivery = await anext(graveyard)
                    letters[_named(delivery.message.key)] = delivery.message
                    await delivery.ack()
            assert not task.done()
        await task
    await db.close()
    told = {
        _named(line["key"]): line["reason"]
        for line in logs
        if line["event"] == "consumer.dead_letter" and line["topic"] == TOPIC
    }
    return Buried(letters, told, went_on)


@pytest.fixture(scope="module")
def buried(kafka_broker: Kafka, migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Buried:
    """One consumer for all kinds of bad input; each class below looks at its own."""
    file = tmp_path_factory.mktemp("buried") / "learnflow.sqlite"
    shutil.copy(migrated_file, file)
    cluster = KafkaCluster(bootstrap=kafka_broker.bootstrap, prefix=f"t{uuid.uuid4().hex[:8]}.")
    return asyncio.run(_bury(cluster, file))


class BadInput:
    """It is buried with its reason, as it came, the log says so, and the consumer goes on."""

    names: ClassVar[dict[str, str]]
    """In `BAD`, and a part of the reason."""

    def test_it_is_buried_with_its_reason_and_the_consumer_goes_on(self, buried: Buried) -> None:
        for name, reason in self.names.items():
            letter = buried.letters[name]
            assert reason in letter.headers["learnflow-error"].decode()
            assert letter.headers["learnflow-group"] == b"g"
            assert reason in buried.told[name]
            if name != "5 MB":
                assert letter.value == BAD[name].value
        assert buried.went_on == [7]


class TestTheEventTypeIsUnknown(BadInput):
    names: ClassVar = {"unknown type": "unknown event type 'org.learnflow.lunch.eaten.v1'"}


class TestTheVersionIsWrong(BadInput):
    names: ClassVar = {
        "wrong version": "unknown event type 'org.learnflow.run.finished.v9'",
        "wrong CloudEvents": "CloudEvents version '0.3' is not 1.0",
    }


class TestTheSchemaIsUnknown(BadInput):
    """Of a type and version that we know, with data of another form."""

    names: ClassVar = {
        "another schema": "data does not fit org.learnflow.run.finished.v1",
        "a field too few": "missing required field",
        "no object": "not a CloudEvent: Expected `object`, got `str` - at `$.data`",
    }


class TestItIsNoJson(BadInput):
    names: ClassVar = {
        "invalid JSON": "not a CloudEvent",
        "no content-type": "content-type is ''",
        NOTHING: "content-type is ''",
    }


class TestTheEventIsFromTomorrow(BadInput):
    names: ClassVar = {"from tomorrow": f"its time {TOMORROW} lies in the future"}


class TestThePayloadIsHuge(BadInput):
    names: ClassVar = {"5 MB": "5000000 bytes are more than", "huge headers": "content-type is ''"}

    def test_its_beginning_is_kept(self, buried: Buried) -> None:
        cut = buried.letters["5 MB"]
        assert cut.headers["learnflow-cut-from-bytes"] == b"5000000"
        assert set(cut.value) == {ord("x")}
        assert len(cut.value) < 100_000
        assert "h" not in buried.letters["huge headers"].headers


class TestClocksDiffer:
    async def test_an_event_of_a_clock_that_is_fast_or_slow_counts(
        self, db: Database, bus: KafkaBus, background: Background
    ) -> None:
        seen = Seen()
        background(Consumer(db, bus, "g", [TOPIC], seen).run())
        for number, minutes in ((1, 30), (2, -60 * 24 * 3), (3, 0)):
            moment = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
            await bus.put(with_(good(number), time=moment))
        assert await seen.reaches(3) == [1, 2, 3]


class TestTheBrokerFindsAMessageTooLarge:
    async def test_it_alone_is_buried_and_its_neighbours_go_through(
        self,
        db: Database,
        bus: KafkaBus,
        kafka: KafkaCluster,
        background: Background,
        eventually: Eventually,
    ) -> None:
        allow_large(kafka, 80_000)
        seen = Seen()
        graveyard = bus.subscribe("graveyard", [DEAD])
        background(Consumer(db, bus, "g", [TOPIC], seen).run())
        # Nothing that compression could shrink.
        noise = random.Random(1)
        long_word = "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(60_000))
        async with db.begin() as conn:
            await outbox.record_all(conn, [run(1), msgspec.structs.replace(run(2), run_id=long_word), run(3)])
        background(Relay(db, bus).run())
        assert await seen.reaches(2) == [1, 3]
        async with asyncio.timeout(PATIENCE_S):
            letter = await anext(graveyard)
        await letter.ack()
        assert b"too large" in letter.message.headers["learnflow-error"].lower()

        async def empty() -> bool:
            async with db.connect() as conn:
                return await outbox.size(conn) == 0

        await eventually(empty)


class TestATopicIsMissing:
    async def test_events_wait_and_go_out_in_order_once_it_is_made(
        self, db: Database, kafka: KafkaCluster, background: Background
    ) -> None:
        quick = msgspec.structs.replace(kafka, producer={"topic.metadata.propagation.max.ms": 500})
        async with opened(quick) as bus:
            with pytest.raises(Undelivered, match="UNKNOWN_TOPIC"):
                await bus.put(good(1))
            async with db.begin() as conn:
                await outbox.record_all(conn, [run(number) for number in range(20)])
            background(Relay(db, bus).run())
            await asyncio.sleep(1)
            await kafka_topics.create(kafka, USED)
            seen = Seen()
            background(Consumer(db, bus, "g", [TOPIC], seen).run())
            assert await seen.reaches(20) == list(range(20))


class TestTheProducersQueueIsFull:
    async def test_publishing_waits_for_room(self, kafka: KafkaCluster) -> None:
        await kafka_topics.create(kafka, USED)
        narrow = msgspec.structs.replace(kafka, producer={"queue.buffering.max.messages": 4, "linger.ms": 50})
        async with opened(narrow) as bus, asyncio.timeout(PATIENCE_S):
            receipts = [await bus.publish(good(number)) for number in range(40)]
            await asyncio.gather(*receipts)


@pytest.fixture(scope="module")
def lonely() -> Iterator[Kafka]:
    """A broker that these tests alone freeze and stop."""
    with kafka_broker.running() as broker:
        yield broker


class TestTheBrokerIsUnreachable:
    async def test_it_costs_delay_and_nothing_else(
        self, db: Database, lonely: Kafka, background: Background, eventually: Eventually
    ) -> None:
        cluster = KafkaCluster(
            bootstrap=lonely.bootstrap, prefix="away.", client={"socket.timeout.ms": 1_000}
        )
        await kafka_topics.create(cluster, USED)
        async with opened(cluster) as bus:
            seen = Seen()
            background(Consumer(db, bus, "g", [TOPIC], seen).run())
            background(Relay(db, bus).run())
            async with db.begin() as conn:
                await outbox.record(conn, run(0))
            await seen.reaches(1)
            lonely.freeze()
            try:
                for number in range(1, 60):
                    async with asyncio.timeout(30), db.begin() as conn:
                        await outbox.record(conn, run(number))
                # Longer than a request may take: what was under way is given up and tried again.
                await asyncio.sleep(1.5)
                assert len(seen.numbers) == 1
            finally:
                lonely.thaw()
            assert await seen.reaches(60) == list(range(60))

            async def empty() -> bool:
                async with db.connect() as conn:
                    return await outbox.size(conn) == 0

            await eventually(empty)


class TestTheBrokersDiskIsFull:
    async def test_events_wait_until_there_is_room_again(
        self, db: Database, lonely: Kafka, background: Background, eventually: Eventually
    ) -> None:
        cluster = KafkaCluster(bootstrap=lonely.bootstrap, prefix="full.")
        await kafka_topics.create(cluster, USED)
        async with opened(cluster) as bus:
            seen = Seen()
            background(Consumer(db, bus, "g", [TOPIC], seen).run())
            background(Relay(db, bus).run())
            async with db.begin() as conn:
                await outbox.record(conn, run(0))
            await seen.reaches(1)
            lonely.fill_disk()
            for number in range(1, 40):
                async with db.begin() as conn:
                    await outbox.record(conn, run(number))
            # A broker that cannot write its only folder gives up.
            await asyncio.to_thread(lonely.wait_for_end, PATIENCE_S)
            assert seen.numbers == [0]
            async with db.connect() as conn:
                assert await outbox.size(conn) >= 39
            await asyncio.to_thread(lonely.stop)
            lonely.start()
            assert await seen.reaches(40) == list(range(40))

            async def empty() -> bool:
                async with db.connect() as conn:
                    return await outbox.size(conn) == 0

            await eventually(empty)


class TestAMemberJoins:
    async def test_the_work_is_shared_and_no_event_counts_twice(
        self, db: Database, bus: KafkaBus, kafka: KafkaCluster, background: Background
    ) -> None:
        first, second = Seen(), Seen()
        background(Consumer(db, bus, "g", [TOPIC], first).run())
        async with opened(kafka) as other:
            for number in range(200):
                await bus.publish(msgspec.structs.replace(good(number), key=f"c:{number % 40}"))
                if number == 60:
                    background(Consumer(db, other, "g", [TOPIC], second).run())
            number = 200
            async with asyncio.timeout(PATIENCE_S):
                while not second.numbers or len(first.numbers) + len(second.numbers) < number:
                    if not second.numbers:
                        await bus.publish(msgspec.structs.replace(good(number), key=f"c:{number % 40}"))
                        number += 1
                    await asyncio.sleep(0.02)
        both = first.numbers + second.numbers
        assert sorted(both) == list(range(number))


def allow_large(cluster: KafkaCluster, limit: int) -> None:
    """Let the broker take messages of up to `limit` bytes on our topic, from when this returns."""
    admin = AdminClient(cluster.common())
    name = "max.message.bytes"
    entry = ConfigEntry(name, str(limit), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, cluster.prefix + TOPIC, incremental_configs=[entry])
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(PATIENCE_S)
    # The cluster has decided so, and the broker hears of it later: first that it is so, then that what was
    # decided next is at work, for it does one after the other.
    asked = ConfigResource(ResourceType.TOPIC, cluster.prefix + TOPIC)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        (answer,) = admin.describe_configs([asked]).values()
        if answer.result(PATIENCE_S)[name].value == str(limit):
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    later = f"{cluster.prefix}later-{limit}"
    for future in admin.create_topics([NewTopic(later, 1, 1)]).values():
        future.result(PATIENCE_S)
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "allow.auto.create.topics": False})
    arrived: list[object] = []
    producer.produce(later, b"x", on_delivery=lambda error, _: arrived.append(error))
    assert producer.flush(PATIENCE_S) == 0
    assert arrived == [None]
