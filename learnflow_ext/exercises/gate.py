"""What every exercise must show, by being run in a sandbox, before a student sees it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.claims import claims
from learnflow_ext.exercises.edits import applied
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.form import faults
from learnflow_ext.exercises.guesses import constants, memorised, told, values
from learnflow_ext.exercises.likeness import near_copy
from learnflow_ext.exercises.mutants import mutants
from learnflow_ext.exercises.proving import Asserts, Outcome, Prover, leaves_nothing
from learnflow_ext.exercises.trees import bare, names_in, parts

SCORE = 0.9
"""Share of the mutants that the tests must notice; the measure of DeMillo, Lipton and Sayward (1978)."""
HIDDEN_SCORE = 0.9
"""Share that the hidden tests must notice without the visible ones, which can be read."""
REPEATS = 8
"""How often the solution is run. A test that fails one time in two escapes once in 128 exercises."""
ORDER = (
    "The tests depend on one another: asked again in another order, the solution fails one of them. A "
    "student runs a cell of tests as often as they like."
)
SECONDS = 0.4
"""Processor time of one program with all tests."""
ENDLESS, LEAST_SECONDS = 12.0, 0.05
"""A mutant gets so many times the solution's processor time, and at least so much."""
CHANCE = (
    "The same solution sometimes passes and sometimes fails: a test depends on chance, on time, or on the "
    "order of a set."
)
ORDERS = 6
"""In so many orders sets are put, where there are any. A test that goes by that of two texts escapes once in
64 exercises."""
_MAX_MUTANTS = 400
_BETWEEN = 40
"""After so many other programs, and after the last, the solution is run again."""


@dataclass(frozen=True)
class Verdict:
    """What the gate found."""

    reasons: tuple[str, ...] = ()
    """A sentence each; empty when the exercise may be given to students."""
    mutants: int = 0
    killed: int = 0

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons

    @property
    def score(self) -> float:
        """Share of the mutants that the tests notice, 0 to 1; 1 where there are none."""
        return self.killed / self.mutants if self.mutants else 1.0


