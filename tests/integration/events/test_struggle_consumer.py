"""From failing runs to an alert, a teacher's word on it, and what forged claims come to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.alerts import Alert, Finding
from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.contracts.events import StruggleChanged, StruggleDetected
from learnflow_ext.contracts.grades import CellScore, GradeRecord
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.events.memory import MemoryBus
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.struggle_consumer import struggle_consumer, sweep
from learnflow_ext.service.blind import Blinds
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.policies import Policies
from learnflow_ext.service.results import Results
from learnflow_ext.service.watch import Watch
from learnflow_ext.settings import LearnFlow, LearnFlowStruggle
from learnflow_ext.store import (
    alerts,
    claims,
    courses,
    eventlog,
    grades,
    help,
    outbox,
    people,
    progress,
    results,
    runs,
    submissions,
)
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import AlertRow, Pseudonym

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Background = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]
COURSE = "c"
NO_EXAMS = Policies({}, "hints")


def judge(
    db: Database,
    traits: LearnFlowStruggle | None = None,
    *,
    policies: Policies = NO_EXAMS,
    file: Path | None = None,
    among: list[str] | None = None,
) -> Watch:
    """As the service has it; `file` is the course's `course.yaml`."""
    deadlines = Deadlines({COURSE: file} if file else {}, db)
    shown = Results(db, deadlines, Blinds(db, deadlines, LearnFlow()))
    return Watch(traits or LearnFlowStruggle(), policies, shown, among)


def report(number: object, error: str = "NameError", *, ago_s: float = 0, cell: str = "cell") -> RunReport:
    return RunReport(
        run_id=f"run-{number}",
        notebook="a/a.ipynb",
        course=COURSE,
        assignment="a",
        cell_id=cell,
        ok=not error,
        exception=error,
        message="name 'x' is not defined" if error else "",
        duration_ms=3,
        finished_at=time.time() - ago_s,
    )


class Class:
    """A course whose students' runs are watched."""

    def __init__(self, db: Database, watch: Watch, eventually: Eventually) -> None:
        self.db, self.watch, self._eventually = db, watch, eventually

    async def runs(self, student: str, *reports: RunReport) -> None:
        async with self.db.begin() as conn:
            await runs.record_batch(conn, student, reports)

    async def grade(self, student: str, score: float, *, assignment: str = "a", penalty: float = 0) -> None:
        """They hand in, and reach so many of ten points."""
        async with self.db.begin() as conn:
            made = await submissions.create(
                conn, course=COURSE, assignment=assignment, student=student, files_path="/x", size=1
            )
        async with self.db.begin() as conn:
            await claims.claim_next(conn, "a grader")
            record = GradeRecord(
                submission_id=made.submission_id,
                course=COURSE,
                assignment=assignment,
                student=student,
                status="graded",
                score=score - penalty,
                max_score=10,
                penalty=penalty,
                cells=(CellScore(notebook="n", name="e", score=score, max_score=10),),
            )
            await grades.record_grade(conn, record)

    async def settled(self) -> None:
        async def quiet() -> bool:
            async with self.db.connect() as conn:
                return await outbox.size(conn) == 0

        await self._eventually(quiet)
        await self._eventually(quiet)

    async def alerts(self, *states: str) -> list[Alert]:
        async with self.db.connect() as conn:
            return await alerts.of_course(conn, COURSE, states=states or ("open",))  # type: ignore[arg-type]

    async def sweep(self) -> None:
        await sweep(self.db, self.watch)


@pytest.fixture
def traits() -> LearnFlowStruggle:
    return LearnFlowStruggle()


@pytest.fixture
async def watched(
    db: Database, bus: MemoryBus, background: Background, eventually: Eventually, traits: LearnFlowStruggle
) -> Class:
    watch = judge(db, traits)
    background(struggle_consumer(db, bus, watch).run())
    background(Relay(db, bus).run())
    return Class(db, watch, eventually)


async def found(watched: Class, eventually: Eventually, count: int = 1) -> list[Alert]:
    async def there() -> bool:
        return len(await watched.alerts()) == count

    await eventually(there)
    return await watched.alerts()


async def test_three_times_the_same_error_raise_one_alert_with_its_evidence(
    watched: Class, db: Database, eventually: Eventually
) -> None:
    async with db.begin() as conn:
        await help.asked(
            conn,
            "ada",
            HelpRequest(agent="tutor", course=COURSE, assignment="a", text="What is x?", cell_id="cell"),
            request_id="r1",
        )
    await watched.runs("ada", *(report(n, ago_s=30 - n) for n in range(3)))
    (alert,) = await found(watched, eventually)
    assert (alert.student, alert.finding.trigger, alert.finding.failures) == ("ada", "same_error", 3)
    assert alert.finding.question == "What is x?"
    assert [step.error for step in alert.finding.moments if step.kind == "run"] == ["NameError"] * 3
    await watched.runs("ada", report(4), report(5))
    await watched.settled()
    await watched.sweep()
    (again,) = await watched.alerts()
    assert again.alert_id == alert.alert_id
    assert again.finding.failures == 5, "its evidence keeps up"
    async with db.connect() as conn:
        told = await eventlog.tail(conn, topic=StruggleDetected.TOPIC)
    assert [entry.data["alert_id"] for entry in told] == [alert.alert_id]
    assert "What is x?" not in str(told), "evidence does not travel"


