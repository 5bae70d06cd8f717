"""Points given by hand in the formgrader: they are signed, and belong to the attempt that the teacher saw."""

from __future__ import annotations

import json
import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from formgrader import TEACHER, Answer, Server
from learnflow_grading import marks
from learnflow_grading.autograde import Submission, grade
from learnflow_grading.marks import FILE, Marks, attempt_of

from learnflow_ext.contracts.grades import GradeRecord

from .conftest import Classroom

API = "/formgrader/api"
FIRST = datetime(2026, 11, 30, 8, 0, 0, 123456, tzinfo=UTC)
SECOND = FIRST + timedelta(hours=1)


class Essays:
    """One student's essays, and the teacher's page about the one that was graded last."""

    def __init__(self, classroom: Classroom, server: Server, folder: Path, student: str) -> None:
        self.course, self.classroom = classroom.course, classroom
        self.server, self.folder, self.student = server, folder, student

    def graded(self, when: datetime, thoughts: str) -> GradeRecord:
        """What the attempt handed in at `when` comes to, graded for the first time or again."""
        folder = self.folder / when.strftime("%H%M")
        folder.mkdir(exist_ok=True)
        nb = self.classroom.handed_out("essay", "thoughts")
        nb.cells[0].source = thoughts
        nbformat.write(nb, folder / "thoughts.ipynb")
        nbformat.write(self.classroom.handed_out("essay", "code"), folder / "code.ipynb")
        return grade(self.course, Submission(thoughts, "essay", self.student, folder, when))

    def open_page(self) -> tuple[str, str]:
        """The ids of the essay's points and comment, as a page asks for them when it opens."""
        found = self.listed("submitted_notebooks/essay/thoughts")
        notebook = next(one["id"] for one in found if one["student"] == self.student)
        (points,) = self.listed(f"grades?submission_id={notebook}")
        (comment,) = self.listed(f"comments?submission_id={notebook}")
        return points["id"], comment["id"]

    def listed(self, path: str) -> Any:
        return json.loads(self.server.get(f"{API}/{path}").text)

    def give(self, grade_id: str, points: object, extra: object = None) -> Answer:
        body = {"manual_score": points, "extra_credit": extra, "by": "mallory"}
        return self.server.get(f"{API}/grade/{grade_id}", method="PUT", body=body)

    def say(self, comment_id: str, text: str) -> Answer:
        return self.server.get(f"{API}/comment/{comment_id}", method="PUT", body={"manual_comment": text})

    def comment(self) -> str | None:
        found = self.listed("submitted_notebooks/essay/thoughts")
        notebook = next(one["id"] for one in found if one["student"] == self.student)
        (comment,) = self.listed(f"comments?submission_id={notebook}")
        said: str | None = comment["manual_comment"]
        return said


