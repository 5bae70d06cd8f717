"""The review agent with ruff, in a real sandbox: each rule sees its slip, and nothing configures it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from learnflow_kernels.warm.runner import WarmRunner

from learnflow_ext.agents import review
from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.lint_rules import RULES
from learnflow_ext.agents.linting import linted
from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.reply import MAX_WORDS, words
from learnflow_ext.agents.tutor import Tutor
from learnflow_ext.contracts.errors import Unavailable
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.runner import RunResult

# Programs by the rule that sees something in them, and the line.
SLIPS = [
    ("B005", "print('hello'.strip('he'))\nprint('abcabc'.strip('abab'))", 2),
    ("B006", "def add(item, bag=[]):\n    bag.append(item)\n    return bag", 1),
    ("B015", "for n in [1]:\n    n == 3", 2),
    ("B016", "raise 'too small'", 1),
    ("B018", "def f(a):\n    a\n    return a", 2),
    ("B020", "for rows in rows:\n    print(rows)", 1),
    ("B023", "made = []\nfor n in range(3):\n    made.append(lambda: n)", 3),
    ("B033", "{1, 2, 1}", 1),
    ("B909", "items = [1, 2]\nfor item in items:\n    items.remove(item)", 3),
    ("C901", "def f(a):\n" + "".join(f"    if a == {n}:\n        print({n})\n" for n in range(12)), 1),
    ("E701", "if True: print(1)", 1),
    ("E702", "a = 1; b = 2", 1),
    ("E703", "a = 1;", 1),
    ("E711", "if a == None:\n    print(a)", 1),
    ("E712", "if a == True:\n    print(a)", 1),
    ("E713", "if not a in [1]:\n    print(a)", 1),
    ("E714", "if not a is None:\n    print(a)", 1),
    ("E721", "if type(a) == type(1):\n    print(a)", 1),
    ("E722", "try:\n    a = 1\nexcept:\n    a = 2", 3),
    ("E741", "l = 3", 1),
    ("ERA001", "a = 1\n# b = a + 1", 2),
    ("F541", "print(f'hello')", 1),
    ("F601", "prices = {'a': 1, 'a': 2}", 1),
    ("F631", "assert (1 > 2, 'no')", 1),
    ("F632", "if a is 3:\n    print(a)", 1),
    ("F633", "import sys\nprint >> sys.stderr, 'x'", 2),
    ("F634", "if (a, b):\n    print(a)", 1),
    ("F811", "def f():\n    return 1\ndef f():\n    return 2", 3),
    ("PLC0206", "ages = {}\nfor key in ages:\n    print(ages[key])", 2),
    ("PLR0124", "if a == a:\n    print(a)", 1),
    ("PLR0133", "if 1 == 2:\n    print(1)", 1),
    ("PLR0916", "if a and b and c or d and e and f or g:\n    print(a)", 1),
    ("PLR0913", "def f(a, b, c, d, e, f, g):\n    return a", 1),
    (
        "PLR1702",
        "def f(a):\n" + "".join(f"{'    ' * (n + 1)}for x{n} in a:\n" for n in range(7)) + "    " * 8 + "a()",
        2,
    ),
    ("PLR1704", "def f(a):\n    for a in range(3):\n        print(a)", 2),
    ("PLR1711", "def f(a):\n    print(a)\n    return None", 3),
    ("PLR1714", "if a == 1 or a == 2 or a == 3:\n    print(a)", 1),
    ("PLR5501", "if a:\n    b()\nelse:\n    if c:\n        d()", 3),
    ("PLW0120", "for a in b:\n    print(a)\nelse:\n    print(0)", 3),
    ("PLW0127", "a = 1\na = a", 2),
    ("PLW0133", "def f(a):\n    ValueError('no')\n    return a", 2),
    ("PLW0603", "def f():\n    global total\n    total = 1", 2),
    ("PLW0711", "try:\n    a()\nexcept ValueError or KeyError:\n    b()", 3),
    ("PLW2901", "for a in b:\n    a = 3\n    print(a)", 2),
    ("RET503", "def f(a):\n    if a:\n        return 1", 1),
    ("S102", "exec(a)", 1),
    ("S307", "print(eval(a))", 1),
    ("SIM102", "if a:\n    if b:\n        print(1)", 1),
    ("SIM103", "def f(a):\n    if a > 1:\n        return True\n    else:\n        return False", 2),
    ("SIM113", "def f(a):\n    n = 0\n    for x in a:\n        print(n, x)\n        n += 1", 5),
    ("SIM115", "file = open('a.txt')\nprint(file.read())", 1),
    ("SIM201", "if not a == b:\n    print(1)", 1),
    ("SIM202", "if not a != b:\n    print(1)", 1),
    ("SIM208", "b = not (not a)", 1),
    ("SIM210", "b = True if a > 1 else False", 1),
    ("SIM211", "b = False if a > 1 else True", 1),
    ("SIM220", "b = a and not a", 1),
    ("SIM221", "b = a or not a", 1),
    ("SIM222", "if a == 1 or 2:\n    print(a)", 1),
    ("SIM223", "if a == 1 and 0:\n    print(a)", 1),
]


class Linter:
    """Runs coroutines on one loop, so that all tests share a warm runner."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.runner = WarmRunner(parallel=1, ready=1, preload=())

    def of(self, code: str) -> tuple[Remark, ...] | None:
        return self.loop.run_until_complete(linted(code, self.runner))

    def said(self, code: str) -> str:
        findings = review.analyse(HelpRequest(code=code))
        findings = self.loop.run_until_complete(review.with_linter(findings, self.runner))
        return review.compose(findings).text


