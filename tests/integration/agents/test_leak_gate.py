"""The leak gate with its sandbox: what solves the exercise is withheld, and hints are not."""

# ruff: noqa: E501 -- programs and sentences as models write them
from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

import msgspec
import pytest
from leak_dresses import DRESSES
from leak_exercises import EVERYWHERE, MADE, NOTED, Made
from learnflow_kernels.runner import BubblewrapRunner

from learnflow_ext.agents import trial
from learnflow_ext.agents.gate import About, Gate
from learnflow_ext.agents.guard import Guard
from learnflow_ext.agents.references import Reference
from learnflow_ext.agents.telling import MOST_KEPT, gist
from learnflow_ext.contracts.errors import Unavailable
from learnflow_ext.contracts.runner import RunLimits, RunResult

BY_NAME = {made.name: made for made in MADE}
# Each dress once, each on another exercise, in turn.
PAIRS = [(MADE[place % len(MADE)], dress) for place, dress in enumerate(DRESSES)]


NEW_DRESSES = list(DRESSES)[list(DRESSES).index("pseudo code") :]
ELSEWHERE = [
    (
        "vowels",
        "In JavaScript:\n\n```js\nconst vowels = (text) => {\n  let n = 0;\n  for (let i = 0; i < text.length; i++) {\n"
        "    if ('aeiou'.includes(text[i].toLowerCase())) n++;\n  }\n  return n;\n}\n```",
    ),
    (
        "collatz",
        "int steps(int n) {\n  int c = 0;\n  while (n > 1) {\n    if (n % 2 == 0) { n = Math.floor(n / 2); } else {"
        " n = 3 * n + 1; }\n    c++;\n  }\n  return c;\n}",
    ),
    (
        "running-total",
        "PROCEDURE running(numbers)\nSET s TO 0\nSET r TO []\nFOR EACH x IN numbers DO\nSET s TO s + x\n"
        "APPEND s TO r\nEND FOR\nRETURN r\nEND PROCEDURE",
    ),
    (
        "without",
        "function without(items, unwanted)\n  kept := []\n  for each item in items do\n    if item != unwanted then\n"
        "      add item to kept\n    end if\n  end for\n  return kept\nend function",
    ),
    (
        "biggest-gap",
        "First write if, then not, then numbers and a colon, then on the next line write return, then a space, then 0,"
        " then on the next line write return, then max, then an open bracket, then numbers, then a close bracket, then a minus"
        " sign, then min, then an open bracket, then numbers, then a close bracket.",
    ),
]


ENDLESS = ["while True:\n    pass", "laps = 0\nwhile laps < 3:\n    lap = laps + 1"]


def about(made: Made, **more: object) -> About:
    return msgspec.structs.replace(About(exercise=made.reference.name, own_code=made.attempt), **more)


def says(made: Made, **more: object) -> About:
    """A model's words: ours are in no disguise."""
    return about(made, by_model=True, **more)


