"""One relay works, the next one takes over; two at once do no harm."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
from another_process import opened
from sqlalchemy import text

from learnflow_ext.contracts.events import RunFinished
from learnflow_ext.events.bus import MAX_MESSAGE_BYTES, BusMessage
from learnflow_ext.events.consumer import Consumer
from learnflow_ext.events.memory import MemoryBus
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.wire import from_message, to_message
from learnflow_ext.store import outbox
from learnflow_ext.store.database import Database
from learnflow_ext.store.seat import Seat, seat_of

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Background = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]


def run(student: str, number: int) -> RunFinished:
    return RunFinished(course="c", student=student, run_id=str(number), notebook="n", ok=True, duration_ms=1)


async def record(db: Database, *numbers: int, student: str = "ada") -> None:
    async with db.begin() as conn:
        await outbox.record_all(conn, [run(student, number) for number in numbers])


async def waiting(db: Database) -> int:
    async with db.connect() as conn:
        return await outbox.size(conn)


class TestASecondRelay:
    async def test_waits_and_takes_over_when_the_first_ends(
        self, database_url: str, db: Database, bus: MemoryBus, background: Background
    ) -> None:
        first = Relay(db, bus)
        working = background(first.run())
        async with opened(database_url) as other_db, asyncio.timeout(30):
            await first.seated.wait()
            second = Relay(other_db, bus)
            background(second.run())
            await record(db, 1)
            subscription = bus.subscribe("g", ["progress.events"])
            assert not second.seated.is_set()
            working.cancel()
            await second.seated.wait()
            await record(db, 2)
            seen = set()
            while "2" not in seen:
                delivery = await anext(subscription)
                event = from_message(delivery.message).event
                assert isinstance(event, RunFinished)
                seen.add(event.run_id)
                await delivery.ack()
        assert not first.seated.is_set()


class TestWhoWaitsForDays:
    async def test_holds_back_nothing_that_others_deleted(
        self, postgres_url: str, background: Background, eventually: Eventually
    ) -> None:
        async def sit(db: Database) -> None:
            async with seat_of(db).held(lambda: None):
                await asyncio.sleep(3_600)

        async with opened(postgres_url) as db, seat_of(db).held(lambda: None):
            background(sit(db))

            async def keeps_no_view_of_the_data() -> bool:
                asked = (
                    "SELECT bool_and(backend_xmin IS NULL) FROM pg_stat_activity WHERE query LIKE "
                    "'%advisory_lock%' AND application_name = 'learnflow-relay' "
                    "AND datname = current_database()"
                )
                async with db.connect() as conn:
                    return await conn.scalar(text(asked)) is True

            await eventually(keeps_no_view_of_the_data)


class TestTheSeatsConnectionIsCut:
    async def test_the_relay_asks_for_it_again_and_goes_on(
        self, postgres_url: str, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        async with opened(postgres_url) as db:
            relay = Relay(db, bus)
            background(relay.run())
            async with asyncio.timeout(30):
                await relay.seated.wait()
            async with db.begin() as conn:
                cut = (
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'learnflow-relay' AND datname = current_database()"
                )
                assert await conn.scalar(text(cut))
            await record(db, 1)

            async def sent() -> bool:
                return await waiting(db) == 0 and relay.seated.is_set()

            await eventually(sent)


class TestEventsOfAnotherProcess:
    async def test_ring_on_postgresql_so_that_nobody_has_to_look(
        self, postgres_url: str, bus: MemoryBus, background: Background
    ) -> None:
        subscription = bus.subscribe("g", ["progress.events"])
        async with opened(postgres_url) as db, opened(postgres_url) as other:
            relay = Relay(db, bus, poll_s=3_600)
            background(relay.run())
            async with asyncio.timeout(30):
                await relay.seated.wait()
                await record(other, 1)
                delivery = await anext(subscription)
            await delivery.ack()


class _NoSeat(Seat):
    """Everybody sits."""

    @asynccontextmanager
    async def held(self, ring: Callable[[], None]) -> AsyncIterator[None]:
        yield


class TestTwoRelaysAtOnce:
    async def test_each_event_has_one_effect_and_students_order_holds(
        self,
        database_url: str,
        db: Database,
        bus: MemoryBus,
        background: Background,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """As when the first one's connection broke and it does not know yet."""
        monkeypatch.setattr("learnflow_ext.events.relay.seat_of", lambda db: _NoSeat())
        seen: dict[str, list[int]] = defaultdict(list)

        async def handle(conn: object, envelope: object) -> None:
            event = envelope.event  # type: ignore[attr-defined]
            seen[event.student].append(int(event.run_id))

        background(Consumer(db, bus, "g", ["progress.events"], handle).run())
        async with opened(database_url) as other:
            for relay in (Relay(db, bus, window=7), Relay(other, bus, window=5)):
                background(relay.run())
            for number in range(60):
                await record(db, number, student=f"s{number % 3}")

            async def all_there() -> bool:
                return sum(map(len, seen.values())) >= 60 and await waiting(db) == 0

            await eventually(all_there)
        assert sorted(seen.values()) == [list(range(first, 60, 3)) for first in range(3)]


class TestAMessageThatTheBusRefuses:
    async def test_goes_to_the_dead_letters_and_the_next_goes_on(
        self,
        db: Database,
        bus: MemoryBus,
        background: Background,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def blown_up(envelope: object, pseudonym: str, **more: bool) -> BusMessage:
            message = to_message(envelope, pseudonym, **more)  # type: ignore[arg-type]
            huge = b"x" * (MAX_MESSAGE_BYTES + 1)
            if envelope.event.run_id == "1":  # type: ignore[attr-defined]
                return BusMessage(topic=message.topic, key=message.key, value=huge, headers=message.headers)
            return message

        monkeypatch.setattr("learnflow_ext.events.relay.to_message", blown_up)
        graveyard = bus.subscribe("dead", ["progress.events.dead-letter"])
        subscription = bus.subscribe("g", ["progress.events"])
        background(Relay(db, bus).run())
        await record(db, 1, 2)
        async with asyncio.timeout(30):
            delivery = await anext(subscription)
            event = from_message(delivery.message).event
            assert isinstance(event, RunFinished)
            assert event.run_id == "2"
            await delivery.ack()
            letter = await anext(graveyard)
            await letter.ack()
        assert b"1000001 bytes" in letter.message.headers["learnflow-error"]
        assert letter.message.value == b"", "nobody knows what in it is personal"

        async def empty() -> bool:
            return await waiting(db) == 0

        await eventually(empty)


async def test_a_seat_is_free_again_after_it_was_left(db: Database) -> None:
    for _ in range(2):
        async with asyncio.timeout(30), seat_of(db).held(lambda: None):
            pass