class Gate:
    """Checks exercises one after the other, and remembers those that passed."""

    def __init__(self, runner: Runner, given: Sequence[Exercise] = ()) -> None:
        """`runner` gives the sandboxes; nothing of an exercise is run in this process.

        Those `given` before are not to be copied either.
        """
        self._prover = Prover(runner, seconds=SECONDS, all_seconds=25.0)
        self._given = list(given)

    async def check(self, exercise: Exercise) -> Verdict:
        """The verdict on `exercise`. A LearnFlowError is raised only when no sandbox can be had."""
        reasons = faults(exercise)
        if (other := near_copy(exercise, self._given)) is not None:
            reasons.append(f"It is nearly a copy of {other.name}, which was given before.")
        if reasons:
            return Verdict(tuple(reasons))
        try:
            tests, visible = Asserts(exercise.tests), Asserts("\n".join(exercise.visible))
            hidden = Asserts("\n".join(exercise.hidden)).count
            said = [example.test for example in exercise.examples] + claims(exercise)
            shown = Asserts("\n".join(said))
        except BadRequest as error:
            return Verdict((error.message,))
        constant = constants(exercise.reference, values(tests.tree))
        known = memorised(exercise)
        given_away = told(exercise)
        wrong = [*constant.values(), *exercise.slips, *given_away, *known]
        runs, others = await self._beside(exercise.reference, wrong, tests, first=REPEATS - 1)
        reasons = _solution(runs, tests) or await self._in_any_order(exercise, tests)
        if not reasons:
            reasons = await self._said(exercise, tests, visible.count, shown)
            passing = [run.passes for run in others[: len(others) - len(known)]]
            if any(run.passes for run in others[len(passing) :]):
                reasons.append(
                    "The hidden tests ask nothing new: a function that only knows what the visible ones "
                    "expect passes all of them."
                )
            easy = [value for value, passes in zip(constant, passing, strict=False) if passes]
            if easy:
                reasons.append(
                    f"The tests are too easy: a function that always gives {easy[0]} passes all of them."
                )
            if any(passing[len(constant) : len(passing) - len(given_away)]):
                at = passing.index(True, len(constant)) - len(constant) + 1
                reasons.append(f"The tests do not notice wrong program {at}, or it is not wrong.")
            if any(passing[len(passing) - len(given_away) :]):
                reasons.append("The statement tells the solution: code in it passes all tests.")
        if reasons:
            return Verdict(tuple(reasons))
        verdict = await self._mutation(exercise, hidden, runs[0].seconds)
        if verdict.passed:
            self._given.append(exercise)
        return verdict

    async def _in_any_order(self, exercise: Exercise, tests: Asserts) -> list[str]:
        """Whether the solution passes however the texts of a set are put in order.

        Each Python that is begun has an order of its own, and the warm sandboxes all come from one.
        """
        if not any(map(_orders, ast.walk(ast.parse(f"{exercise.reference}\n{tests.source}")))):
            return []
        runs = await self._prover.anew(exercise.reference, tests, times=ORDERS)
        return [CHANCE] if any(run.verdicts and not run.passes for run in runs) else []

    async def _said(self, exercise: Exercise, tests: Asserts, visible: int, shown: Asserts) -> list[str]:
        """Whether what the statement says is true, and there is anything left to do.

        The solution is run once more for it, in a sandbox of its own. The first `visible` tests are visible.
        """
        back = "\n".join((*reversed(exercise.hidden), *reversed(exercise.visible)))
        all_of_it = Asserts(f"{tests.source}\n{shown.source}\n{back}")
        truth, start = await self._outcomes(
            [exercise.reference, exercise.starter], all_of_it, seconds=3 * SECONDS, stop=False
        )
        again = truth.verdicts[: tests.count]
        true = truth.verdicts[tests.count : tests.count + shown.count]
        other_order = truth.verdicts[tests.count + shown.count :]
        done = start.verdicts[:visible]
        if set(again) != {"1"}:
            return [CHANCE]
        if set(true) != {"1"}:
            place = next((at for at, said in enumerate(true) if said != "1"), 0)
            return [f"What the statement says is not true: {_tests_of(shown)[place]}"]
        if set(other_order) != {"1"}:
            return [ORDER]
        return ["The visible tests pass before anything was written."] if set(done) == {"1"} else []

    async def _mutation(self, exercise: Exercise, hidden: int, usual: float) -> Verdict:
        """`hidden` is how many hidden tests there are, `usual` the solution's processor time in seconds."""
        programs = mutated(exercise.reference, exercise.starter)
        # A mutant that needs so much more than the solution will not end.
        seconds = min(SECONDS, max(LEAST_SECONDS, ENDLESS * usual))
        # A mutant has nothing in it that the solution has not.
        harmless = leaves_nothing(exercise.reference)
        # The hidden ones first: they must notice most by themselves, since the visible ones can be read.
        tests = Asserts("\n".join((*_prepared(exercise), *exercise.hidden, *exercise.visible)))
        again, outcomes = await self._beside(
            exercise.reference, programs, tests, seconds=seconds, together=harmless
        )
        if not all(outcome.verdicts for outcome in outcomes):
            return Verdict(("There was no time to run every mutant of the solution.",))
        if not all(run.passes for run in again):
            return Verdict((CHANCE,))
        survivors = [program for program, outcome in zip(programs, outcomes, strict=True) if outcome.passes]
        killed = len(programs) - len(survivors)
        verdict = Verdict(mutants=len(programs), killed=killed)
        if verdict.score < SCORE:
            line = _first_difference(exercise.reference, survivors[0])
            reason = (
                f"The tests notice {killed} of {len(programs)} small mistakes, fewer than {SCORE:.0%}. "
                f"They miss this one: {line}"
            )
            return Verdict((reason,), len(programs), killed)
        alone = sum(set(outcome.verdicts[:hidden]) != {"1"} for outcome in outcomes)
        if alone < HIDDEN_SCORE * len(programs):
            reason = (
                f"The hidden tests by themselves notice {alone} of {len(programs)} small mistakes, fewer "
                f"than {HIDDEN_SCORE:.0%}: the visible ones do what the hidden ones should."
            )
            return Verdict((reason,), len(programs), killed)
        return verdict

    async def _beside(
        self,
        solution: str,
        programs: Sequence[str],
        tests: Asserts,
        *,
        first: int = 0,
        seconds: float | None = None,
        together: bool | None = None,
    ) -> tuple[list[Outcome], list[Outcome]]:
        """Outcomes of the `solution`, and those of `programs`, an outcome a program.

        The solution is run `first` times before them, and between them again: what one left behind in their
        sandbox for those after it, a file or a process, the solution meets too.
        """
        row = [solution] * first
        places: list[int] = []
        for at in range(0, len(programs), _BETWEEN):
            some = programs[at : at + _BETWEEN]
            places += range(len(row), len(row) + len(some))
            row += [*some, solution]
        found = await self._outcomes(row, tests, seconds=seconds, together=together)
        of_others = set(places)
        return [run for at, run in enumerate(found) if at not in of_others], [found[at] for at in places]

    async def _outcomes(
        self,
        programs: Sequence[str],
        tests: Asserts,
        *,
        seconds: float | None = None,
        together: bool | None = None,
        stop: bool = True,
    ) -> list[Outcome]:
        """An outcome a program, with `stop` as far as its first failing test.

        Those that the time of one sandbox does not reach get another.
        """
        found: list[Outcome] = []
        while left := programs[len(found) :]:
            tried = await self._prover.outcomes(left, tests, seconds=seconds, stop=stop, together=together)
            reached = list(takewhile(lambda outcome: outcome.verdicts, tried))
            if not reached:
                return found + tried
            found += reached
        return found


