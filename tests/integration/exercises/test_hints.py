"""Hints for wrong attempts, from repairs proved in a real sandbox."""

from __future__ import annotations

import re

import pytest
from learnflow_kernels.warm.runner import WarmRunner

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.exercises.hinting import Hinter
from learnflow_ext.exercises.hints import Hint

LONGEST_TESTS = """
assert longest(["tea", "platypus", "ox"]) == "platypus"
assert longest(["quokka"]) == "quokka"
assert longest([]) == ""
assert longest(["emu", "yak"]) == "emu"
"""
LONGEST = """
def longest(words):
    champion = ""
    for candidate_word in words:
        if len(candidate_word) > len(champion):
            champion = candidate_word
    return champion
"""
STATEMENT = "Write longest(words): the longest of the words, the first of equally long ones, '' for none."


async def hint(
    runner: WarmRunner, attempt: str, *, reference: str | None = LONGEST, peers: tuple[str, ...] = ()
) -> Hint:
    return await Hinter(runner, LONGEST_TESTS, statement=STATEMENT, reference=reference, peers=peers).hint(
        attempt
    )


def assert_secrets_kept(found: Hint) -> None:
    text = "\n".join(found.rungs)
    for secret in ("platypus", "quokka", "emu", "yak", "champion", "candidate_word"):
        assert not re.search(rf"\b{secret}\b", text), secret


WRONG = {
    "the last of equals": (
        "def longest(ws):\n    best = ''\n    for w in ws:\n        if len(w) >= len(best):\n"
        "            best = w\n    return best\n",
        4,
    ),
    "returns too early": (
        "def longest(ws):\n    best = ''\n    for w in ws:\n        if len(w) > len(best):\n"
        "            best = w\n        return best\n    return best\n",
        6,
    ),
    "start that fails for nothing": (
        "def longest(ws):\n    best = ws[0]\n    for w in ws:\n        if len(w) > len(best):\n"
        "            best = w\n    return best\n",
        2,
    ),
    "prints": (
        "def longest(ws):\n    best = ''\n    for w in ws:\n        if len(w) > len(best):\n"
        "            best = w\n    print(best)\n",
        6,
    ),
    "gives the length": (
        "def longest(ws):\n    best = ''\n    for w in ws:\n        if len(w) > len(best):\n"
        "            best = w\n    return len(best)\n",
        6,
    ),
    "never ends": (
        "def longest(ws):\n    best = ''\n    i = 0\n    while i < len(ws):\n"
        "        if len(ws[i]) > len(best):\n"
        "            best = ws[i]\n    return best\n",
        6,
    ),
}


@pytest.mark.parametrize("attempt", WRONG, ids=str)
async def test_the_place_is_found_and_the_change_never_told(runner: WarmRunner, attempt: str) -> None:
    source, line = WRONG[attempt]
    found = await hint(runner, source)
    assert found.proved and found.edit_size > 0
    assert found.line in (line, line - 1, 1 if attempt.startswith("start") else line)
    assert f"line {found.line}" in found.rungs[1]
    assert_secrets_kept(found)


async def test_a_slow_machine_finds_what_a_fast_one_finds(runner: WarmRunner) -> None:
    """In the time of one sandbox it does not even come to the solution."""
    source, _ = WRONG["never ends"]
    slow = Hinter(runner, LONGEST_TESTS, statement=STATEMENT, reference=LONGEST, all_seconds=0.4)
    assert await slow.hint(source) == await hint(runner, source)


async def test_a_small_slip_needs_no_solution(runner: WarmRunner) -> None:
    found = await hint(runner, WRONG["the last of equals"][0], reference=None)
    assert (found.proved, found.line) == (True, 4)
    assert "comparisons" in found.concept
    assert_secrets_kept(found)


async def test_a_classmates_way_may_be_nearer_and_stays_theirs(runner: WarmRunner) -> None:
    mine = "def longest(ws):\n    return sorted(ws, key=len)[-1]\n"
    theirs = (
        "def longest(my_secret_list):\n    # my trick\n"
        "    return sorted(my_secret_list, key=len, reverse=True)[0] if my_secret_list else ''\n"
    )
    alone = await hint(runner, mine)
    together = await hint(runner, mine, peers=(theirs, "def longest(x): return 'wrong'", "no program("))
    assert alone.proved and together.proved
    assert together.edit_size <= alone.edit_size
    assert "my_secret_list" not in "".join(together.rungs) and "trick" not in "".join(together.rungs)
    assert_secrets_kept(together)


async def test_others_are_asked_for_only_where_the_solution_goes_another_way(runner: WarmRunner) -> None:
    theirs = (
        "def longest(zany_pile):\n    # quirky\n    if not zany_pile:\n        return ''\n"
        "    return sorted(zany_pile, key=len, reverse=True)[0]\n"
    )
    asked = 0

    async def peers() -> tuple[str, ...]:
        nonlocal asked
        asked += 1
        return (theirs, "def longest(zebra): return zebra[0]\n")

    hinter = Hinter(runner, LONGEST_TESTS, statement=STATEMENT, reference=LONGEST, more_peers=peers)
    await hinter.hint(WRONG["the last of equals"][0])
    assert asked == 0
    mine = "def longest(ws):\n    return sorted(ws, key=len)[0]\n"
    far = await hint(runner, mine)
    near = await hinter.hint(mine)
    assert asked == 1 and far.proved and near.proved and near.edit_size < far.edit_size
    assert_secrets_kept(near)
    assert not any(word in "".join(near.rungs) for word in ("zany", "zebra", "quirky"))


