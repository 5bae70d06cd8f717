"""A deadline, late work and the last attempt, through the running service."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, chunks, graded, notebook, problem, until
from stub_hub import COURSE

from learnflow_ext.contracts.grades import AssignmentView, CourseFile, FileSet, SubmissionView
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.progress import StudentProgress
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import progress, submissions

HERE = f"api/courses/{COURSE}/assignments"
SUBMIT = f"{HERE}/{ASSIGNMENT}/submissions"


Clock = Callable[[datetime], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the moment at which what comes next is handed in."""
    return lambda moment: monkeypatch.setattr(submissions, "now", lambda: moment)


async def write(tmp_path: Path, *, hours_ago: float, rest: str = "", feedback: str = "at_once") -> None:
    due = datetime.now(UTC) - timedelta(hours=hours_ago)
    text = f"attempts: 2\nlate: {{percent_a_day: 10, days: 5}}\n{rest}"
    text += f"assignments:\n- name: {ASSIGNMENT}\n  due: {due}\n  feedback: {feedback}\n"
    await asyncio.to_thread((tmp_path / "course" / "course.yaml").write_text, text)


class TestLateWork:
    async def test_it_is_told_before_and_costs_what_was_said(
        self, ask: Client, service: RunningService, worker: PaperWorker, tmp_path: Path
    ) -> None:
        await write(tmp_path, hours_ago=30)
        (assignment,) = msgspec.json.decode((await ask(HERE, "ada")).body, type=list[AssignmentView])
        assert assignment.due
        assert "later costs 10 % of the points" in assignment.terms
        response = await ask(SUBMIT, "ada", body=SOLVED)
        await graded(service, msgspec.json.decode(response.body, type=SubmissionView).submission_id)
        page = (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
        assert "handed in twice, and was once so far" in page
        assert worker.late == [(0.2, "Handed in on day 2 after the deadline, so 20 % of the points are off.")]

    async def test_an_extension_makes_it_in_time(
        self, ask: Client, service: RunningService, worker: PaperWorker, tmp_path: Path
    ) -> None:
        await write(tmp_path, hours_ago=30, rest="extensions:\n- {student: ada, days: 2}\n")
        response = await ask(SUBMIT, "ada", body=SOLVED)
        await graded(service, msgspec.json.decode(response.body, type=SubmissionView).submission_id)
        assert worker.late == [(0.0, "")]


class TestACellOfItThatTakesLong:
    async def test_has_the_time_that_the_course_gives_it(
        self, ask: Client, service: RunningService, worker: PaperWorker, tmp_path: Path
    ) -> None:
        # As it was released: nothing was said then.
        assert worker.seconds == {ASSIGNMENT: 5.0}
        text = f"cell_seconds: 8\nassignments:\n- {{name: {ASSIGNMENT}, cell_seconds: 20}}\n"
        await asyncio.to_thread((tmp_path / "course" / "course.yaml").write_text, text)
        response = await ask(SUBMIT, "ada", body=SOLVED)
        await graded(service, msgspec.json.decode(response.body, type=SubmissionView).submission_id)
        assert worker.seconds == {ASSIGNMENT: 20.0}
        # A student's Validate gives as much.
        listed = await ask(HERE, "ada")
        (view,) = msgspec.json.decode(listed.body, type=list[AssignmentView])
        assert view.cell_seconds == 20


class TestExtraTime:
    async def test_moves_the_end_of_an_exam_for_one_student_wherever_it_counts(
        self, ask: Client, service: RunningService, worker: PaperWorker, tmp_path: Path
    ) -> None:
        ends = datetime.now(UTC) - timedelta(minutes=20)
        begins = ends - timedelta(minutes=60)
        text = (
            f"late: {{percent_a_day: 10, days: 0}}\nassignments:\n- {{name: {ASSIGNMENT}, due: {ends}, "
            f"feedback: after_deadline}}\nexams:\n- {{from: {begins}, until: {ends}}}\n"
            "extra_time:\n- {student: ada, percent: 100}\n"
        )
        await asyncio.to_thread((tmp_path / "course" / "course.yaml").write_text, text)
        policies = service.parts.assistance._policies

        async def read() -> bool:
            await policies.refresh()
            return bool(policies._known[COURSE].exams)

        await until(read)
        theirs: dict[str, AssignmentView] = {}
        for who in ("ada", "ben"):
            (theirs[who],) = msgspec.json.decode((await ask(HERE, who)).body, type=list[AssignmentView])
        due = {who: datetime.fromisoformat(view.due or "") for who, view in theirs.items()}
        assert due["ada"] - due["ben"] == timedelta(minutes=60)
        question = HelpRequest(text="What is a list?", course=COURSE, assignment=ASSIGNMENT)
        said = {
            who: "".join(chunk.text for chunk in chunks(await ask("api/help", who, body=question)))
            for who in theirs
        }
        assert "switched off" in said["ada"]
        assert "switched off" not in said["ben"]
        assert (await ask(SUBMIT, "ben", body=SOLVED)).code == 409
        response = await ask(SUBMIT, "ada", body=SOLVED)
        submission = msgspec.json.decode(response.body, type=SubmissionView).submission_id
        await graded(service, submission)
        assert worker.late == [(0.0, "")]
        assert not any((await shown(ask, submission)).values()), "she is the last, and has time left"
        people = (await ask(f"courses/{COURSE}/people", "teacher")).body.decode()
        assert "100 % more in exams" in people


class TestHandedInAtTheDeadlinesSecond:
    """A browser's last request is on its way while the clock moves on."""

    async def test_the_second_itself_is_in_time_and_the_next_one_is_not(
        self, ask: Client, service: RunningService, worker: PaperWorker, tmp_path: Path, at: Clock
    ) -> None:
        due = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)
        text = f"late: {{percent_a_day: 10, days: 1}}\nassignments:\n- {{name: {ASSIGNMENT}, due: {due}}}\n"
        await asyncio.to_thread((tmp_path / "course" / "course.yaml").write_text, text)
        for second, share in ((0.0, 0.0), (0.999999, 0.0), (1.0, 0.1)):
            at(due + timedelta(seconds=second))
            response = await ask(SUBMIT, "ada", body=SOLVED)
            await graded(service, msgspec.json.decode(response.body, type=SubmissionView).submission_id)
            assert worker.late[-1][0] == share
        kept = os.listdir(service.parts.submissions_root)
        # So it is when nothing more is taken.
        at(due + timedelta(days=1, seconds=0.999999))
        assert (await ask(SUBMIT, "ben", body=SOLVED)).code == 201
        at(due + timedelta(days=1, seconds=1))
        response = await ask(SUBMIT, "ben", body=SOLVED)
        assert response.code == 409
        assert "This assignment closed on" in problem(response).message
        assert len(os.listdir(service.parts.submissions_root)) == len(kept) + 1, "nothing half done"


