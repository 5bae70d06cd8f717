"""The review agent and its checks: what is probably wrong, what could be clearer, and what is good."""

from __future__ import annotations

import pytest

from learnflow_ext.agents import code_checks, review
from learnflow_ext.agents.reply import MAX_WORDS, words
from learnflow_ext.agents.source import parse
from learnflow_ext.contracts.help import CellError, HelpRequest


def kinds(code: str) -> list[str]:
    return [remark.kind for remark in code_checks.remarks(code)]


def said(code: str = "", text: str = "review this", error: CellError | None = None) -> str:
    return review.compose(review.analyse(HelpRequest(text=text, code=code, error=error))).text


@pytest.mark.parametrize(
    ("kind", "code", "line"),
    [
        ("lost-list", "a = []\na = a.append(1)", 2),
        ("comparison-thrown-away", "if True:\n    x == 3", 2),
        ("endless-while", "n = 5\nwhile n > 0:\n    left = n - 1", 2),
        ("endless-while", "while True:\n    x = 1", 1),
        ("return-in-loop", "def f(a):\n    for x in a:\n        y = x\n        return y", 4),
        ("start-value-in-loop", "for x in [1]:\n    s = 0\n    s = s + x", 2),
        ("prints-instead-of-return", "def f(a):\n    print(a)", 2),
        ("bare-except", "try:\n    x = 1\nexcept:\n    x = 2", 3),
        ("shadowed-builtin", "list = [1]", 1),
        ("shadowed-builtin", "def f(sum):\n    return sum", 1),
        ("shadowed-builtin", "def max(a):\n    return a", 1),
        ("unused-name", "def f(a):\n    b = a\n    return a", 2),
        ("unclear-name", "q = 3", 1),
        ("long-function", "def f(a):\n" + "    a = a + 1\n" * 30 + "    return a", 1),
        ("compared-to-true", "if a == True:\n    print(a)", 1),
        ("compared-in-a-row", "if a > 3 == True:\n    print(a)", 1),
        ("value-for-a-condition", "if a == 1 or 2:\n    print(a)", 1),
        ("value-for-a-condition", "while a != 'x' and 'y':\n    a = b", 1),
        ("ifs-that-overlap", "if a > 9:\n    print(1)\nif a > 8:\n    print(2)", 3),
        ("ifs-that-overlap", "if a <= 1:\n    b = 1\nif a <= 2:\n    b = 2", 3),
        ("index-loop", "for i in range(len(a)):\n    print(a[i])", 1),
        ("never-reached", "def f(a):\n    return a\n    print(a)", 3),
        ("never-reached", "for a in b:\n    if a:\n        break\n        a = 1", 4),
        ("capital-letters", "def DoIt(a):\n    return a", 1),
    ],
)
def test_a_slip_is_seen_where_it_stands(kind: str, code: str, line: int) -> None:
    found = [remark for remark in code_checks.remarks(code) if remark.kind == kind]
    assert [remark.line for remark in found] == [line]
    assert found[0].why.endswith(".")
    assert "?" in found[0].question


@pytest.mark.parametrize(
    "code",
    [
        "n = 5\nwhile n > 0:\n    n = n - 1",
        "while True:\n    break",
        "items = [1]\nwhile items:\n    items.pop()",
        "while input() != 'stop':\n    total = 1",
        "def first_even(numbers):\n    for number in numbers:\n        if number % 2 == 0:\n            "
        "return number",
        "for row in [[1]]:\n    total = 0\n    for value in row:\n        total = total + value\n    "
        "print(total)",
        "def say(name):\n    print(name)\n    return name",
        "def shout():\n    print('a')",
        "def f(rows):\n    for _ in rows:\n        pass\n    return rows",
        "for i in range(len(a)):\n    print(i, a[i])",
        "for i in range(3):\n    print(i)",
        "if a > 9:\n    print(1)\nif a < 3:\n    print(2)",
        "if a > 3:\n    print(1)\nif a > 9:\n    print(2)",
        "def f(a):\n    if a > 9:\n        return 1\n    if a > 8:\n        return 2\n    return 3",
        "if count > 9:\n    count = 9\nif count > 8:\n    print(count)",
        "if a == 1 or a == 2:\n    print(a)",
        "if 1 < a < 3:\n    print(a)",
        "name = given or 'nobody'",
        "count = 1",
        "",
        "def (",
    ],
)
def test_sound_code_gets_no_remark(code: str) -> None:
    assert kinds(code) == []


