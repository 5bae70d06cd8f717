"""What every exercise must show, by being run in a sandbox, before a student sees it."""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from doctest import DocTestParser
from itertools import takewhile
from typing import Any

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.edits import applied
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.form import CODE, faults
from learnflow_ext.exercises.mutants import mutants
from learnflow_ext.exercises.proving import Asserts, Outcome, Prover, leaves_nothing
from learnflow_ext.exercises.trees import PARTS, names_in, parse, parts, without_docstrings

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
LIKE = 0.9
"""From this share of equal words two statements are called copies."""
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
_MAX_TOLD = 12
_MAX_ECHOED = 4
_CLAIM = re.compile(
    r"`(\w+\([^`\n]*\))`,?\s*(?:is|gives(?: back)?|returns|yields|becomes|evaluates to|"
    r"equals|results in|should (?:be|give|return)|[=-]=?>|==?|→|⇒|[:|])\s*`([^`\n]+)`"
)
_FENCES = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_CLAIM_IN_ONE = re.compile(r"`(\w+\([^`\n]*\))\s*(?:[=-]=?>|==|→|⇒)\s*([^`\n]+)`")
_CLAIM_IN_CODE = re.compile(
    r"^[ \t]*(?:assert +(\w+\([^\n]*\)) *== *([^\n]+)|"
    r"(\w+\([^#\n]*\))[ \t]*#[ \t]*(?:[=-]=?>|==?|→|⇒)?([^\n]+))$",
    re.MULTILINE,
)
"""A line of a program that compares a call, or says behind it what it gives."""
_CONSTANTS = ("None", "True", "False", "0", "1", "''", "[]", "{}")


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
            claims = [example.test for example in exercise.examples] + _claims(exercise)
            shown = Asserts("\n".join(claims))
        except BadRequest as error:
            return Verdict((error.message,))
        constants = _constants(exercise.reference, _values(tests.tree))
        known = _memorised(exercise)
        told = _told(exercise)
        wrong = [*constants.values(), *exercise.slips, *told, *known]
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
            easy = [value for value, passes in zip(constants, passing, strict=False) if passes]
            if easy:
                reasons.append(
                    f"The tests are too easy: a function that always gives {easy[0]} passes all of them."
                )
            if any(passing[len(constants) : len(passing) - len(told)]):
                at = passing.index(True, len(constants)) - len(constants) + 1
                reasons.append(f"The tests do not notice wrong program {at}, or it is not wrong.")
            if any(passing[len(passing) - len(told) :]):
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


def near_copy(exercise: Exercise, given: Sequence[Exercise]) -> Exercise | None:
    """The first of `given` whose solution or statement is nearly that of `exercise`; None for none."""
    return next(
        (
            other
            for other in given
            if _same_program(exercise, other) or _alike(exercise.statement, other.statement) >= LIKE
        ),
        None,
    )


def mutated(reference: str, starter: str = "") -> list[str]:
    """Every program that differs from `reference` by one slip, once each; at most 400 of them.

    What stands in `starter` already is given, so nobody slips there.
    """
    tree = _bare(reference)
    plain, given = ast.unparse(tree), starter.count("\n")
    made = (
        ast.unparse(ast.fix_missing_locations(applied(tree, mutant)))
        for mutant in mutants(tree)
        if all(edit.line > given for edit in mutant)
    )
    return list(dict.fromkeys(each for each in made if each != plain))[:_MAX_MUTANTS]


