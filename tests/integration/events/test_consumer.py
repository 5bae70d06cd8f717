"""Each event has its effect exactly once, in order per student, whatever breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from learnflow_ext.contracts.events import Envelope, Event, HelpAsked, RunFinished
from learnflow_ext.events.bus import BusMessage
from learnflow_ext.events.consumer import AT_ONCE, Consumer
from learnflow_ext.events.memory import MemoryBus
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.wire import to_message
from learnflow_ext.store import courses, outbox, people
from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.models import Consumed, Module

TOPIC = "learning.requests"
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Background = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]


def asked(student: str, number: int) -> HelpAsked:
    return HelpAsked(course="c", student=student, request_id=f"{student}{number}", text="?", agent="tutor")


class Effects:
    """A handler that writes one row an event: the database tells what took effect, and how often."""

    def __init__(self) -> None:
        self.failures: dict[str, int] = {}
        self.errors: Exception = RuntimeError("boom")
        self.called: list[str] = []

    async def __call__(self, conn: AsyncConnection, envelope: Envelope) -> None:
        assert isinstance(envelope.event, HelpAsked)
        name = envelope.event.request_id
        self.called.append(name)
        await courses.ensure(conn, "effects", f"{len(self.called):06d} {name}")
        if self.failures.get(name, 0):
            self.failures[name] -= 1
            raise self.errors

    async def seen(self, db: Database) -> list[str]:
        async with db.connect() as conn:
            rows = await conn.scalars(
                select(Module.assignment).where(Module.course == "effects").order_by(Module.id)
            )
            return [row.partition(" ")[2] for row in rows]


async def record(db: Database, *names: str) -> list[Envelope]:
    async with db.begin() as conn:
        return await outbox.record_all(conn, [asked(name[:3], int(name[3:])) for name in names])


async def message_of(db: Database, envelope: Envelope) -> BusMessage:
    async with db.begin() as conn:
        return to_message(envelope, await people.pseudonym(conn, envelope.event.student))


def reached(db: Database, effects: Effects, *names: str) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return set(await effects.seen(db)) >= set(names)

    return holds


async def test_an_event_reaches_its_consumer_under_a_pseudonym(
    db: Database, bus: MemoryBus, background: Background, eventually: Eventually
) -> None:
    seen: list[Envelope] = []

    async def handle(conn: AsyncConnection, envelope: Envelope) -> None:
        seen.append(envelope)

    background(Consumer(db, bus, "g", [TOPIC], handle).run())
    background(Relay(db, bus).run())
    (recorded,) = await record(db, "ada1")

    async def arrived() -> bool:
        return bool(seen)

    await eventually(arrived)
    assert (seen[0].id, seen[0].sequence) == (recorded.id, recorded.sequence)
    async with db.begin() as conn:
        person = await people.behind(conn, seen[0].event.student)
    assert person is not None
    assert person.name == "ada"


class TestADouble:
    """As after a crash between publish and delete, or between effect and ack."""

    async def test_has_no_second_effect(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        effects = Effects()
        background(Consumer(db, bus, "g", [TOPIC], effects).run())
        first, second = await record(db, "ada1", "ada2")
        for envelope in (first, second, first, second, first):
            receipt = await bus.publish(await message_of(db, envelope))
        async with asyncio.timeout(30):
            await receipt
        assert await effects.seen(db) == ["ada1", "ada2"]

    async def test_two_groups_have_an_effect_each(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        one, two = Effects(), Effects()
        background(Consumer(db, bus, "one", [TOPIC], one).run())
        background(Consumer(db, bus, "two", [TOPIC], two).run())
        (envelope,) = await record(db, "ada1")
        await (await bus.publish(await message_of(db, envelope)))
        assert (one.called, two.called) == (["ada1"], ["ada1"])


async def test_what_a_consumer_does_not_want_is_done_with_and_noted_nowhere(
    db: Database, bus: MemoryBus, background: Background
) -> None:
    effects = Effects()

    def of_ada(event: Event) -> bool:
        return isinstance(event, HelpAsked) and event.request_id.startswith("ada")

    consumer = Consumer(db, bus, "g", [TOPIC], effects, wants=of_ada)
    envelopes = await record(db, "ada1", "ben2", "ada3", "ben4")
    receipts = [await bus.publish(await message_of(db, envelope)) for envelope in envelopes]
    background(consumer.run())
    async with asyncio.timeout(30):
        await asyncio.gather(*receipts)
    assert await effects.seen(db) == ["ada1", "ada3"]
    async with db.connect() as conn:
        noted = set(await conn.scalars(select(Consumed.event_id)))
    assert noted == {envelopes[0].id, envelopes[2].id}


async def test_a_backlog_that_a_consumer_does_not_want_leaves_the_others_their_turn(
    db: Database, bus: MemoryBus, background: Background
) -> None:
    turns, looked_at = 0, set[int]()

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def nothing(_event: Event) -> bool:
        looked_at.add(turns)
        return False

    consumer = Consumer(db, bus, "g", [TOPIC], Effects(), wants=nothing)
    (envelope,) = await record(db, "ada1")
    message = await message_of(db, envelope)
    receipts = [await bus.publish(message) for _ in range(4 * AT_ONCE)]
    background(another())
    background(consumer.run())
    async with asyncio.timeout(30):
        await asyncio.gather(*receipts)
    assert len(looked_at) >= 4


class TestATextThatNoDatabaseTakes:
    async def test_holds_up_none_of_those_that_came_with_it(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        effects = Effects()
        consumer = Consumer(db, bus, "g", [TOPIC], effects)
        for number, envelope in enumerate(await record(db, "ada1", "ben2", "cho3", "ada4")):
            message = await message_of(db, envelope)
            if number == 1:
                body = json.loads(message.value)
                body["data"]["student"] = "nobody\0"
                message = msgspec.structs.replace(message, value=json.dumps(body).encode())
            await bus.publish(message)
        background(consumer.run())
        await eventually(reached(db, effects, "ada1", "ben2", "cho3", "ada4"))
        assert sorted(await effects.seen(db)) == ["ada1", "ada4", "ben2", "cho3"]


class TestHandlerFailsTwiceThenWorks:
    async def test_its_effect_comes_once_and_before_what_is_later(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        effects = Effects()
        effects.failures = {"ada1": 2}
        background(Consumer(db, bus, "g", [TOPIC], effects, first_pause_s=0.001).run())
        background(Relay(db, bus).run())
        with capture_logs() as logs:
            await record(db, "ada1", "ada2", "ben1")
            await eventually(reached(db, effects, "ada1", "ada2", "ben1"))
        assert await effects.seen(db) == ["ada1", "ada2", "ben1"]
        assert effects.called.count("ada1") == 3
        assert [line["tried"] for line in logs if line["event"] == "consumer.handler_failed"] == [1, 2]


class TestAPoisonMessage:
    async def test_is_dead_lettered_after_its_tries_and_the_consumer_goes_on(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        effects = Effects()
        effects.failures = {"ada1": 10**6}
        graveyard = bus.subscribe("graveyard", [TOPIC + ".dead-letter"])
        task = background(Consumer(db, bus, "g", [TOPIC], effects, tries=3, first_pause_s=0.001).run())
        background(Relay(db, bus).run())
        with capture_logs() as logs:
            poison, _ = await record(db, "ada1", "ada2")
            await eventually(reached(db, effects, "ada2"))
        assert effects.called == ["ada1"] * 3 + ["ada2"]
        assert await effects.seen(db) == ["ada2"], "nothing half-written"
        dead = await anext(graveyard)
        assert dead.message.headers["learnflow-group"] == b"g"
        assert json.loads(dead.message.value)["id"] == poison.id
        async with db.connect() as conn:
            row = (await conn.execute(select(Consumed).where(Consumed.event_id == poison.id))).one()
        assert (row.outcome, row.error) == ("dead", "RuntimeError: boom")
        (line,) = [line for line in logs if line["event"] == "consumer.dead_letter"]
        assert (line["event_id"], line["group"]) == (poison.id, "g")
        assert not task.done()

    async def test_a_double_of_it_is_not_tried_again(
        self, db: Database, bus: MemoryBus, background: Background
    ) -> None:
        effects = Effects()
        effects.failures = {"ada1": 10**6}
        background(Consumer(db, bus, "g", [TOPIC], effects, tries=2, first_pause_s=0.001).run())
        (poison,) = await record(db, "ada1")
        for _ in range(2):
            async with asyncio.timeout(30):
                await (await bus.publish(await message_of(db, poison)))
        assert effects.called == ["ada1"] * 2

    @pytest.mark.parametrize("value", [b"", b"{}", b'{"specversion": "1.0"}', b"\x00" * 100])
    async def test_bytes_that_are_no_event_are_dead_lettered_at_once(
        self, db: Database, bus: MemoryBus, background: Background, value: bytes
    ) -> None:
        effects = Effects()
        graveyard = bus.subscribe("graveyard", [TOPIC + ".dead-letter"])
        background(Consumer(db, bus, "g", [TOPIC], effects).run())
        headers = {"content-type": b"application/cloudevents+json"}
        await bus.publish(BusMessage(topic=TOPIC, key="k", value=value, headers=headers))
        (good,) = await record(db, "ada1")
        async with asyncio.timeout(30):
            await (await bus.publish(await message_of(db, good)))
        assert await effects.seen(db) == ["ada1"]
        dead = await anext(graveyard)
        assert dead.message.value == value
        assert b"not a CloudEvent" in dead.message.headers["learnflow-error"]


class TestTheDatabaseIsAwayForLong:
    async def test_no_message_is_blamed_for_it(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        effects = Effects()
        effects.failures = {"ada1": 12}
        effects.errors = DatabaseUnavailable("The disk of the database is full.")
        consumer = Consumer(db, bus, "g", [TOPIC], effects, tries=2, first_pause_s=0.0001)
        background(consumer.run())
        background(Relay(db, bus).run())
        await record(db, "ada1", "ada2")
        await eventually(reached(db, effects, "ada1", "ada2"))
        assert await effects.seen(db) == ["ada1", "ada2"]
        assert effects.called.count("ada1") == 13

    async def test_a_dead_letter_that_cannot_be_noted_is_not_sent_yet(
        self,
        db: Database,
        bus: MemoryBus,
        background: Background,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        effects = Effects()
        effects.failures = {"ada1": 5}
        consumer = Consumer(db, bus, "g", [TOPIC], effects, tries=1, first_pause_s=0.001)
        refused: list[str] = []
        real = db.begin

        def begin() -> object:
            if len(effects.called) > len(refused):
                refused.append("condemning")
                raise DatabaseUnavailable("The disk of the database is full.")
            return real()

        envelopes = await record(db, "ada1")
        message = await message_of(db, envelopes[0])
        monkeypatch.setattr(db, "begin", begin)
        background(consumer.run())
        async with asyncio.timeout(30):
            await (await bus.publish(message))
        assert await effects.seen(db) == ["ada1"]
        assert len(refused) == 5


class TestConsumerStopsInTheMiddle:
    async def test_the_next_one_finishes_the_work(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        entered = asyncio.Event()

        async def hangs(conn: AsyncConnection, envelope: Envelope) -> None:
            await courses.ensure(conn, "effects", "000000 half")
            entered.set()
            await asyncio.sleep(60)

        background(Relay(db, bus).run())
        first = background(Consumer(db, bus, "g", [TOPIC], hangs).run())
        await record(db, "ada1", "ada2")
        await entered.wait()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        effects = Effects()
        background(Consumer(db, bus, "g", [TOPIC], effects).run())
        await eventually(reached(db, effects, "ada1", "ada2"))
        assert await effects.seen(db) == ["ada1", "ada2"]

    async def test_a_closed_bus_ends_it_quietly(
        self, db: Database, bus: MemoryBus, background: Background
    ) -> None:
        effects = Effects()
        effects.failures = {"ada1": 10**6}
        task = background(Consumer(db, bus, "g", [TOPIC], effects, tries=1, first_pause_s=0.001).run())
        idle = background(Consumer(db, bus, "idle", ["progress.events"], effects).run())
        (poison,) = await record(db, "ada1")
        message = await message_of(db, poison)
        receipt = await bus.publish(message)
        await bus.close()
        async with asyncio.timeout(30):
            await asyncio.gather(task, idle)
        assert not receipt.done()


names = st.lists(st.sampled_from(["ada", "ben"]), min_size=1, max_size=14)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names, st.lists(st.integers(min_value=0, max_value=2), max_size=14), st.integers(1, 5), st.integers(1, 3)
)
def test_any_interleaving_keeps_each_students_order(
    students: list[str], failures: list[int], window: int, members: int
) -> None:
    """Several members, failing handlers, batches of any size, and a relay that is killed half-way."""

    async def play(folder: Path) -> None:
        db = Database(f"sqlite:///{folder / 'learnflow.sqlite'}")
        await db.open()
        bus = MemoryBus(capacity=window)
        events = [f"{student}{number}" for number, student in enumerate(students)]
        effects = Effects()
        effects.failures = dict(zip(events, failures, strict=False))
        tasks = [
            asyncio.create_task(Consumer(db, bus, "g", [TOPIC], effects, first_pause_s=0.0001).run())
            for _ in range(members)
        ]
        first = asyncio.create_task(Relay(db, bus, window=window).run())
        half = len(events) // 2
        await record(db, *events[:half])
        await asyncio.sleep(0.005)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        tasks.append(asyncio.create_task(Relay(db, bus, window=window).run()))
        for event in events[half:]:
            await record(db, event)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(db.close)
            stack.push_async_callback(_end, tasks)
            for _ in range(1_000):
                if len(await effects.seen(db)) >= len(events):
                    break
                await asyncio.sleep(0.01)
            seen = await effects.seen(db)
        for student in ("ada", "ben"):
            assert [e for e in seen if e.startswith(student)] == [e for e in events if e.startswith(student)]

    with TemporaryDirectory() as folder, capture_logs():
        asyncio.run(play(Path(folder)))


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_runs_of_many_students_arrive_once_each(
    db: Database, bus: MemoryBus, background: Background, eventually: Eventually
) -> None:
    seen: list[str] = []

    async def handle(conn: AsyncConnection, envelope: Envelope) -> None:
        assert isinstance(envelope.event, RunFinished)
        seen.append(envelope.event.run_id)

    background(Consumer(db, bus, "g", ["progress.events"], handle).run())
    background(Relay(db, bus).run())
    runs = [
        RunFinished(
            course="c", student=f"s{n % 20}", run_id=str(n), notebook="private.ipynb", ok=True, duration_ms=1
        )
        for n in range(200)
    ]
    async with db.begin() as conn:
        await outbox.record_all(conn, runs)

    async def all_of_them() -> bool:
        async with db.connect() as conn:
            return await outbox.size(conn) == 0

    await eventually(all_of_them)
    assert seen == [str(n) for n in range(200)]