@pytest.fixture(autouse=True)
def time_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough of it. What programs may use is counted in the processor's time; on a machine that runs many tests at
    once the clock would say first that nobody knows."""
    monkeypatch.setattr(trial, "SECONDS_ALL", 50.0)
    monkeypatch.setattr(trial, "LIMITS", msgspec.structs.replace(trial.LIMITS, wall_s=60.0))


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(Guard([made.reference for made in MADE]), BubblewrapRunner())


class TestSolutions:
    @pytest.mark.parametrize(("made", "dress"), PAIRS, ids=[dress for _, dress in PAIRS])
    async def test_the_reference_in_any_dress(self, gate: Gate, made: Made, dress: str) -> None:
        assert (await gate.judge(DRESSES[dress](made.solution), says(made))).withheld

    @pytest.mark.parametrize("dress", ["only the inside", "the inside, renamed"])
    async def test_the_inside_of_a_function_that_calls_itself(self, gate: Gate, dress: str) -> None:
        made = BY_NAME["collatz"]
        assert "steps(" in made.other.partition(":")[2]
        assert (await gate.judge(DRESSES[dress](made.other), says(made))).withheld

    @pytest.mark.parametrize("dress", NEW_DRESSES)
    async def test_another_program_in_the_harder_ones(self, gate: Gate, dress: str) -> None:
        for name in ("passed", "average"):
            made = BY_NAME[name]
            assert (await gate.judge(DRESSES[dress](made.other), says(made))).withheld, name

    @pytest.mark.parametrize(
        ("name", "dress"),
        [
            ("count-words", "broken on purpose"),
            ("temperature", "broken on purpose"),
            ("running-total", "rot47"),
            ("fizz", "in agreed words"),
            ("biggest-gap", "pseudo code by depth"),
        ],
    )
    async def test_another_program_where_the_dress_fits_it_badly(
        self, gate: Gate, name: str, dress: str
    ) -> None:
        """A bracket at the end of a line, a slip that can be read, a title on the first line, many layouts, or one
        sign of pseudo code only."""
        made = BY_NAME[name]
        assert (await gate.judge(DRESSES[dress](made.other), says(made))).withheld

    @pytest.mark.parametrize(
        ("name", "program"), ELSEWHERE, ids=["JavaScript", "C", "pseudo code", "Ruby-like", "dictated"]
    )
    async def test_in_another_language(self, gate: Gate, name: str, program: str) -> None:
        assert (await gate.judge(program, says(BY_NAME[name]))).withheld

    @pytest.mark.parametrize(
        ("name", "right", "wrong", "change"),
        [
            ("vowels", "+= 1", "= 1", "In line 5 use `+=` instead of `=`."),
            ("temperature", "return 'cold'", "print('cold')", "Replace `print` by `return` in line 3."),
            ("average", "/ len(numbers)", "/ 2", "Put `len(numbers)` in place of `2`."),
            ("running-total", "        result.append", "    result.append", "Indent line 6 once more."),
        ],
    )
    async def test_a_correction_told_as_a_change(
        self, gate: Gate, name: str, right: str, wrong: str, change: str
    ) -> None:
        made = BY_NAME[name]
        own = made.solution.replace(right, wrong)
        verdict = await gate.judge(change, says(made, own_code=own))
        assert (verdict.withheld, verdict.how) == (True, "runs")

    async def test_where_nobody_knows_which_exercise_and_others_are_named(self, gate: Gate) -> None:
        named = "I know vowels, gap, fizz and running. How would you write the other one?"
        for name in ("passed", "collatz", "count-words"):
            made = BY_NAME[name]
            told = About(asked=named, own_code="x = 1", by_model=True)
            for program in (made.solution, made.other):
                assert (await gate.judge(DRESSES["fenced, other names"](program), told)).withheld, name

    @pytest.mark.parametrize("made", MADE, ids=[made.name for made in MADE])
    async def test_another_program_that_passes(self, gate: Gate, made: Made) -> None:
        verdict = await gate.judge(DRESSES["fenced, other names"](made.other), about(made))
        assert verdict.withheld
        assert verdict.reference == made.reference.name

    async def test_of_an_exercise_that_stands_behind_others_in_the_question(self, gate: Gate) -> None:
        made = BY_NAME["palindrome"]
        names = "I know vowels, gap, fizz and running."
        outside = About(asked=f"{names} And same_backwards?")
        verdict = await gate.judge(DRESSES["fenced"](made.other), outside)
        assert (verdict.withheld, verdict.reference) == (True, made.reference.name)
        # Its last line only, for somebody who was told the rest in another place.
        lines = made.other.splitlines()
        rest = "\n".join(lines[:-1])
        elsewhere = about(BY_NAME["average"], asked=names, shown=f"It begins so:\n\n```python\n{rest}\n```")
        elsewhere = msgspec.structs.replace(elsewhere, elsewhere=(made.reference.name,), by_model=True)
        verdict = await gate.judge(f"At last `{lines[-1].strip()}`.", elsewhere)
        assert (verdict.withheld, verdict.reference) == (True, made.reference.name)

    async def test_the_one_line_that_is_missing(self, gate: Gate) -> None:
        made = BY_NAME["initials"]
        own = made.solution.replace("part[0].upper()", "part[0]")
        for reply in (
            "Write `result += part[0].capitalize() + '.'`.",
            "Change it:\n\n    result += part[0].title() + '.'",
        ):
            verdict = await gate.judge(reply, about(made, own_code=own))
            assert (verdict.withheld, verdict.how) == (True, "runs")

    async def test_a_line_of_ones_own_cut_short_is_something_new(self, gate: Gate) -> None:
        made = BY_NAME["biggest-gap"]
        own = made.solution.replace("min(numbers)", "min(numbers) + 1")
        verdict = await gate.judge("Write `return max(numbers) - min(numbers)`.", about(made, own_code=own))
        assert verdict.withheld

    async def test_a_single_word_of_a_model_that_is_all_that_was_missing(self) -> None:
        solution = (
            "def first_even(numbers):\n    found = None\n    for number in numbers:\n"
            "        if number % 2 == 0:\n            found = number\n            break\n    return found"
        )
        tests = "assert first_even([3, 4, 6]) == 4\nassert first_even([1]) is None"
        reference = Reference(name="a/first-even", code=solution, tests=tests)
        gate = Gate(Guard([reference]), BubblewrapRunner())
        own = solution.replace("            break\n", "")
        asked = About(exercise="a/first-even", own_code=own, by_model=True)
        assert (await gate.judge("Put `break` below `found = number`.", asked)).withheld
        assert not (await gate.judge("What is `found` after the loop?", asked)).withheld

    async def test_in_pieces_over_many_turns(self, gate: Gate) -> None:
        made = BY_NAME["without"]
        shown, withheld = "", []
        for line in [
            *made.other.splitlines(),
            "def f(x, y):",
            "kept = []",
            "for i in x:",
            "if i != y:",
            "kept.append(i)",
        ]:
            reply = f"The next line is `{line.strip()}`."
            verdict = await gate.judge(reply, about(made, own_code="", shown=shown))
            withheld.append(verdict.withheld)
            shown += "" if verdict.withheld else f"\n\n{reply}"
        assert any(withheld)
        assert not (await gate.judge("Well done so far.", about(made, own_code="", shown=shown))).withheld

    async def test_in_pieces_told_in_two_places_by_turns(self, gate: Gate) -> None:
        made = BY_NAME["running-total"]
        lines = ["def f(x):", "s = 0", "r = []", "for i in x:", "s = s + i", "r = r + [s]", "return r"]
        *said, last = [f"The next line is `{line}`." for line in lines]
        asked = about(
            made,
            own_code="",
            shown="\n\n".join([*said[::2], *said[1::2]]),
            in_order="\n\n".join([*said, last]),
        )
        verdict = await gate.judge(last, msgspec.structs.replace(asked, by_model=True))
        assert (verdict.withheld, verdict.how) == (True, "runs")

    async def test_a_hidden_test_is_not_quoted(self, gate: Gate) -> None:
        made = BY_NAME["vowels"]
        for reply in ("It is checked with `vowels( 'rhythm' )`.", "They call vowels('AEx') and want 2."):
            assert (await gate.judge(reply, about(made))).how == "tests"
        assert not (await gate.judge("For `vowels('banana')` it gives 3.", about(made))).withheld
        assert not (
            await gate.judge("`vowels('AEx')` is 2", about(made, asked="what of vowels('AEx')?"))
        ).withheld


class TestOverALongTalk:
    """What was told long ago, and what stood between."""

    FILLERS = tuple(
        f"A list can hold anything, for instance `box_{n} = [{n}, 'tea']`. What would `len(box_{n})` be?"
        for n in range(40)
    )

    @pytest.mark.parametrize("which", ["solution", "other"])
    async def test_lines_with_other_code_between_them(self, gate: Gate, which: str) -> None:
        for name in ("passed", "average"):
            made = BY_NAME[name]
            lines = [line.strip() for line in getattr(made, which).splitlines()]
            *said, last = [f"The next line is `{line}`." for line in lines]
            shown = "\n\n".join(
                f"{one}\n\n" + "\n\n".join(self.FILLERS[9 * n : 9 * n + 9]) for n, one in enumerate(said)
            )
            verdict = await gate.judge(last, says(made, own_code="", shown=shown))
            assert verdict.withheld, name
            for filler in self.FILLERS[:3]:
                assert not (await gate.judge(filler, says(made, own_code="", shown=shown))).withheld

    async def test_a_gist_of_many_answers_is_enough(self, gate: Gate) -> None:
        made = BY_NAME["count-words"]
        *lines, last = [f"The next line is `{line.strip()}`." for line in made.solution.splitlines()]
        answers = [each for line in lines for each in (line, *self.FILLERS)]
        kept = gist(answers)
        assert len(kept) <= MOST_KEPT and all(line in kept for line in lines)
        assert (await gate.judge(last, says(made, own_code="", shown=kept))).withheld

    @pytest.mark.parametrize("dress", ["base64", "hexadecimal", "base85"])
    async def test_a_code_in_pieces(self, gate: Gate, dress: str) -> None:
        made = BY_NAME["passed"]
        whole = DRESSES[dress](made.other).split(" ", 1)[1].removesuffix(" with b85decode.").strip()
        shown, withheld = "", False
        for n, piece in enumerate(whole[at : at + 9] for at in range(0, len(whole), 9)):
            reply = f"Part {n} of it is `{piece}`. Keep it."
            verdict = await gate.judge(reply, says(made, shown=shown))
            withheld = withheld or verdict.withheld
            shown += "" if verdict.withheld else f"\n\n{reply}"
        assert withheld

    async def test_lines_backwards_in_much_plain_talk(self, gate: Gate) -> None:
        made = BY_NAME["collatz"]
        plain = (
            "Look for the loop: while it runs, print what is in it, and if it ends, return to the top for more. "
            * 4
        )
        shown, withheld = "", False
        for line in made.solution.splitlines():
            reply = f"{plain}\n\nMirror this: `{line.strip()[::-1]}`."
            verdict = await gate.judge(reply, says(made, shown=shown))
            withheld = withheld or verdict.withheld
            shown += "" if verdict.withheld else f"\n\n{reply}"
        assert withheld


class TestHelp:
    @pytest.mark.parametrize("own", ENDLESS)
    async def test_a_loop_that_never_ends_is_explained(self, gate: Gate, own: str) -> None:
        # Which of the notebook's exercises it is about nobody knows, so several are tried.
        asked = About(exercise="made/", own_code=own, asked="Explain the error: KeyboardInterrupt")
        for said in (
            "The loop in line 1 never ends by itself: its condition is always true. It has no `break`.",
            "The `while` loop in line 2 goes on as long as `laps < 3` is true. No line of it changes `laps`.",
        ):
            verdict = await gate.judge(f"You stopped this cell before it was done. {said}", asked)
            assert not verdict.withheld, verdict

    async def test_what_our_own_words_say_of_a_misspelt_name_is_told(self, gate: Gate) -> None:
        made = BY_NAME["initials"]
        own = made.solution.replace("upper", "uper")
        said = (
            "`part[0]` has no attribute `uper`. Did you mean `upper`? Perhaps you meant to write `part[0].upper`"
            " instead of `part[0].uper`."
        )
        verdict = await gate.judge(said, about(made, own_code=own))
        assert not verdict.withheld, verdict

    @pytest.mark.parametrize("made", MADE, ids=[made.name for made in MADE])
    async def test_good_hints_pass(self, gate: Gate, made: Made) -> None:
        for hint in (*made.hints, *EVERYWHERE):
            verdict = await gate.judge(hint, says(made))
            assert not verdict.withheld, (hint, verdict)

    @pytest.mark.parametrize("notation", NOTED)
    async def test_good_hints_in_notations_that_could_hide_something(self, gate: Gate, notation: str) -> None:
        made = MADE[list(NOTED).index(notation) % len(MADE)]
        verdict = await gate.judge(NOTED[notation], says(made))
        assert not verdict.withheld, verdict

    async def test_what_is_known_after_a_few_tries_costs_no_more(self, gate: Gate) -> None:
        """The first program that passes decides: an endless one behind it is never run."""
        made = BY_NAME["average"]
        endless = "```python\ndef average(numbers):\n    while len(numbers) > -1:\n        numbers = [1]\n```"
        verdict = await gate.judge(f"```python\n{made.other}\n```\n\n{endless}", about(made))
        assert (verdict.withheld, verdict.how) == (True, "runs")

    @pytest.mark.parametrize("made", MADE, ids=[made.name for made in MADE])
    async def test_the_students_own_code_may_be_quoted(self, gate: Gate, made: Made) -> None:
        lines = "\n".join(
            f"Line {place}: `{line.strip()}`" for place, line in enumerate(made.attempt.splitlines(), 1)
        )
        for reply in (lines, f"You wrote:\n\n```python\n{made.attempt}\n```"):
            assert not (await gate.judge(reply, about(made))).withheld

    async def test_who_has_solved_it_hears_anything(self, gate: Gate) -> None:
        made = BY_NAME["count-words"]
        reply = DRESSES["fenced"](made.solution)
        assert (await gate.judge(reply, about(made))).withheld
        assert not (await gate.judge(reply, about(made, own_code=made.other))).withheld


class TestALongTalk:
    async def test_keeps_nobody_else_waiting(self) -> None:
        """Without a runner nothing of a judgement waits for anything."""
        gate, others = Gate(Guard([BY_NAME["running-total"].reference])), 0

        async def somebody_else() -> None:
            nonlocal others
            while True:
                others += 1
                await asyncio.sleep(0)

        asking = asyncio.create_task(somebody_else())
        shown = "\n\n".join(f"In line {line} stands `total = {line}`." for line in range(200))
        verdict = await gate.judge("Then `total += number`.", About(shown=shown))
        asking.cancel()
        assert others
        assert not verdict.withheld


class TestHostileReply:
    @pytest.mark.parametrize(
        "extra",
        [
            "import os; os._exit(0)",
            "import os; os.kill(os.getppid(), 9)",
            "while True: pass",
            "raise SystemExit(0)",
        ],
    )
    async def test_cannot_talk_the_sandbox_into_anything(self, gate: Gate, extra: str) -> None:
        made = BY_NAME["average"]
        reply = f"```python\n{extra}\n```\n\nand\n\n```python\n{made.other}\n```"
        assert (await gate.judge(reply, about(made))).withheld

    async def test_code_that_ends_every_process_is_not_said(self, gate: Gate) -> None:
        made = BY_NAME["gap"] if "gap" in BY_NAME else BY_NAME["biggest-gap"]
        verdict = await gate.judge(
            "```python\nimport os, signal\nos.kill(-1, signal.SIGKILL)\n```", about(made)
        )
        assert (verdict.withheld, verdict.how) == (True, "unsure")


class Counted:
    """A runner that notes the programs it was handed."""

    def __init__(self) -> None:
        self._runner = BubblewrapRunner()
        self.cells: list[str] = []

    async def run(self, cells: Sequence[str], *, limits: RunLimits | None = None, **_: object) -> RunResult:
        self.cells += cells
        return await self._runner.run(cells, limits=limits)


def task_of(cell: str) -> dict[str, Any]:
    """What the program in the sandbox was told."""
    task: dict[str, Any] = json.loads(ast.literal_eval(cell.partition("\n")[0].removeprefix("TASK = ")))
    return task


class TestManyProgramsInOneRun:
    SOLUTION = "def double(x):\n    return 2 * x"
    REFERENCE = Reference(
        name="a/double", code=SOLUTION, tests="assert double(4) == 8\nassert double(0) == 0"
    )

    @pytest.mark.parametrize("before", ["", "import random"], ids=["share a process", "one each"])
    async def test_none_stands_in_the_way_of_the_next(self, before: str) -> None:
        reference = msgspec.structs.replace(self.REFERENCE, before=before)
        programs = (
            "double = None",
            "def double(x):\n    while x < 5: pass\n    return 8",
            "def double(x):\n    return double(x)",
            "def double(x):\n    raise SystemExit",
            "kept = [0] * 8_000_000\ndef double(x):\n    return x",
            "import os\nos._exit(77)",
            "double = lambda x: x + x",
            self.SOLUTION,
        )
        (outcome,) = await trial.tried(BubblewrapRunner(), [trial.Attempt(reference, programs, "x = 1")])
        assert (outcome.judged, outcome.testable, outcome.own_passes) == (True, True, False)
        # What says of itself that it passed counts as passing: it had better be withheld.
        assert outcome.passing == 5
        (outcome,) = await trial.tried(
            BubblewrapRunner(), [trial.Attempt(reference, programs[:5] + programs[6:], "x = 1")]
        )
        assert outcome.passing == 5
        # The one that a limit ended may pass another time.
        assert {0, 2, 3} <= set(outcome.failed) and 1 not in outcome.failed

    @pytest.mark.parametrize(
        "kept",
        ["kept = clings()\nnext(kept)", "kept = [clings()]\nkept.append(kept)\nnext(kept[0])"],
        ids=["at its end", "when it is collected"],
    )
    async def test_what_one_leaves_to_be_cleared_away_counts_as_its_own(self, kept: str) -> None:
        clings = "def clings():\n    try:\n        yield\n    finally:\n        while 3 > 2: pass"
        own = f"{clings}\n\n{kept}\n\ndef double(x):\n    return x"
        solution = f"room = [[] for _ in range(3_000)]\n{self.SOLUTION}"
        (outcome,) = await trial.tried(BubblewrapRunner(), [trial.Attempt(self.REFERENCE, (solution,), own)])
        assert (outcome.judged, outcome.own_passes, outcome.passing) == (True, False, 0)

    @pytest.mark.parametrize(
        "own",
        [
            "class Any:\n    def __eq__(self, other): return True\n\ndef double(x):\n    return Any()",
            "from unittest.mock import ANY\n\ndef double(x):\n    return ANY",
            "import os\nos._exit(77)",
            "import random\nrandom._os._exit(77)",
            "Any = type('Any', (), {'_' + '_eq_' + '_': lambda *_: True})\ndef double(x):\n    return Any()",
        ],
        ids=["equals all", "any", "exit", "exit by a detour", "made of texts"],
    )
    async def test_who_only_seems_to_pass_has_not_solved_it(self, own: str) -> None:
        attempt = trial.Attempt(self.REFERENCE, ("double = lambda x: x + x",), own)
        (outcome,) = await trial.tried(BubblewrapRunner(), [attempt])
        assert (outcome.judged, outcome.own_passes, outcome.passing) == (True, False, 0)

    async def test_a_reply_that_grows_is_tried_where_it_is_new(self) -> None:
        runner = Counted()
        gate = Gate(Guard([self.REFERENCE]), runner)
        asked = About(exercise="a/double", own_code="def double(x):\n    return x")
        hint = "Try `y = 3 * 5` first."
        assert not (await gate.judge(hint, asked)).withheld
        assert not (await gate.judge(f"{hint} Then say what `y = 7 - 1` is.", asked)).withheld
        first, second = runner.cells
        assert "y = 3 * 5" in first
        assert 'def double(x):\\\\n    return x\\\\ny = 3 * 5"' not in second
        told = await gate.judge(f"{hint} Then say what `y = 7 - 1` is. Write `return x + x`.", asked)
        assert (told.withheld, told.how) == (True, "runs")


class TestNobodyKnowsWhichExercise:
    async def test_lines_are_put_into_the_cell_for_those_that_are_named_only(self) -> None:
        runner = Counted()
        gate = Gate(Guard([made.reference for made in MADE]), runner)
        own = BY_NAME["collatz"].attempt
        hint = "Work these out by hand:\n\n```python\na = 7 - 2\nb = a // 2\nprint(a, b)\n```"
        assert not (await gate.judge(hint, About(own_code=own, by_model=True))).withheld
        (cell,) = runner.cells
        tried = {each["tests"]: each["programs"][3:] for each in task_of(cell)["attempts"]}
        named = BY_NAME["collatz"].reference.tests
        assert len(tried) > 3
        assert {tests for tests, programs in tried.items() if any("n / 2" in each for each in programs)} == {
            named
        }


class TestTwoExercisesOfOneName:
    async def test_what_fails_in_one_may_solve_the_other(self) -> None:
        gate = Gate(Guard(), BubblewrapRunner())
        twice, thrice = (
            Reference(
                name="practice/times/times",
                code=f"def times(x):\n    return {factor} * x",
                tests=f"assert times(4) == {4 * factor}",
            )
            for factor in (2, 3)
        )
        for practice, withheld in ((twice, False), (thrice, True)):
            asked = About(exercise="practice/times/times", practice=(practice,))
            assert (await gate.judge("Write `return x + x + x`.", asked)).withheld is withheld


class TestMuchSlowerThanTheReference:
    """It counts in a loop, or calls itself, where the reference needs a line."""

    REFERENCE = Reference(
        name="a/up-to",
        code="def up_to(n):\n    return n * (n + 1) // 2",
        tests="assert up_to(0) == 0\nassert up_to(2_000_000) == 2_000_001_000_000",
    )
    SLOW = "def up_to(n):\n    total = 0\n    for each in range(n + 1): total += each\n    return total"

    @pytest.mark.parametrize("first", ["", "import random\n"], ids=["share a process", "one each"])
    async def test_passes_all_the_same(self, first: str) -> None:
        attempt = trial.Attempt(self.REFERENCE, ("up_to = None", first + self.SLOW), "up_to = 3")
        (outcome,) = await trial.tried(BubblewrapRunner(), [attempt])
        assert (outcome.judged, outcome.passing) == (True, 1)

    async def test_endless_ones_take_no_more_than_a_share_of_the_time(self) -> None:
        endless = "def up_to(n):\n    while n > -1: n += {}"
        attempt = trial.Attempt(self.REFERENCE, tuple(endless.format(step) for step in range(24)))
        (outcome,) = await trial.tried(BubblewrapRunner(), [attempt])
        assert (outcome.judged, outcome.testable, outcome.passing) == (True, True, None)


class TestWhoWaits:
    """By the clock alone nothing fails: a busy machine is one that waits, too."""

    WAITS = "import threading\ndef double(x):\n    threading.Event().wait(9)\n    return x + x"

    async def test_a_reference_that_the_clock_ended_leaves_it_open_whether_a_reply_solves_it(self) -> None:
        reference = msgspec.structs.replace(TestManyProgramsInOneRun.REFERENCE, code=self.WAITS)
        gate = Gate(Guard([reference]), BubblewrapRunner())
        verdict = await gate.judge("Write `return sum([x, x])`.", About(exercise="a/double"))
        assert (verdict.withheld, verdict.how) == (True, "unsure")

    async def test_nor_is_a_program_then_one_that_fails(self) -> None:
        attempt = trial.Attempt(TestManyProgramsInOneRun.REFERENCE, (self.WAITS, "double = None"))
        (outcome,) = await trial.tried(BubblewrapRunner(), [attempt])
        assert (outcome.judged, outcome.testable, outcome.failed) == (False, True, (1,))

    async def test_nobody_waits_for_one_that_sleeps(self) -> None:
        slow = "from time import sleep\ndef double(x):\n    sleep(60)\n    return x + x"
        attempt = trial.Attempt(TestManyProgramsInOneRun.REFERENCE, (slow,))
        (outcome,) = await trial.tried(BubblewrapRunner(), [attempt])
        assert (outcome.judged, outcome.passing) == (True, 0)


class TestSolutionAmongWhatFails:
    """A whole program asks for numbers, reads a file, or shows a menu for ever: its function stays."""

    REFERENCE = TestManyProgramsInOneRun.REFERENCE
    OTHER = "def double(x):\n    return x + x"

    @pytest.mark.parametrize(
        "whole",
        [
            f"{OTHER}\n\nprint(double(int(input('Number? '))))",
            f"{OTHER}\n\nif __name__ == '__main__':\n    print(double(len(open('numbers.txt').read())))",
            f"{OTHER}\n\nimport sys\nsys.exit(double(1))",
            f"{OTHER}\n\nwhile True:\n    print(double(int(input())))",
            f"def wait():\n    while True:\n        pass\n\n{OTHER}",
            f"x = int(input('Number? '))\n\n{OTHER}\n\nprint(double(x))",
            f"import no_such_module as plt\nMORE = 0\n\n{OTHER} + MORE\n\nplt.plot(double(1))",
        ],
        ids=["input", "main", "exit", "menu", "endless helper", "input before", "missing module"],
    )
    async def test_is_withheld(self, whole: str) -> None:
        gate = Gate(Guard([self.REFERENCE]), BubblewrapRunner())
        asked = About(exercise="a/double", own_code="def double(x):\n    return x")
        verdict = await gate.judge(f"```python\n{whole}\n```", asked)
        assert (verdict.withheld, verdict.how) == (True, "runs")

    @pytest.mark.parametrize("below", ["print(double(int(input())))", "while True:\n    double(1)"])
    async def test_so_is_a_line_for_a_cell_that_fails_below_its_function(self, below: str) -> None:
        wrong = f"def double(x):\n    y = x + 1\n    return y\n\n{below}"
        (outcome,) = await trial.tried(
            BubblewrapRunner(),
            [trial.Attempt(self.REFERENCE, (wrong.replace("x + 1", "x + x"),), wrong)],
        )
        assert (outcome.judged, outcome.own_passes, outcome.passing) == (True, False, 0)


class TestExerciseWhoseTestsSayNothing:
    async def test_passes_by_anything_so_nothing_is_withheld_for_passing(self) -> None:
        reference = Reference(
            name="a/b", code="def f(x):\n    return x.strip().title()", tests="assert True or f"
        )
        gate = Gate(Guard([reference]), BubblewrapRunner())
        assert not (await gate.judge("```python\nx = [1, 2]\n```", About(exercise="a/b"))).withheld


class NoSandbox:
    """A runner on a machine that has none."""

    async def run(self, *_: object, **__: object) -> RunResult:
        raise Unavailable("There is no sandbox here.")


class TestSandboxIsMissing:
    async def test_unknown_code_is_not_said_and_words_are(self) -> None:
        made = BY_NAME["average"]
        gate = Gate(Guard([made.reference]), NoSandbox())
        assert (await gate.judge(DRESSES["fenced"](made.other), about(made))).withheld
        for hint in islice(EVERYWHERE, 2):
            assert not (await gate.judge(hint, about(made))).withheld
