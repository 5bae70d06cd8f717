"""Bad exercises are refused with the reason; every family makes good ones."""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval
from dataclasses import replace

import pytest
from learnflow_kernels.warm.runner import WarmRunner

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.exercises.exercise import Example, Exercise
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.exercises.form import faults
from learnflow_ext.exercises.gate import SCORE, Gate
from learnflow_ext.exercises.generating import generate
from learnflow_ext.exercises.likeness import near_copy

SEEDS = int(os.environ.get("LEARNFLOW_SOAK_SEEDS", "2"))
START = 'def larger(a, b):\n    """Return the larger of two numbers."""\n'
GOOD = Exercise(
    name="larger",
    topic="control_flow",
    difficulty=1,
    title="The larger one",
    statement="Complete `larger`. It returns the larger of two numbers, or 7 more when they are the same.",
    examples=(Example("larger(3, 5)", "5"),),
    starter=START,
    reference=START + "    if a == b:\n        return a + 7\n    if a > b:\n        return a\n    return b\n",
    visible=("assert larger(3, 5) == 5", "assert larger(2, 2) == 9"),
    hidden=(
        "assert larger(6, 5) == 6",
        "assert larger(-1, -3) == -1",
        "assert larger(1, 4) == 4",
        "assert larger(0, 0) == 7",
    ),
)


async def reason(runner: WarmRunner, exercise: Exercise) -> str:
    verdict = await Gate(runner).check(exercise)
    assert not verdict.passed
    return " ".join(verdict.reasons)


async def test_a_good_one_passes_once_and_its_copies_do_not(runner: WarmRunner) -> None:
    gate = Gate(runner)
    verdict = await gate.check(GOOD)
    assert verdict.passed and verdict.mutants > 10 and verdict.score >= SCORE
    clothes = replace(GOOD, name="other", statement="Something else is asked for here, in words of its own.")
    reworded = replace(GOOD, name="third", statement=GOOD.statement.replace("7", "8"))
    for copy in (clothes, reworded):
        assert (await gate.check(copy)).reasons == ("It is nearly a copy of larger, which was given before.",)


