"""The course that ships: well formed, solvable, fair, and silent about its solutions once released."""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, ClearSolutions, LockCells

from learnflow_ext.diagnosis.reading import without_magics
from learnflow_ext.exercises.families import FAMILIES

COURSE = Path(__file__).parents[3] / "notebooks" / "python-basics"
ASSIGNMENTS = sorted(path.name for path in (COURSE / "source").iterdir() if path.is_dir())
LESSONS = [name for name in ASSIGNMENTS if "quiz" not in name]

Cell = Any
Book = Any

pytestmark = pytest.mark.parametrize("assignment", ASSIGNMENTS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the lessons about files write theirs."""
    monkeypatch.chdir(tmp_path)


def source(assignment: str) -> Book:
    return nbformat.read(COURSE / "source" / assignment / f"{assignment}.ipynb", as_version=4)


def released(assignment: str) -> Book:
    """As nbgrader releases it, without its database."""
    book = source(assignment)
    for step in (LockCells(), ClearSolutions(), ClearOutput(), ClearHiddenTests()):
        book, _ = step.preprocess(book, {})
    return book


def graded(book: Book) -> list[Cell]:
    return [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def practices(book: Book) -> list[tuple[Cell, Cell, Cell]]:
    """Task, answer and check of each practice."""
    marked = [
        place
        for place, cell in enumerate(book.cells)
        if cell.metadata.get("learnflow", {}).get("practice") and "nbgrader" in cell.metadata
    ]
    return [(book.cells[place - 1], book.cells[place], book.cells[place + 1]) for place in marked]


def checks_itself(cell: Cell) -> bool:
    """Whether it is the check of a practice."""
    return bool(cell.metadata.get("learnflow", {}).get("practice")) and "nbgrader" not in cell.metadata


def run(code: str, names: dict[str, Any]) -> str:
    """What the code prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(without_magics(code), "<cell>", "exec"), names)
    return printed.getvalue()


def failures(book: Book) -> dict[str, Exception]:
    """Run all code cells in order, as a student would; what failed, by cell id."""
    names: dict[str, Any] = {}
    failed = {}
    for cell in book.cells:
        if cell.cell_type == "code":
            try:
                run(cell.source, names)
            except Exception as error:
                failed[cell.id] = error
    return failed


