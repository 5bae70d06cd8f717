"""The review of what was handed in: the student's lines alone, whatever they say about themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.agents import code_quality
from learnflow_ext.agents.code_quality import UNREADABLE, reviewed
from learnflow_ext.contracts.grades import CodeReview

STUB = "def total(list):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
TESTS = "assert total([1, 2]) == 3\nx = 1"


def test_what_the_teacher_wrote_is_nobodys_style() -> None:
    assert reviewed([STUB, TESTS], [STUB, TESTS]) is None
    solved = STUB.replace("raise NotImplementedError()", "return sum(list)")
    # The parameter's name is the teacher's, and so is its line.
    assert reviewed([solved, TESTS], [STUB, TESTS]) == CodeReview(lines=1)


def test_mistakes_and_remarks_are_told_apart_and_each_place_counts() -> None:
    function = "def f(a):\n    double = a\n    for x in a:\n        y = x\n        return y"
    found = reviewed([function, "q = 3\np = 4\nmax = 2"], [])
    assert found is not None
    assert found.lines == 8
    assert found.mistakes == ("return-in-loop",)
    assert found.remarks == ("unused-name", "unclear-name", "unclear-name", "shadowed-builtin")


def test_empty_lines_and_comments_are_no_lines() -> None:
    assert reviewed(["# nothing\n\n   \n"], []) is None
    assert reviewed([], []) is None
    assert reviewed(["# said\nprice = 3\n\n"], []) == CodeReview(lines=1)


class TestHostileCode:
    @pytest.mark.parametrize(
        "cell",
        [
            "if True print(1)",
            "(" * 5_000,
            "price = 1\n" * 5_000,
            "f(" + "[" * 300 + "]" * 300 + ")",
            "a\x00b",
        ],
        ids=["not Python", "brackets", "endless", "deep", "null"],
    )
    def test_that_cannot_be_read_is_one_mistake(self, cell: str) -> None:
        found = reviewed([cell], [])
        assert found is not None
        assert found.mistakes == (UNREADABLE,)

    def test_more_than_anybody_reads_is_left_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(code_quality, "MOST_CHARS", 5_000)
        found = reviewed(["price = 1\n" * 100] * 50, [])
        assert found is not None
        assert found.lines == 500

    @given(st.lists(st.text(max_size=200), max_size=4), st.lists(st.text(max_size=200), max_size=2))
    def test_any_text_comes_to_the_same_each_time(self, cells: list[str], given_out: list[str]) -> None:
        found = reviewed(cells, given_out)
        assert found == reviewed(cells, given_out)
        assert found is None or found.lines > 0