class TestBadExercises:
    async def test_a_wrong_solution(self, runner: WarmRunner) -> None:
        wrong = replace(GOOD, reference=GOOD.reference.replace("a > b", "a < b"))
        assert "solution fails a test" in await reason(runner, wrong)

    async def test_tests_that_any_constant_passes(self, runner: WarmRunner) -> None:
        trivial = replace(GOOD, visible=("assert larger(3, 5) == 5",), hidden=("assert larger(5, 4) == 5",))
        assert "always gives 5" in await reason(runner, trivial)

    async def test_tests_that_pass_before_anything_is_written(self, runner: WarmRunner) -> None:
        done = replace(GOOD, visible=("assert callable(larger)",))
        assert "before anything was written" in await reason(runner, done)

    async def test_tests_that_miss_mistakes(self, runner: WarmRunner) -> None:
        few = ("assert larger(6, 2) == 6", "assert larger(1, 4) == 4")
        weak = replace(GOOD, visible=("assert larger(3, 5) == 5",), hidden=few)
        assert "small mistakes, fewer than 90%" in await reason(runner, weak)

    async def test_one_that_depends_on_chance(self, runner: WarmRunner) -> None:
        flaky = "    import random\n    return random.choice((a, b))\n"
        assert "sometimes" in await reason(runner, replace(GOOD, reference=START + flaky, hidden=GOOD.hidden))

    async def test_one_that_goes_by_the_order_of_a_set(self, runner: WarmRunner) -> None:
        """In the sandboxes of one classroom it passes each time, and in a notebook it does not."""
        words = "{'ox', 'elk', 'bee', 'cat', 'dog', 'hen', 'rat'}"
        order = (await runner.run([f"print([each for each in {words} if each])"])).stdout.strip()
        start = 'def longer(size):\n    """Return the animals whose names are longer."""\n'
        ordered = replace(
            GOOD,
            statement="Complete `longer`: it returns the animals whose names are longer than `size`.",
            examples=(Example("longer(3)", "[]"),),
            starter=start,
            reference=start + f"    return [each for each in {words} if len(each) > size]\n",
            visible=("assert longer(3) == []",),
            hidden=(f"assert longer(1) == {order}", "assert len(longer(2)) == 6"),
        )
        assert "order of a set" in await reason(runner, ordered)
        in_order = replace(
            ordered,
            reference=start + f"    return sorted(each for each in {words} if len(each) > size)\n",
            hidden=(f"assert longer(1) == {sorted(literal_eval(order))}", "assert len(longer(2)) == 6"),
        )
        assert "order of a set" not in " ".join((await Gate(runner).check(in_order)).reasons)

    async def test_one_that_does_not_end(self, runner: WarmRunner) -> None:
        endless = replace(GOOD, reference=START + "    while True:\n        a = b\n")
        assert "does not end" in await reason(runner, endless)

    async def test_one_that_takes_too_much_memory(self, runner: WarmRunner) -> None:
        """It is right, and quick, and no student's kernel would bear it."""
        greedy = GOOD.reference.replace("    if a == b", "    much = b'x' * 600_000_000\n    if a == b")
        assert "solution" in await reason(runner, replace(GOOD, reference=greedy))

    async def test_an_example_that_is_not_true(self, runner: WarmRunner) -> None:
        untrue = replace(GOOD, examples=(Example("larger(3, 5)", "3"),))
        assert "not true: assert larger(3, 5) == 3" in await reason(runner, untrue)
        said = replace(GOOD, statement=GOOD.statement + " For example, `larger(8, 1)` is `1`.")
        assert "not true: assert larger(8, 1) == 1" in await reason(runner, said)

    async def test_a_statement_that_tells_the_solution(self, runner: WarmRunner) -> None:
        leaking = replace(GOOD, statement=f"Write this: {GOOD.reference.removeprefix(START)}")
        assert "tells the solution" in await reason(runner, leaking)

    @pytest.mark.parametrize("told", ["`larger(6, 5)` is `6`", "larger( 6,5 ) -> 6", "larger(6, 5) == 6"])
    async def test_a_statement_that_tells_a_hidden_test(self, runner: WarmRunner, told: str) -> None:
        leaking = replace(GOOD, statement=f"{GOOD.statement} So {told}.")
        assert "hidden test asks for: larger(6, 5) is 6" in await reason(runner, leaking)
        assert not faults(replace(GOOD, statement=f"{GOOD.statement} So `larger(3, 5)` is `5`."))

    @pytest.mark.parametrize(
        "hidden", ["assert 6 == larger(6, 5)", "assert not larger(6, 5) - 6", "assert not larger(6, 5)"]
    )
    def test_nor_one_that_asks_the_other_way_round(self, hidden: str) -> None:
        told = replace(GOOD, statement=f"{GOOD.statement} So `larger(6, 5)` is clear.", hidden=(hidden,))
        stands = any("stands where the student reads it" in each for each in faults(told))
        assert stands == ("- 6" not in hidden)
        assert not any("stands where" in each for each in faults(replace(told, statement=GOOD.statement)))

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"name": "../x"}, "name"),
            ({"difficulty": 6}, "difficulty"),
            ({"statement": " "}, "no statement"),
            ({"starter": "def", "reference": "def"}, "cannot read the solution"),
            ({"starter": "x = 1\n", "reference": "x = 1\n"}, "defines no function"),
            ({"starter": "def other():\n"}, "does not begin"),
            ({"examples": ()}, "no example"),
            ({"hidden": ()}, "visible and hidden"),
            ({"hidden": ("assert (",)}, "cannot be read"),
        ],
    )
    async def test_an_incomplete_one(self, runner: WarmRunner, changed: dict[str, object], why: str) -> None:
        assert why in await reason(runner, replace(GOOD, **changed))  # type: ignore[arg-type]


