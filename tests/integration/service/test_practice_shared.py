"""Exercises that several processes make for students who wait at any of them, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from another_process import opened
from served import until
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import TooBusy, Unavailable
from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.exercises.choosing import Choice
from learnflow_ext.service import practice_queue
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.practice_making import ONE_AT_A_TIME, NonePassed
from learnflow_ext.service.practice_queue import BUSY, NOBODY, Keeps, Outcome, Wanted, WishQueue
from learnflow_ext.store import practice_wishes, practices, privacy
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.practice_wishes import Wished
from learnflow_ext.store.presence import MAKERS, present

CHOICE = Choice(topic="basics", difficulty=2, assignment="a", title="First steps", why="words")
WANTED = Wanted(choice=CHOICE, request_id="r1", policy="hints")


class PaperMaker:
    """Makes exercises of paper, once it may."""

    def __init__(self, db: Database | None = None) -> None:
        """With a `db` they are kept."""
        self.db = db
        self.asked: list[str] = []
        self.made: list[str] = []
        self.refused: list[str] = []
        """What was not to be kept."""
        self.gate = asyncio.Event()
        self.gate.set()
        self.dies = asyncio.Event()
        """Cleared, it never says what it made."""
        self.dies.set()
        self.failure: BaseException | None = None

    async def __call__(self, student: str, course: str, wanted: Wanted, keeps: Keeps) -> Outcome:
        assert wanted == WANTED
        self.asked.append(student)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        name = f"{course}-{student}-{len(self.made) + 1}"
        if self.db is not None:
            try:
                await self.db.retrying(lambda conn: self._keep(conn, student, course, name, keeps))
            except Unavailable:
                self.refused.append(name)
                raise
        self.made.append(student)
        await self.dies.wait()
        return Outcome(label="made", name=name)

    async def _keep(self, conn: AsyncConnection, student: str, course: str, name: str, keeps: Keeps) -> None:
        event = ExerciseGenerated(
            course=course,
            student=student,
            name=name,
            title="Count",
            topic="basics",
            difficulty=2,
            family="f",
            hand="family",
            mutants=1,
            killed=1,
        )
        await practices.given(conn, event, assignment="a", made_of="{}")
        await keeps(conn, name)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_SECONDS", "WANTED_SECONDS"):
        monkeypatch.setattr(practice_queue, name, 0.1)
    monkeypatch.setattr(practice_queue, "HEAR_SECONDS", 0.02)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as db:
        yield db


@asynccontextmanager
async def at_work(db: Database, maker: PaperMaker, at_once: int = 2) -> AsyncIterator[WishQueue]:
    queue = WishQueue(db, maker, Metrics(), at_once=at_once)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def asking(queue: WishQueue, student: str = "ada", seconds: float = 30) -> Outcome:
    return await queue.ask(student, "c", WANTED, seconds)


async def in_hand(maker: PaperMaker, student: str = "ada") -> None:
    async def begun() -> bool:
        return student in maker.asked

    await until(begun)


async def left(db: Database) -> int:
    async with db.connect() as conn:
        return await practice_wishes.open_ones(conn, now())


async def test_who_has_no_makers_waits_for_those_of_another_process(db: Database, database_url: str) -> None:
    maker, metrics = PaperMaker(), Metrics()
    async with opened(database_url) as other, at_work(other, maker):
        here = WishQueue(db, PaperMaker(), metrics, at_once=2)
        told = await asyncio.gather(*(asking(here, name) for name in ("ada", "ben", "chen")))
    assert sorted(each.name.rpartition("-")[0] for each in told) == ["c-ada", "c-ben", "c-chen"]
    assert sorted(maker.made) == ["ada", "ben", "chen"]
    assert await left(db) == 0
    assert metrics.registry.get_sample_value("learnflow_practices_total", {"outcome": "made"}) == 3


async def test_a_student_waits_for_one_at_a_time_at_all_replicas(db: Database, database_url: str) -> None:
    maker = PaperMaker()
    maker.gate.clear()
    async with at_work(db, maker) as queue, opened(database_url) as other:
        first = asyncio.create_task(asking(queue))
        await in_hand(maker)
        elsewhere = WishQueue(other, maker, Metrics(), at_once=2)
        with pytest.raises(TooBusy, match=ONE_AT_A_TIME):
            await elsewhere.ask("ada", "c", msgspec.structs.replace(WANTED, request_id="r2"), 30)
        maker.gate.set()
        assert (await first).name == "c-ada-1"
        assert (await asking(queue)).name == "c-ada-2"


async def _nothing(*_: object) -> None:
    """As where a process was killed."""


async def had(db: Database, student: str = "ada") -> list[str]:
    async with db.connect() as conn:
        return [row.name for row in await practices.of_student(conn, student, limit=10)]


class TestWhoMakesItIsGone:
    async def test_between_keeping_it_and_saying_so_there_is_one_exercise(
        self, db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def never(self: WishQueue, *_: object) -> None:
            """As where it was killed: nothing is put back."""

        async with opened(database_url) as other:
            first, second = PaperMaker(other), PaperMaker(db)
            first.dies.clear()
            async with at_work(other, first) as dying:
                here = WishQueue(db, PaperMaker(), Metrics(), at_once=2)
                waiting = asyncio.create_task(asking(here))

                async def kept() -> bool:
                    return bool(await had(db))

                await until(kept)
                monkeypatch.setattr(dying, "_put_back", never.__get__(dying))
            async with at_work(db, second):
                assert (await waiting).name == "c-ada-1"
        assert second.asked == []
        assert await had(db) == ["c-ada-1"]

    async def test_who_was_only_thought_to_be_keeps_none_beside_the_others(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It lost its connection, and was slow to notice."""
        monkeypatch.setattr(practice_queue, "WANTED_SECONDS", 60)
        monkeypatch.setattr(practice_queue, "MOST_ATTEMPTS", 3)
        slow = PaperMaker(db)
        slow.gate.clear()
        async with at_work(db, slow, at_once=1):
            waiting = asyncio.create_task(asking(WishQueue(db, PaperMaker(), Metrics(), at_once=2)))
            await in_hand(slow)
            async with db.begin() as conn:
                await practice_wishes.take_over(conn, await practice_wishes.makers(conn))
                await practice_wishes.claim_next(conn, "0" * 16, now())
            slow.gate.set()
            # Whoever it was taken by is gone too, so in the end it is made here all the same.
            assert (await waiting).name == "c-ada-1"
        assert slow.refused == ["c-ada-1"]
        assert await had(db) == ["c-ada-1"]

    async def test_another_makes_it_while_the_student_waits(
        self, db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = PaperMaker(), PaperMaker()
        first.gate.clear()

        async def never(self: WishQueue, *_: object) -> None:
            """As where it was killed: nothing is put back."""

        async with opened(database_url) as other:
            async with at_work(other, first) as dying:
                here = WishQueue(db, PaperMaker(), Metrics(), at_once=2)
                waiting = asyncio.create_task(asking(here))
                await in_hand(first)
                monkeypatch.setattr(dying, "_put_back", never.__get__(dying))
            async with at_work(db, second):
                assert (await waiting).name == "c-ada-1"
        assert (first.made, second.made) == ([], ["ada"])

    async def test_who_asked_waits_on_at_another_replica_where_theirs_died(
        self, db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        maker = PaperMaker()
        maker.gate.clear()
        async with at_work(db, maker) as queue, opened(database_url) as other:
            first = asyncio.create_task(asking(WishQueue(other, maker, Metrics(), at_once=2)))
            await in_hand(maker)
            with monkeypatch.context() as killed:
                killed.setattr(practice_wishes, "withdraw", _nothing)
                first.cancel()
                await asyncio.gather(first, return_exceptions=True)
            again = asyncio.create_task(asking(queue))
            maker.gate.set()
            assert (await again).name == "c-ada-1"
        assert maker.asked == ["ada"]

    async def test_one_that_stops_in_order_leaves_it_to_others(self, db: Database, database_url: str) -> None:
        first, second = PaperMaker(), PaperMaker()
        first.gate.clear()
        async with opened(database_url) as other, at_work(other, first) as stopping:
            waiting = asyncio.create_task(asking(WishQueue(db, PaperMaker(), Metrics(), at_once=2)))
            await in_hand(first)
            await stopping.drain(0.05)
            async with at_work(db, second):
                assert (await waiting).name == "c-ada-1"
        assert second.made == ["ada"]

    async def test_what_is_taken_in_the_moment_it_stops_is_left_to_others(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        maker, taken, drained = PaperMaker(), asyncio.Event(), asyncio.Event()
        real = Database.retrying

        async def slowly(self: Database, work: Any, **more: Any) -> Any:
            result = await real(self, work, **more)
            if isinstance(result, Wished):
                taken.set()
                await drained.wait()
            return result

        async with at_work(db, maker) as stopping:
            with monkeypatch.context() as slow:
                slow.setattr(Database, "retrying", slowly)
                waiting = asyncio.create_task(asking(WishQueue(db, maker, Metrics(), at_once=2)))
                await taken.wait()
                await stopping.drain(0.05)
            drained.set()
            second = PaperMaker()
            async with at_work(db, second):
                assert (await waiting).name == "c-ada-1"
        assert (maker.asked, second.made) == ([], ["ada"])

    async def test_what_kills_everybody_who_begins_it_is_given_up(self, db: Database) -> None:
        maker = PaperMaker()
        here = WishQueue(db, maker, Metrics(), at_once=2)
        waiting = asyncio.create_task(asking(here))

        async def taken() -> bool:
            async with db.begin() as conn:
                return await practice_wishes.claim_next(conn, "0" * 16, now()) is not None

        for _ in range(practice_queue.MOST_ATTEMPTS):
            await until(taken)
            async with db.begin() as conn:
                assert await practice_wishes.take_over(conn, {"0" * 16}) == 1
        async with at_work(db, maker):
            with pytest.raises(Unavailable, match="our fault"):
                await waiting
        assert maker.asked == []


def _later() -> datetime:
    return now() + timedelta(minutes=1)


class TestNobodyWaitsAnyMore:
    async def test_it_is_not_made(self, db: Database) -> None:
        maker = PaperMaker()
        maker.gate.clear()
        async with at_work(db, maker, at_once=1) as queue:
            waiting = asyncio.create_task(asking(queue))
            await in_hand(maker)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert await left(db) == 0
            # There is room for the next at once, though the gate is shut.
            next_one = asyncio.create_task(asking(queue, "ben"))
            await in_hand(maker, "ben")
            maker.gate.set()
            assert (await next_one).name == "c-ben-1"
        assert maker.made == ["ben"]

    async def test_what_is_still_being_made_is_not_told_to_who_asks_next(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nor goes on in the name of that wish."""
        # It is not noticed meanwhile that nobody waits.
        monkeypatch.setattr(practice_queue, "WANTED_SECONDS", 60)
        maker = PaperMaker()
        maker.gate.clear()
        async with at_work(db, maker) as queue:
            waiting = asyncio.create_task(asking(queue))
            await in_hand(maker)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            next_one = asyncio.create_task(asking(queue, "ben"))
            await in_hand(maker, "ben")
            maker.gate.set()
            assert (await next_one).name.startswith("c-ben-")

    async def test_what_was_made_meanwhile_is_there_when_they_ask_again(self, db: Database) -> None:
        """The replica where they waited died."""
        maker = PaperMaker()
        async with db.begin() as conn:
            said = '{"label":"made","name":"there-already"}'
            number = await practice_wishes.put(conn, "ada", "c", "{}", _later())
            await practice_wishes.claim_next(conn, "0" * 16, now())
            assert await practice_wishes.settle(conn, number, "0" * 16, said)
        async with at_work(db, maker) as queue:
            assert (await asking(queue)).name == "there-already"
            assert (await asking(queue)).name == "c-ada-1"

    async def test_an_erased_student_leaves_no_wish(self, db: Database) -> None:
        async with db.begin() as conn:
            await practice_wishes.put(conn, "ada", "c", "{}", _later())
        async with db.connect() as conn:
            export = await privacy.export(conn, "ada")
        assert export is not None and len(export["practice_wishes"]) == 1
        async with db.begin() as conn:
            await privacy.erase(conn, "ada")
        assert await left(db) == 0


class TestNoneCanBeMade:
    async def test_because_nobody_is_there_to_make_it(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(practice_queue, "NOBODY_SECONDS", 0.2)
        assert not await present(db, MAKERS)
        with pytest.raises(Unavailable, match=NOBODY[:40]):
            await asking(WishQueue(db, PaperMaker(), Metrics(), at_once=2))
        assert await left(db) == 0

    async def test_because_too_many_ask(self, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(practice_queue, "MAX_WAITING", 1)
        maker = PaperMaker()
        maker.gate.clear()
        async with at_work(db, maker) as queue:
            first = asyncio.create_task(asking(queue))
            await in_hand(maker)
            with pytest.raises(TooBusy, match=BUSY[:40]) as refused:
                await asking(queue, "ben")
            assert refused.value.retry_after == 60
            maker.gate.set()
            await first

    @pytest.mark.parametrize(
        ("failure", "kind", "label"),
        [
            (NonePassed(), Unavailable, "none"),
            (TooBusy("enough for today", retry_after=3600), TooBusy, "refused"),
            (Unavailable("the sandbox is away"), Unavailable, "failed"),
            (ZeroDivisionError(), Unavailable, "failed"),
        ],
    )
    async def test_it_is_said_why(
        self, db: Database, failure: BaseException, kind: type[Exception], label: str
    ) -> None:
        maker = PaperMaker()
        maker.failure = failure
        async with at_work(db, maker) as queue:
            with pytest.raises(kind) as told:
                await asking(queue)
            registry = queue._metrics.registry
            counted = registry.get_sample_value("learnflow_practices_total", {"outcome": label})
        assert "ZeroDivision" not in str(told.value) and str(told.value)
        assert counted == 1

    async def test_it_takes_too_long(self, db: Database) -> None:
        maker = PaperMaker()
        maker.gate.clear()
        async with at_work(db, maker) as queue:
            with pytest.raises(Unavailable, match="took too long"):
                await asking(queue, seconds=0.3)
        assert maker.made == []