@pytest.fixture
def essays(
    classroom: Classroom, formgrader: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> Essays:
    return Essays(classroom, formgrader, tmp_path, f"m{abs(hash(request.node.nodeid)):x}")


def why(record: GradeRecord) -> float:
    return next(cell.score for cell in record.cells if cell.name == "why")


def test_each_attempt_keeps_the_points_and_the_comment_that_were_given_to_it(essays: Essays) -> None:
    assert why(essays.graded(FIRST, "A long first essay.")) == 0
    points, comment = essays.open_page()
    assert essays.give(points, "3.5", "0.5").status == 200
    assert essays.say(comment, "Well argued.").status == 200
    second = essays.graded(SECOND, "A hasty second one.")
    # Nobody has looked at this one yet.
    assert (why(second), second.needs_review, essays.comment()) == (0, True, None)
    points, comment = essays.open_page()
    assert essays.give(points, 1).status == 200
    assert why(essays.graded(FIRST, "A long first essay.")) == 4
    assert essays.comment() == "Well argued."
    assert why(essays.graded(SECOND, "A hasty second one.")) == 1
    assert essays.comment() is None


def test_who_gave_what_is_kept_with_the_name_that_the_hub_knows(essays: Essays) -> None:
    essays.graded(FIRST, "An essay.")
    points, _ = essays.open_page()
    for given, extra in ((2, None), (3, "1"), (3, "1"), (None, None)):
        assert essays.give(points, given, extra).status == 200
    mine = [mark for mark in Marks(essays.course.root).untold() if mark.student == essays.student]
    assert [(m.before, m.after, m.extra_before, m.extra_after) for m in mine] == [
        (None, 2, None, None),
        (2, 3, None, 1),
        (3, None, 1, None),
    ]
    assert {(m.by, m.assignment, m.notebook, m.cell, m.max_score, m.attempt) for m in mine} == {
        (TEACHER, "essay", "thoughts", "why", 4, attempt_of(FIRST))
    }
    Marks(essays.course.root).tell(mine)
    assert not [mark for mark in Marks(essays.course.root).untold() if mark.student == essays.student]


def test_nothing_of_it_is_changed_or_deleted_afterwards(essays: Essays) -> None:
    essays.graded(FIRST, "An essay.")
    essays.give(essays.open_page()[0], 2)
    with closing(sqlite3.connect(essays.course.root / FILE)) as db:
        for statement in ("UPDATE given SET after = 4", "DELETE FROM given"):
            with pytest.raises(sqlite3.IntegrityError, match="is never"):
                db.execute(statement)


def test_points_that_cannot_be_put_on_record_do_not_count(essays: Essays) -> None:
    essays.graded(FIRST, "An essay.")
    points, _ = essays.open_page()
    assert essays.give(points, 1).status == 200
    with closing(sqlite3.connect(essays.course.root / FILE)) as db:
        db.execute("CREATE TRIGGER no_room BEFORE INSERT ON given BEGIN SELECT RAISE(ABORT, 'full'); END")
        try:
            answer = essays.give(points, 4)
        finally:
            db.execute("DROP TRIGGER no_room")
    assert (answer.status, "Try again" in answer.text) == (503, True)
    assert why(essays.graded(FIRST, "An essay.")) == 1
    assert essays.give(points, 4).status == 200


class TestPageThatShowsAnOlderAttempt:
    def test_gives_no_points_to_the_newer_one(self, essays: Essays) -> None:
        essays.graded(FIRST, "A long first essay.")
        points, comment = essays.open_page()
        essays.graded(SECOND, "A hasty second one.")
        for answer in (essays.give(points, 4), essays.say(comment, "Well argued.")):
            assert (answer.status, "handed in again" in answer.text) == (409, True)
        assert why(essays.graded(SECOND, "A hasty second one.")) == 0
        points, _ = essays.open_page()
        assert essays.give(points, 1).status == 200

    @pytest.mark.parametrize("what", ["points", "comment"])
    def test_gives_none_while_the_newer_one_takes_its_place(
        self, essays: Essays, what: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        essays.graded(FIRST, "A long first essay.")
        points, comment = essays.open_page()
        real = marks._put
        answers: list[Future[Answer]] = []
        with ThreadPoolExecutor() as teacher:

            def mark() -> Answer:
                return essays.give(points, 4) if what == "points" else essays.say(comment, "Well argued.")

            def put(*args: Any) -> None:
                answers.append(teacher.submit(mark))
                time.sleep(1)
                real(*args)

            monkeypatch.setattr(marks, "_put", put)
            second = essays.graded(SECOND, "A hasty second one.")
            assert answers[0].result().status == 409
        assert (why(second), essays.comment()) == (0, None)


@pytest.mark.parametrize("points", ["many", "nan", -1, "1e999", [4], {"a": 1}, "1e10"])
def test_what_are_no_points_is_refused(essays: Essays, points: object) -> None:
    essays.graded(FIRST, "An essay.")
    grade_id, _ = essays.open_page()
    answer = essays.give(grade_id, points)
    assert (answer.status, json.loads(answer.text)["message"]) == (400, "Points are a number, 0 or more.")
    assert why(essays.graded(FIRST, "An essay.")) == 0