class TestHostileExercises:
    """As a model, or somebody who means no good, might write them."""

    @pytest.mark.parametrize(
        ("added", "why"),
        [
            ("<img src=x onerror=alert(1)>", "HTML"),
            ("a &lt;script&gt;", "HTML"),
            ("[your grades](https://elsewhere.example/)", "link"),
            ("![a picture](x.png)", "link"),
            ("[see][1]", "link"),
            ("Go to www.elsewhere.example for more.", "link"),
            ("[x](javascript:alert(1))", "link"),
            (r"$\href{//elsewhere.example}{x}$", "link"),
            # No code for a renderer, whatever is around it.
            (r"\` [x](https://elsewhere.example/) \`", "link"),
            (r"\\`a` [x](https://elsewhere.example/) `b`", "link"),
            ("``[x](https://elsewhere.example/)`", "partner"),
            ("`\n\n[x](https://elsewhere.example/)\n\n`", "partner"),
            ("a `b\nc` [x](https://elsewhere.example/) `", "partner"),
            ("\n```\nx\n````\n[x](https://elsewhere.example/)\n```\n", "link"),
            ("\n```\nx\n   ```\n[x](https://elsewhere.example/)\n```\n", "link"),
            ("\n```a`\n\n[x](https://elsewhere.example/)\n\n```\n", "partner"),
            ("\n- a\n  ```\n[x](https://elsewhere.example/)\n  ```\n", "link"),
            ("\n|a|b|c|\n|-|-|-|\n|`|[x](https://elsewhere.example/)|`|\n", "link"),
            ("\n~~~\nfor ever", "partner"),
        ],
    )
    async def test_a_statement_that_is_more_than_text(self, runner: WarmRunner, added: str, why: str) -> None:
        assert why in await reason(runner, replace(GOOD, statement=f"{GOOD.statement} {added}"))
        # Between backticks it is code, which a browser shows and does not follow.
        code = replace(GOOD, statement=f"{GOOD.statement} Not `{added}`.")
        assert not faults(code) or {*"`\n"} & {*added}

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"reference": START + "    import os\n    return max(a, b)\n"}, "solution uses os"),
            ({"reference": START + "    return eval('max(a, b)')\n"}, "solution uses eval"),
            ({"reference": START + "    import time\n    return max(a, b)\n"}, "solution uses time"),
            (
                {"reference": START + "    import datetime as d\n    return d.date.today() and max(a, b)\n"},
                "solution uses date.today",
            ),
            ({"reference": START + "    return larger.__globals__['a']\n"}, "solution uses __globals__"),
            ({"reference": START + "    return open('/etc/shadow').read() and 5\n"}, "outside"),
            ({"hidden": (*GOOD.hidden, "print(larger(1, 2))\nassert True")}, "test uses print"),
            ({"visible": ("import subprocess\nassert larger(3, 5) == 5",)}, "test uses subprocess"),
            ({"examples": (Example("larger(3, 5)", "'`'"),)}, "backtick"),
        ],
    )
    async def test_one_that_reaches_beyond_its_task(
        self, runner: WarmRunner, changed: dict[str, object], why: str
    ) -> None:
        assert why in await reason(runner, replace(GOOD, **changed))  # type: ignore[arg-type]

    async def test_tests_that_go_by_what_ran_before(self, runner: WarmRunner) -> None:
        """They count in a file, and after a dozen programs nothing passes: no mistake would get through."""
        counted = (
            "from pathlib import Path\nruns = Path('runs')\nruns.touch()\n"
            "runs.write_text(runs.read_text() + '.')\nassert len(runs.read_text()) < 13"
        )
        weak = replace(
            GOOD, visible=("assert larger(3, 5) == 5",), hidden=("assert larger(6, 2) == 6", counted)
        )
        assert "sometimes" in await reason(runner, weak)


