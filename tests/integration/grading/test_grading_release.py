"""Releasing: what students get, and what they never do."""

from __future__ import annotations

import dataclasses
import re
import stat
from pathlib import Path

import nbformat
import pytest
from learnflow_grading import released
from learnflow_grading.autograde import Submission, grade
from learnflow_grading.course import Course, Limits, put_environment_on_path
from learnflow_grading.release import release
from learnflow_grading.trusted import calibrate
from nbformat import NotebookNode
from nbformat import v4 as nbf
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException

from learnflow_ext.contracts.errors import BadRequest, NotFound, TooLarge, Unavailable, Unprocessable
from learnflow_ext.contracts.grades import GradeRecord

from .conftest import SQUARE, Classroom, checks, notebook, solution, warmup, write_source


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course("python", tmp_path / "course", tmp_path / "exchange")


def refused(course: Course, nb: NotebookNode) -> str:
    """The sentence with which a source is refused; nothing of it must have got out."""
    write_source(course.root, "ps", {"nb": nb})
    with pytest.raises(Unprocessable) as caught:
        release(course, "ps")
    assert course.exchange is not None
    assert released.assignments(course.exchange, "python") == ()
    return caught.value.message


class TestRelease:
    def test_it_is_described(self, classroom: Classroom) -> None:
        assert classroom.released.title == "Warming up"
        assert classroom.released.notebooks == ("warmup",)
        assert classroom.released.exercises == (
            ("warmup", "test_square", 2.0),
            ("warmup", "test_hello", 1.0),
            ("warmup", "test_total", 3.0),
        )

    def test_students_get_the_visible_part(self, classroom: Classroom) -> None:
        files = {f.path: f.content for f in released.files(classroom.exchange, "python", "warmup").files}
        assert set(files) == {"warmup.ipynb", "numbers.csv"}
        text = files["warmup.ipynb"].decode()
        assert "assert square(2) == 4" in text
        assert "return x * x" not in text
        assert "289" not in text

    def test_again_brings_the_new_version(self, course: Course) -> None:
        write_source(course.root, "ps", {"nb": warmup()})
        release(course, "ps")
        nb = warmup()
        nb.cells[0].source = "# Second edition"
        write_source(course.root, "ps", {"nb": nb})
        assert release(course, "ps").title == "Second edition"

    def test_the_exchange_is_not_open_to_others(self, course: Course) -> None:
        write_source(course.root, "ps", {"nb": warmup()})
        release(course, "ps")
        assert course.exchange is not None
        assert not stat.S_IMODE(course.exchange.stat().st_mode) & 0o077

    def test_without_a_heading_the_folder_gives_the_title(self, course: Course) -> None:
        write_source(course.root, "first_steps", {"nb": notebook(checks("t", 1, "assert True"))})
        assert release(course, "first_steps").title == "first steps"


