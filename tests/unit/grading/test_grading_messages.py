"""Why points are missing: true, helpful, and silent about hidden values."""

from __future__ import annotations

from typing import Any, cast

import pytest
from learnflow_grading.execute import REASONS, STOPPED, Stop
from learnflow_grading.messages import Points, builtin_exception, explain
from nbformat import NotebookNode
from nbformat import v4 as nbf

SOURCE = "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(41) == 82, f(41)\n### END HIDDEN TESTS"


def failed(name: str, line: int, value: str = "", source: str = SOURCE) -> NotebookNode:
    """A test cell that failed at this line, as IPython tells it."""
    trace = [
        "-----",
        f"{name}  Traceback (most recent call last)",
        f"Cell \x1b[32mIn[2]\x1b[39m, line {line}\n",
        value,
    ]
    error = nbf.new_output("error", ename=name, evalue=value, traceback=trace)
    marks: dict[str, Any] = {"nbgrader": {"grade": True, "solution": False}}
    return cast(NotebookNode, nbf.new_code_cell(source, outputs=[error], metadata=marks))


ZERO = Points(0, 2)


def test_full_marks_need_no_words() -> None:
    assert explain(failed("AssertionError", 1), Points(2, 2), tainted=True) == ""


def test_a_visible_check_is_quoted() -> None:
    told = explain(failed("AssertionError", 1, "not two"), ZERO, tainted=False)
    assert told == "This check did not pass: assert f(1) == 2 (not two)"


def test_once_a_hidden_test_ran_only_the_teachers_words_are_quoted() -> None:
    assert (
        explain(failed("AssertionError", 1, "82"), ZERO, tainted=True)
        == "This check did not pass: assert f(1) == 2"
    )
    assert "82" not in explain(failed("ValueError", 1, "82"), ZERO, tainted=True)


@pytest.mark.parametrize("name", ["AssertionError", "ZeroDivisionError", "Value82", "print", "42"])
@pytest.mark.parametrize("line", [3, 99, 0])
def test_a_hidden_check_is_neither_quoted_nor_named(name: str, line: int) -> None:
    told = explain(failed(name, line, "f(41) is 82"), ZERO, tainted=True)
    assert "hidden test" in told
    assert "82" not in told
    assert "41" not in told


def test_a_built_in_exception_may_be_named() -> None:
    assert "a ZeroDivisionError" in explain(failed("ZeroDivisionError", 3), ZERO, tainted=True)
    assert "an IndexError at: assert f(1) == 2" in explain(failed("IndexError", 1), ZERO, tainted=True)
    assert "a TypeError (no) at" in explain(failed("TypeError", 1, "no"), ZERO, tainted=False)


def test_a_cell_without_hidden_tests_says_nothing_of_them() -> None:
    assert "hidden" not in explain(failed("NameError", 9, source="assert f(1)"), ZERO, tainted=False)


@pytest.mark.parametrize("stop", list(REASONS))
def test_a_limit_that_was_hit_is_told(stop: Stop) -> None:
    cell = failed("CellStopped", 1)
    cell.metadata[STOPPED] = stop
    assert explain(cell, ZERO, tainted=True) == REASONS[stop]


def test_warnings_and_part_scores() -> None:
    warned = nbf.new_code_cell(SOURCE, outputs=[nbf.new_output("stream", name="stderr", text="82")])
    assert "warning" in explain(warned, ZERO, tainted=True)
    assert "Some of the checks" in explain(nbf.new_code_cell(SOURCE), Points(1, 2), tainted=True)


def test_parts_for_the_teacher() -> None:
    answer = nbf.new_markdown_cell("", metadata={"nbgrader": {"grade": True, "solution": True}})
    assert "by hand" in explain(answer, Points(None, 2), tainted=False)
    assert "no answer" in explain(answer, ZERO, tainted=False)
    assert "part of the points" in explain(answer, Points(1, 2), tainted=False)


def test_only_real_built_in_exceptions_count() -> None:
    assert builtin_exception("ValueError") == "ValueError"
    for other in ("print", "Secret", "__doc__", None, 7):
        assert builtin_exception(other) == ""
