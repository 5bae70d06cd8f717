"""Blind grading in the formgrader: no answer about a blind assignment tells a name, and grades go to the
right student all the same."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from formgrader import TOKEN, Answer, Server
from learnflow_grading.autograde import Submission, grade
from learnflow_grading.blind import PREFIX, BlindCourse, Hidden
from learnflow_grading.formgrader_blind import NAMELESS, REPLACED
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from playwright.sync_api import sync_playwright

from .conftest import Classroom

STUDENTS = {
    # In the order they hand in; the last one is not graded yet.
    "quetzal7": ("Xochitl", "Yacamoto"),
    "wirbelwind": ("Bartholomea", "Zwirner"),
    "okapi.9@school": ("Ludmilla", "Ungerer"),
    "nachtigall": ("Theodosia", "Vandermeer"),
}
NAMES = [each for student, names in STUDENTS.items() for each in (student, *names)]
WROTE = {student: f"Because of reason {place}." for place, student in enumerate(STUDENTS)}
GRADED = list(STUDENTS)[:-1]
BLIND = Hidden({"essay": True})
API = "/formgrader/api"


def book(classroom: Classroom) -> Gradebook:
    return Gradebook(f"sqlite:///{classroom.course.root / 'gradebook.db'}")


@pytest.fixture(scope="module")
def essays(classroom: Classroom, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Everybody has handed in the essay, with code that fails, a file and a folder; nobody else has."""
    with book(classroom) as gradebook:
        for entry in gradebook.assignment_submissions("essay"):
            gradebook.remove_submission("essay", entry.student.id)
    for folder in (classroom.course.root / "submitted").glob("*/essay"):
        shutil.rmtree(folder)
    for student, (first, last) in STUDENTS.items():
        folder = tmp_path_factory.mktemp("essay")
        if student not in GRADED:
            folder = classroom.course.root / "submitted" / student / "essay"
            folder.mkdir(parents=True)
        thoughts = classroom.handed_out("essay", "thoughts")
        thoughts.cells[0].source = WROTE[student]
        code = classroom.handed_out("essay", "code")
        code.cells[0].source = "def double(x):\n    return x / 0"
        nbformat.write(thoughts, folder / "thoughts.ipynb")
        nbformat.write(code, folder / "code.ipynb")
        (folder / "data").mkdir()
        (folder / "data" / "table.csv").write_text("1,2\n")
        if student in GRADED:
            grade(classroom.course, Submission(f"of-{student}", "essay", student, folder))
            grade(classroom.course, Submission(f"w-{student}", "loops", student, loops_of(classroom, folder)))
        with book(classroom) as gradebook:
            gradebook.update_or_create_student(student, first_name=first, last_name=last)


def loops_of(classroom: Classroom, folder: Path) -> Path:
    """A right answer to the other assignment, which is not blind."""
    nb = classroom.handed_out("loops", "loops")
    nb.cells[0].source = "def count(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n"
    place = folder / "loops"
    place.mkdir()
    nbformat.write(nb, place / "loops.ipynb")
    return place


@pytest.fixture
def blind(classroom: Classroom, essays: None) -> Iterator[BlindCourse]:
    """The essay is graded blind while the test runs."""
    course = BlindCourse(classroom.course.root)
    course.write(BLIND)
    yield course
    course.write(Hidden())


def assert_nameless(answer: Answer, asked: str) -> None:
    told = answer.everything.casefold()
    for name in NAMES:
        assert name.casefold() not in told, (asked, name)


def listed(server: Server, path: str) -> Any:
    return json.loads(server.get(f"{API}/{path}").text)


