"""Trying programs against an exercise's tests, many in one run of a sandbox, each in a process of its own."""

from __future__ import annotations

import ast
import json
import secrets
from collections.abc import Sequence
from importlib import resources

import msgspec

from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.runner import RunLimits, Runner
from learnflow_ext.diagnosis.reading import tree_of

LIMITS = RunLimits(wall_s=6.0, memory_mb=256, processes=16, output_bytes=20_000)
SECONDS_EACH = 0.4
"""Of the clock, for one program; of the processor it gets a good deal less."""
SECONDS_ALL = 5.0
"""Of the clock, for all programs of a run; those that are left then count as not tried."""
BUSY_ALL = 2.4
"""Of the processor, the same; each attempt has its share, so that one cannot use up the others'."""
ENOUGH = 12
"""So many programs tried are an answer, without the rest too: the likely ones come first."""


_NEVER = "raise SystemExit"
"""Stands for a program that would never end: no more does it pass."""


class Attempt(msgspec.Struct, frozen=True):
    """Programs for one exercise."""

    reference: Reference
    programs: tuple[str, ...]
    own_code: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What came of an `Attempt`."""

    judged: bool
    """False when the sandbox could not say: it ran out of time, or the code broke it."""
    testable: bool = False
    """The reference passes its tests, and a stub does not: only then a pass says something."""
    own_passes: bool = False
    passing: int | None = None
    """Which of the programs passes the tests, the first; None for none."""


async def tried(runner: Runner, attempts: Sequence[Attempt]) -> list[Outcome]:
    """Run them all, in one sandbox. Never raises for what the code does, nor when there is no sandbox."""
    nonce = secrets.token_hex(8)
    task = [
        {
            "before": each.reference.before,
            "tests": each.reference.tests,
            "entries": each.reference.entries,
            "programs": [
                _stub(each.reference),
                each.reference.whole,
                *(_NEVER if hopeless(program) else program for program in (each.own_code, *each.programs)),
            ],
        }
        for each in attempts
    ]
    times = {"each": SECONDS_EACH, "all": SECONDS_ALL, "busy": BUSY_ALL}
    told = json.dumps({"nonce": nonce, "attempts": task, **times})
    try:
        result = await runner.run([f"TASK = {told!r}\n{_program()}"], limits=LIMITS)
    except LearnFlowError:
        return [Outcome(False)] * len(attempts)
    line = next((line for line in result.stdout.splitlines() if line.startswith(nonce)), "")
    try:
        passed = msgspec.json.decode(line.removeprefix(nonce).encode(), type=list[list[bool | None]])
    except msgspec.DecodeError:
        return [Outcome(False)] * len(attempts)
    if [len(each) for each in passed] != [len(each["programs"]) for each in task]:
        return [Outcome(False)] * len(attempts)
    return [_outcome(each) for each in passed]


def hopeless(program: str) -> bool:
    """Whether it is certain that a program never ends: it need not be tried, and trying costs the most.

    Certain is a loop `while True` without a way out, reached before anything could leave the program, or
    such a loop that does nothing at all in a function. False for what cannot be read.
    """
    tree = tree_of(program)
    if tree is None:
        return False
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef) and not _leaves(each)]
    return _sticks(tree.body) or any(_sticks(each.body, idle=True) for each in functions)


def _sticks(body: list[ast.stmt], *, idle: bool = False) -> bool:
    for statement in body:
        if isinstance(statement, ast.While) and not _leaves(statement):
            always = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
            return always and (not idle or all(map(_does_nothing, statement.body)))
        if not isinstance(statement, ast.FunctionDef) and _leaves(statement):
            return False
    return False


def _does_nothing(statement: ast.stmt) -> bool:
    """What else a loop may do can fail, and an error leaves a function, perhaps as its tests want it."""
    return isinstance(statement, (ast.Pass, ast.Continue))


def _leaves(node: ast.AST) -> bool:
    """Whether something in it could end it early, or give control away."""
    ways = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await, ast.Assert, ast.Try)
    return any(isinstance(each, ways) for each in ast.walk(node))


def _outcome(passed: list[bool | None]) -> Outcome:
    stub, reference, own, *programs = passed
    testable = stub is False and reference is True
    passing = next((place for place, each in enumerate(programs) if each), None)
    tried = sum(each is not None for each in programs)
    # Once one is known to pass, the rest is not tried.
    left_open = testable and not own and passing is None and None in programs
    unsure = reference is None or (left_open and tried < ENOUGH)
    return Outcome(not unsure, testable, own is True, passing if testable else None)


def _stub(reference: Reference) -> str:
    """What is asked for, doing nothing: tests that it passes say nothing."""
    return "\n".join(f"def {name}(*_, **__): pass" for name in reference.entries)


def _program() -> str:
    return resources.files("learnflow_ext.agents").joinpath("trial_program.txt").read_text(encoding="utf-8")
