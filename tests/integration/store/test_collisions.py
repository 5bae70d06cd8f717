"""On PostgreSQL: transactions in each other's way, and connections that end in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from postgres import Postgres
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import HelpAsked
from learnflow_ext.contracts.grades import CellScore, GradeRecord
from learnflow_ext.store import grades, handed_in, outbox, people, submissions
from learnflow_ext.store.database import Collision, ConnectionLost, Database
from learnflow_ext.store.models import LoggedEvent, OutboxEvent, Progress, Submission, User


@pytest.fixture
async def db(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(postgres_url)
    await database.open()
    yield database
    await database.close()


def asked(student: str, number: int) -> HelpAsked:
    return HelpAsked(course="c", student=student, request_id=str(number), text="why?", agent="tutor")


async def counts(db: Database) -> tuple[int, int]:
    """(events in the log, events in the outbox)"""
    async with db.connect() as conn:
        logged = await conn.scalar(select(func.count()).select_from(LoggedEvent))
        return int(logged or 0), await outbox.size(conn)


async def end_connection(server: Postgres, conn: AsyncConnection) -> None:
    """As an admin does it."""
    pid = await conn.scalar(text("SELECT pg_backend_pid()"))
    with server.connect() as admin:
        # With a time it waits until the process is gone.
        admin.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))


class TestTwoTransactionsWaitForEachOther:
    async def test_one_is_begun_anew_and_both_take_effect_once(self, db: Database) -> None:
        async with db.begin() as conn:
            for name in ("ada", "ben"):
                await people.ensure(conn, name)
        both_have_one = asyncio.Barrier(2)
        runs = []

        async def write(conn: AsyncConnection, first: str, second: str) -> None:
            runs.append(first)
            await conn.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
            await outbox.record(conn, asked(first, 1))
            if len(runs) <= 2:
                await both_have_one.wait()
            await outbox.record(conn, asked(second, 2))

        async with asyncio.timeout(60):
            await asyncio.gather(
                db.retrying(lambda conn: write(conn, "ada", "ben")),
                db.retrying(lambda conn: write(conn, "ben", "ada")),
            )
        assert len(runs) == 3, "one of the two was undone"
        assert await counts(db) == (4, 4)

    async def test_without_a_retry_it_is_a_sentence(self, db: Database) -> None:
        async with db.begin() as conn:
            for name in ("ada", "ben"):
                await people.ensure(conn, name)
        both_have_one = asyncio.Barrier(2)

        async def write(first: str, second: str) -> None:
            async with db.begin() as conn:
                await conn.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
                await people.ensure(conn, first)
                await both_have_one.wait()
                await people.ensure(conn, second)

        async with asyncio.timeout(60):
            ended = await asyncio.gather(write("ada", "ben"), write("ben", "ada"), return_exceptions=True)
        (error,) = [one for one in ended if one is not None]
        assert isinstance(error, Collision)
        assert "busy" in error.message
        assert error.retry_after


class TestSerializationFails:
    async def test_the_later_one_sees_what_the_earlier_one_wrote(self, db: Database) -> None:
        both_have_read = asyncio.Barrier(2)
        runs = []

        async def add_one(conn: AsyncConnection, who: str) -> None:
            runs.append(who)
            await conn.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
            there = await conn.scalar(select(func.count()).select_from(User))
            if len(runs) <= 2:
                await both_have_read.wait()
            await people.ensure(conn, f"student {there}")

        async with asyncio.timeout(60):
            await asyncio.gather(
                *(db.retrying(lambda conn, who=who: add_one(conn, who)) for who in ("a", "b"))  # type: ignore[misc]
            )
        async with db.connect() as conn:
            assert sorted(await people.names(conn)) == ["student 0", "student 1"]
        assert len(runs) == 3

    async def test_who_loses_each_time_hears_so(self, db: Database) -> None:
        runs = []

        async def fail(conn: AsyncConnection) -> None:
            runs.append(1)
            await outbox.record(conn, asked("ada", len(runs)))
            await conn.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

        with pytest.raises(Collision):
            await db.retrying(fail, tries=3)
        assert len(runs) == 3
        assert await counts(db) == (0, 0)


class TestTheServerEndsAConnection:
    async def test_in_the_middle_the_work_is_done_anew(self, db: Database, postgres_server: Postgres) -> None:
        runs = []

        async def write(conn: AsyncConnection) -> str:
            runs.append(1)
            await outbox.record(conn, asked("ada", len(runs)))
            if len(runs) == 1:
                await end_connection(postgres_server, conn)
            return (await outbox.record(conn, asked("ada", len(runs)))).id

        event_id = await db.retrying(write)
        assert len(runs) == 2
        async with db.connect() as conn:
            queued = list(await conn.scalars(select(OutboxEvent.event_id).order_by(OutboxEvent.sequence)))
        assert queued[-1] == event_id
        assert await counts(db) == (2, 2), "nothing of the first run is left"

    async def test_during_the_commit_nothing_is_repeated(
        self, db: Database, postgres_server: Postgres
    ) -> None:
        runs = []

        async def write(conn: AsyncConnection) -> None:
            runs.append(1)
            await outbox.record(conn, asked("ada", 1))
            await end_connection(postgres_server, conn)

        # Here we could know that nothing was kept; whose commit broke off never does.
        with pytest.raises(ConnectionLost):
            await db.retrying(write)
        assert len(runs) == 1
        assert await counts(db) == (0, 0)

    async def test_readers_and_the_next_writer_get_new_connections(
        self, db: Database, postgres_server: Postgres
    ) -> None:
        async with db.connect() as conn:
            await people.names(conn)
        async with db.glance() as conn:
            await outbox.size(conn)
        with postgres_server.connect() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = %s AND application_name LIKE 'learnflow-%%'",
                (db.url.database,),
            )
        await db.retrying(lambda conn: outbox.record(conn, asked("ada", 1)))
        assert await self.read(db) == (1, 1)

    async def read(self, db: Database) -> tuple[int, int]:
        """At the second try at the latest: one dead connection tells of all."""
        try:
            return await counts(db)
        except ConnectionLost:
            return await counts(db)


async def hand_in(db: Database) -> str:
    async with db.begin() as conn:
        made = await submissions.create(
            conn, course="c", assignment="a", student="ada", files_path="/x", size=1
        )
    return made.submission_id


async def grade(conn: AsyncConnection, submission_id: str) -> None:
    cell = CellScore(notebook="n", name="e", score=2, max_score=2)
    record = GradeRecord(
        submission_id=submission_id, course="c", assignment="a", student="ada", status="graded", score=2,
        max_score=2, cells=(cell,),
    )  # fmt: skip
    await grades.record_grade(conn, record)


async def summed(db: Database) -> tuple[str, int] | None:
    """(answers, how often something was handed in) by the sum; None for none."""
    async with db.connect() as conn:
        said = await conn.scalar(select(Progress.evidence))
    if said is None:
        return None
    found = msgspec.json.decode(said, type=handed_in.Evidence)
    return found.answers, len(found.submitted)


async def somebody_waits(db: Database) -> None:
    """Until a transaction waits for what another one has."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30):
        while True:
            async with db.connect() as conn:
                if await conn.scalar(waiting):
                    return
            await asyncio.sleep(0.01)