class TestCunningExercises:
    """Bad ones that look good: each does something right."""

    async def test_tests_that_giving_back_an_argument_passes(self, runner: WarmRunner) -> None:
        echoed = replace(
            GOOD,
            visible=("assert larger(5, 3) == 5",),
            hidden=("assert larger(6, 2) == 6", "assert larger(-1, -3) == -1"),
            examples=(Example("larger(5, 3)", "5"),),
        )
        assert "always gives its argument number 1" in await reason(runner, echoed)

    @pytest.mark.parametrize(
        "hidden",
        [
            ("assert larger(*(3, 5)) == 5",),
            ("assert larger(*(2, 2)) == 9", "assert larger(6, 4) == 6"),
        ],
        ids=["the visible ones again", "one more, which is its first argument"],
    )
    async def test_hidden_tests_that_ask_nothing_new(
        self, runner: WarmRunner, hidden: tuple[str, ...]
    ) -> None:
        visible = (*GOOD.visible, "assert larger(7, 5) == 7", "assert larger(0, -1) == 0")
        weaker = replace(GOOD, visible=visible, hidden=hidden)
        assert "ask nothing new" in await reason(runner, weaker)

    async def test_hidden_tests_that_leave_the_work_to_the_visible_ones(self, runner: WarmRunner) -> None:
        visible = (*GOOD.visible, "assert larger(7, 5) == 7", "assert larger(0, 0) == 7")
        weaker = replace(
            GOOD, visible=visible, hidden=("assert larger(6, 5) == 6", "assert larger(1, 4) == 4")
        )
        assert "hidden tests by themselves" in await reason(runner, weaker)

    async def test_tests_that_go_by_those_before_them(self, runner: WarmRunner) -> None:
        """Run twice in a notebook, they fail a right answer."""
        shared = replace(
            GOOD,
            visible=("box = [larger(3, 5)]\nassert box == [5]", "assert larger(2, 2) == 9"),
            hidden=(*GOOD.hidden, "box.append(larger(1, 0))\nassert box == [5, 1]"),
        )
        assert "depend on one another" in await reason(runner, shared)
        start = START.replace("(a, b)", "(a, b, seen=[])")
        remembers = replace(
            GOOD,
            starter=start,
            reference=GOOD.reference.replace(
                START, f"{start}    seen.append(a)\n    if len(seen) > 9:\n        return seen\n"
            ),
        )
        assert "depend on one another" in await reason(runner, remembers)

    async def test_hidden_tests_may_use_what_visible_ones_got_ready(self, runner: WarmRunner) -> None:
        first = "from math import isclose\nfive = 5\nassert isclose(larger(3, 5), five)"
        hidden = ("assert isclose(larger(6, five), 6)", *GOOD.hidden[1:])
        ready = replace(GOOD, visible=(first, *GOOD.visible[1:]), hidden=hidden)
        assert (await Gate(runner).check(ready)).reasons == ()

    @pytest.mark.parametrize(
        "said",
        [
            "`larger(8, 1)` → `1`.",
            "`larger(8, 1)` gives back `1`.",
            "`larger(8, 1)` should be `1`.",
            "`larger(8, 1) == 1`.",
            "`larger(8, 1) -> 1`",
            "`larger(8, 1)` equals `1`.",
            "\n\n| call | result |\n|-|-|\n| `larger(8, 1)` | `1` |\n",
            "\n\n```python\nlarger(8, 1)  # -> 1\n```\n",
            "\n\n```python\nassert larger(8, 1) == 1\n```\n",
            "\n\n```python\n>>> larger(8, 1)\n1\n```\n",
            "\n\n```\n>>> x = 8\n>>> larger(x, 1)\n1\n```\n",
        ],
    )
    async def test_a_false_example_in_other_dress(self, runner: WarmRunner, said: str) -> None:
        untrue = replace(GOOD, statement=f"{GOOD.statement} For example, {said}")
        assert "not true" in await reason(runner, untrue)
        true = replace(untrue, statement=untrue.statement.replace("`1`", "`8`").replace("\n1\n", "\n8\n"))
        if "== 1" not in said and "-> 1" not in said:
            assert (await Gate(runner).check(true)).passed

    @pytest.mark.parametrize(
        "said", ["larger(8, 1) is {}.", "\n\n```python\nprint(larger(8, 1))  # {}\n```\n"]
    )
    async def test_a_false_example_without_dress(self, runner: WarmRunner, said: str) -> None:
        start = START.replace('numbers."""', f'numbers.\n\n    {said}\n    """')
        for statement, starter in ((f"{GOOD.statement} {said}", START), (GOOD.statement, start)):
            for value, reasons in ((1, 1), (8, 0)):
                begun = starter.format(value)
                told = replace(
                    GOOD,
                    statement=statement.format(value),
                    starter=begun,
                    reference=GOOD.reference.replace(START, begun),
                )
                found = (await Gate(runner).check(told)).reasons
                assert len(found) == reasons and all("not true" in each for each in found)

    @pytest.mark.parametrize(
        "said",
        [
            "`larger(a, b)` gives `a`, if a is.",
            "`larger(x, 1)` should be `1`.",
            "`larger(2, 1)` is `two cakes`.",
        ],
    )
    async def test_what_is_said_of_any_numbers_is_no_example(self, runner: WarmRunner, said: str) -> None:
        general = replace(GOOD, statement=f"{GOOD.statement} {said}")
        assert (await Gate(runner).check(general)).reasons == ()

    async def test_a_false_example_where_the_student_begins(self, runner: WarmRunner) -> None:
        session = START.replace('numbers."""', 'numbers.\n\n    >>> larger(8, 1)\n    1\n    """')
        untrue = replace(GOOD, starter=session, reference=GOOD.reference.replace(START, session))
        assert "not true" in await reason(runner, untrue)

    async def test_what_kinds_of_values_there_are_is_no_example(self, runner: WarmRunner) -> None:
        typed = replace(GOOD, statement=f"{GOOD.statement} Its kind: `larger(a, b) -> int`.")
        assert (await Gate(runner).check(typed)).passed

    async def test_a_copy_under_other_names_and_with_kinds(self, runner: WarmRunner) -> None:
        start = 'def bigger(one: int, two: int) -> int:\n    """Give the bigger one."""\n'
        renamed = replace(
            GOOD,
            name="bigger",
            statement="Two heights are measured. `bigger` gives back what the taller tower measures.",
            examples=(Example("bigger(3, 5)", "5"),),
            starter=start,
            reference=start
            + "    if one == two:\n        return one + 7\n"
            + "    if one > two:\n        return one\n    return two\n",
        )
        assert near_copy(renamed, [GOOD]) == GOOD
        counter = (
            "class Counter:\n    def __init__(self):\n        self.total = 0\n    def add(self, n):\n"
            + ("        self.total += n\n        return self.total\n")
        )
        other = counter.replace("Counter", "Purse").replace("total", "coins").replace("add", "put")
        first = replace(GOOD, reference=counter)
        second = replace(GOOD, statement="A purse is filled, coin after coin, by its owner.", reference=other)
        assert near_copy(second, [first]) == first
        apart = replace(second, reference=other.replace("+=", "-="))
        assert near_copy(apart, [first]) is None

    @pytest.mark.parametrize(
        ("test", "why"),
        [
            ("assert getattr(larger, '__co' + 'de__')", "getattr"),
            ("assert '{0.__code__}'.format(larger)", "__code__"),
            ("import dis\nassert dis", "uses dis"),
            ("import linecache\nassert linecache", "uses linecache"),
            (
                "from operator import attrgetter\nassert attrgetter(''.join(['__code', '__']))(larger)",
                "attrgetter",
            ),
            ("import ftplib\nassert ftplib", "uses ftplib"),
            ("import random\nassert random.random() < 0.99", "draws by chance"),
            ("from random import SystemRandom\nassert SystemRandom().random() < 0.99", "draws by chance"),
            ("import urllib.request\nassert urllib", "uses urllib"),
            ("import xmlrpc.client as x\nassert x", "uses xmlrpc"),
            ("from pathlib import Path\nassert Path('/etc/hostname').exists()", "outside of its own folder"),
            ("from pathlib import Path\nassert Path('..', 'x').parent", "outside of its own folder"),
            ("from pathlib import Path\nassert Path.home()", "outside of its own folder"),
        ],
    )
    async def test_a_test_that_looks_elsewhere(self, test: str, why: str) -> None:
        told = " ".join(faults(replace(GOOD, hidden=(*GOOD.hidden, test))))
        assert why in told


