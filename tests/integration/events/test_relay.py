"""From the outbox to the bus: at least once, in order, and nothing forgotten."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterable
from contextlib import asynccontextmanager

import msgspec
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from learnflow_ext.contracts.events import HelpAsked
from learnflow_ext.events.bus import BusMessage, Lost
from learnflow_ext.events.memory import MemoryBus, MemorySubscription
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.topics import STRAYS, dead_letter
from learnflow_ext.events.wire import from_message
from learnflow_ext.store import courses, outbox, people
from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.models import OutboxEvent
from learnflow_ext.store.seat import Seat

TOPIC = "learning.requests"
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Background = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]


def asked(student: str, number: int) -> HelpAsked:
    return HelpAsked(course="c", student=student, request_id=str(number), text="secret", agent="tutor")


async def record(db: Database, *numbers: int, student: str = "ada") -> None:
    async with db.begin() as conn:
        await outbox.record_all(conn, [asked(student, number) for number in numbers])


def number_of(message: BusMessage) -> int:
    event = from_message(message).event
    assert isinstance(event, HelpAsked)
    return int(event.request_id)


async def waiting(db: Database) -> int:
    async with db.connect() as conn:
        return await outbox.size(conn)


class FlakyBus:
    """A bus whose publishing and confirming the test decides."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.futures: list[asyncio.Future[None]] = []
        self.refuse = 0
        self.confirm = True
        self.losses = 0

    async def publish(self, message: BusMessage, *, losses: int | None = None) -> asyncio.Future[None]:
        if losses not in (None, self.losses):
            raise Lost
        if self.refuse:
            self.refuse -= 1
            raise ConnectionError("broker gone")
        self.taken.append(number_of(message))
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.confirm:
            future.set_result(None)
        self.futures.append(future)
        return future

    async def put(self, message: BusMessage) -> None:
        await (await self.publish(message))

    def subscribe(self, group: str, topics: Iterable[str], *, lasting: bool = True) -> MemorySubscription:
        raise NotImplementedError

    async def close(self) -> None:
        return None


@pytest.fixture
def flaky() -> FlakyBus:
    return FlakyBus()


async def test_events_arrive_at_once_and_leave_the_outbox_when_acked(
    db: Database, bus: MemoryBus, background: Background, eventually: Eventually
) -> None:
    subscription = bus.subscribe("g", [TOPIC])
    background(Relay(db, bus, poll_s=60).run())
    await record(db, 1)
    async with asyncio.timeout(30):
        delivery = await anext(subscription)
    async with db.begin() as conn:
        assert delivery.message.key == f"c:{await people.pseudonym(conn, 'ada')}"
    assert b"secret" not in delivery.message.value
    assert await waiting(db) == 1, "not confirmed yet"
    await delivery.ack()

    async def empty() -> bool:
        return await waiting(db) == 0

    await eventually(empty)


async def test_a_folder_of_the_students_own_does_not_travel(
    db: Database, bus: MemoryBus, background: Background
) -> None:
    subscription = bus.subscribe("g", [TOPIC])
    background(Relay(db, bus, poll_s=60).run())

    async def told(assignment: str) -> str:
        async with db.begin() as conn:
            await outbox.record(conn, msgspec.structs.replace(asked("ada", 1), assignment=assignment))
        async with asyncio.timeout(30):
            delivery = await anext(subscription)
        await delivery.ack()
        event = from_message(delivery.message).event
        assert isinstance(event, HelpAsked)
        return event.assignment

    assert await told("week-1") == "", "nobody knows it yet"
    async with db.begin() as conn:
        await courses.ensure(conn, "c", "week-1")
        await courses.ensure(conn, "elsewhere", "dear-diary")
    travelled = [await told(name) for name in ("week-1", "dear-diary", "week-1", "")]
    assert travelled == ["week-1", "", "week-1", ""]


async def test_what_waited_before_the_start_goes_first(
    db: Database, flaky: FlakyBus, background: Background, eventually: Eventually
) -> None:
    await record(db, *range(50))
    background(Relay(db, flaky, window=7).run())
    await record(db, *range(50, 60))

    async def empty() -> bool:
        return await waiting(db) == 0

    await eventually(empty)
    assert flaky.taken == list(range(60))


async def test_events_of_another_process_are_found_by_looking(
    db: Database, flaky: FlakyBus, background: Background, eventually: Eventually
) -> None:
    background(Relay(db, flaky, poll_s=0.05).run())
    await asyncio.sleep(0.1)
    other = Database(str(db.url))
    await other.open()
    await record(other, 1)
    await other.close()

    async def taken() -> bool:
        return flaky.taken == [1]

    await eventually(taken)


async def test_no_more_than_the_window_is_on_its_way(
    db: Database, flaky: FlakyBus, background: Background, eventually: Eventually
) -> None:
    flaky.confirm = False
    await record(db, *range(10))
    background(Relay(db, flaky, window=4, poll_s=0.02).run())

    async def full() -> bool:
        return len(flaky.taken) >= 4

    await eventually(full)
    await asyncio.sleep(0.2)
    assert flaky.taken == [0, 1, 2, 3]
    for future in flaky.futures:
        future.set_result(None)
    flaky.confirm = True

    async def empty() -> bool:
        return await waiting(db) == 0

    await eventually(empty)
    assert flaky.taken == list(range(10))