class TestTwoSubmissionsInTheSameSecond:
    async def test_each_is_kept_graded_and_shown_by_itself(
        self, ask: Client, service: RunningService, worker: PaperWorker, at: Clock
    ) -> None:
        at(datetime(2026, 11, 2, 18, 0, 7, 250_000, tzinfo=UTC))
        worker.gate.clear()
        made: list[tuple[str, str, str]] = []
        for place, who in enumerate(("ada", "ada", "ben")):
            mine = f"total = {place}"
            files = FileSet(files=(CourseFile(path=f"{ASSIGNMENT}.ipynb", content=notebook(mine)),))
            response = await ask(SUBMIT, who, body=files)
            assert response.code == 201
            view = msgspec.json.decode(response.body, type=SubmissionView)
            made.append((who, view.submission_id, mine))
        assert len({identity for _, identity, _ in made}) == 3
        worker.gate.set()
        for _, identity, _ in made:
            await graded(service, identity)
        assert sorted(worker.graded) == sorted(identity for _, identity, _ in made)
        ada = [identity for who, identity, _ in made if who == "ada"]
        assert [each for each in worker.graded if each in ada] == ada, "in the order they came"
        for who in ("ada", "ben"):
            (seen,) = msgspec.json.decode((await ask(HERE, who)).body, type=list[AssignmentView])
            theirs = [identity for one, identity, _ in made if one == who]
            assert [(each.submission_id, each.status) for each in seen.submissions] == [
                (identity, "graded") for identity in theirs
            ]
        root = service.parts.submissions_root
        kept = [path.read_text() for path in root.glob(f"*/{ASSIGNMENT}.ipynb")]
        assert all(sum(mine in text for text in kept) == 1 for _, _, mine in made)
        page = (await ask(f"courses/{COURSE}/grading", "teacher")).body.decode()
        assert "ada" in page
        assert "ben" in page