@pytest.fixture(scope="module")
def ruff() -> Iterator[Linter]:
    linter = Linter()
    yield linter
    linter.loop.run_until_complete(linter.runner.close())
    linter.loop.close()


def test_every_rule_has_its_example() -> None:
    assert {rule for rule, *_ in SLIPS} == set(RULES)


@pytest.mark.parametrize(("rule", "code", "line"), SLIPS, ids=[rule for rule, *_ in SLIPS])
def test_a_slip_is_seen_where_it_stands(ruff: Linter, rule: str, code: str, line: int) -> None:
    found = [each for each in ruff.of(code) or () if each.rule == rule]
    assert [each.line for each in found][:1] == [line]
    assert found[0].why.endswith(".")
    assert "?" in found[0].question
    assert "{" not in found[0].why.replace("`{`", "")
    assert words(f"{found[0].why} {found[0].question}") <= 40


class TestTheReply:
    def test_names_the_students_own_name_and_line(self, ruff: Linter) -> None:
        text = ruff.said("total = 0\ndef add(number):\n    global total\n    total = total + number\n")
        assert "**Line 3**, `global total`: " in text
        assert "changes `total` for the whole program" in text

    def test_says_once_what_two_checks_see(self, ruff: Linter) -> None:
        text = ruff.said("try:\n    a = 1\nexcept:\n    a = 2\n")
        assert text.count("hides every error") == 1

    def test_has_at_most_three_and_never_rewrites(self, ruff: Linter) -> None:
        text = ruff.said("\n".join(code for _, code, _ in SLIPS))
        assert len(re.findall(r"\*\*Line \d+\*\*", text)) == 3
        assert words(text) <= MAX_WORDS
        assert "```" not in text

    def test_praises_what_is_clean_as_a_fact(self, ruff: Linter) -> None:
        assert f"finds none of {len(RULES)} common slips" in ruff.said("height = 3\nprint(height)\n")
        assert "common slips" not in ruff.said("l = 3\n")

    def test_what_a_notebook_shows_or_another_cell_uses_is_fine(self, ruff: Linter) -> None:
        assert ruff.of("import random\nnumbers = [1]\nnumbers == [1]") == ()
        assert ruff.of("%matplotlib inline\n!ls\nheight = 3\nheight") == ()

    def test_the_service_asks_it_too(self, ruff: Linter) -> None:
        tutor = Tutor(CourseIndex(), runner=ruff.runner)
        request = HelpRequest(
            agent="review", code="def add(item, bag=[]):\n    bag.append(item)\n    return bag"
        )

        async def text() -> str:
            return "".join([chunk.text async for chunk in tutor.answer(request, HelpContext())])

        assert "all calls share it" in ruff.loop.run_until_complete(text())