async def test_a_full_window_goes_on_as_soon_as_there_is_room(
    db: Database,
    flaky: FlakyBus,
    background: Background,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However confirming, forgetting and handing over fall together: else it would rest with work to do."""
    chance = random.Random(7)
    pending, delete = outbox.pending, outbox.delete

    async def slow_pending(
        conn: AsyncConnection, limit: int, *, skip: Collection[int] = frozenset()
    ) -> list[outbox.Pending]:
        await asyncio.sleep(chance.uniform(0, 0.01))
        return await pending(conn, limit, skip=skip)

    async def slow_delete(conn: AsyncConnection, sequences: Iterable[int]) -> None:
        await asyncio.sleep(chance.uniform(0, 0.02))
        await delete(conn, sequences)

    async def confirming() -> None:
        confirmed = 0
        while True:
            for future in flaky.futures[confirmed : confirmed + chance.randrange(4)]:
                future.set_result(None)
                confirmed += 1
            await asyncio.sleep(chance.uniform(0, 0.01))

    monkeypatch.setattr(outbox, "pending", slow_pending)
    monkeypatch.setattr(outbox, "delete", slow_delete)
    flaky.confirm = False
    await record(db, *range(150))
    background(confirming())
    background(Relay(db, flaky, window=8, poll_s=60).run())

    async def empty() -> bool:
        return await waiting(db) == 0

    await eventually(empty)
    assert flaky.taken == list(range(150))


class TestCrashBetweenPublishAndDelete:
    async def test_the_next_relay_sends_it_again(self, db: Database, flaky: FlakyBus) -> None:
        await record(db, 1, 2)
        first = Relay(db, flaky)
        await first._publish_some()
        assert flaky.taken == [1, 2]
        second = Relay(db, flaky)
        await second._publish_some()
        await second._forget_confirmed()
        assert flaky.taken == [1, 2, 1, 2]
        assert await waiting(db) == 0


class TestTheBusRefuses:
    async def test_nothing_is_lost_and_the_order_stays(
        self, db: Database, flaky: FlakyBus, background: Background, eventually: Eventually
    ) -> None:
        flaky.refuse = 3
        await record(db, 1, 2, 3)
        with capture_logs() as logs:
            task = background(Relay(db, flaky).run())

            async def empty() -> bool:
                return await waiting(db) == 0

            await eventually(empty)
        assert flaky.taken == [1, 2, 3]
        assert [line["event"] for line in logs if line["log_level"] == "error"] == ["relay.failed"] * 3
        assert not task.done()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestTheBusIsAwayForAnHour:
    async def test_it_is_asked_ever_more_rarely_and_then_gets_everything_in_order(
        self,
        db: Database,
        flaky: FlakyBus,
        background: Background,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        slept: list[float] = []
        real = asyncio.sleep

        async def sleep(seconds: float) -> None:
            ours = asyncio.current_task() is task
            if ours:
                slept.append(seconds)
            await real(0 if ours else seconds)

        flaky.refuse = 740
        await record(db, *range(30))
        monkeypatch.setattr(asyncio, "sleep", sleep)
        with capture_logs():
            task = background(Relay(db, flaky, window=4).run())

            async def empty() -> bool:
                return await waiting(db) == 0

            await eventually(empty)
        assert flaky.taken == list(range(30))
        assert sum(slept) >= 3_600
        assert max(slept) <= 10
        assert len(set(slept)) > 700, "nobody comes back at the same moment as the others"


class TestADeliveryFailsLater:
    async def test_everything_from_there_goes_out_again(
        self, db: Database, flaky: FlakyBus, background: Background, eventually: Eventually
    ) -> None:
        flaky.confirm = False
        await record(db, 1, 2, 3)
        background(Relay(db, flaky, poll_s=0.02).run())

        async def handed_over() -> bool:
            return len(flaky.futures) == 3

        await eventually(handed_over)
        flaky.confirm = True
        flaky.futures[0].set_result(None)
        flaky.futures[1].set_exception(ConnectionError("broker gone"))
        flaky.futures[2].cancel()

        async def empty() -> bool:
            return await waiting(db) == 0

        await eventually(empty)
        assert flaky.taken == [1, 2, 3, 2, 3]


class TestALossIsNoticedWhileOthersAreHandedOver:
    async def test_no_later_event_overtakes_what_was_lost(
        self, db: Database, flaky: FlakyBus, background: Background, eventually: Eventually
    ) -> None:
        flaky.confirm = False
        await record(db, 1, 2)
        background(Relay(db, flaky, poll_s=0.02).run())

        async def handed_over() -> bool:
            return flaky.taken == [1, 2]

        await eventually(handed_over)
        # The bus knows of the loss; the fate of the second event comes later.
        flaky.losses, flaky.confirm = 1, True
        flaky.futures[0].set_exception(ConnectionError("broker gone"))
        await record(db, 3)
        await asyncio.sleep(0.2)
        assert flaky.taken == [1, 2]
        flaky.futures[1].set_exception(ConnectionError("broker gone"))

        async def empty() -> bool:
            return await waiting(db) == 0

        await eventually(empty)
        assert flaky.taken == [1, 2, 1, 2, 3]


class TestTheDatabaseIsAway:
    async def test_the_relay_waits_and_goes_on(
        self,
        db: Database,
        flaky: FlakyBus,
        background: Background,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await record(db, 1)
        real = outbox.delete
        failures = iter([DatabaseUnavailable("The disk of the database is full.")] * 2)

        async def sometimes(conn: AsyncConnection, sequences: Iterable[int]) -> None:
            for failure in failures:
                raise failure
            await real(conn, sequences)

        monkeypatch.setattr(outbox, "delete", sometimes)
        with capture_logs() as logs:
            background(Relay(db, flaky, poll_s=0.02).run())

            async def empty() -> bool:
                return await waiting(db) == 0

            await eventually(empty)
        assert flaky.taken == [1], "what was handed over is not sent again because of us"
        assert sum(line["event"] == "relay.failed" for line in logs) == 2


class _LooseSeat(Seat):
    """Nobody else wants it, but it may break."""

    @asynccontextmanager
    async def held(self, ring: Callable[[], None]) -> AsyncIterator[None]:
        yield


class TestTheSeatIsLostWhileConfirmedRowsAreDeleted:
    async def test_a_window_full_of_them_does_not_stop_the_relay(
        self,
        db: Database,
        flaky: FlakyBus,
        background: Background,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """As when the server restarts: nothing that is on its way could wake the relay any more."""
        await record(db, *range(6))
        real, seats, deleting = outbox.delete, [_LooseSeat(), _LooseSeat()], asyncio.Event()
        given = iter(seats)

        async def interrupted(conn: AsyncConnection, sequences: Iterable[int]) -> None:
            if not deleting.is_set():
                deleting.set()
                await asyncio.sleep(3_600)
            await real(conn, sequences)

        monkeypatch.setattr(outbox, "delete", interrupted)
        monkeypatch.setattr("learnflow_ext.events.relay.seat_of", lambda _: next(given))
        relay = Relay(db, flaky, window=4, poll_s=0.02)
        background(relay.run())
        async with asyncio.timeout(30):
            await deleting.wait()
        assert flaky.taken == [0, 1, 2, 3]
        seats[0].lost = True
        relay.wake()

        async def empty() -> bool:
            return await waiting(db) == 0

        await eventually(empty)
        assert flaky.taken == list(range(6))


class TestTheSchemaOfARowIsUnknown:
    """As after a newer version wrote it, which was taken back."""

    @pytest.mark.parametrize(
        ("changed", "reason", "grave"),
        [
            ({"type": "org.learnflow.help.asked.v9"}, "unknown event type 'org.learnflow.help.ask", TOPIC),
            ({"data": '{"request_id": 1}'}, "Expected `str`, got `int` - at `$.request_id`", TOPIC),
            ({"type": "org.learnflow.eaten.v1", "topic": "lunch.events"}, "unknown event type", STRAYS),
        ],
        ids=["version", "fields", "topic"],
    )
    async def test_it_goes_to_the_dead_letters_with_its_reason_and_blocks_nobody(
        self,
        db: Database,
        bus: MemoryBus,
        background: Background,
        eventually: Eventually,
        changed: dict[str, str],
        reason: str,
        grave: str,
    ) -> None:
        subscription = bus.subscribe("g", [TOPIC])
        graveyard = bus.subscribe("dead", [dead_letter(grave)])
        await record(db, 1, 2)
        async with db.begin() as conn:
            broken, _ = await outbox.pending(conn, 2)
            await conn.execute(
                update(OutboxEvent).where(OutboxEvent.sequence == broken.sequence).values(**changed)
            )
        with capture_logs() as logs:
            background(Relay(db, bus).run())
            async with asyncio.timeout(30):
                delivery = await anext(subscription)
                assert number_of(delivery.message) == 2
                await delivery.ack()
                dead = await anext(graveyard)
                await dead.ack()
        assert dead.message.headers["learnflow-event-id"].decode() == broken.event_id
        assert reason in dead.message.headers["learnflow-error"].decode()
        assert dead.message.value == b""
        (told,) = [line for line in logs if line["event"] == "relay.dead_letter"]
        assert told["event_id"] == broken.event_id
        assert reason in told["reason"]

        async def empty() -> bool:
            return await waiting(db) == 0

        await eventually(empty)


async def test_a_closed_bus_ends_the_relay(db: Database, bus: MemoryBus, background: Background) -> None:
    task = background(Relay(db, bus).run())
    await bus.close()
    await record(db, 1)
    async with asyncio.timeout(30):
        await task
    assert await waiting(db) == 1