@pytest.mark.parametrize(
    ("has", "secret"),
    [
        ("note = 'may ride'", "may ride"),
        ("note = 'may' + ' ride'", "may ride"),
        ("note = 'MAY_RIDE'", "may ride"),
        ("note = b'may ride'", "may ride"),
        ("note = {'may ride': 1}", "may ride"),
        ("limit = 140", "140"),
        ("limit = '140.0'", "140"),
        ("height = 1", "height"),
        ("# May ride.", "may ride"),
        ("def note():\n    return 'may ride'", "may ride"),
    ],
)
async def test_what_a_classmate_wrote_stands_in_no_example(runner: WarmRunner, has: str, secret: str) -> None:
    """Our own example has it by chance, and they might know their own word."""
    attempt = WRONG["the last of equals"][0]
    alone = await hint(runner, attempt)
    assert re.search(rf"\b{secret}\b", alone.rungs[3]), "or this test shows nothing"
    together = await hint(runner, attempt, peers=(f"{LONGEST}\n{has}\n",))
    assert together.proved and together.line == alone.line
    assert not re.search(rf"\b{secret}\b", "\n".join(together.rungs), re.IGNORECASE)


ENDS_THE_SEARCH = "import os\nos.kill(os.getppid(), 9)\n"
LIES = "import os\nos.write(os.open(f'/proc/{os.getppid()}/fd/1', 1), b'[[\"1111\", 0.0]]')\n"


@pytest.mark.parametrize("hostile", [ENDS_THE_SEARCH, LIES + ENDS_THE_SEARCH], ids=["ends it", "lies"])
async def test_what_a_classmate_hands_in_has_no_say_in_what_others_are_told(
    runner: WarmRunner, hostile: str
) -> None:
    """It would run beside the attempt, in one sandbox."""
    mine = "def longest(ws):\n    return sorted(ws, key=len)[0]\n"

    async def peers() -> tuple[str, ...]:
        return (LONGEST, LONGEST + hostile)

    honest = await hint(runner, mine, reference=None, peers=(LONGEST,))
    hinter = Hinter(runner, LONGEST_TESTS, statement=STATEMENT, more_peers=peers)
    assert honest.proved and honest.edit_size
    assert await hinter.hint(mine) == honest
    assert await hint(runner, mine, reference=None, peers=(LONGEST, LONGEST + hostile)) == honest


async def test_a_program_python_cannot_read_is_met_where_it_stands(runner: WarmRunner) -> None:
    broken = WRONG["prints"][0].replace("for w in ws:", "for w in ws")
    found = await hint(runner, broken)
    assert (found.proved, found.line) == (True, 3)
    assert_secrets_kept(found)


async def test_a_missing_function_is_named_as_missing(runner: WarmRunner) -> None:
    found = await hint(runner, "words = ['a']\n")
    assert found.proved and "function" in found.concept
    assert_secrets_kept(found)


async def test_who_has_solved_it_is_told_so(runner: WarmRunner) -> None:
    found = await hint(runner, LONGEST.replace("champion", "b").replace("candidate_word", "c"))
    assert found.proved and found.edit_size == 0 and found.line is None
    assert "passes all the tests" in found.rungs[0]


class TestNothingCanBeProved:
    @pytest.mark.parametrize(
        "attempt",
        ["", "???", "import os\nos._exit(0)\n", "def longest(a, b, c): return {}\n", "raise SystemExit\n"],
        ids=["empty", "no program", "ends the process", "far off", "leaves"],
    )
    async def test_less_is_said(self, runner: WarmRunner, attempt: str) -> None:
        found = await hint(runner, attempt, reference=None)
        assert not found.proved and found.edit_size == 0
        assert len(found.rungs) == 4 and all(found.rungs)
        assert_secrets_kept(found)

    async def test_a_wrong_reference_proves_nothing(self, runner: WarmRunner) -> None:
        found = await hint(runner, "def longest(ws):\n    return {}\n", reference="def longest(ws): return 7")
        assert not found.proved


class TestHostileAttempts:
    async def test_a_forged_verdict_only_fools_its_author(self, runner: WarmRunner) -> None:
        """It prints what the prover prints, and ends everything."""
        forged = "import os, sys\nos.write(1, b'[[\"1111\", 0.0]]')\nos.kill(os.getppid(), 9)\n"
        found = await hint(runner, forged)
        assert len(found.rungs) == 4
        assert_secrets_kept(found)

    async def test_markup_in_a_line_stays_code(self, runner: WarmRunner) -> None:
        attempt = WRONG["prints"][0].replace("print(best)", "print(best) # ``` <script>x</script>")
        found = await hint(runner, attempt)
        assert found.proved
        assert all(rung.count("`") % 2 == 0 for rung in found.rungs)


async def test_tests_that_are_none_are_refused(runner: WarmRunner) -> None:
    with pytest.raises(BadRequest):
        Hinter(runner, "x = 1")
