"""Where to look first in programs that nothing repairs, found in real sandboxes; and what hostile ones do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from learnflow_kernels.warm.runner import WarmRunner

from learnflow_ext.contracts.runner import RunLimits, RunResult
from learnflow_ext.exercises.hinting import Hinter
from learnflow_ext.exercises.proving import Asserts
from learnflow_ext.exercises.suspects import Locator

TESTS = """
words = ["okapi"]
assert plural("tea") == "teas"
assert plural("quokka") == "quokkas"
assert plural("puppy") == "puppies"
assert plural("berry") == "berries"
assert plural("") == ""
assert plural(words[0]) == "okapis"
"""
STATEMENT = "Write plural(word): the word in the plural, '' for no word."
ATTEMPT = """def plural(word):
    if word == "":
        return word
    if word[-1] == "y":
        root = word.upper()
        return "x".join(root) + "iez"
    return word + "s"
"""
SECRETS = ("quokka", "puppy", "puppies", "berry", "berries", "okapi")


async def lines(runner: WarmRunner, source: str) -> list[int]:
    return [each.line for each in await Locator(runner, Asserts(TESTS)).suspects(source)]


async def test_without_anything_to_compare_with_the_failing_tests_point_at_a_line(runner: WarmRunner) -> None:
    found = await Hinter(runner, TESTS, statement=STATEMENT).hint(ATTEMPT)
    assert not found.proved and found.line in (5, 6)
    assert f"Look first at line {found.line}" in found.rungs[1]
    assert "every test that fails and in none that passes" in found.rungs[1]
    text = "\n".join(found.rungs)
    assert not any(re.search(rf"\b{secret}\b", text) for secret in SECRETS)


async def test_a_change_that_helps_points_at_its_line_where_all_lines_run_always(runner: WarmRunner) -> None:
    """Straight down: only the second is wrong for most, and something else for the empty word."""
    source = "def plural(word):\n    ending = word[-1]\n    extra = 's'\n    return word - extra\n"
    suspects = await Locator(runner, Asserts(TESTS)).suspects(source)
    assert suspects[0].line == 4 and suspects[0].gain > 0


async def test_a_program_that_passes_or_cannot_be_read_has_none(runner: WarmRunner) -> None:
    right = ATTEMPT.replace("word.upper()", "word[:-1]").replace('"x".join(root) + "iez"', 'root + "ies"')
    assert await lines(runner, right) == []
    assert await lines(runner, "def plural(") == []
    assert await lines(runner, "raise ValueError\n") == []


async def test_where_not_even_the_solution_passes_no_line_is_suspected(runner: WarmRunner) -> None:
    """The tests need what is not here, and a right answer fails them like a wrong one."""
    right = (
        "def cost(basket):\n    total = 0\n    for each in basket:\n        total += PRICES[each]\n"
        "    return total\n"
    )
    tests = "assert cost([]) == 0\nassert cost(['tea']) == 30\n"
    solution = "def cost(wares):\n    return sum(PRICES[ware] for ware in wares)\n"
    assert (await Hinter(runner, tests, reference=solution).hint(right)).line is None
    # A course without a solution has nothing that could pass.
    stub = 'def cost(basket):\n    """What it costs."""\n    raise NotImplementedError()\n'
    assert (await Hinter(runner, tests, reference=stub).hint(right)).line == 4


async def test_tests_behind_a_slow_set_up_say_nothing(runner: WarmRunner) -> None:
    """It makes what they need, and was cut off."""
    slow = "def slow():\n    for each in range(100_000_000):\n        pass\n    return True\n"
    slow += "much = slow()\nassert plural('') == '' and much\n"
    assert await Locator(runner, Asserts(slow)).suspects(ATTEMPT) == []


Y_PART = '        root = word.upper()\n        return "x".join(root) + "iez"\n'


class TestHostile:
    """Whatever they do, it costs a bounded time, and what is said is about their own lines."""

    @pytest.mark.parametrize(
        "instead",
        [
            "        while True: pass\n",
            "        while True:\n            try:\n                while True: pass\n"
            "            except BaseException: pass\n",
            "        while True: print('x' * 100_000)\n",
            "        import os\n        os._exit(0)\n",
            "        import os\n        os.kill(os.getpid(), 9)\n",
            "        import os\n        os.fork()\n        return 'x'\n",
            "        globals().clear()\n        return 'x'\n",
            "        return [0] * 10 ** 12\n",
        ],
        ids=["endless", "stubborn", "loud", "ends", "kills", "forks", "clears", "greedy"],
    )
    async def test_in_the_branch_that_is_wrong(self, runner: WarmRunner, instead: str) -> None:
        source = ATTEMPT.replace(Y_PART, instead)
        found = await Locator(runner, Asserts(TESTS)).suspects(source, mutate=False)
        assert found[0].line in range(5, 5 + instead.count("\n"))
        # Who empties the namespace has no function left for the tests that follow.
        assert found[0].only or "clear" in instead

    async def test_switching_tracing_off_hides_nothing(self, runner: WarmRunner) -> None:
        dark = "import sys, threading\nsys.settrace(None)\nthreading.settrace(None)\nsys.setprofile(None)\n"
        assert (await lines(runner, dark + ATTEMPT))[0] in (9, 10)

    async def test_what_a_thread_runs_is_seen_too(self, runner: WarmRunner) -> None:
        inside = (
            "        import threading\n        out = []\n        def work():\n"
            "            out.append(word + 'x')\n        one = threading.Thread(target=work)\n"
            "        one.start()\n        one.join()\n        return out[0]\n"
        )
        found = await Locator(runner, Asserts(TESTS)).suspects(ATTEMPT.replace(Y_PART, inside), mutate=False)
        assert 8 in [each.line for each in found if each.only]

    async def test_lies_are_told_about_their_own_lines_only(self, runner: WarmRunner) -> None:
        loud = "import sys\nprint('[[\"0\", [999999, 1]]]')\nsys.__stdout__.flush()\n"
        assert all(1 <= line <= 20 for line in await lines(runner, loud + ATTEMPT))

    async def test_every_run_is_bounded(self, runner: WarmRunner) -> None:
        class Watched:
            def __init__(self) -> None:
                self.limits: list[RunLimits] = []

            async def run(self, cells: Sequence[str], **more: Any) -> RunResult:
                self.limits.append(more["limits"])
                return await runner.run(cells, **more)

        watched = Watched()
        assert await Locator(watched, Asserts(TESTS)).suspects(
            ATTEMPT.replace(Y_PART, "        while 1: 1\n")
        )
        assert len(watched.limits) == 2 and all(each.wall_s <= 5 for each in watched.limits)
