"""Several processes that grade from one queue: nothing twice, nothing lost, whoever dies."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from another_process import opened
from served import PaperWorker, until
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import SubmissionGraded
from learnflow_ext.contracts.grades import GradeRecord
from learnflow_ext.service import grading_queue
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.grading_queue import GradingQueue
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.settings import LearnFlow, LearnFlowGrading
from learnflow_ext.store import claims, eventlog, submissions
from learnflow_ext.store.claims import Claimed
from learnflow_ext.store.database import TRIES, ConnectionLost, Database
from learnflow_ext.store.presence import present

T = TypeVar("T")

CHILD = """
import asyncio, sys
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.grading_queue import GradingQueue
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.settings import LearnFlow, LearnFlowGrading
from learnflow_ext.store.database import Database

class Slow:
    async def grade(self, **about):
        print("GRADING", about["submission_id"], flush=True)
        await asyncio.sleep(600)

async def main(url):
    db = Database(url)
    await db.open()
    await GradingQueue(db, [Slow()], LearnFlow(), LearnFlowGrading(), Metrics(), Deadlines({})).run()

asyncio.run(main(sys.argv[1]))
"""


class WatchedWorker(PaperWorker):
    """Notes whose work is graded at the same time."""

    def __init__(self, at_once: Counter[str]) -> None:
        super().__init__()
        self.at_once = at_once
        self.most = 0

    async def grade(self, **about: Any) -> GradeRecord:
        student = about["student"]
        self.at_once[student] += 1
        self.most = max(self.most, self.at_once[student])
        try:
            await asyncio.sleep(0.02)
            return await super().grade(**about)
        finally:
            self.at_once[student] -= 1


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading_queue, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(grading_queue, "POLL_SECONDS", 0.2)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as db:
        yield db


@asynccontextmanager
async def at_work(db: Database, *graders: PaperWorker) -> AsyncIterator[GradingQueue]:
    queue = GradingQueue(db, graders, LearnFlow(), LearnFlowGrading(), Metrics(), Deadlines({}))
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def submit(db: Database, student: str = "ada") -> str:
    async with db.begin() as conn:
        made = await submissions.create(
            conn, course="c", assignment="a", student=student, files_path="/kept/here", size=7
        )
    return made.submission_id


async def state(db: Database, submission: str) -> tuple[str, int]:
    """Its status, and how often grading began."""
    async with db.connect() as conn:
        row = (
            await conn.execute(
                text("SELECT status, attempts FROM submissions WHERE submission_id = :id"), {"id": submission}
            )
        ).one()
    return row.status, row.attempts


async def reached(db: Database, submission: str, status: str) -> None:
    async def there() -> bool:
        return (await state(db, submission))[0] == status

    await until(there)


async def told(db: Database) -> Counter[str]:
    """How often each submission's grade was told."""
    async with db.connect() as conn:
        entries = await eventlog.tail(conn, topic="progress.events", limit=500)
    return Counter(entry.data["submission_id"] for entry in entries if entry.type == SubmissionGraded.TYPE)


