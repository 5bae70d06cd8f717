"""The words of hints: every kind of slip has some, and they hold nothing that an exercise may hide."""

from __future__ import annotations

import ast
import gc

import pytest

from learnflow_ext.exercises.discretion import first_discreet, told
from learnflow_ext.exercises.edits import Difference
from learnflow_ext.exercises.hints import hint_for, syntax_hint
from learnflow_ext.exercises.repair import Change, Repair
from learnflow_ext.exercises.slips import SLIPS, slip_of
from learnflow_ext.exercises.wording import WORDS

WIDE = "".join(chr(ord(each) + 0xFEE0) for each in "may") + " ride"
"""In the wide letters of another keyboard."""


def test_nobodys_program_is_remembered() -> None:
    """A classmate's least of all: it is read again when it is needed."""
    program = "\n".join(["def half(bens_own):", "    return bens_own / 2"])
    assert told("x = bens_own", "y = 1", "", [program]) == {"bens_own", "bens own"}
    assert first_discreet(["bens_own = 1", "x = 1"], "y = 1", "", [program]) == "x = 1"
    keeps = [each for each in gc.get_referrers(program) if isinstance(each, dict) and "program" not in each]
    assert not keeps


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


@pytest.mark.parametrize(
    ("before", "after", "sight"),
    [
        (
            "    t = 0\n\n    return t",
            "    t = 0\n    t += a\n    return t",
            "missing between line 2 and line 4 in",
        ),
        (
            "    if a:\n        return a",
            "    if a:\n        return a\n    return b",
            "missing after line 3 in",
        ),
        (
            "    if a:\n        b = 1\n    return b",
            "    if a:\n        b = 1\n    else:\n        b = 0\n    return b",
            "missing between line 3 and line 4 in",
        ),
        ("    return a", "    return b", "Look at line 2 in"),
    ],
)
def test_what_is_missing_lies_between_two_lines(before: str, after: str, sight: str) -> None:
    source, right = (f"def f(a, b):\n{body}\n\nf(1, 2)\n" for body in (before, after))
    tree = ast.parse(source)
    edits = Difference(tree.body[0], ast.parse(right).body[0]).edits
    change = Change("f", tree.body[0], tuple(edits), own=False)
    assert sight in hint_for(source, Repair(True, (change,), tree, program=right)).rungs[1]


class TestNothingSecretIsTold:
    def test_a_value_of_a_hidden_test_is_noticed(self) -> None:
        assert told("price = 'platypus'", "x = 1", "", ["assert f('platypus') == 2"]) == {"platypus"}

    def test_a_classmates_name_is_noticed(self) -> None:
        assert told("my_total = 0", "x = 1", "", ["def f(a):\n    my_total = a"]) == {"my_total", "my total"}

    def test_what_the_student_or_the_statement_has_is_no_secret(self) -> None:
        assert not told("my_total = 7", "my_total = 1", "Add 7 to it.", ["my_total = 7"])

    @pytest.mark.parametrize(
        ("example", "secret", "what"),
        [
            ("print(letters)    # oxelk", "assert f() == 'oxelk'", "oxelk"),
            ("height = 140", "assert f(140.0) == 2", "140"),
            ("height = 140", "assert f('140') == 2", "140"),
            ("height = 140", "assert f(0x8c) == 2", "140"),
            ("print('17')", "assert f(17) == 2", "17"),
            ("print('may ride')", "assert f('MAY ride') == 2", "may ride"),
            ("print('may ride')", "assert f() == 'may ' + 'ride'", "may ride"),
            ("print('may ride')", "assert f(1) == f'{f(2)} may ride'", "may ride"),
            ("print('may ride')", f"assert f('{WIDE}') == 2", "may ride"),
            ("print('may ride')", "assert f('máy ride') == 2", "may ride"),
            ("print('may ride')", "assert f(b'may ride') == 2", "may ride"),
            ("print('may ride')    # fits", "def f(a):\n    # may ride\n    return a", "may ride"),
            ("print('may ride')", "def f(a):\n    may_ride = a\n    return may_ride", "may ride"),
            ("may_ride = 5", "assert f('may ride') == 2", "may ride"),
            ("print('may ride')", 'def f(a):\n    """May  ride"""', "may ride"),
            ("pet = 1", "from animals import cat as pet", "pet"),
            ("pet = 1", "try:\n    f()\nexcept ValueError as pet:\n    raise", "pet"),
            ("pet = 1", "def f():\n    global pet", "pet"),
            ("pet = 1", "match f():\n    case [*pet]:\n        pass", "pet"),
        ],
    )
    def test_however_it_is_written(self, example: str, secret: str, what: str) -> None:
        assert what in told(example, "x = 1", "", [secret])

    def test_a_short_text_in_a_sentence_is_chance_and_a_value_is_none(self) -> None:
        assert not told("print(5)    # a part of it", "x = 1", "", ["assert f('a') == 'of'"])
        assert told("print('of')", "x = 1", "", ["assert f('a') == 'of'"]) == {"of"}
        assert not told("if a != b: print('?')", "a = b", "", ["assert f() == '!'"])
        assert told("print('!')", "x = 1", "", ["assert f() == '!'"]) == {"!"}

    def test_an_unreadable_program_gets_no_example_with_a_secret_value_either(self) -> None:
        free, held = (
            syntax_hint("def f(x)\n    return x\n", 1, "A colon.", secret=[f"assert f({value!r}) == 1"])
            for value in ("coffee", "tea")
        )
        assert "tea" in free.rungs[3]
        assert "tea" not in " ".join(held.rungs) and "line 1" in held.rungs[3]