class TestHostileText:
    slip = "def add(item, bag=[]):\n    return bag\n"

    @pytest.mark.parametrize(
        "comment",
        ["# ruff: noqa\n", "# flake8: noqa\n", "# ruff: isort: skip_file\n", "# fmt: off\n"],
    )
    def test_comments_configure_nothing(self, ruff: Linter, comment: str) -> None:
        assert [each.rule for each in ruff.of(comment + self.slip) or ()][-1:] == ["B006"]
        assert "B006" in [each.rule for each in ruff.of(self.slip.replace(":\n", ":  # noqa\n", 1)) or ()]

    def test_its_code_does_not_run(self, ruff: Linter) -> None:
        assert ruff.of("import os\nos._exit(3)\nwhile True:\n    pass\n") == ()

    @pytest.mark.parametrize(
        "code",
        [
            "",
            "\n\n",
            "def f(:",
            "x = 1\n" * 170_000,
            "(" * 9000,
            "x = '\ud800'",
            "\0",
            "x = '" + "{" * 300 + "'",
            "l = 1;" * 3000,
            "''')\nimport os; os._exit(1)\nTASK = ('''",
        ],
        ids=[
            "empty",
            "blank",
            "broken",
            "1 MB",
            "deep",
            "surrogate",
            "zero byte",
            "braces",
            "full",
            "quotes",
        ],
    )
    def test_bad_input_breaks_nothing(self, ruff: Linter, code: str) -> None:
        found = ruff.of(code)
        assert found is None or len(found) <= 100
        assert ruff.said(code)
        assert ruff.of(self.slip), "and the next one is looked at as ever"

    def test_a_name_that_is_markup_stays_text(self, ruff: Linter) -> None:
        assert "`l`" in ruff.said("l = '<img src=x>' # ![x](http://evil.example)\n")


class NoSandbox:
    """A runner on a machine that has none."""

    async def run(self, *_: object, **__: object) -> RunResult:
        raise Unavailable("There is no sandbox here.")


class TalksNonsense:
    """A runner whose sandbox says what nobody asked for."""

    def __init__(self, stdout: str) -> None:
        self.stdout = stdout

    async def run(self, *_: object, **__: object) -> RunResult:
        return RunResult(stdout=self.stdout, stderr="", error=None, limit="time", message="", duration_ms=1)


def test_the_ways_through_a_function_are_counted(ruff: Linter) -> None:
    code = "def f(a):\n" + "".join(f"    if a == {n}:\n        print({n})\n" for n in range(12))
    assert "there are 13 different ways through `f`" in ruff.said(code)
    assert "7 questions are tied together" in ruff.said(
        "if a and b and c or d and e and f or g:\n    print(a)"
    )


class TestWithoutRuff:
    async def test_our_own_checks_are_left(self) -> None:
        findings = review.analyse(HelpRequest(code="q = 3"))
        assert await review.with_linter(findings, NoSandbox()) == findings

    @pytest.mark.parametrize(
        "stdout",
        [
            "",
            "{",
            "[]",
            '{"findings": 3}',
            '{"findings": [{"code": "NEW1", "line": 1, "column": 1, "message": "`x` is odd"}]}',
            '{"findings": [{"code": "E741", "line": 1, "column": 1, "message": "`evil` is odd"}]}',
            '{"findings": [{"code": "E722", "line": 99999, "column": 1, "message": ""}]}',
        ],
    )
    async def test_what_it_says_is_not_believed(self, stdout: str) -> None:
        findings = review.analyse(HelpRequest(code="quantity = 3"))
        text = review.compose(await review.with_linter(findings, TalksNonsense(stdout))).text
        assert text.startswith("**Good:**")
        assert "`evil`" not in text and "NEW1" not in text and "99999" not in text