class TestWhatWasHandedInIsSummedUpByTwoAtOnce:
    async def test_a_grade_and_the_next_hand_in_both_count(self, db: Database) -> None:
        first = await hand_in(db)
        async with db.begin() as conn:
            await grade(conn, first)
            handing_in = asyncio.create_task(hand_in(db))
            await somebody_waits(db)
        await handing_in
        assert await summed(db) == ("1", 2)

    async def test_two_grades_both_count(self, db: Database) -> None:
        first, second = await hand_in(db), await hand_in(db)

        async def other() -> None:
            async with db.begin() as conn:
                await grade(conn, second)

        async with db.begin() as conn:
            await grade(conn, first)
            grading = asyncio.create_task(other())
            await somebody_waits(db)
        await grading
        assert await summed(db) == ("11", 2)

    async def test_what_somebody_changes_meanwhile_is_left_to_the_next_time(self, db: Database) -> None:
        await hand_in(db)
        async with db.begin() as conn:
            await conn.execute(update(Progress).values(evidence=None))
        async with db.begin() as changing, db.begin() as filling:
            await changing.execute(update(Submission).values(score=1))
            assert await handed_in.sum_up_missing(filling) == 0
        async with db.begin() as conn:
            assert await handed_in.sum_up_missing(conn) == 1
        assert await summed(db) == ("", 1)

    async def test_a_change_while_it_is_summed_up_empties_the_new_sum(self, db: Database) -> None:
        await hand_in(db)
        async with db.begin() as conn:
            await conn.execute(update(Progress).values(evidence=None))

        async def change() -> None:
            async with db.begin() as conn:
                await conn.execute(update(Submission).values(score=1))

        async with db.begin() as conn:
            assert await handed_in.sum_up_missing(conn) == 1
            changing = asyncio.create_task(change())
            await somebody_waits(db)
        await changing
        assert await summed(db) is None