@pytest.mark.timeout(600)
@pytest.mark.parametrize("topic", FAMILIES)
async def test_every_family_makes_exercises_of_every_difficulty_that_pass(
    runner: WarmRunner, topic: str
) -> None:
    """With two seeds, under `make soak` with more: then of a few seeds one may be refused, as the gate is
    there for, but no family is refused altogether.
    """
    for family in FAMILIES[topic]:
        for difficulty in range(1, 6):
            scores, refused = [], []
            for seed in range(1, 1 + SEEDS):
                exercise = family.exercise(difficulty, seed)
                assert exercise.topic == topic and exercise.difficulty == difficulty
                # A gate for each: whether two are alike is not asked here.
                verdict = await Gate(runner).check(exercise)
                scores.append(verdict.score)
                refused += [(exercise.name, verdict.reasons)] if not verdict.passed else []
            assert len(refused) <= (SEEDS - 1) // 3, refused
            sys.stdout.write(f"{topic} {family.name} {difficulty}: {sum(scores) / len(scores):.1%}\n")


@pytest.mark.parametrize("topic", FAMILIES if SEEDS > 2 else ["files"])
async def test_five_of_every_topic_and_difficulty(runner: WarmRunner, topic: str) -> None:
    """Of every one under `make soak`."""
    for difficulty in range(1, 6) if SEEDS > 2 else [5]:
        made = await generate(runner, topic, difficulty, count=5, seed=3)
        assert len(made.passed) == 5, (difficulty, made.refused)