class TestRefused:
    def test_no_such_source(self, course: Course) -> None:
        with pytest.raises(NotFound, match="no assignment 'ps'"):
            release(course, "ps")

    def test_a_bad_name(self, course: Course) -> None:
        with pytest.raises(BadRequest):
            release(course, "../ps")

    def test_no_exchange(self, course: Course) -> None:
        write_source(course.root, "ps", {"nb": warmup()})
        with pytest.raises(Unavailable, match="no exchange"):
            release(Course("python", course.root), "ps")

    def test_a_misspelt_mark_would_show_the_hidden_test(self, course: Course) -> None:
        cell = checks("t", 1, "assert f(1)\n### BEGIN HIDDEN TEST\nassert f(2)\n### END HIDDEN TEST")
        assert "nb.ipynb was not released" in refused(course, notebook(cell))

    def test_a_solution_that_is_repeated_elsewhere(self, course: Course) -> None:
        cells = [
            solution("f", "def f(x):", "return x * 1234"),
            nbf.new_code_cell("print(1)", outputs=[]),
            checks("t", 1, "assert f(1)", "assert f(77) == 95018"),
        ]
        other = course.root / "source" / "ps" / "notes.md"
        other.parent.mkdir(parents=True)
        other.write_text("Teachers only:\n    assert f(77) == 95018\n")
        assert "notes.md was not released" in refused(course, notebook(*cells))

    def test_a_copy_of_the_source_in_a_folder_below_stays_behind(self, course: Course) -> None:
        nb = notebook(checks("t", 1, "assert f(1)", "assert f(77) == 95018"))
        below = course.root / "source" / "ps" / "old"
        below.mkdir(parents=True)
        nbformat.write(nb, below / "nb.ipynb")
        write_source(course.root, "ps", {"nb": nb})
        release(course, "ps")
        assert course.exchange is not None
        assert [f.path for f in released.files(course.exchange, "python", "ps").files] == ["nb.ipynb"]

    def test_a_hidden_test_in_an_ordinary_cell(self, course: Course) -> None:
        cell = nbf.new_code_cell("### BEGIN HIDDEN TESTS\nassert 1\n### END HIDDEN TESTS")
        assert "could not be generated" in refused(course, notebook(cell))

    def test_rules_that_cannot_be_understood(self, course: Course) -> None:
        cell = checks("t", 1, "assert f(1)")
        cell.metadata["learnflow"] = {"must_use": ["a nice loop"]}
        assert "The rules of t cannot be understood" in refused(course, notebook(cell))

    @pytest.mark.parametrize("said", [{"must_use": ["a nice loop"]}, {"topic": "cooking"}])
    def test_neither_are_they_by_the_formgraders_button(
        self, course: Course, said: dict[str, object]
    ) -> None:
        nb = warmup()
        nb.metadata["learnflow"] = nb.cells[2].metadata["learnflow"] = said
        write_source(course.root, "ps", {"nb": nb})
        put_environment_on_path()
        made = GenerateAssignment(coursedir=course.directory("ps"), config=course.config())
        with pytest.raises(NbGraderException):
            made.start()
        assert not (course.root / "release" / "ps" / "nb.ipynb").exists()

    def test_a_topic_or_tutor_that_does_not_exist(self, course: Course) -> None:
        nb = notebook(checks("t", 1, "assert f(1)"))
        nb.metadata["learnflow"] = {"topic": "cooking"}
        said = refused(course, nb)
        assert said.startswith("nb.ipynb cannot be released. topic in the notebook's metadata is 'cooking'")
        nb.metadata["learnflow"] = {"topic": "files", "tutor": "open"}
        write_source(course.root, "ps", {"nb": nb})
        release(course, "ps")
        # Where the service reads it.
        assert course.exchange is not None
        kept = nbformat.read(course.exchange / "python" / "outbound" / "ps" / "nb.ipynb", as_version=4)
        assert kept.metadata["learnflow"] == {"topic": "files", "tutor": "open"}

    @pytest.mark.parametrize(
        "spoiled",
        [
            checks("more", 1, "assert 1\n### BEGIN HIDDEN TEST\nassert 2\n### END HIDDEN TEST"),
            nbf.new_code_cell("### BEGIN HIDDEN TESTS\nassert 1\n### END HIDDEN TESTS"),
        ],
    )
    def test_what_students_have_is_graded_all_the_same(
        self, course: Course, tmp_path: Path, spoiled: NotebookNode
    ) -> None:
        write_source(course.root, "ps", {"nb": warmup()})
        release(course, "ps")
        again = warmup()
        again.cells.append(spoiled)
        write_source(course.root, "ps", {"nb": again})
        with pytest.raises(Unprocessable):
            release(course, "ps")
        assert course.exchange is not None
        nb = nbformat.read(course.exchange / "python" / "outbound" / "ps" / "nb.ipynb", as_version=4)
        nb.cells[1].source = SQUARE
        (tmp_path / "in").mkdir()
        nbformat.write(nb, tmp_path / "in" / "nb.ipynb")
        record = grade(course, Submission("s", "ps", "ada", tmp_path / "in"))
        assert {cell.name: cell.score for cell in record.cells}["test_square"] == 2

    def test_another_language(self, course: Course) -> None:
        nb = warmup()
        nb.metadata["kernelspec"] = {"name": "ir", "display_name": "R 4.3", "language": "R"}
        assert refused(course, nb).startswith("nb.ipynb is for R 4.3. Only Python notebooks are graded here")

    def test_an_old_nbgrader_format(self, course: Course) -> None:
        nb = warmup()
        for cell in nb.cells:
            cell.metadata.nbgrader.schema_version = 1
        assert "nbgrader update" in refused(course, nb)

    def test_a_newer_nbgrader_format(self, course: Course) -> None:
        nb = warmup()
        for cell in nb.cells:
            cell.metadata.nbgrader.schema_version = 4
        assert "newer nbgrader" in refused(course, nb)