def _solution(runs: Sequence[Outcome], tests: Asserts) -> list[str]:
    """What is wrong with a solution that came to these outcomes."""
    if any(run.endless for run in runs):
        return ["The solution, or a test of it, does not end in time."]
    if not all(run.verdicts for run in runs):
        return ["There was no time to run the solution."]
    if len({run.verdicts for run in runs}) > 1:
        return [CHANCE]
    if not runs[0].passes:
        failing = _tests_of(tests)[runs[0].verdicts.index("0")]
        return [f"The solution fails a test: {failing}"]
    return []


def _prepared(exercise: Exercise) -> list[str]:
    """What visible tests get ready without the solution, such as imports: the hidden ones may rest on it,
    since they run after it.
    """
    own = set(parts(ast.parse(exercise.reference)))
    said = Asserts("\n".join(exercise.visible)).statements
    return [
        source for kind, source in said if kind == "set-up" and own.isdisjoint(names_in(ast.parse(source)))
    ]


def _orders(node: ast.AST) -> bool:
    """Whether it makes a set, or asks for a number that is another in each process."""
    match node:
        case ast.Set() | ast.SetComp() | ast.Name(id="set" | "frozenset" | "hash" | "id"):
            return True
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor()):
            return True
    return False


def mutated(reference: str, starter: str = "") -> list[str]:
    """Every program that differs from `reference` by one slip, once each; at most 400 of them.

    What stands in `starter` already is given, so nobody slips there.
    """
    tree = bare(reference)
    plain, given = ast.unparse(tree), starter.count("\n")
    made = (
        ast.unparse(ast.fix_missing_locations(applied(tree, mutant)))
        for mutant in mutants(tree)
        if all(edit.line > given for edit in mutant)
    )
    found: dict[str, None] = {}
    for each in made:
        # Nobody waits for those of a long program that are not run.
        if len(found) == _MAX_MUTANTS:
            break
        if each != plain:
            found[each] = None
    return list(found)


def _tests_of(tests: Asserts) -> list[str]:
    return [source for kind, source in tests.statements if kind == "test"]


def _first_difference(reference: str, program: str) -> str:
    plain = ast.unparse(bare(reference)).splitlines()
    changed = program.splitlines()
    for before, after in zip(plain, changed, strict=False):
        if before != after:
            return f"`{before.strip()}` as `{after.strip()}`."
    return "a line left out at the end."