def test_another_process_makes_the_same_exercises() -> None:
    program = (
        "from learnflow_ext.exercises.families import FAMILIES\n"
        "every = [family for families in FAMILIES.values() for family in families]\n"
        "print([family.exercise(level, seed) for family in every for level in range(1, 6) for seed in (0, 1)]"
        ")"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1] and "Exercise(" in said[0]


async def test_a_call_gives_different_exercises_and_the_same_ones_again(runner: WarmRunner) -> None:
    made = await generate(runner, "Objects", 2, count=5, seed=5)
    again = await generate(runner, "objects", 2, count=5, seed=5)
    assert made == again and len(made.passed) == 5
    assert len({exercise.statement for exercise, _ in made.passed}) == 5


@pytest.mark.parametrize(
    ("topic", "difficulty", "count", "seed", "sentence"),
    [
        ("cooking", 1, 1, 0, "There are: basics, control_flow"),
        ("basics", 0, 1, 0, "from 1 to 5"),
        ("basics", 1, 0, 0, "1 to 50"),
        ("basics", 1, 1, -1, "seed"),
    ],
)
async def test_bad_arguments_are_refused_with_a_sentence(
    runner: WarmRunner, topic: str, difficulty: int, count: int, seed: int, sentence: str
) -> None:
    with pytest.raises(BadRequest, match=sentence):
        await generate(runner, topic, difficulty, count=count, seed=seed)
