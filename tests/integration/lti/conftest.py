"""A database of each kind, grades as the service records them, and a learning platform that is strict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from mock_platform import CLIENT_ID, CONTEXT, DEPLOYMENT, LINEITEM, READ, SCORE, Platform, pem, private_key
from mock_platform import running_platform as platform_running

from learnflow_ext.contracts.grades import CellScore, GradeRecord
from learnflow_ext.contracts.lti import Launch
from learnflow_ext.events.lti_consumer import lti_consumer
from learnflow_ext.events.memory import MemoryBus
from learnflow_ext.events.relay import Relay
from learnflow_ext.service.lti.keys import SigningKey, load_key
from learnflow_ext.service.lti.pass_back import PassBack
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.results import Withheld
from learnflow_ext.service.terms import CourseTerms
from learnflow_ext.settings import LearnFlowLti
from learnflow_ext.store import claims, courses, grades, lti, outbox, results, submissions
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database

COURSE, ASSIGNMENT = "python-basics", "01-first-steps"
RESOURCE = f"{COURSE}/{ASSIGNMENT}"


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pem(private_key(), tmp_path_factory.mktemp("key") / "lti.pem")


@pytest.fixture(scope="session")
def key(key_file: Path) -> SigningKey:
    return load_key(str(key_file))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, from which tests copy theirs."""
    file = tmp_path_factory.mktemp("made") / "learnflow.sqlite"
    asyncio.run(Database(f"sqlite+aiosqlite:///{file}").upgrade())
    return file


@pytest.fixture
async def platform(key: SigningKey) -> AsyncIterator[Platform]:
    async with platform_running() as platform:
        platform.tool_key = key._key.public_key()
        yield platform


@pytest.fixture
def settings(platform: Platform, key_file: Path) -> LearnFlowLti:
    return LearnFlowLti(token_url=platform.token_url, key_file=str(key_file), tries=3, timeout_seconds=2)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open()
    async with database.begin() as conn:
        await courses.sync_assignment(conn, COURSE, ASSIGNMENT, "First steps", [("n", "e", 10.0)])
    yield database
    await database.close()


@dataclass
class Stage:
    """A classroom's record, its consumer, and what passes grades back, a round at a time."""

    db: Database
    bus: MemoryBus
    platform: Platform
    key: SigningKey
    settings: LearnFlowLti
    metrics: Metrics
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    ahead: timedelta = timedelta()
    """How far its clock is ahead of ours."""
    terms: CourseTerms = field(default_factory=CourseTerms)
    courses: tuple[str, ...] = (COURSE,)
    """Of the classroom, as its configuration says."""

    def __post_init__(self) -> None:
        self.passes = self.another()

    def another(self) -> PassBack:
        """What passes grades back in another process."""
        return PassBack(
            self.db,
            self.settings,
            self.key,
            self,
            self.metrics,
            courses=self.courses,
            now=self.now,
            every_s=0.05,
        )

    def now(self) -> datetime:
        return now() + self.ahead

    async def withheld(self, course: str) -> Withheld:
        async with self.db.connect() as conn:
            released = await results.released(conn, course)
        return Withheld(terms=self.terms, released=released, at=self.now())

    async def launch(self, name: str, **changes: object) -> int:
        """A student comes from the platform."""
        said = {
            "course": COURSE,
            "user": name,
            "issuer": self.platform.url,
            "client_id": CLIENT_ID,
            "deployment": DEPLOYMENT,
            "context": CONTEXT,
            "subject": f"id-of-{name}",
            "lineitems": self.platform.lineitems,
            "scopes": (LINEITEM, READ, SCORE),
            **changes,
        }
        launch = Launch(**said)  # type: ignore[arg-type]
        return await self.db.retrying(lambda conn: lti.remember(conn, launch, self.now()))

    async def grade(
        self, name: str, score: float, *, review: bool = False, provisional: str = "", told: bool = True
    ) -> str:
        """They hand in and are graded; the submission. Waits for the consumer unless `told` is False."""
        async with self.db.begin() as conn:
            made = await submissions.create(
                conn, course=COURSE, assignment=ASSIGNMENT, student=name, files_path="/x", size=1
            )
        async with self.db.begin() as conn:
            await claims.claim_next(conn, "a grader")
            await grades.record_grade(
                conn,
                GradeRecord(
                    submission_id=made.submission_id,
                    course=COURSE,
                    assignment=ASSIGNMENT,
                    student=name,
                    status="graded",
                    score=score,
                    max_score=10,
                    needs_review=review,
                    cells=(
                        CellScore(notebook="n", name="e", score=score, max_score=10, provisional=provisional),
                    ),
                ),
            )
        if told:
            await self.quiet()
        return made.submission_id

    async def quiet(self) -> None:
        """Until every event has had its effect."""
        async with asyncio.timeout(30):
            while True:
                async with self.db.connect() as conn:
                    if await outbox.size(conn) == 0:
                        return
                await asyncio.sleep(0.01)

    async def state(self, name: str) -> tuple[str, str]:
        """(state, note) of a student's grade."""
        async with self.db.connect() as conn:
            rows = await lti.of_student(conn, name)
        assert len(rows) == 1, rows
        return rows[0].state, rows[0].note

    async def until_told(self, wanted: dict[str, tuple[float, float]]) -> None:
        """Wait for it: others tell it in the background."""
        while self.told() != wanted:  # noqa: ASYNC110 - a platform tells no event
            await asyncio.sleep(0.02)

    def told(self) -> dict[str, tuple[float, float]]:
        """What the platform has in the column."""
        return self.platform.scores(RESOURCE)

    def counted(self, outcome: str) -> float:
        return float(self.metrics.lti_scores.labels(outcome)._value.get())


@pytest.fixture
async def stage(
    db: Database, platform: Platform, key: SigningKey, settings: LearnFlowLti
) -> AsyncIterator[Stage]:
    bus = MemoryBus()
    stage = Stage(db, bus, platform, key, settings, Metrics())
    stage.tasks = [
        asyncio.create_task(lti_consumer(db, bus).run(), name="consumer"),
        asyncio.create_task(Relay(db, bus).run(), name="relay"),
    ]
    yield stage
    stage.passes.close()
    for task in stage.tasks:
        task.cancel()
    await asyncio.gather(*stage.tasks, return_exceptions=True)
    await bus.close()