def paths(server: Server) -> list[tuple[str, str]]:
    """(method, path) of all that the formgrader has to say about the essay, as a grader finds them."""
    found = [
        ("GET", f"/formgrader/{each}")
        for each in (
            "manage_assignments",
            "manage_submissions/essay",
            "gradebook",
            "gradebook/essay",
            "gradebook/essay/thoughts",
            "gradebook/essay/code",
            "api/assignments",
            "api/assignment/essay",
            "api/notebooks/essay",
            "api/submissions/essay",
            "api/submitted_notebooks/essay/thoughts",
            "api/submitted_notebooks/essay/code",
        )
    ]
    for one in listed(server, "submissions/essay"):
        given = one["student"]
        found += [
            ("GET", f"/formgrader/manage_students/{given}"),
            ("GET", f"/formgrader/manage_students/{given}/essay"),
            ("GET", f"{API}/submission/essay/{given}"),
            ("GET", f"{API}/student_submissions/{given}"),
            ("GET", f"{API}/student_notebook_submissions/{given}/essay"),
            ("GET", f"{API}/student/{given}"),
        ]
    for notebook in ("thoughts", "code"):
        for one in listed(server, f"submitted_notebooks/essay/{notebook}"):
            page = f"/formgrader/submissions/{one['id']}"
            found += [
                ("GET", f"{page}/{step}") for step in ("", "next", "prev", "next_incorrect", "prev_incorrect")
            ]
            found += [("GET", f"{page}/{file}") for file in ("data/table.csv", "data", "nothing.png")]
            found += [("GET", f"{API}/{kind}?submission_id={one['id']}") for kind in ("grades", "comments")]
            for kind in ("grade", "comment"):
                for each in listed(server, f"{kind}s?submission_id={one['id']}"):
                    found += [("GET", f"{API}/{kind}/{each['id']}"), ("PUT", f"{API}/{kind}/{each['id']}")]
            found += [("POST", f"{API}/submitted_notebook/{one['id']}/flag")] * 2
    return found


def deeds(blind: BlindCourse) -> list[tuple[str, str]]:
    """(method, path) of what changes the course.

    Of one who is graded already: who comes first in the list is drawn by lot, and other tests count on it
    that nobody has graded the last student.
    """
    given = f"{PREFIX}{blind.number('essay', GRADED[0])}"
    return [
        ("POST", f"{API}/submission/essay/{given}/autograde"),
        ("POST", f"{API}/assignment/essay/{given}/generate_feedback"),
        ("POST", f"{API}/assignment/essay/{given}/release_feedback"),
        ("POST", f"{API}/assignment/essay/generate_feedback"),
        ("POST", f"{API}/assignment/essay/release_feedback"),
        ("POST", f"{API}/assignment/essay/collect"),
        ("POST", f"{API}/assignment/essay/assign"),
        ("POST", f"{API}/assignment/essay/unrelease"),
        ("POST", f"{API}/assignment/essay/release"),
        ("PUT", f"{API}/assignment/essay"),
    ]


ABOUT_NO_SUBMISSION = {
    "/formgrader/?",
    "/formgrader/manage_students/?",
    "/formgrader/submissions/components/(.*)",
    "/formgrader/fonts/(.*)",
    "/formgrader/api/status",
    "/formgrader/api/students",
}
"""Addresses that the walk leaves out: who is in the course is no secret, and is looked at by itself."""


def test_no_answer_about_a_blind_assignment_tells_a_name(
    formgrader: Server, classroom: Classroom, blind: BlindCourse
) -> None:
    walked = paths(formgrader)
    walked += deeds(blind)
    for method, path in walked:
        answer = formgrader.get(path, method=method)
        assert answer.status in (200, 403, 404), (method, path, answer.text[:500])
        assert_nameless(answer, f"{method} {path}")
    known = [route[0] for route in (*handlers.default_handlers, *apihandlers.default_handlers)]
    bare = [path.partition("?")[0] for _, path in walked]
    left_out = {route for route in known if not any(re.fullmatch(route, path) for path in bare)}
    assert left_out <= ABOUT_NO_SUBMISSION


