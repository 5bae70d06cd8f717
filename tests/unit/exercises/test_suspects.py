"""Lines to look at first: the coefficient, the order, and when nothing is said. Pure."""

from __future__ import annotations

import ast
import math

import pytest

from learnflow_ext.exercises.hints import only_own, suspect_hint
from learnflow_ext.exercises.spectrum import MARKS, marked
from learnflow_ext.exercises.suspects import Ran, Suspect, code_lines, ochiai, ranked, telling


def ran(passed: bool, *lines: int) -> Ran:
    return Ran(passed, frozenset(lines))


TESTS = [ran(False, 2, 3, 4), ran(False, 2, 3, 5), ran(True, 2, 4), ran(True, 2)]


def test_the_coefficient_is_ochiais() -> None:
    assert ochiai(TESTS) == {
        2: pytest.approx(2 / math.sqrt(2 * 4)),
        3: pytest.approx(1.0),
        4: pytest.approx(1 / math.sqrt(2 * 2)),
        5: pytest.approx(1 / math.sqrt(2 * 1)),
    }
    assert ochiai([ran(True, 1), ran(True, 2)]) == {} and ochiai([]) == {}


def test_a_line_that_only_failing_tests_run_comes_first() -> None:
    first, *others = ranked(TESTS)
    assert first == Suspect(3, 1.0, 0.0, only=True)
    assert not any(each.only for each in others)
    assert telling(ranked(TESTS)) == first


def test_a_line_whose_change_helps_comes_before_one_that_only_runs() -> None:
    assert ranked(TESTS, {4: 1.0})[0].line == 4


def test_lines_that_all_look_alike_tell_nothing() -> None:
    assert telling(ranked([ran(False, 1, 2, 3), ran(True, 1, 2, 3)])) is None
    assert telling(ranked([ran(False, 1, 2, 3), ran(False, 1, 2, 3)])) is None
    assert telling([]) is None


def test_when_no_test_passes_nothing_is_said_of_those_that_do() -> None:
    assert not any(each.only for each in ranked([ran(False, 1, 2), ran(False, 2)]))


PROGRAM = '''"""About it."""
from __future__ import annotations
import math
def f(x):
    """Its own."""
    if x:
        return 1
    elif x is None:
        pass
    else:
        try:
            y = math.sqrt(x)
        except ValueError:
            y = 2
    match y:
        case 1:
            return 3
    return y
'''


def test_a_mark_stands_before_each_step_and_changes_nothing_else() -> None:
    tree = marked(ast.parse(PROGRAM))
    seen = bytearray(30)
    namespace: dict[str, object] = {MARKS: seen}
    exec(compile(tree, "x", "exec", dont_inherit=True), namespace)
    function = namespace["f"]
    assert callable(function) and function.__doc__ == "Its own." and namespace["__doc__"] == "About it."
    seen[:] = bytes(30)
    assert function(1) == 1
    assert [line for line, said in enumerate(seen) if said] == [6, 7]
    seen[:] = bytes(30)
    assert function(0) == 0.0
    assert [line for line, said in enumerate(seen) if said] == [6, 8, 11, 12, 15, 18]
    assert code_lines(ast.parse(PROGRAM)) == {1, 5, 6, 7, 8, 11, 12, 14, 15, 17, 18}


def test_the_first_line_need_not_run_most_often_in_tests_that_fail() -> None:
    """What is said of it has to be true all the same."""
    tests = [ran(False, 2, 3), ran(False, 2), *[ran(True, 2)] * 10]
    first = ranked(tests)[0]
    assert first.line == 3 and not first.only
    said = suspect_hint("def f(x):\n    if x:\n        return 1\n", first).rungs[1]
    assert "more often" not in said and "all of them" not in said


class TestWhatIsSaid:
    SOURCE = "def longest(ws):\n    best = ws[0]\n    return best + '{own} `x` {line}'\n"

    @pytest.mark.parametrize(
        ("suspect", "why"),
        [
            (Suspect(3, 1.0, only=True), "every test that fails and in none that passes"),
            (Suspect(3, 0.7, gain=0.5), "small changes"),
            (Suspect(3, 0.9), "more closely"),
        ],
    )
    def test_the_line_and_why(self, suspect: Suspect, why: str) -> None:
        found = suspect_hint(
            self.SOURCE, suspect, secret=["def longest(w):\n    zebra = 1\n    return zebra\n"]
        )
        assert not found.proved and found.edit_size == 0 and found.line == 3
        assert "Look first at line 3" in found.rungs[1] and why in found.rungs[1]
        assert "could not prove" in found.rungs[0] and "line 3" not in found.rungs[0]
        assert "zebra" not in "".join(found.rungs)
        assert all(rung.count("`") % 2 == 0 for rung in found.rungs), "their backticks end no code"
        assert only_own(found.rungs, self.SOURCE)

    def test_code_of_somebody_else_is_noticed(self) -> None:
        assert only_own(["Look at line 2: `best = ws[0]`"], self.SOURCE)
        assert not only_own(["Look at line 2: `champion = ws[0]`"], self.SOURCE)
        assert not only_own(["```python\nchampion = 1\n```"], self.SOURCE)