class TestNoMoreIsTaken:
    async def test_after_the_last_day_and_nothing_is_left_behind(
        self, ask: Client, service: RunningService, tmp_path: Path
    ) -> None:
        await write(tmp_path, hours_ago=24 * 6)
        response = await ask(SUBMIT, "ada", body=SOLVED)
        assert response.code == 409
        assert "This assignment closed on" in problem(response).message
        assert os.listdir(service.parts.submissions_root) == []

    async def test_two_last_attempts_at_the_same_moment_are_one(
        self, ask: Client, service: RunningService, tmp_path: Path
    ) -> None:
        await write(tmp_path, hours_ago=-24)
        answers = await asyncio.gather(*(ask(SUBMIT, "ada", body=SOLVED) for _ in range(4)))
        assert sorted(answer.code for answer in answers) == [201, 201, 409, 409]
        refused = next(answer for answer in answers if answer.code == 409)
        assert "handed this in twice" in problem(refused).message


async def shown(ask: Client, submission: str, who: str = "ada") -> dict[str, bool]:
    """At which doors the points or the feedback of a submission come out."""
    here = f"api/courses/{COURSE}"
    one = msgspec.json.decode((await ask(f"{here}/submissions/{submission}", who)).body, type=SubmissionView)
    (assignment,) = msgspec.json.decode((await ask(HERE, who)).body, type=list[AssignmentView])
    own = msgspec.json.decode((await ask(f"api/progress?course={COURSE}", who)).body, type=StudentProgress)
    page = (await ask(f"courses/{COURSE}/me", who)).body.decode()
    request = HelpRequest(text="How am I doing?", agent="progress", course=COURSE)
    chat = "".join(chunk.text for chunk in chunks(await ask("api/help", who, body=request)))
    return {
        "submission": one.score is not None or one.has_feedback,
        "list": any(each.score is not None or each.has_feedback for each in assignment.submissions),
        "feedback": (await ask(f"{here}/submissions/{submission}/feedback", who)).code == 200,
        "progress": any(each.best_score is not None for each in own.assignments),
        "topics": any(topic.mastery is not None or topic.solved for topic in own.topics),
        "page": "the result comes later" not in page,
        "chat": "7 of 10" in chat,
    }


class TestResultsAreHeldBack:
    async def test_at_every_door_until_the_teacher_gives_them_out(
        self, ask: Client, service: RunningService, tmp_path: Path
    ) -> None:
        await write(tmp_path, hours_ago=-24, feedback="by_hand")
        response = await ask(SUBMIT, "ada", body=SOLVED)
        submission = msgspec.json.decode(response.body, type=SubmissionView).submission_id
        await graded(service, submission)
        await standing_known(service)
        assert not any((await shown(ask, submission)).values())
        one = await ask(f"api/courses/{COURSE}/submissions/{submission}", "ada")
        assert b"Your teacher gives out points" in one.body
        refused = await ask(f"api/courses/{COURSE}/submissions/{submission}/feedback", "ada")
        assert "Your teacher gives out points" in problem(refused).message
        wanted = await ask(
            f"api/courses/{COURSE}/submissions/{submission}/regrade-request", "ada", body={"reason": "Why?"}
        )
        assert wanted.code == 409
        theirs = await ask(f"api/courses/{COURSE}/submissions/{submission}", "teacher")
        assert msgspec.json.decode(theirs.body, type=SubmissionView).score == 7.0
        assert (await ask(f"{HERE}/{ASSIGNMENT}/results", "ada", raw=b"")).code == 403
        page = (await ask(f"courses/{COURSE}/grading", "teacher")).body.decode()
        assert "Points and feedback that students do not see yet" in page
        given = await ask(f"courses/{COURSE}/grading/give-out?assignment={ASSIGNMENT}", "teacher", raw=b"")
        assert given.code == 200
        assert all((await shown(ask, submission)).values())

    async def test_until_the_last_deadline_of_anybody(
        self, ask: Client, service: RunningService, tmp_path: Path
    ) -> None:
        ben = "extensions:\n- {student: ben, days: 2}\n"
        await write(tmp_path, hours_ago=1, feedback="after_deadline", rest=ben)
        response = await ask(SUBMIT, "ada", body=SOLVED)
        submission = msgspec.json.decode(response.body, type=SubmissionView).submission_id
        await graded(service, submission)
        await standing_known(service)
        assert not any((await shown(ask, submission)).values())
        await write(tmp_path, hours_ago=1, feedback="after_deadline")
        assert all((await shown(ask, submission)).values())


async def standing_known(service: RunningService) -> None:
    """Wait until the consumer has the grade."""

    async def known() -> bool:
        async with service.parts.db.connect() as conn:
            found = await progress.of_student(conn, "ada", COURSE)
        return any(each.best_score is not None for each in found.assignments)

    await until(known)