def test_every_address_of_nbgraders_was_looked_at() -> None:
    ours = {handlers.FormgraderHandler, handlers.SubmissionFilesHandler, *REPLACED, *NAMELESS}
    served = {route[1] for route in (*handlers.default_handlers, *apihandlers.default_handlers)}
    assert served <= ours


def test_nor_does_the_order_or_the_time(formgrader: Server, blind: BlindCourse) -> None:
    found = listed(formgrader, "submissions/essay")
    numbers = [int(one["student"].removeprefix(PREFIX)) for one in found]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == len(STUDENTS)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", one["timestamp"] or "2026-01-01") for one in found)
    for notebook in ("thoughts", "code"):
        shown = [one["index"] + 1 for one in listed(formgrader, f"submitted_notebooks/essay/{notebook}")]
        assert shown == [number for number in numbers if number in shown]


def test_nor_does_a_file_that_was_handed_in_tell_the_time(formgrader: Server, blind: BlindCourse) -> None:
    (one, *_) = listed(formgrader, "submitted_notebooks/essay/thoughts")
    page = f"/formgrader/submissions/{one['id']}"
    table = formgrader.get(f"{page}/data/table.csv")
    assert (table.status, table.text) == (200, "1,2\n")
    assert "Last-Modified" not in table.headers
    for path in ("timestamp.txt", "timestamp.txt/", "submission_secret.txt"):
        assert formgrader.get(f"{page}/{path}").status == 404, path


def test_a_grade_given_by_number_is_the_right_students(
    formgrader: Server, classroom: Classroom, blind: BlindCourse
) -> None:
    given = {}
    for one in listed(formgrader, "submitted_notebooks/essay/thoughts"):
        page = formgrader.get(f"/formgrader/submissions/{one['id']}/").text
        (student,) = [who for who, text in WROTE.items() if text in page]
        assert f"Submission #{blind.number('essay', student)}" in page
        (cell,) = listed(formgrader, f"grades?submission_id={one['id']}")
        given[student] = 1 + GRADED.index(student)
        body = {"manual_score": given[student], "extra_credit": None}
        answer = formgrader.get(f"{API}/grade/{cell['id']}", method="PUT", body=body)
        assert json.loads(answer.text)["manual_score"] == given[student]
        (comment,) = listed(formgrader, f"comments?submission_id={one['id']}")
        said = {"manual_comment": f"for {given[student]}"}
        assert formgrader.get(f"{API}/comment/{comment['id']}", method="PUT", body=said).status == 200
    assert sorted(given) == sorted(GRADED)
    with book(classroom) as gradebook:
        for student, points in given.items():
            assert gradebook.find_submission("essay", student).score == points
            assert gradebook.find_comment("why", "thoughts", "essay", student).comment == f"for {points}"


def test_autograding_by_number_grades_that_student_alone(
    formgrader: Server, classroom: Classroom, blind: BlindCourse
) -> None:
    files = {who: classroom.course.folder("autograded", who, "essay") / "code.ipynb" for who in GRADED}
    before = {who: path.stat().st_mtime_ns for who, path in files.items()}
    given = f"{PREFIX}{blind.number('essay', 'wirbelwind')}"
    answer = formgrader.get(f"{API}/submission/essay/{given}/autograde", method="POST")
    assert json.loads(answer.text) == {"success": True}
    assert {who for who, path in files.items() if path.stat().st_mtime_ns > before[who]} == {"wirbelwind"}


