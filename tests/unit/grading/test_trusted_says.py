"""What a test says, with the set-up cells that it uses, without a sandbox."""

from __future__ import annotations

import pytest
from learnflow_grading.trusted.says import (
    Prepared,
    asks_for_equality_alone,
    goes_through,
    of_arrays,
    of_loops,
    of_nans,
)

SETUP = (
    "import numpy as np\nfrom numpy import array as made\nEXPECTED = np.arange(3)\n"
    "NAMES = [n for n in 'ab']\nLIMITS = {}\nLIMITS['a'] = np.ones(2)\n"
    "def near(a, b):\n    return np.allclose(a, b)\ndef same(a, b):\n    return near(a, b)\n"
    "def total(xs):\n    result = 0\n    while xs:\n        result += xs.pop()\n    return result"
)


@pytest.mark.parametrize(
    ("test", "arrays", "loops"),
    [
        ("assert f(3) == [1]", False, False),
        ("assert f(3) == NAMES", False, True),
        ("assert total(f(3)) == 6", False, True),
        ("assert np.allclose(f(3), 1)", True, False),
        ("assert (made(f(3)) == 1).min()", True, False),
        ("assert (f(3) == EXPECTED).min()", True, False),
        ("assert (f(3) == LIMITS['a']).min()", True, False),
        ("assert same(f(3), 1)", True, False),
        ("assert eval('same(f(3), 1)')", True, True),
    ],
)
def test_only_what_it_uses_of_the_set_up_cells_counts(test: str, arrays: bool, loops: bool) -> None:
    prepared = Prepared()
    prepared.learn(SETUP)
    text = prepared.behind(test)
    assert (of_arrays(text), of_loops(text)) == (arrays, loops)


def test_what_a_star_imports_may_be_used_anywhere() -> None:
    prepared = Prepared()
    prepared.learn("from numpy import *")
    assert of_arrays(prepared.behind("assert (array(f(3)) == 1).min()"))


@pytest.mark.parametrize(
    ("test", "harmless"),
    [
        ("assert f(3) == 9", True),
        ("points = 0\npoints += f(3) == 9\npoints", True),
        ("for x, y in [(1, 2)]:\n    assert f(x) == y, x", True),
        ("assert f(3) in (9, 10) and f(4) is not None", True),
        ("assert not f(3) > 9", False),
        ("if f(3) != 9:\n    raise AssertionError", False),
        ("assert max(0, f(3)) == 0", False),
        ("assert abs(f(3) - 9) < 0.1", False),
        ("class T(TestCase):\n    def test(self):\n        self.assertNotEqual(f(3), 8)", False),
        ("import pandas as pd\nassert pd.Series(f(3)).sum() == 6", False),
    ],
)  # fmt: skip
def test_where_nothing_but_equality_is_asked_for_nan_passes_nothing(test: str, harmless: bool) -> None:
    assert asks_for_equality_alone(test) == harmless


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("import math\nassert f([]) is None or math.isnan(f([]))", True),
        ("assert not f(3).isna().any()", True),
        ("assert f('nanny') == 3", False),
    ],
)
def test_a_teacher_who_speaks_of_nan_has_thought_of_it(test: str, told: bool) -> None:
    assert of_nans(test) == told


@pytest.mark.parametrize(
    ("test", "through"),
    [
        ("points += all(n % 2 == 0 for n in f(3))", True),
        ("found = f(3)\npoints += all(n > 0 for n in sorted(found))", True),
        ("for a, b in zip(f(3), [1, 2]):\n    points += a == b", True),
        ("points += all(map(abs, f(3)))", True),
        ("def good(xs):\n    return all(x > 0 for x in xs)\npoints += good(f(3))", True),
        ("points += not any(f(3))", True),
        ("for n, m in [(1, 2)]:\n    points += f(n) == m", False),
        ("points += all(f(n) == m for n, m in [(1, 2)])", False),
        ("points += all(map(lambda case: f(case[0]) == case[1], [(1, 2)]))", False),
        ("points += f(3) == [1]\npoints += len(f(4)) == 2", False),
    ],
)
def test_whether_it_goes_through_what_a_student_gives(test: str, through: bool) -> None:
    assert goes_through(test, frozenset({"f"})) == through