def _claims(exercise: Exercise) -> list[str]:
    """What the text itself says of calls, such as "`f(2)` is `4`" or a session with `>>>`, as tests."""
    found = _CLAIM.findall(exercise.statement)
    known = frozenset((*dir(builtins), *parts(ast.parse(exercise.reference))))
    # `f(a, b)` gives `a`, where it says that of any two, can be asked of none.
    said = [f"assert {call} == {result}" for call, result in found if _names_only(known, call, result)]
    for call, result in _CLAIM_IN_ONE.findall(exercise.statement):
        # `f(a, b) -> int` says what kinds of values there are, and nothing of a call.
        if all(map(_is_value, (*_arguments_of(call), result))):
            said.append(f"assert {call} == {result}")
    for asked, equal, call, behind in _CLAIM_IN_CODE.findall(exercise.statement):
        call, result = asked or call, (equal or behind).strip()
        if not call.startswith("print(") and all(map(_is_value, (*_arguments_of(call), result))):
            said.append(f"assert {call} == {result}")
    for text in (exercise.statement, *_docstrings(exercise.starter)):
        said += _session(text)
    return said


def _names_only(known: frozenset[str], *code: str) -> bool:
    """Whether all of `code` is Python, and names nothing but what is `known` or made in it."""
    trees = list(map(parse, code))
    nodes = [node for tree in trees if tree is not None for node in ast.walk(tree)]
    made = {node.arg for node in nodes if isinstance(node, ast.arg)}
    made |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return None not in trees and {node.id for node in nodes if isinstance(node, ast.Name)} <= known | made


def _docstrings(starter: str) -> list[str]:
    tree = parse(starter)
    return [
        text
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, (ast.Module, *PARTS)) and (text := ast.get_docstring(node))
    ]


def _session(text: str) -> list[str]:
    """The steps of a session with `>>>` that say what they give, with those before them."""
    try:
        # What a step gives goes on to the next empty line: the end of a block is one.
        steps = DocTestParser().get_examples(_FENCES.sub("", text))
    except ValueError:
        return []
    said: list[str] = []
    for step in steps:
        source, result = step.source.strip(), step.want.strip()
        if parse(source) is None or step.exc_msg is not None or source.startswith("print("):
            continue
        said.append(f"assert ({source}) == ({result})" if result else source)
    return said if parse("\n".join(said)) is not None else []


def _arguments_of(call: str) -> list[str]:
    tree = parse(call)
    if tree is None or not tree.body or not isinstance(tree.body[0], ast.Expr):
        return [call]
    found = tree.body[0].value
    if not isinstance(found, ast.Call):
        return [call]
    return [ast.unparse(each) for each in (*found.args, *(keyword.value for keyword in found.keywords))]


def _is_value(code: str) -> bool:
    tree = parse(code)
    return (
        tree is not None
        and len(tree.body) == 1
        and isinstance(tree.body[0], ast.Expr)
        and all(isinstance(each, _PLAIN) for each in ast.walk(tree.body[0].value))
    )


def _told(exercise: Exercise) -> list[str]:
    """Programs that the code in the statement is, alone and below what the student starts from."""
    pieces = [found.group() for found in CODE.finditer(exercise.statement)]
    blocks = [each.partition("\n")[2].rpartition("\n")[0] for each in pieces if each[:3] in ("```", "~~~")]
    blocks += [each.strip("` ") for each in pieces if "return" in each and each[:3] not in ("```", "~~~")]
    inside = [
        exercise.starter + textwrap.indent(textwrap.dedent(each), "    ") for each in blocks[:_MAX_TOLD]
    ]
    return [each for each in (*blocks[:_MAX_TOLD], *inside) if parse(each) is not None]


def _bare(source: str) -> ast.Module:
    tree = parse(source)
    return without_docstrings(tree) if tree is not None else ast.Module([], [])


def _tests_of(tests: Asserts) -> list[str]:
    return [source for kind, source in tests.statements if kind == "test"]


def _values(tests: ast.Module) -> list[str]:
    """Plain values to give back whatever is asked: the usual ones, and those that the tests expect."""
    expected = [
        ast.unparse(side)
        for node in ast.walk(tests)
        if isinstance(node, ast.Compare)
        for side in node.comparators
        if all(isinstance(each, _PLAIN) for each in ast.walk(side))
    ]
    return list(dict.fromkeys([*_CONSTANTS, *expected]))