class TestForm:
    def test_is_a_valid_notebook_with_an_id_for_every_cell(self, assignment: str) -> None:
        book = source(assignment)
        nbformat.validate(book)
        ids = [cell.id for cell in book.cells]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(r"[a-z0-9-]{1,64}", cell_id) for cell_id in ids)
        assert book.metadata.kernelspec.name == "python3"

    def test_has_nbgraders_metadata_in_schema_three(self, assignment: str) -> None:
        book = source(assignment)
        for cell in book.cells:
            if "nbgrader" in cell.metadata:
                MetadataValidator().validate_cell(cell)
                assert cell.metadata.nbgrader.grade_id == cell.id
        names = [cell.metadata.nbgrader.grade_id for cell in book.cells if "nbgrader" in cell.metadata]
        assert len(set(names)) == len(names)

    def test_carries_no_outputs(self, assignment: str) -> None:
        code = [cell for cell in source(assignment).cells if cell.cell_type == "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in code)

    def test_is_worth_ten_points_as_its_headings_say(self, assignment: str) -> None:
        book = source(assignment)
        text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
        promised = [int(points) for points in re.findall(r"^### .*\((\d+) points\)", text, re.MULTILINE)]
        assert [cell.metadata.nbgrader.points for cell in graded(book)] == promised
        assert sum(promised) == 10
        assert 3 <= len(promised) <= 5

    def test_explains_before_it_asks(self, assignment: str) -> None:
        cells = source(assignment).cells
        for place, cell in enumerate(cells):
            if cell.metadata.get("learnflow", {}).get("practice"):
                continue
            if cell.metadata.get("nbgrader", {}).get("solution"):
                task, test = cells[place - 1], cells[place + 1]
                assert task.cell_type == "markdown" and task.metadata.nbgrader.locked
                assert test.metadata.nbgrader.grade and test.metadata.nbgrader.locked
                assert not cell.metadata.nbgrader.locked

    def test_every_function_and_class_to_write_says_what_it_should_do(self, assignment: str) -> None:
        for cell in source(assignment).cells:
            if cell.metadata.get("nbgrader", {}).get("solution") and "def " in cell.source:
                begun = r'(def \w+\([^)]*\)|class \w+):\n    """\w.+\."""'
                assert re.search(begun, cell.source), cell.id

    def test_lessons_say_which_concepts_they_teach(self, assignment: str) -> None:
        marked = [
            cell for cell in source(assignment).cells if cell.metadata.get("learnflow", {}).get("concepts")
        ]
        assert len(marked) >= 5

    def test_no_line_of_code_runs_off_the_page(self, assignment: str) -> None:
        cells = [cell for cell in source(assignment).cells if cell.cell_type == "code"]
        visible = [
            line for cell in cells for line in cell.source.split("### BEGIN HIDDEN TESTS")[0].splitlines()
        ]
        assert max(map(len, visible)) <= 100

    def test_has_no_link_or_image_that_could_break(self, assignment: str) -> None:
        text = "\n".join(cell.source for cell in source(assignment).cells if cell.cell_type == "markdown")
        assert not re.search(r"https?://|!\[|<img|<a ", text)


UNSAID = r"(?!)"
SIGNS: dict[type[ast.AST], str] = {
    ast.Slice: r"`[^`]*\[\d*:\d*\][^`]*`",
    ast.BitAnd: r"`[^`]*&[^`]*`",
    ast.ListComp: UNSAID,
    ast.GeneratorExp: UNSAID,
    ast.Lambda: UNSAID,
}
"""What looks like nothing that was there before, and how the text shows it; some the course never teaches."""


class TestWords:
    def test_an_example_uses_no_sign_before_the_text_has_shown_it(self, assignment: str) -> None:
        read = ""
        for name in ASSIGNMENTS[: ASSIGNMENTS.index(assignment) + 1]:
            for cell in source(name).cells:
                if cell.cell_type == "markdown":
                    read += cell.source
                elif cell.id.endswith("-example"):
                    for node in ast.walk(ast.parse(without_magics(cell.source))):
                        if type(node) in SIGNS:
                            assert re.search(SIGNS[type(node)], read), (cell.id, ast.dump(node))


class TestSteps:
    def test_every_lesson_has_a_run_to_step_through(self, assignment: str) -> None:
        drawn = [cell.source for cell in source(assignment).cells if cell.source.startswith("%%visualize\n")]
        assert len(drawn) == (0 if "quiz" in assignment else 1)
        # So short that nobody gets lost in it.
        assert all(len(code.splitlines()) <= 8 for code in drawn)


class TestPractice:
    def test_every_lesson_has_three_to_five_with_a_check_that_is_seen(self, assignment: str) -> None:
        found = practices(source(assignment))
        assert 3 <= len(found) <= 5 if assignment in LESSONS else not found
        for number, (task, answer, check) in enumerate(found, start=1):
            assert task.cell_type == "markdown" and task.source.startswith(f"### Practice {number}: ")
            assert answer.id.startswith("practice-") and check.id == f"check-{answer.id}"
            assert not answer.metadata.nbgrader.grade and checks_itself(check)
            assert "HIDDEN" not in check.source and check.source.count("assert ") >= 2
            # Whoever has it right reads so.
            assert 'print("Right' in check.source

    def test_the_tasks_are_of_several_kinds(self, assignment: str) -> None:
        """Some are functions to write; in others a slip is mended, a value foretold, or names made."""
        answers = [answer.source for _, answer, _ in practices(source(assignment))]
        written = [text for text in answers if re.search(r"^(def|class) ", text, re.MULTILINE)]
        mended = [task for task, _, _ in practices(source(assignment)) if "```python\ndef" in task.source]
        assert not answers or (written and (len(written) < len(answers) or mended))

    def test_it_comes_after_what_it_practises_and_before_the_end(self, assignment: str) -> None:
        cells = source(assignment).cells
        places = [place for place, cell in enumerate(cells) if cell.id.startswith("task-practice-")]
        shown = [place for place, cell in enumerate(cells) if re.search(r"-example$|^quiz-", cell.id)]
        assert all(shown[0] < place < len(cells) - 3 for place in places)


class TestSolutions:
    def test_pass_every_test_and_every_example_runs(self, assignment: str) -> None:
        assert failures(source(assignment)) == {}

    def test_examples_show_something(self, assignment: str) -> None:
        names: dict[str, Any] = {}
        for cell in source(assignment).cells:
            if cell.cell_type == "code":
                printed = run(cell.source, names)
                assert bool(printed) == (cell.id.endswith("-example") or checks_itself(cell)), cell.id


class TestRelease:
    def test_is_still_a_valid_notebook(self, assignment: str) -> None:
        nbformat.validate(released(assignment))

    def test_has_no_solution_and_no_hidden_test(self, assignment: str) -> None:
        kept = "\n".join(cell.source for cell in released(assignment).cells)
        assert "BEGIN SOLUTION" not in kept
        assert "HIDDEN" not in kept
        for line in hidden_lines(assignment):
            assert line not in kept

    def test_fails_every_test_until_something_is_written(self, assignment: str) -> None:
        book = released(assignment)
        failed = failures(book)
        assert {cell.id for cell in graded(book)} <= set(failed)

    def test_examples_run_before_anything_is_written(self, assignment: str) -> None:
        assert not any(name.endswith("-example") for name in failures(released(assignment)))

    def test_a_practice_is_open_until_something_is_written(self, assignment: str) -> None:
        book = released(assignment)
        failed = failures(book)
        assert {check.id for _, _, check in practices(book)} <= set(failed)

    def test_still_has_something_to_check_beside_the_hidden(self, assignment: str) -> None:
        for before, after in zip(graded(source(assignment)), graded(released(assignment)), strict=True):
            assert "### BEGIN HIDDEN TESTS" in before.source
            assert after.source.count("assert ") >= 1


class TestFairness:
    @pytest.mark.parametrize(
        "value", [None, 0, 1, 2, 120, "", "x", [], [1], True, "Ada: 3 seats", "Good morning, Ada!"]
    )
    def test_no_function_that_always_gives_the_same_passes(self, assignment: str, value: object) -> None:
        book = source(assignment)
        for place, cell in enumerate(book.cells):
            found = re.search(r"^def (\w+)\(([^)]*)\):", cell.source, re.MULTILINE)
            if found and cell.metadata.get("nbgrader", {}).get("solution"):
                stub = f"def {found.group(1)}({found.group(2)}):\n    return {value!r}"
                attempt = copy.deepcopy(book)
                attempt.cells[place].source = stub
                test = book.cells[place + 1].id
                assert test in failures(attempt), cell.id

    def test_a_name_that_the_tests_use_stands_in_the_task(self, assignment: str) -> None:
        """A parameter that a test names has to be called so, and the student has to know it."""
        cells = source(assignment).cells
        for place, cell in enumerate(cells):
            if cell.metadata.get("nbgrader", {}).get("grade"):
                task, answer = cells[place - 2].source, cells[place - 1].source
                begun = answer.split("### BEGIN SOLUTION")[0]
                for call in ast.walk(ast.parse(cell.source)):
                    if isinstance(call, ast.Call) and f"def {ast.unparse(call.func)}(" in answer:
                        for given in call.keywords:
                            assert f"`{given.arg}`" in task or str(given.arg) in begun, (cell.id, given.arg)

    def test_a_rule_about_the_way_is_told_as_a_rule(self, assignment: str) -> None:
        """In bold, and not among the hints, which are in italics."""
        cells = source(assignment).cells
        for place, cell in enumerate(cells):
            for word in cell.metadata.get("learnflow", {}).get("must_use", []):
                assert re.search(rf"\*\*[^*]*\b{word}\b[^*]*\*\*", cells[place - 2].source), cell.id

    def test_a_guest_book_that_is_not_there_yet_has_to_be_made(self, assignment: str) -> None:
        book = source(assignment)
        for cell in book.cells:
            if cell.id == "add-guest":
                cell.source = (
                    "def add_guest(name, guest):\n    with open(name) as file:\n        text = file.read()\n"
                    "    with open(name, 'w') as file:\n        file.write(text + guest + '\\n')"
                )
                assert list(failures(book)) == ["test-add-guest"]

    def test_a_line_of_spaces_is_tested_only_where_it_is_spoken_of(self, assignment: str) -> None:
        cells = source(assignment).cells
        for place, cell in enumerate(cells):
            if cell.metadata.get("nbgrader", {}).get("grade") and re.search(r"\\n +\\n", cell.source):
                assert "nothing but spaces" in cells[place - 2].source, cell.id

    def test_every_assertion_says_something_kind(self, assignment: str) -> None:
        book = source(assignment)
        for cell in [*graded(book), *(check for _, _, check in practices(book))]:
            for line in cell.source.splitlines():
                if line.startswith("assert "):
                    assert re.search(r', ("\w.*[.?!]"|reasons_\d\[answer_\d\])$', line), line


def hidden_lines(assignment: str) -> Iterator[str]:
    """The lines between the marks, but for those that say little."""
    for cell in graded(source(assignment)):
        hidden = cell.source.split("### BEGIN HIDDEN TESTS\n")[1].split("### END HIDDEN TESTS")[0]
        yield from (line.strip() for line in hidden.splitlines() if len(line.strip()) > 3)


class TestQuizReasons:
    """Wrong letters get their reason; no reason names the right one."""

    def test_each_wrong_letter_has_its_own(self, assignment: str) -> None:
        for cell in graded(source(assignment)):
            if "reasons_" not in cell.source:
                continue
            number = re.search(r"reasons_(\d) = ", cell.source)
            assert number is not None
            letters = re.search(r"in \[([^\]]*)\]", cell.source)
            assert letters is not None
            right = re.search(r'== "(\w)"', cell.source)
            assert right is not None
            options = re.findall(r'"(\w)"', letters.group(1))
            seen = set()
            for letter in options:
                names = {f"answer_{number.group(1)}": letter}
                if letter == right.group(1):
                    run(cell.source, dict(names))
                    continue
                with pytest.raises(AssertionError, match=r"\w{3}") as refused:
                    run(cell.source, dict(names))
                reason = str(refused.value)
                seen.add(reason)
                assert not re.search(rf"\b(answer|option|letter)\s+(is\s+)?{right.group(1)}\b", reason)
            assert len(seen) == len(options) - 1

    def test_another_letter_is_told_apart_from_a_wrong_one(self, assignment: str) -> None:
        for cell in graded(released(assignment)):
            if "answer_" in cell.source:
                number = cell.id.rsplit("-", 1)[1]
                for answer in ("", "e", "B", None, ["b"]):
                    with pytest.raises(AssertionError, match="one letter"):
                        run(cell.source, {f"answer_{number}": answer})
                for answer in "abcd":
                    run(cell.source, {f"answer_{number}": answer})


MODULES = [
    *("basics", "control_flow", "data_structures", "functions"),
    *("files", "errors", "libraries", "objects"),
]


def test_the_course_file_lists_what_is_there(assignment: str) -> None:
    listed = msgspec.yaml.decode((COURSE / "course.yaml").read_bytes())
    assert set(MODULES) == set(FAMILIES)
    assert listed["title"] == "Python basics"
    assert [entry["name"] for entry in listed["assignments"]] == ASSIGNMENTS
    assert list(dict.fromkeys(entry["topic"] for entry in listed["assignments"])) == MODULES
    title = next(entry["title"] for entry in listed["assignments"] if entry["name"] == assignment)
    assert source(assignment).cells[0].source.startswith(f"# {title}\n")


def test_the_quiz_asks_for_letters_and_the_lessons_for_code(assignment: str) -> None:
    answers = [
        cell for cell in source(assignment).cells if "answer_" in cell.source and cell.cell_type == "code"
    ]
    assert bool(answers) == ("quiz" in assignment)
