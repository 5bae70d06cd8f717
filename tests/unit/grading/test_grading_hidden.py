"""Hidden tests and solutions: found, and not let out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_grading.hidden import NotHidden, leaks, refuse_leaks, secret_lines, split_hidden

TEST = "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(5) == 10\n### END HIDDEN TESTS\nassert f(2) == 4"
ANSWER = "def f(x):\n    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION"


def test_the_hidden_region_is_cut_out_and_its_lines_are_known() -> None:
    assert split_hidden(TEST) == ("assert f(1) == 2\nassert f(2) == 4", frozenset({2, 3, 4}))


def test_a_cell_without_one_is_all_visible() -> None:
    assert split_hidden("assert True") == ("assert True", frozenset())


def test_a_region_that_never_ends_is_hidden_to_the_end() -> None:
    assert split_hidden("a\n### BEGIN HIDDEN TESTS\nb")[0] == "a"


def test_secrets_are_what_stands_in_regions_only() -> None:
    assert secret_lines([TEST, ANSWER]) == {"assert f(5) == 10", "return x + x"}
    assert secret_lines([TEST, "assert f(5) == 10"]) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "x\n  assert f(5) == 10",
        "# BEGIN HIDDEN TEST",
        "### Begin Solution",
        "#END_HIDDEN_TESTS",
        "## END  SOLUTIONS",
    ],
)
def test_secrets_and_misspelt_marks_are_leaks(text: str) -> None:
    assert list(leaks(secret_lines([TEST]), [text]))
    with pytest.raises(NotHidden, match=r"a\.ipynb was not released"):
        refuse_leaks("a.ipynb", secret_lines([TEST]), [text])


def test_ordinary_text_is_none() -> None:
    refuse_leaks("a.ipynb", secret_lines([TEST]), ["The solution of this exercise begins with f(5)."])


@given(st.lists(st.sampled_from(["x = 1", "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS", "assert f(9)"])))
def test_every_line_is_visible_or_hidden(lines: list[str]) -> None:
    visible, hidden = split_hidden("\n".join(lines))
    assert len(visible.split("\n") if visible else []) + len(hidden) == len(lines) or not lines
