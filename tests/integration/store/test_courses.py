"""What a release tells the record: assignments, exercises, topics, quizzes."""

from __future__ import annotations

import asyncio

from alembic import command
from sqlalchemy import create_engine, delete, select

from learnflow_ext.store import courses, migrate
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import Exercise, ExerciseTopic, Quiz, Topic

TWO = [("n", "e1", 2.0), ("n", "e2", 3.0)]


async def practised(db: Database) -> list[tuple[str, str, str, str]]:
    """(course, topic, title, exercise)"""
    async with db.connect() as conn:
        rows = await conn.execute(
            select(Topic.course, Topic.name, Topic.title, Exercise.name.label("exercise"))
            .join(ExerciseTopic, ExerciseTopic.topic_id == Topic.id)
            .join(Exercise, Exercise.id == ExerciseTopic.exercise_id)
            .order_by(Topic.course, Topic.name, Exercise.position)
        )
        return [(row.course, row.name, row.title, row.exercise) for row in rows]


class TestReleased:
    async def test_each_exercise_practises_its_assignments_topic(self, db: Database) -> None:
        async with db.begin() as conn:
            await courses.sync_assignment(conn, "c", "01-loops", "Loops", TWO)
            await courses.sync_assignment(conn, "d", "01-loops", "Other loops", TWO[:1])
        assert await practised(db) == [
            ("c", "01-loops", "Loops", "e1"),
            ("c", "01-loops", "Loops", "e2"),
            ("d", "01-loops", "Other loops", "e1"),
        ]

    async def test_again_with_another_title_and_other_exercises(self, db: Database) -> None:
        for title, exercises in (("Loops", TWO), ("Loops, revised", [TWO[1], ("n", "e3", 1.0)])):
            async with db.begin() as conn:
                await courses.sync_assignment(conn, "c", "01-loops", title, exercises)
        assert await practised(db) == [
            ("c", "01-loops", "Loops, revised", "e2"),
            ("c", "01-loops", "Loops, revised", "e3"),
        ]

    async def test_a_quiz_is_known_as_one(self, db: Database) -> None:
        async with db.begin() as conn:
            for name in ("01-loops", "02-Quiz", "quiz-3"):
                await courses.sync_assignment(conn, "c", name, name, TWO)
        async with db.connect() as conn:
            found = await courses.assignments(conn, "c")
        assert [(info.assignment, info.is_quiz) for info in found] == [
            ("01-loops", False),
            ("02-Quiz", True),
            ("quiz-3", True),
        ]

    async def test_one_that_formgrader_released_counts_too(self, db: Database) -> None:
        async with db.begin() as conn:
            await courses.ensure(conn, "c", "quiz-1")
        async with db.connect() as conn:
            (found,) = await courses.assignments(conn, "c")
            assert list(await conn.scalars(select(Topic.name))) == ["quiz-1"]
        assert found.is_quiz


class TestTopicSaid:
    """In `course.yaml`, or in the panel where assignments are made."""

    async def sync(self, db: Database, assignment: str, topic: str = "") -> None:
        async with db.begin() as conn:
            await courses.sync_assignment(conn, "c", assignment, f"About {assignment}", TWO[:1], topic)

    async def topics(self, db: Database) -> list[str]:
        async with db.connect() as conn:
            return list(await conn.scalars(select(Topic.name).order_by(Topic.name)))

    async def test_assignments_share_it_and_have_none_of_their_own(self, db: Database) -> None:
        for _ in range(2):
            for name in ("01-loops", "02-more-loops"):
                await self.sync(db, name, "control_flow")
            await self.sync(db, "03-rest")
            assert await practised(db) == [
                ("c", "03-rest", "About 03-rest", "e1"),
                ("c", "control_flow", "Control flow", "e1"),
                ("c", "control_flow", "Control flow", "e1"),
            ]
            assert await self.topics(db) == ["03-rest", "control_flow"]

    async def test_said_otherwise_and_no_more(self, db: Database) -> None:
        await self.sync(db, "01-loops", "control_flow")
        await self.sync(db, "02-more-loops", "control_flow")
        await self.sync(db, "02-more-loops", "functions")
        assert await self.topics(db) == ["control_flow", "functions"]
        await self.sync(db, "01-loops", "functions")
        assert await self.topics(db) == ["functions"]
        await self.sync(db, "01-loops")
        await self.sync(db, "02-more-loops")
        assert await practised(db) == [
            ("c", "01-loops", "About 01-loops", "e1"),
            ("c", "02-more-loops", "About 02-more-loops", "e1"),
        ]
        assert await self.topics(db) == ["01-loops", "02-more-loops"]

    async def test_one_that_another_process_begins_to_practise_meanwhile_stays(self, db: Database) -> None:
        await self.sync(db, "01-loops", "control_flow")
        async with db.begin() as conn:
            await courses.sync_assignment(conn, "c", "02-more-loops", "More", TWO[:1], "control_flow")
            other = asyncio.create_task(self.sync(db, "01-loops", "functions"))
            # It comes as far as it can.
            await asyncio.wait({other}, timeout=0.5)
        await other
        assert [row[1] for row in await practised(db)] == ["control_flow", "functions"]

    async def test_an_assignment_that_is_called_like_a_topic_keeps_its_title(self, db: Database) -> None:
        for _ in range(2):
            await self.sync(db, "functions")
            await self.sync(db, "files", "functions")
            assert {row[1:3] for row in await practised(db)} == {("functions", "About functions")}
        await self.sync(db, "functions", "basics")
        assert await self.topics(db) == ["basics", "functions"]


async def test_an_upgrade_does_the_same_for_what_was_released_before(database_url: str, db: Database) -> None:
    async with db.begin() as conn:
        for name in ("01-loops", "02-quiz"):
            await courses.sync_assignment(conn, "c", name, name, TWO)
    wanted = await practised(db)
    async with db.begin() as conn:
        for table in (ExerciseTopic, Topic, Quiz):
            await conn.execute(delete(table))
    await db.close()
    engine = create_engine(database_url.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        command.downgrade(migrate._config(connection), "0007")
        command.upgrade(migrate._config(connection), "head")
    engine.dispose()
    await db.open()
    assert await practised(db) == wanted
    async with db.connect() as conn:
        assert [info.is_quiz for info in await courses.assignments(conn, "c")] == [False, True]