async def test_time_without_progress_is_noticed_without_an_event(watched: Class) -> None:
    await watched.runs("ada", report(1, ago_s=700))
    await watched.settled()
    await watched.sweep()
    (alert,) = await watched.alerts()
    assert alert.finding.trigger == "no_progress"


class TestAllPoints:
    """Whoever has them in an assignment and runs its cells once more is not stuck in it."""

    async def test_end_what_runs_seemed_to_say_before_and_after(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        watched = Class(db, judge(db), eventually)
        # The last run failed; what was handed in right afterwards is right.
        await watched.runs("ada", report(1, ago_s=700))
        await watched.grade("ada", 10)
        await watched.runs("ada", *(report(f"{n}-more", cell="another") for n in range(5)))
        # As good, and late.
        await watched.runs("ben", report(1, ago_s=700))
        await watched.grade("ben", 10, penalty=2)
        await watched.runs("chen", report(1, ago_s=700))
        await watched.grade("chen", 9.5)
        await watched.grade("chen", 10, assignment="another")
        background(struggle_consumer(db, bus, watched.watch).run())
        background(Relay(db, bus).run())
        await watched.settled()
        await watched.sweep()
        assert [(one.student, one.finding.trigger) for one in await watched.alerts("open", "held")] == [
            ("chen", "no_progress")
        ]

    async def test_leave_what_somebody_says(
        self, watched: Class, db: Database, eventually: Eventually
    ) -> None:
        await watched.grade("ada", 10)
        async with db.begin() as conn:
            request = HelpRequest(agent="tutor", course=COURSE, assignment="a", text="I'm stuck", cell_id="c")
            await help.asked(conn, "ada", request, request_id="r1")
        (alert,) = await found(watched, eventually)
        assert alert.finding.trigger == "said_stuck"

    async def test_are_no_longer_all_when_exercises_are_added(
        self, watched: Class, db: Database, eventually: Eventually
    ) -> None:
        await watched.grade("ada", 10)
        async with db.begin() as conn:
            await courses.sync_assignment(conn, COURSE, "a", "A", [("n", "e", 10.0), ("n", "new", 2.0)])
        await watched.runs("ada", *(report(n, cell="new") for n in range(3)))
        (alert,) = await found(watched, eventually)
        assert alert.finding.trigger == "same_error"

    async def test_reach_what_waits_for_room(self, watched: Class) -> None:
        for number in range(6):
            await watched.runs(f"s{number}", *(report(f"{number}-{n}") for n in range(3)))
        await watched.settled()
        await watched.sweep()
        (waits,) = await watched.alerts("held")
        await watched.grade(waits.student, 10)
        await watched.settled()
        await watched.sweep()
        assert await watched.alerts("held") == []
        assert len(await watched.alerts()) == 5

    async def test_that_are_held_back_are_not_told_by_silence(
        self, db: Database, tmp_path: Path, eventually: Eventually
    ) -> None:
        """A student reads that a teacher was told of them: of who is not, the points would be known."""
        file = tmp_path / "course.yaml"
        file.write_text("feedback: by_hand\n")
        watched = Class(db, judge(db, file=file), eventually)
        await watched.grade("ada", 10)
        await watched.runs("ada", *(report(n) for n in range(3)))
        await watched.grade("ben", 10)
        await watched.sweep()
        assert [one.student for one in await watched.alerts()] == ["ada"]
        async with db.begin() as conn:
            await results.release(conn, COURSE, "a", "teacher")
        await watched.runs("ben", *(report(f"ben-{n}") for n in range(3)))
        await watched.sweep()
        assert [one.student for one in await watched.alerts()] == ["ada"]


class TestSomebodyIsLetWaitWhileOthersAreLookedThrough:
    async def test_their_turn_comes_with_the_next_look(
        self, db: Database, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watched = Class(db, judge(db), eventually)
        for name in ("ada", "ben"):
            finding = Finding(trigger="said_stuck", at=time.time(), assignment="a")
            async with db.begin() as conn:
                await alerts.hold(conn, await people.ensure(conn, name), COURSE, finding, at=now())
        waiting = alerts.waiting

        async def before_ben(conn: AsyncConnection) -> list[tuple[int, str, str]]:
            return [one for one in await waiting(conn) if one[1] != "ben"]

        with monkeypatch.context() as patched:
            patched.setattr(alerts, "waiting", before_ben)
            await watched.sweep()
        assert [one.student for one in await watched.alerts()] == ["ada"]
        await watched.sweep()
        assert {one.student for one in await watched.alerts()} == {"ada", "ben"}


class TestATeachersWord:
    async def test_closes_the_alert_and_counts_for_precision(
        self, watched: Class, db: Database, eventually: Eventually
    ) -> None:
        await watched.runs("ada", *(report(n) for n in range(3)))
        (alert,) = await found(watched, eventually)
        async with db.begin() as conn:
            await alerts.mark(conn, COURSE, alert.alert_id, "helpful", "teacher")
            await alerts.mark(conn, COURSE, alert.alert_id, "handled", "teacher")
        assert await watched.alerts() == []
        async with db.connect() as conn:
            (figures,) = await alerts.precision(conn, COURSE)
            log = await eventlog.tail(conn, topic=StruggleChanged.TOPIC)
        assert (figures.trigger, figures.raised, figures.helpful, figures.share) == ("same_error", 1, 1, 1.0)
        assert [entry.data["mark"] for entry in log if entry.type == StruggleChanged.TYPE] == [
            "helpful",
            "handled",
        ]

    async def test_is_taken_for_the_own_course_only(
        self, watched: Class, db: Database, eventually: Eventually
    ) -> None:
        await watched.runs("ada", *(report(n) for n in range(3)))
        (alert,) = await found(watched, eventually)
        async with db.begin() as conn:
            with pytest.raises(NotFound):
                await alerts.mark(conn, "another", alert.alert_id, "false", "teacher")
        assert len(await watched.alerts()) == 1


class TestAStudentForgesRuns:
    async def test_they_fill_at_most_their_own_share_of_the_feed(
        self, watched: Class, eventually: Eventually, db: Database
    ) -> None:
        for cell in range(12):
            await watched.runs("mallory", *(report(f"{cell}-{n}", cell=f"e{cell}") for n in range(3)))
        await watched.settled()
        await watched.sweep()
        await watched.runs("ada", *(report(f"ada-{n}") for n in range(3)))

        async def ada_is_seen() -> bool:
            return "ada" in [alert.student for alert in await watched.alerts()]

        await eventually(ada_is_seen)
        by = [alert.student for alert in await watched.alerts()]
        assert by.count("mallory") <= 2
        async with db.connect() as conn:
            assert (await progress.of_student(conn, "mallory", COURSE)).assignments == (), (
                "no level from claims"
            )


class TestNoAlert:
    async def test_about_a_deleted_student(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        watch = judge(db)
        watched = Class(db, watch, eventually)
        await watched.runs("gone", *(report(n) for n in range(3)))
        async with db.begin() as conn:
            user_id = await people.find(conn, "gone")
            await conn.execute(delete(Pseudonym).where(Pseudonym.user_id == user_id))
        background(struggle_consumer(db, bus, watch).run())
        background(Relay(db, bus).run())
        await watched.runs("ada", *(report(f"ada-{n}") for n in range(3)))
        (alert,) = await found(watched, eventually)
        assert alert.student == "ada"

    async def test_during_an_exam(self, db: Database, eventually: Eventually, tmp_path: Path) -> None:
        begin, end = now() - timedelta(minutes=5), now() + timedelta(minutes=5)
        file = tmp_path / "course.yaml"
        file.write_text(f"exams:\n- {{from: '{begin.isoformat()}', until: '{end.isoformat()}'}}\n")
        exams = Policies({COURSE: file}, "hints")
        watched = Class(db, judge(db, policies=exams), eventually)
        await watched.watch.refresh()
        await watched.runs("ada", *(report(n) for n in range(6)))
        await watched.sweep()
        assert await watched.alerts("open", "held") == []
        assert exams.at(COURSE, "a", [], "ada") == "off", "the tutor's exam is the same one"

    async def test_in_a_course_that_ended(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        """It was taken out of the classroom while its last events were still on their way."""
        watch = judge(db, among=["another"])
        watched = Class(db, watch, eventually)
        background(struggle_consumer(db, bus, watch).run())
        background(Relay(db, bus).run())
        await watched.runs("ada", *(report(n) for n in range(6)))
        await watched.settled()
        await watched.sweep()
        assert await watched.alerts("open", "held") == []

    async def test_from_a_clock_that_is_ahead_before_its_time_has_come(self, watched: Class) -> None:
        await watched.runs("ada", *(report(n, ago_s=-40_000) for n in range(6)))
        await watched.settled()
        await watched.sweep()
        assert await watched.alerts("open", "held") == []

    async def test_about_what_came_a_day_late(self, watched: Class) -> None:
        await watched.runs("ada", *(report(n, ago_s=80_000) for n in range(6)))
        await watched.settled()
        await watched.sweep()
        assert await watched.alerts("open", "held") == []


class TestMoreThanATeacherCanUse:
    async def test_the_rest_waits_and_moves_up(self, watched: Class, db: Database) -> None:
        for number in range(8):
            await watched.runs(f"s{number}", *(report(f"{number}-{n}") for n in range(3)))
        await watched.settled()
        await watched.sweep()
        assert len(await watched.alerts("open")) == 5
        assert len(await watched.alerts("held")) == 3
        async with db.begin() as conn:
            await conn.execute(
                update(AlertRow)
                .where(AlertRow.state == "open")
                .values(raised_at=now() - timedelta(hours=2), state="handled")
            )
        await watched.sweep()
        assert len(await watched.alerts("open")) == 3
        assert await watched.alerts("held") == []