class TestReleasedFiles:
    def test_nothing_released_is_an_empty_list(self, tmp_path: Path) -> None:
        assert released.assignments(tmp_path, "python") == ()

    def test_the_list(self, classroom: Classroom) -> None:
        assert released.assignments(classroom.exchange, "python") == ("essay", "fortress", "loops", "warmup")
        assert released.notebooks(classroom.exchange, "python", "essay") == ("code", "thoughts")

    def test_unknown_ones_and_odd_names(self, classroom: Classroom) -> None:
        with pytest.raises(NotFound, match="has no assignment"):
            released.files(classroom.exchange, "python", "nothing")
        with pytest.raises(BadRequest):
            released.files(classroom.exchange, "..", "warmup")
        with pytest.raises(BadRequest):
            released.files(classroom.exchange, "python", "../../python")

    def test_links_are_not_followed(self, tmp_path: Path) -> None:
        folder = released.outbound(tmp_path, "python") / "ps"
        (folder / "data").mkdir(parents=True)
        (folder / "__pycache__").mkdir()
        (folder / "data" / "a.csv").write_text("1")
        (folder / "passwd").symlink_to("/etc/passwd")
        (folder / "etc").symlink_to("/etc")
        (folder.parent / "linked").symlink_to("/etc")
        assert [f.path for f in released.files(tmp_path, "python", "ps").files] == ["data/a.csv"]
        assert released.assignments(tmp_path, "python") == ("ps",)
        with pytest.raises(NotFound):
            released.files(tmp_path, "python", "linked")

    def test_a_release_that_is_too_large(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = released.outbound(tmp_path, "python") / "ps"
        folder.mkdir(parents=True)
        (folder / "big").write_bytes(b"x" * 11)
        monkeypatch.setattr(released, "MAX_RELEASE_BYTES", 10)
        with pytest.raises(TooLarge, match="larger than"):
            released.files(tmp_path, "python", "ps")


KEY = """
- id: sum
  question: How much is `1 + 1`?
  code: |
    print(1 + 1)
  choices:
    - {text: "2", right: true, reason: a-secret-reason for two}
    - {text: "a*b_c <i>11</i>", reason: a-secret-reason for eleven}
"""


def quiz(course: Course, key: str = KEY, *names: str) -> NotebookNode:
    """A notebook that asks the questions `names`; the key lies in the course."""
    folder = course.root / "quizzes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ps.yaml").write_text(key)
    cells = [nbf.new_markdown_cell(f"%quiz {name}") for name in names or ("sum",)]
    return notebook(*cells, checks("t", 1, "assert True"))


class TestQuizzes:
    def test_a_question_is_there_and_its_key_nowhere(self, course: Course) -> None:
        write_source(course.root, "ps", {"nb": quiz(course)})
        release(course, "ps")
        assert course.exchange is not None
        (file,) = released.files(course.exchange, "python", "ps").files
        cell = nbformat.reads(file.content.decode(), as_version=4).cells[0]
        assert cell.metadata["learnflow_quiz"] == {
            "course": "python",
            "assignment": "ps",
            "id": "sum",
            "question": "How much is `1 + 1`?",
            "code": "print(1 + 1)",
            "choices": ["2", "a*b_c <i>11</i>"],
            "several": False,
        }
        assert not cell.metadata["editable"]
        assert not cell.metadata["deletable"]
        assert cell.source == (
            "**Quiz:** How much is `1 + 1`?\n\n```python\nprint(1 + 1)\n```\n\n"
            "- 2\n- a\\*b\\_c \\<i\\>11\\</i\\>"
        )
        for folder in (course.root / "release", course.exchange):
            for path in folder.rglob("*"):
                assert not path.is_file() or b"a-secret-reason" not in path.read_bytes(), path
                assert path.name != "ps.yaml"

    def test_its_words_go_through_grading(self, course: Course, tmp_path: Path) -> None:
        write_source(course.root, "ps", {"nb": quiz(course)})
        release(course, "ps")
        given = nbformat.read(course.root / "release" / "ps" / "nb.ipynb", as_version=4)
        folder = tmp_path / "handed-in"
        folder.mkdir()
        nbformat.write(given, folder / "nb.ipynb")
        record = grade(course, Submission("s1", "ps", "ada", folder))
        assert (record.status, record.score) == ("graded", 1.0)
        after = nbformat.read(course.root / "autograded" / "ada" / "ps" / "nb.ipynb", as_version=4)
        # Metadata that is not nbgrader's is left behind; who marks by hand still reads the question.
        assert after.cells[0].source == given.cells[0].source
        assert "How much is" in record.feedback[0].content.decode()

    def test_a_question_without_a_key_is_refused(self, course: Course) -> None:
        assert "asks the quiz question 'other'" in refused(course, quiz(course, KEY, "sum", "other"))
        assert "without saying which" in refused(course, quiz(course, KEY, ""))

    def test_a_key_with_a_mistake_is_refused(self, course: Course) -> None:
        said = refused(course, quiz(course, KEY.replace("right: true, ", "")))
        assert "quizzes/ps.yaml cannot be used. Question sum: No choice is right" in said


