"""Rules about how an exercise is solved."""

from __future__ import annotations

from typing import Any

import pytest
from learnflow_grading.constructs import Constructs, broken, parse

from learnflow_ext.contracts.errors import Unprocessable

LOOP = "def total(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t"
WITH_SUM = "def total(xs):\n    return sum(xs)"
RULES = Constructs(("loop",), (), "total")
NO_SUM = Constructs((), ("sum",), "total")


class TestMustUse:
    @pytest.mark.parametrize(
        ("word", "code"),
        [
            ("loop", LOOP),
            ("loop", "def total(xs):\n    while xs:\n        return xs.pop()"),
            ("loop", "def add(xs):\n    for x in xs: return x\ndef total(xs):\n    return add(xs)"),
            ("recursion", "def total(xs):\n    return xs[0] + total(xs[1:]) if xs else 0"),
            ("recursion", "def a(n):\n    return total(n)\ndef total(n):\n    return a(n - 1) if n else 0"),
            ("comprehension", "total = lambda xs: [x for x in xs]"),
            ("f-string", "def total(x):\n    return f'{x}'"),
            ("sorted", "def total(xs):\n    return sorted(xs)"),
        ],
    )
    def test_what_is_used_is_seen(self, word: str, code: str) -> None:
        assert broken(Constructs((word,), (), "total"), [code]) == ""

    @pytest.mark.parametrize(
        ("word", "code"),
        [
            ("loop", WITH_SUM),
            ("loop", "def other(xs):\n    for x in xs: pass\ndef total(xs):\n    return sum(xs)"),
            ("loop", "def total(xs):\n    return sum(xs)\n    for x in xs: pass"),
            ("loop", "def total(xs):\n    if False:\n        for x in xs: pass\n    return sum(xs)"),
            ("loop", "def total(xs):\n    while 0: pass\n    return sum(xs)"),
            ("loop", "def total(xs):\n    'for x in xs: pass'\n    return sum(xs)  # for x in xs"),
            ("recursion", LOOP),
            ("recursion", "def total(xs):\n    return sum(xs)\n    total(xs)"),
            ("sorted", "def total(xs):\n    sorted = 1\n    return xs"),
        ],
    )
    def test_what_never_runs_is_not(self, word: str, code: str) -> None:
        assert "asks you to use" in broken(Constructs((word,), (), "total"), [code])


class TestMustNotUse:
    @pytest.mark.parametrize(
        "code",
        [
            WITH_SUM,
            "s = sum\ndef total(xs):\n    return s(xs)",
            "from builtins import sum as s\ndef total(xs):\n    return s(xs)",
            "import builtins\ndef total(xs):\n    return builtins.sum(xs)",
            "import numpy as np\ndef total(xs):\n    return np.sum(xs)",
            "import builtins\ndef total(xs):\n    return getattr(builtins, 'sum')(xs)",
            "def helper(xs):\n    return sum(xs)\ndef total(xs):\n    return helper(xs)",
            "def total(xs):\n    return sum(xs)\ntotal = total",
            "total = sum",
            "def total(xs):\n    def inner():\n        return sum(xs)\n    return inner()",
        ],
    )
    def test_it_is_found_behind_other_names(self, code: str) -> None:
        assert broken(NO_SUM, [code]) == (
            "Your total gives the right result, but this exercise asks for a way without `sum`."
        )

    @pytest.mark.parametrize(
        "call", ["eval('su' + 'm')", "__builtins__['s' + 'um']", "getattr(b, 's' + 'um')", "globals()['s']"]
    )
    def test_hiding_it_is_told_too(self, call: str) -> None:
        assert "nobody can see" in broken(NO_SUM, [f"def total(xs):\n    return {call}(xs)"])

    @pytest.mark.parametrize(
        "more", ["exec('total = sum')", "%%time\ntotal = sum", "%time total = sum", "vars()['total'] = sum"]
    )
    def test_so_is_putting_another_function_in_its_place(self, more: str) -> None:
        assert "nobody can see" in broken(NO_SUM, [LOOP], [more])
        assert "can be read" in broken(NO_SUM, [], ["%%time\n" + WITH_SUM])
        assert broken(NO_SUM, [LOOP], ["%matplotlib inline"]) == ""

    def test_it_may_be_used_elsewhere(self) -> None:
        assert broken(NO_SUM, [LOOP + "\nprint(sum([1]))"]) == ""

    def test_a_helper_from_another_cell_belongs_to_it(self) -> None:
        answer = "def total(xs):\n    return h(xs)"
        assert "without" in broken(NO_SUM, [answer], ["def h(xs):\n    return sum(xs)"])


class TestWithoutAFunction:
    def test_it_is_about_the_answer_cells(self) -> None:
        rules = Constructs(("loop",), ("print",))
        assert broken(rules, ["for i in range(3):\n    i"], ["print(1)"]) == ""
        assert broken(rules, ["print(1)"], ["for i in 'ab': pass"]).startswith("Your answer")

    @pytest.mark.parametrize("text", ["", "def total(:", "for for"])
    def test_what_is_not_python_is_left_to_the_tests(self, text: str) -> None:
        assert broken(RULES, [LOOP], [text]) == ""


class TestCodeMadeToBreakTheCheck:
    @pytest.mark.parametrize(
        "padding", ["x = 1\n" * 60_000, f"x = {'-' * 90}1\nx = {'1+' * 5_000}1\n", "y = 1\n" * 40_000]
    )
    def test_it_earns_nothing_by_it(self, padding: str) -> None:
        assert broken(NO_SUM, [padding + WITH_SUM]) != ""


class TestMetadata:
    def test_what_a_teacher_writes(self) -> None:
        given = {"learnflow": {"must_use": "loop", "must_not_use": ["sum", "sorted"], "in": "total"}}
        assert parse(given, "t") == Constructs(("loop",), ("sum", "sorted"), "total")

    @pytest.mark.parametrize("given", [{}, {"learnflow": {}}, {"learnflow": "x"}, {"learnflow": {"in": "f"}}])
    def test_none(self, given: dict[str, Any]) -> None:
        assert parse(given, "t") is None

    @pytest.mark.parametrize(
        "rules",
        [{"must_use": ["a loop"]}, {"must_use": 5}, {"must_not_use": [3]}, {"must_use": ["if"], "in": "f()"}],
    )
    def test_what_cannot_be_understood_is_told_with_the_cell(self, rules: dict[str, Any]) -> None:
        with pytest.raises(Unprocessable, match="test_total"):
            parse({"learnflow": rules}, "test_total")