_PLAIN: tuple[type[ast.AST], ...] = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.expr_context),
)


def _constants(reference: str, values: Sequence[str]) -> dict[str, str]:
    """For each of `values` the program with every function giving it back at once; and the same for giving
    back an argument as it came.
    """
    tree = _bare(reference)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    found = {}
    for value in values:
        for node in functions:
            node.body = [ast.Return(ast.parse(value, mode="eval").body)]
        found[value] = ast.unparse(ast.fix_missing_locations(tree))
    most = max((len(node.args.args) for node in functions), default=0)
    for place in range(min(most, _MAX_ECHOED)):
        for node in functions:
            given = node.args.args[min(place, len(node.args.args) - 1) :][:1]
            node.body = [ast.Return(ast.Name(given[0].arg, ast.Load()) if given else ast.Constant(None))]
        found[f"its argument number {place + 1}"] = ast.unparse(ast.fix_missing_locations(tree))
    return found


def _memorised(exercise: Exercise) -> list[str]:
    """Programs that only know the answers to the visible tests, and give something plain for the rest.

    Empty where a visible test asks for more than what a function gives for plain values.
    """
    tree = parse("\n".join(exercise.visible))
    table: list[str] = []
    names: set[str] = set()
    for node in tree.body if tree is not None else []:
        match node:
            case ast.Assert(
                test=ast.Compare(
                    left=ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]),
                    ops=[ast.Eq()],
                    comparators=[result],
                )
            ) if all(isinstance(each, _PLAIN) for part in (*arguments, result) for each in ast.walk(part)):
                names.add(name)
                given = "".join(f"{ast.unparse(each)}, " for each in arguments)
                table.append(f"(({given}), {ast.unparse(result)})")
            case _:
                return []
    if len(names) != 1:
        return []
    (name,) = names
    return [
        f"def {name}(*given):\n    for asked, answer in [{', '.join(table)}]:\n"
        f"        if asked == given:\n            return answer\n    return {other}\n"
        for other in (*_CONSTANTS, "given[0] if given else None")
    ]


class _Nameless(ast.NodeTransformer):
    """Chosen names become numbers, in the order in which they appear."""

    def __init__(self, tree: ast.AST) -> None:
        chosen = [
            each
            for node in ast.walk(tree)
            for each in (getattr(node, "arg", None), _stored(node), getattr(node, "name", None))
            if isinstance(each, str)
        ]
        self._names = {name: f"n{number}" for number, name in enumerate(dict.fromkeys(chosen))}

    def generic_visit(self, node: ast.AST) -> Any:
        for field in ("id", "arg", "name", "attr"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                setattr(node, field, self._names.get(value, value))
        for field in ("annotation", "returns"):
            if isinstance(getattr(node, field, None), ast.expr) and not isinstance(node, ast.AnnAssign):
                setattr(node, field, None)
        return super().generic_visit(node)


def _stored(node: ast.AST) -> str | None:
    if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
        return node.id if isinstance(node, ast.Name) else node.attr
    return None


def _same_program(one: Exercise, other: Exercise) -> bool:
    """Whether the solutions differ in names only."""
    trees = [_bare(each.reference) for each in (one, other)]
    first, second = (ast.dump(_Nameless(tree).visit(tree)) for tree in trees)
    return first == second


def _alike(one: str, other: str) -> float:
    """Share of words two texts have in common in the same order, 0 to 1."""
    return SequenceMatcher(None, one.lower().split(), other.lower().split(), autojunk=False).ratio()


def _first_difference(reference: str, program: str) -> str:
    plain = ast.unparse(_bare(reference)).splitlines()
    changed = program.splitlines()
    for before, after in zip(plain, changed, strict=False):
        if before != after:
            return f"`{before.strip()}` as `{after.strip()}`."
    return "a line left out at the end."