class TestTheSolutionNeedsLongerThanStudentsHave:
    """Nobody could get these points: an honest answer takes as long."""

    SECONDS = 1.8

    def source(self, course: Course) -> None:
        cells = [
            solution("f", "def f(x):", "return 2 * x"),
            checks("test_f", 2, f"import time\ntime.sleep({self.SECONDS})\nassert f(2) == 4"),
            checks("test_g", 1, "assert f(4) == 8"),
        ]
        write_source(course.root, "ps", {"nb": notebook(*cells)})

    def graded(self, course: Course, folder: Path) -> GradeRecord:
        assert course.exchange is not None
        nb = nbformat.read(course.exchange / "python" / "outbound" / "ps" / "nb.ipynb", as_version=4)
        nb.cells[0].source = "def f(x):\n    return x + x"
        folder.mkdir()
        nbformat.write(nb, folder / "nb.ipynb")
        return grade(course, Submission("s", "ps", "ada", folder))

    def test_it_is_refused_with_the_cell_its_time_and_what_to_write(
        self, course: Course, tmp_path: Path
    ) -> None:
        self.source(course)
        short = dataclasses.replace(course, limits=Limits(cell_timeout=0.6))
        with pytest.raises(Unprocessable) as caught:
            release(short, "ps")
        said = caught.value.message
        assert re.search(
            r"these cells of nb\.ipynb take longer than the 0\.6 s .*: `test_f` [1-9]\.\d s\.", said
        )
        wanted = re.search(r"`cell_seconds: (\d+)` for ps in course\.yaml", said)
        assert wanted
        assert course.exchange is not None
        assert released.assignments(course.exchange, "python") == ()
        assert not course.folder("release", ".", "ps").exists()
        # With what the sentence says, it is released, and an honest answer gets everything.
        longer = dataclasses.replace(course, limits=Limits(cell_timeout=float(wanted[1])))
        release(longer, "ps")
        assert self.graded(longer, tmp_path / "in").score == 3

    def test_refused_while_the_machine_was_busy_it_is_measured_again(
        self, course: Course, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_source(course.root, "ps", {"nb": warmup()})
        with monkeypatch.context() as busy:
            busy.setattr(calibrate, "_seconds", lambda *_: {"test_square": 7.5})
            with pytest.raises(Unprocessable, match=r"`test_square` 7\.5 s"):
                release(course, "ps")
        assert release(course, "ps").notebooks == ("nb",)

    def test_released_all_the_same_a_person_is_asked_and_it_says_whose_fault_it_is(
        self, course: Course, tmp_path: Path
    ) -> None:
        self.source(course)
        release(course, "ps", trial=False)
        record = self.graded(dataclasses.replace(course, limits=Limits(cell_timeout=0.6)), tmp_path / "in")
        assert {cell.name: cell.score for cell in record.cells} == {"test_f": 0, "test_g": 1}
        said = "needs more time than it has here: your teacher's own solution takes longer, too"
        assert said in record.cells[0].message
        assert said in record.message
        assert record.needs_review
