"""`learnflow regrade`: everybody again after a test was fixed, beside the service's queue, and dry."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from learnflow_grading.course import Course, put_environment_on_path
from learnflow_grading.release import release
from nbformat import v4 as nbf
from served import PaperWorker

from learnflow_ext.cli.regrade_diff import rows_of, table
from learnflow_ext.contracts.errors import Unprocessable
from learnflow_ext.contracts.grades import GradeRecord, Regraded
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.grading_queue import GradingQueue
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.settings import LearnFlow, LearnFlowGrading
from learnflow_ext.store import courses, grades, submissions
from learnflow_ext.store.database import Database

pytestmark = [
    pytest.mark.timeout(300),
    # nbgrader's queries make SQLAlchemy warn.
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
]
Run = Callable[..., Any]
"""The fixture `learnflow`."""
COMMAND = (sys.executable, "-c", "from learnflow_ext.cli import main; main()")


def url_of(state: Path) -> str:
    return f"sqlite:///{state}/learnflow.sqlite"


def hand_in(state: Path, student: str, score: float, folder: Path | str = "/kept", course: str = "c") -> None:
    """Something that was graded already, out of 10."""

    async def write() -> None:
        db = Database(url_of(state))
        await db.open()
        async with db.begin() as conn:
            await courses.sync_assignment(conn, course, "a", "A", [("n", "e", 10.0)])
            made = await submissions.create(
                conn, course=course, assignment="a", student=student, files_path=str(folder), size=2
            )
            await grades.record_grade(
                conn,
                GradeRecord(
                    submission_id=made.submission_id,
                    course=course,
                    assignment="a",
                    student=student,
                    status="graded",
                    score=score,
                    max_score=10,
                ),
            )
        await db.close()

    asyncio.run(write())


def scores(state: Path, student: str) -> list[float | None]:
    async def read() -> list[float | None]:
        db = Database(url_of(state))
        await db.open()
        async with db.connect() as conn:
            found = [one.score for one in await submissions.of_student(conn, "c", student)]
        await db.close()
        return found

    return asyncio.run(read())


@contextlib.contextmanager
def service(state: Path, worker: PaperWorker) -> Iterator[None]:
    """The queue of a running service, in a thread; it grades with `worker`."""
    stop = threading.Event()

    async def grading() -> None:
        db = Database(url_of(state))
        await db.open()
        queue = GradingQueue(db, [worker], LearnFlow(), LearnFlowGrading(), Metrics(), Deadlines({}))
        task = asyncio.create_task(queue.run())
        while not stop.is_set():
            queue.wake()
            await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await db.close()

    thread = threading.Thread(target=lambda: asyncio.run(grading()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class TestTheClass:
    def test_everybody_is_graded_again_and_a_table_says_who_has_other_points(
        self, learnflow: Run, state: Path
    ) -> None:
        for student, score in (("ada", 5), ("ben", 7), ("ada", 6)):
            hand_in(state, student, score)
        with service(state, PaperWorker()):
            ended = learnflow("regrade", "a", "--state", str(state), "--by", "turing")
        assert (ended.code, ended.err) == (0, "")
        header, ada, told = ended.out.splitlines()
        assert header.split() == ["Student", "Before", "After", "Change"]
        assert ada.split() == ["ada", "6/10", "7/10", "+1"]
        assert told == "1 of 2 student(s) have other points."
        assert scores(state, "ada") == [7, 7]
        log = learnflow("events", "tail", "--state", str(state), "--student", "turing", "--json").out
        assert json.loads(log)["data"] == {"regrading_id": 1, "assignment": "a", "submissions": 3}

    def test_only_what_each_handed_in_last(self, learnflow: Run, state: Path) -> None:
        for student, score in (("ada", 5), ("ben", 3), ("ada", 4)):
            hand_in(state, student, score)
        with service(state, PaperWorker()):
            ended = learnflow("regrade", "a", "--state", str(state), "--latest", "--json")
        assert ended.code == 0
        rows = [json.loads(line) for line in ended.out.splitlines()]
        assert [(row["student"], row["before"], row["after"], row["change"]) for row in rows] == [
            ("ada", 4, 7, 3),
            ("ben", 3, 7, 4),
        ]
        assert scores(state, "ada") == [5, 7]

    def test_what_cannot_be_graded_again_keeps_its_points_and_is_named(
        self, learnflow: Run, state: Path
    ) -> None:
        hand_in(state, "ada", 5)
        hand_in(state, "ben", 5)
        worker = PaperWorker()
        worker.failures = [Unprocessable("It is no notebook.")]
        with service(state, worker):
            ended = learnflow("regrade", "a", "--state", str(state))
        assert ended.code == 1
        assert "could not be graded again: keeps these points" in ended.out
        assert (scores(state, "ada"), scores(state, "ben")) == ([5], [7])

    def test_one_student_alone_without_waiting(self, learnflow: Run, state: Path) -> None:
        hand_in(state, "ada", 5)
        hand_in(state, "ben", 5)
        ended = learnflow("regrade", "a", "--state", str(state), "--student", "ada", "--no-wait")
        assert (ended.code, ended.err) == (0, "")
        assert "1 submission(s) are queued, as regrading 1 on the grading page of c" in ended.out
        again = learnflow("regrade", "a", "--state", str(state), "--no-wait")
        assert again.code == 2
        assert "being graded again already" in again.err


class TestNobodyGrades:
    def test_it_says_so_and_interrupted_leaves_everything_queued(self, state: Path) -> None:
        hand_in(state, "ada", 5)
        impatient = "import learnflow_ext.cli.regrade as r; r.PATIENCE_SECONDS = 0.5; " + COMMAND[2]
        with subprocess.Popen(
            [*COMMAND[:2], impatient, "regrade", "a", "--state", str(state)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process:
            try:
                assert process.stderr is not None
                said = ""
                while "stays" not in said and "Ctrl-C" not in said:
                    said += process.stderr.readline()
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=20)
            finally:
                process.kill()
        assert process.returncode == 1
        assert "Nothing was graded yet" in said
        assert errors == "It goes on without you, as regrading 1 on the grading page of c.\n"
        with service(state, PaperWorker()):
            while scores(state, "ada") != [7]:
                pass


class TestCannotRun:
    def test_an_assignment_nobody_has(self, learnflow: Run, state: Path) -> None:
        ended = learnflow("regrade", "nope", "--state", str(state))
        assert ended.code == 2
        assert "No course of this classroom has an assignment 'nope'" in ended.err

    def test_one_that_several_courses_have(self, learnflow: Run, state: Path) -> None:
        hand_in(state, "ada", 5, course="c")
        hand_in(state, "ada", 5, course="d")
        ended = learnflow("regrade", "a", "--state", str(state))
        assert ended.code == 2
        assert "Several courses have an assignment 'a': c, d. Say which with --course" in ended.err
        other = learnflow("regrade", "a", "--state", str(state), "--course", "e")
        assert other.code == 2
        assert "no assignment 'a' in the course 'e'. It is in: c, d." in other.err

    def test_a_student_nobody_knows_is_not_made(self, learnflow: Run, state: Path) -> None:
        hand_in(state, "ada", 5)
        ended = learnflow("regrade", "a", "--state", str(state), "--student", "adda")
        assert ended.code == 2
        assert "Nobody called 'adda'" in ended.err
        assert learnflow("privacy", "export", "adda", "--state", str(state)).code == 1

    def test_a_classroom_that_is_not_there(self, learnflow: Run, tmp_path: Path) -> None:
        ended = learnflow("regrade", "a", "--state", str(tmp_path / "none"))
        assert ended.code == 2
        assert "There is no database" in ended.err

    def test_a_dry_run_without_the_course(self, learnflow: Run, state: Path) -> None:
        hand_in(state, "ada", 5)
        ended = learnflow("regrade", "a", "--state", str(state), "--dry-run")
        assert ended.code == 2
        assert "There is no course at" in ended.err


def mark(name: str, **more: Any) -> dict[str, Any]:
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": plain | {"grade_id": name} | more}


def write_source(root: Path, expected: int) -> None:
    """An assignment whose test wants `expected` of square(2)."""
    folder = root / "source" / "a"
    folder.mkdir(parents=True, exist_ok=True)
    nb = nbf.new_notebook()
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    answer = "### BEGIN SOLUTION\ndef square(x):\n    return x * x\n### END SOLUTION"
    nb.cells = [
        nbf.new_code_cell(answer, metadata=mark("square", solution=True)),
        nbf.new_code_cell(
            f"assert square(2) == {expected}", metadata=mark("e", grade=True, locked=True, points=10)
        ),
    ]
    nbformat.write(nb, folder / "n.ipynb")


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


class TestDryRun:
    def test_it_shows_what_would_change_and_keeps_nothing(
        self, learnflow: Run, state: Path, tmp_path: Path
    ) -> None:
        put_environment_on_path()
        course = Course("c", state / "courses" / "c", state / "exchange")
        write_source(course.root, 5)
        release(course, "a")
        write_source(course.root, 4)
        release(course, "a")
        (course.root / "course.yaml").write_text("assignments: []\n")
        for student, answer in (("ada", "return x * x"), ("ben", "return x")):
            nb = nbformat.read(state / "exchange" / "c" / "outbound" / "a" / "n.ipynb", as_version=4)
            nb.cells[0].source = f"def square(x):\n    {answer}"
            folder = tmp_path / "handed-in" / student
            folder.mkdir(parents=True)
            nbformat.write(nb, folder / "n.ipynb")
            hand_in(state, student, 0, folder)
        before = contents(course.root)
        ended = learnflow("regrade", "a", "--state", str(state), "--dry-run", "--jobs", "1")
        assert (ended.code, ended.err) == (0, "")
        _, ada, told, dry = ended.out.splitlines()
        assert ada.split() == ["ada", "0/10", "10/10", "+10"]
        assert told == "1 of 2 student(s) have other points."
        assert dry == "Nothing was changed: this was a dry run."
        assert contents(course.root) == before
        assert scores(state, "ada") == [0]

    def test_it_says_why_something_could_not_be_graded(
        self, learnflow: Run, state: Path, tmp_path: Path
    ) -> None:
        put_environment_on_path()
        course = Course("c", state / "courses" / "c", state / "exchange")
        write_source(course.root, 4)
        release(course, "a")
        (course.root / "course.yaml").write_text("assignments: []\n")
        folder = tmp_path / "handed-in"
        folder.mkdir()
        (folder / "n.ipynb").write_text("no notebook")
        hand_in(state, "ada", 3, folder)
        ended = learnflow("regrade", "a", "--state", str(state), "--dry-run", "--jobs", "1")
        assert ended.code == 1
        assert "ada: n.ipynb is damaged" in ended.err
        assert "could not be graded again: keeps these points" in ended.out
        assert scores(state, "ada") == [3]


def again(student: str, before: float | None, after: float | None, state: Any = "graded") -> Regraded:
    return Regraded(
        student=student,
        submission_id="s",
        submitted_at="2026-01-01T00:00:00Z",
        state=state,
        before=before,
        before_max=None if before is None else 10,
        after=after,
        after_max=None if after is None else 10,
    )


class TestTheDiff:
    def test_the_best_of_each_student_counts(self) -> None:
        (ada,) = rows_of([again("ada", 9, 2), again("ada", 3, 8)])
        assert (ada.before, ada.after, ada.change) == (9, 8, -1)

    def test_the_first_grade_of_what_could_not_be_graded_is_a_change(self) -> None:
        (ada,) = rows_of([again("ada", None, 4)])
        assert (ada.before, ada.change) == (None, 4)
        assert table([ada])[1].split() == ["ada", "none", "4/10", "+4"]

    def test_nobody_with_other_points_is_one_line(self) -> None:
        assert table(rows_of([again("ada", 4, 4)])) == ["0 of 1 student(s) have other points."]

    def test_what_was_cancelled_keeps_its_points(self) -> None:
        (ada,) = rows_of([again("ada", 4, None, "cancelled")])
        assert (ada.state, ada.after, ada.change) == ("cancelled", 4, 0)
