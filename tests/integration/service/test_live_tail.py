"""Sockets on two replicas with one PostgreSQL, where events appear in another order than their numbers'."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from served import until

from learnflow_ext.contracts.events import RunFinished
from learnflow_ext.service import live, tail
from learnflow_ext.service.live import LiveBoards
from learnflow_ext.service.tail import Place
from learnflow_ext.store import outbox, submissions
from learnflow_ext.store.database import Database
from learnflow_ext.store.eventlog import LogEntry


class Replica:
    """A process with a database of its own to the same server, and the sockets on it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.db = Database(url)
        self.boards = LiveBoards(self.db)

    async def record(self, student: str) -> int:
        """An event; its number."""
        async with self.db.begin() as conn:
            return (await outbox.record(conn, event(student))).sequence


class Socket:
    """A client that takes everything."""

    def __init__(self, replica: Replica, after: Place) -> None:
        self.heard: list[dict[str, Any]] = []
        self.leave = replica.boards.open("c", "teacher", self._send, self._hang_up, after)

    def _send(self, text: str) -> asyncio.Future[None]:
        self.heard.append(msgspec.json.decode(text))
        future = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    def _hang_up(self) -> None:
        raise AssertionError("it was told to come again")

    @property
    def numbers(self) -> list[int]:
        return [message["sequence"] for message in self.heard if message["kind"] == "happened"]

    @property
    def resume(self) -> Place:
        """What the last message but "changed" said."""
        return Place.parse([message["resume"] for message in self.heard if "resume" in message][-1])

    async def hears(self, *numbers: int) -> None:
        """Exactly these up to now, in this order."""

        async def heard() -> bool:
            return len(self.numbers) >= len(numbers)

        await until(heard)
        assert self.numbers == list(numbers)


def event(student: str) -> RunFinished:
    return RunFinished(course="c", student=student, run_id="r", notebook="n.ipynb", ok=True, duration_ms=1)


@pytest.fixture
async def replicas(postgres_url: str) -> AsyncIterator[tuple[Replica, Replica]]:
    both = Replica(postgres_url), Replica(postgres_url)
    for replica in both:
        await replica.db.open()
    yield both
    for replica in both:
        await replica.db.close()


@asynccontextmanager
async def slow_transaction(replica: Replica, student: str) -> AsyncIterator[int]:
    """Its event has a number, and is not there for anybody else before the end."""
    async with replica.db.begin() as conn:
        yield (await outbox.record(conn, event(student))).sequence


