"""What a test says, with the set-up cells that it uses, without a sandbox."""

from __future__ import annotations

import pytest
from learnflow_grading.trusted.says import Prepared, of_arrays, of_loops

SETUP = (
    "import numpy as np\nfrom numpy import array as made\nEXPECTED = np.arange(3)\nNAMES = [n for n in 'ab']\n"
    "LIMITS = {}\nLIMITS['a'] = np.ones(2)\n"
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