def started(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", CHILD, url], stdout=subprocess.PIPE, text=True)


def grading(child: subprocess.Popen[str]) -> str:
    """What the process has in hand, once it says so."""
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("GRADING"):
            return line.split()[1]
    raise AssertionError("it ended")


@asynccontextmanager
async def killed_later(url: str) -> AsyncIterator[Callable[[], None]]:
    """A process that has the oldest submission in hand, and what kills it at once."""
    child = await asyncio.to_thread(started, url)
    try:
        await asyncio.to_thread(grading, child)
        yield lambda: child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        await asyncio.to_thread(child.communicate)


class TestAProcessIsKilledWhileItGrades:
    async def test_another_takes_over_and_there_is_one_grade(self, database_url: str, db: Database) -> None:
        made = await submit(db)
        async with killed_later(database_url) as kill:
            worker = PaperWorker()
            async with at_work(db, worker):
                other = await submit(db, "ben")
                await reached(db, other, "graded")
                # Whose owner lives is left alone, however often others look.
                await asyncio.sleep(0.5)
                assert await state(db, made) == ("grading", 1)
                kill()
                await reached(db, made, "graded")
        assert worker.graded == [other, made]
        assert (await state(db, made))[1] == 2
        assert await told(db) == {made: 1, other: 1}

    async def test_work_that_kills_everybody_is_left_to_a_person(self, db: Database) -> None:
        made, worker = await submit(db), PaperWorker()
        for _ in range(LearnFlowGrading().max_attempts):
            async with db.begin() as conn:
                assert await claims.claim_next(conn, "killed")
                await claims.requeue_interrupted(conn, ["killed"])
        async with at_work(db, worker):
            await reached(db, made, "failed")
        async with db.connect() as conn:
            seen = await submissions.view(conn, made)
        assert seen.needs_review
        assert "tried 3 times" in seen.message
        assert worker.graded == []


async def test_two_share_the_queue_and_grade_nothing_twice(database_url: str, db: Database) -> None:
    at_once: Counter[str] = Counter()
    workers = [WatchedWorker(at_once) for _ in range(3)]
    async with opened(database_url) as other_db, at_work(db, *workers[:2]), at_work(other_db, workers[2]):
        made = [await submit(db, f"s{number % 3}") for number in range(18)]

        async def all_graded() -> bool:
            return (await told(db)).total() == len(made)

        await until(all_graded)
    assert Counter(one for worker in workers for one in worker.graded) == Counter(made)
    assert await told(db) == Counter(made)
    assert [worker.most for worker in workers if worker.graded] == [1] * sum(
        bool(worker.graded) for worker in workers
    )


class LooksForLong(Database):
    """Who finds nothing to do is told so late: work is queued in between."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.looked = asyncio.Semaphore(0)
        self.told = asyncio.Event()

    async def retrying(self, work: Callable[[AsyncConnection], Awaitable[T]], *, tries: int = TRIES) -> T:
        result = await super().retrying(work, tries=tries)
        if result is None:
            self.looked.release()
            await self.told.wait()
        return result


async def test_nobody_sleeps_through_a_call_that_another_grader_answered(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading_queue, "POLL_SECONDS", 600)
    db = LooksForLong(database_url)
    await db.open()
    worker = PaperWorker()
    worker.gate.clear()
    db.told.set()
    try:
        async with at_work(db, worker, worker) as queue:
            for _ in range(2):
                await db.looked.acquire()
            await submit(db)
            queue.wake()
            await db.looked.acquire()
            # One is at work, the other rests. The first is done, looks for more, and is told late.
            db.told.clear()
            worker.gate.set()
            await db.looked.acquire()
            worker.gate.clear()
            made = [await submit(db), await submit(db, "ben")]
            queue.wake()
            await asyncio.sleep(0.1)
            db.told.set()
            for each in made:
                await reached(db, each, "grading")
    finally:
        worker.gate.set()
        await db.close()


class TestThePresenceIsLost:
    """PostgreSQL ends the connection that says we live: others may take our work over at any moment."""

    async def test_what_is_in_hand_is_dropped_and_graded_once(self, postgres_url: str) -> None:
        worker = PaperWorker()
        worker.gate.clear()
        async with opened(postgres_url) as db, at_work(db, worker):
            made = await submit(db)
            await reached(db, made, "grading")
            (first,) = await present(db)
            async with db.begin() as conn:
                cut = (
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'learnflow-grader' AND datname = current_database()"
                )
                assert await conn.scalar(text(cut))

            async def anew() -> bool:
                return bool(await present(db) - {first})

            await until(anew)
            worker.gate.set()
            await reached(db, made, "graded")
            assert await told(db) == {made: 1}


class Forgetful(Database):
    """Takes work, and breaks before it can say so."""

    broken = False

    async def retrying(self, work: Callable[[AsyncConnection], Awaitable[T]], *, tries: int = TRIES) -> T:
        result = await super().retrying(work, tries=tries)
        if isinstance(result, Claimed) and not self.broken:
            self.broken = True
            raise ConnectionLost("The connection to the database broke.", retry_after=5)
        return result


async def test_what_was_taken_and_never_heard_of_is_graded(database_url: str) -> None:
    """The process lives on, so nobody else would ever take it over."""
    db = Forgetful(database_url)
    await db.open()
    try:
        made, worker = await submit(db), PaperWorker()
        async with at_work(db, worker):
            await reached(db, made, "graded")
        assert worker.graded == [made]
        assert await told(db) == {made: 1}
    finally:
        await db.close()


class TestStoppingInOrder:
    async def test_what_is_in_hand_is_finished(self, db: Database) -> None:
        worker = PaperWorker()
        worker.gate.clear()
        async with at_work(db, worker) as queue:
            first = await submit(db)
            await reached(db, first, "grading")
            draining = asyncio.create_task(queue.drain(60))
            second = await submit(db, "ben")
            worker.gate.set()
            await draining
            assert (await state(db, first), await state(db, second)) == (("graded", 1), ("queued", 0))

    async def test_what_takes_too_long_is_put_back_as_if_never_tried(self, db: Database) -> None:
        slow, next_one = PaperWorker(), PaperWorker()
        slow.gate.clear()
        async with at_work(db, slow) as queue:
            made = await submit(db)
            await reached(db, made, "grading")
            await queue.drain(0.1)
            assert await state(db, made) == ("queued", 0)
        async with at_work(db, next_one):
            await reached(db, made, "graded")
        assert (await state(db, made))[1] == 1
        assert await told(db) == {made: 1}