class TestGraderWhoTriesNames:
    @pytest.mark.parametrize(
        "path",
        [
            "submission/essay/quetzal7",
            "student_notebook_submissions/quetzal7/essay",
            "submission/essay/submission:1",
            "submission/essay/submission:x",
            "student/submission:100",
        ],
    )
    def test_gets_no_answer(self, formgrader: Server, blind: BlindCourse, path: str) -> None:
        assert formgrader.get(f"{API}/{path}").status == 404

    def test_starts_nothing(self, formgrader: Server, blind: BlindCourse) -> None:
        for path in ("submission/essay/quetzal7/autograde", "assignment/essay/quetzal7/generate_feedback"):
            assert formgrader.get(f"{API}/{path}", method="POST").status == 404
        assert formgrader.get("/formgrader/manage_students/quetzal7/essay").status == 404
        made = formgrader.get(f"{API}/student/submission:100", method="PUT")
        assert made.status == 404

    @pytest.mark.parametrize("assignment", ["essay%20", "%C2%A0essay", "ess%3Fy", "ess*", "%5Be%5Dssay", "*"])
    def test_has_no_other_name_for_the_assignment(
        self, formgrader: Server, blind: BlindCourse, assignment: str
    ) -> None:
        for path in (f"submissions/{assignment}", f"submission/{assignment}/quetzal7"):
            assert formgrader.get(f"{API}/{path}").status == 404, path
        for path in (
            f"submission/{assignment}/quetzal7/autograde",
            f"assignment/{assignment}/quetzal7/generate_feedback",
            f"assignment/{assignment}/generate_feedback",
        ):
            assert formgrader.get(f"{API}/{path}", method="POST").status == 404, path

    def test_finds_no_points_of_it_beside_a_name(self, formgrader: Server, blind: BlindCourse) -> None:
        theirs = listed(formgrader, "student_submissions/quetzal7")
        assert {one["name"] for one in theirs if one["submitted"]} == {"loops"}
        assert "essay" not in {one["name"] for one in theirs}
        everybody = {one["id"]: one for one in listed(formgrader, "students")}
        assert (everybody["quetzal7"]["score"], listed(formgrader, "student/quetzal7")["score"]) == (2, 2)


class TestWhenItEnds:
    def test_names_are_back_and_an_address_from_before_still_works(
        self, formgrader: Server, blind: BlindCourse
    ) -> None:
        given = f"{PREFIX}{blind.number('essay', 'quetzal7')}"
        blind.write(Hidden())
        assert sorted(one["student"] for one in listed(formgrader, "submissions/essay")) == sorted(STUDENTS)
        assert listed(formgrader, f"submission/essay/{given}")["student"] == "quetzal7"
        assert "essay" in {one["name"] for one in listed(formgrader, "student_submissions/quetzal7")}
        (one, *_) = listed(formgrader, "submitted_notebooks/essay/thoughts")
        assert one["student"] in formgrader.get(f"/formgrader/submissions/{one['id']}/").text
        told = [formgrader.get(path).everything for method, path in paths(formgrader) if method == "GET"]
        named = sum(any(name in text for name in NAMES) for text in told)
        assert named > len(told) / 2, "the walk would have met names"

    def test_other_assignments_had_names_all_the_time(self, formgrader: Server, blind: BlindCourse) -> None:
        assert set(GRADED) <= {one["student"] for one in listed(formgrader, "submissions/loops")}


def test_in_a_browser_a_number_stands_where_the_name_was(
    formgrader: Server, blind: BlindCourse, tmp_path: Path
) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(extra_http_headers={"Authorization": f"token {TOKEN}"})
        page.goto(f"{formgrader.base}/formgrader/gradebook/essay/thoughts")
        number = blind.number("essay", "quetzal7")
        page.get_by_role("link", name=f"Submission #{number}").click()
        page.get_by_text(WROTE["quetzal7"]).wait_for()
        heading = page.locator(".live-notebook")
        assert heading.inner_text().strip() == f"Submission #{number}"
        assert page.locator(".live-notebook .glyphicon").count() == 0
        page.screenshot(path=tmp_path / "blind.png")
        page.goto(f"{formgrader.base}/formgrader/manage_submissions/essay")
        page.get_by_text(f"Submission, #{number}").wait_for()
        told = page.content().casefold()
        browser.close()
    assert not [name for name in NAMES if name.casefold() in told]