async def test_the_queue_is_told_also_while_the_bus_tells_nothing(
    replicas: tuple[Replica, Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = replicas
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    socket = Socket(a, Place(0))
    looking = asyncio.create_task(a.boards.look())
    async with b.db.begin() as conn:
        made = await submissions.create(
            conn, course="c", assignment="a", student="ada", files_path="x", size=1
        )

    async def told() -> bool:
        line = [{"submission_id": made.submission_id, "position": 1}]
        return any(message.get("queue") == line for message in socket.heard)

    await until(told)
    looking.cancel()
    socket.leave()


class TestNumberThatCommitsLate:
    async def test_is_told_to_who_is_there(self, replicas: tuple[Replica, Replica]) -> None:
        a, b = replicas
        socket = Socket(a, Place(0))
        async with slow_transaction(b, "ben") as late:
            number = await b.record("ada")
            a.boards.changed("c", ["feed"], number)
            await socket.hears(number)
        a.boards.changed("c", ["feed"], late)
        await socket.hears(number, late)
        socket.leave()

    async def test_is_told_once_by_the_next_replica(self, replicas: tuple[Replica, Replica]) -> None:
        a, b = replicas
        first = Socket(a, Place(0))
        async with slow_transaction(b, "ben") as late:
            before = await a.record("ada")
            a.boards.changed("c", ["feed"], before)
            await first.hears(before)
            first.leave()
            # Still under way when the client comes to the other replica.
            second = Socket(b, first.resume)
            after = await a.record("ada")
            b.boards.changed("c", ["feed"], after)
            await second.hears(after)
            second.leave()
        third = Socket(a, second.resume)
        await third.hears(late)
        last = await b.record("ben")
        a.boards.changed("c", ["feed"], last)
        await third.hears(late, last)
        third.leave()
        assert third.resume == Place(last)

    async def test_later_than_anybody_waits_for_is_told_when_the_bus_brings_it(
        self, replicas: tuple[Replica, Replica], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tail, "HOLE_SECONDS", 0.0)
        a, b = replicas
        socket = Socket(a, Place(0))
        async with slow_transaction(b, "ben") as late:
            numbers: list[int] = []
            for _ in range(2):
                numbers.append(await b.record("ada"))
                a.boards.changed("c", ["feed"], numbers[-1])
                await socket.hears(*numbers)
        a.boards.changed("c", ["feed"], late)
        await socket.hears(*numbers, late)
        socket.leave()


async def test_what_happens_while_the_log_is_read_is_told_without_waiting_for_more(
    replicas: tuple[Replica, Replica],
) -> None:
    """It is too late for that reading, and nothing else may happen for an hour."""
    a, b = replicas
    reads, go_on = asyncio.Event(), asyncio.Event()

    async def held(entries: Sequence[LogEntry]) -> frozenset[int]:
        if entries:
            reads.set()
            await go_on.wait()
        return frozenset()

    a.boards = LiveBoards(a.db, held)
    socket = Socket(a, Place.parse("now"))

    async def greeted() -> bool:
        return bool(socket.heard)

    await until(greeted)
    first = await b.record("ada")
    a.boards.changed("c", ["feed"], first)
    async with asyncio.timeout(30):
        await reads.wait()
    second = await b.record("ben")
    a.boards.changed("c", ["feed"], second)
    go_on.set()
    await socket.hears(first, second)
    socket.leave()


async def test_a_number_of_a_transaction_that_came_to_nothing_is_forgotten(
    replicas: tuple[Replica, Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = replicas
    socket = Socket(a, Place(0))
    first = await a.record("ada")
    a.boards.changed("c", ["feed"], first)
    await socket.hears(first)
    with pytest.raises(ZeroDivisionError):
        async with slow_transaction(a, "ada") as lost:
            raise ZeroDivisionError
    second = await a.record("ada")
    a.boards.changed("c", ["feed"], second)
    await socket.hears(first, second)
    assert socket.resume == Place(second, (lost,))
    monkeypatch.setattr(tail, "HOLE_SECONDS", 0.0)
    third = await a.record("ada")
    a.boards.changed("c", ["feed"], third)
    await socket.hears(first, second, third)
    assert socket.resume == Place(third)
    socket.leave()


async def test_who_comes_far_behind_is_told_all_of_it(
    replicas: tuple[Replica, Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than is read at a time, and more than is kept in memory."""
    monkeypatch.setattr(tail, "RECENT", 10)
    _, b = replicas
    a = Replica(b.url)
    await a.db.open()
    numbers: list[int] = []
    for _ in range(3):
        async with b.db.begin() as conn:
            numbers += [one.sequence for one in await outbox.record_all(conn, [event("ada")] * 150)]
    socket = Socket(a, Place(numbers[0]))
    await socket.hears(*numbers[1:])
    socket.leave()
    await a.db.close()


async def test_many_who_come_at_once_are_one_look_at_the_log(
    replicas: tuple[Replica, Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart of a replica all its sockets come back in the same moment."""
    a, b = replicas
    number = await b.record("ada")
    looks = 0
    connect = Database.connect

    def counted(self: Database) -> Any:
        nonlocal looks
        looks += 1
        return connect(self)

    monkeypatch.setattr(Database, "connect", counted)
    monkeypatch.setattr("learnflow_ext.service.live.MAX_PER_PERSON", 300)
    sockets = [Socket(a, Place(number)) for _ in range(300)]

    async def all_greeted() -> bool:
        return all(socket.heard for socket in sockets)

    await until(all_greeted)
    assert looks <= 4
    last = await b.record("ben")
    a.boards.changed("c", ["feed"], last)
    for socket in sockets:
        await socket.hears(last)
        socket.leave()
    assert looks <= 8