def test_a_number_that_python_does_not_write_down_again_is_left_out() -> None:
    (found,) = code_checks.remarks(f"if a == 1 or 0x{'f' * 4_000}:\n    print(a)")
    assert found.kind == "value-for-a-condition"
    assert "`…` alone is only a value" in found.why


def test_the_weightiest_comes_first() -> None:
    assert kinds("q = 3\nwhile q > 0:\n    z = 1")[0] == "endless-while"
    assert code_checks.likeliest_slip("q = 3") is None


class TestTheReply:
    messy = (
        "def f(list):\n    for x in list:\n        q = x\n        return q\n"
        "def g(sum):\n    w = 1\n    return sum\nq = 3\ntry:\n    pass\nexcept:\n    pass\n"
    )

    def test_has_at_most_three_suggestions_each_of_its_kind(self) -> None:
        text = said(self.messy)
        assert "3 things to think about" in text
        assert "\n3. **Line" in text and "\n4. " not in text
        assert words(text) <= MAX_WORDS

    def test_begins_with_what_is_good(self) -> None:
        code = (
            'def total_of(prices):\n    """Add up."""\n    # all\n'
            '    answer = sum(prices)\n    return f"{answer}"'
        )
        text = said(code)
        assert text.startswith("**Good:** every function says in words what it is for")
        assert "nothing that I would change" in text

    def test_finds_something_good_in_anything(self) -> None:
        assert said("q = 3").startswith("**Good:** Python reads it without trouble.")
        assert "One thing to think about" in said("q = 3")

    def test_shows_each_line_it_speaks_of(self) -> None:
        assert "**Line 1**, `q = 3`: " in said("q = 3")
        assert "**Line 2**, ``print(w) # a ` tick``: " in said("def f(a):\n    print(w) # a ` tick\n")

    def test_says_as_many_as_it_announces_however_long_the_lines(self) -> None:
        long = "q = [" + ", ".join(f"{n}" for n in range(40)) + "]\n"
        text = said(f"w = 1; {long}def g(sum):\n    p = sum + 1{' + 1' * 30}\n    return sum\n")
        announced = 1 if "One thing" in text else int(text.split(" things to think about")[0][-1])
        assert text.count("**Line ") == announced
        assert words(text) <= MAX_WORDS

    def test_of_more_than_is_read_at_once(self) -> None:
        for code in ("x = 1\n" * 200_000, ("x = 1\n" * 200_000)[:20_000]):
            assert "more than the 20,000 characters" in said(code) or "Good" in said(code)
        assert "more than the 20,000 characters" in said("print(1\n" * 200_000)

    def test_never_rewrites(self) -> None:
        assert "```" not in said(self.messy)

    def test_asks_for_code(self) -> None:
        assert "cannot see any" in said("")
        assert "cannot see any" in said("# only a note\n")

    def test_sends_a_failing_cell_to_debug(self) -> None:
        text = said("print(x)", error=CellError(exception="NameError", message=""))
        assert "**NameError**" in text and "`@Debug`" in text

    def test_of_pasted_code_forgets_the_old_error(self) -> None:
        text = said("print(x)", "review\n```\nq = 3\n```", CellError(exception="NameError", message=""))
        assert "`q`" in text

    def test_of_code_that_cannot_be_read_names_the_line(self) -> None:
        assert "in line 2" in said("x = 1\ny = (")
        assert "cannot read this code yet," in said("x = 1\0")


@pytest.mark.parametrize(
    "code",
    [
        "(" * 9000,
        "-" * 9000 + "1",
        "x=" + "+".join(["1"] * 9000),
        "x = 1\n" * 5000,
        "x = '\ud800'",
        "\0",
        "x" * 30_000,
    ],
)
def test_monstrous_code_is_refused_and_nothing_breaks(code: str) -> None:
    assert parse(code) is None or kinds(code) == []
    assert said(code)
