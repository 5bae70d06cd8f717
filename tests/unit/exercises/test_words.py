"""The words of hints: every kind of slip has some, and they hold nothing that an exercise may hide."""

from __future__ import annotations

import ast

import pytest

from learnflow_ext.exercises.edits import Difference
from learnflow_ext.exercises.hints import told
from learnflow_ext.exercises.slips import SLIPS, slip_of
from learnflow_ext.exercises.wording import WORDS


def test_every_kind_has_words() -> None:
    assert set(WORDS) == set(SLIPS)


@pytest.mark.parametrize("slip", SLIPS)
def test_examples_are_programs_that_run(slip: str, capsys: pytest.CaptureFixture[str]) -> None:
    for example in WORDS[slip].examples:
        exec(compile(example, "<example>", "exec"), {})
    assert WORDS[slip].idea and WORDS[slip].question.endswith((".", "?"))


@pytest.mark.parametrize(
    ("before", "after", "slip"),
    [
        ("    return a < b", "    return a <= b", "comparison"),
        ("    return a == b", "    return a != b", "equality"),
        ("    return a and b", "    return a or b", "and_or"),
        ("    return a[0]", "    return a[1]", "index"),
        ("    for i in range(1, b):\n        a += i", "    for i in range(0, b):\n        a += i", "bounds"),
        (
            "    t = 1\n    for x in a:\n        t += x",
            "    t = 0\n    for x in a:\n        t += x",
            "start value",
        ),
        ("    return a + b", "    return a - b", "calculation"),
        ("    print(a)", "    return a", "print and return"),
        ("    t = a", "    t = a\n    return t", "missing return"),
        ("    for x in a:\n        b = x", "    for x in a:\n        b += x", "updating"),
        (
            "    for x in a:\n        return x",
            "    for x in a:\n        pass\n    return x",
            "when to return",
        ),
        ("    a.sort()\n    return a", "    return a", "extra step"),
        ("    if a:\n        return b", "    if b:\n        return b", "condition"),
        ("    while a:\n        a -= 1", "    while b:\n        a -= 1", "how long a loop runs"),
        (
            "    for x in a:\n        print(x)",
            "    for x in b:\n        print(x)",
            "what a loop goes through",
        ),
    ],
)
def test_an_edit_is_known_by_what_it_mends(before: str, after: str, slip: str) -> None:
    old, new = (ast.parse(f"def f(a, b):\n{body}\n").body[0] for body in (before, after))
    assert slip_of(Difference(old, new).edits, old) == slip


class TestNothingSecretIsTold:
    def test_a_value_of_a_hidden_test_is_noticed(self) -> None:
        assert told("price = 'platypus'", "x = 1", "", ["assert f('platypus') == 2"]) == {"'platypus'"}

    def test_a_classmates_name_is_noticed(self) -> None:
        assert told("my_total = 0", "x = 1", "", ["def f(a):\n    my_total = a"]) == {"my_total"}

    def test_what_the_student_or_the_statement_has_is_no_secret(self) -> None:
        assert not told("my_total = 7", "my_total = 1", "Add 7 to it.", ["my_total = 7"])
