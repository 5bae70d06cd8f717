"""Trying programs against an exercise's tests, many in one run of a sandbox.

Programs that can leave nothing behind share a process; each other one has its own.
"""

from __future__ import annotations

import ast
import json
import re
import secrets
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

import msgspec

from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.runner import RunLimits, Runner
from learnflow_ext.diagnosis.reading import tree_of
from learnflow_ext.diagnosis.traceless import traceless

LIMITS = RunLimits(wall_s=6.0, memory_mb=256, processes=16, output_bytes=20_000)
SECONDS_EACH = 0.4
"""Of the processor, for one program at most; most get a good deal less. Of the clock it is more."""
SECONDS_ALL = 5.0
"""Of the clock, for all programs of a run; those that are left then count as not tried."""
BUSY_ALL = 2.4
"""Of the processor, the same; each attempt has its share, so that one cannot use up the others'."""
ENOUGH = 12
"""So many programs tried are an answer, without the rest too: the likely ones come first."""


_TRICKS = re.compile(
    r"__(?!(?:init|str|repr|name|main|doc)__)[a-z]+__|\btype\([^()]*,|\b_?(?:os|sys|posix)\b"
    r"|\b(?:builtins|ctypes|eval|exec|gc|globals|importlib|inspect|metaclass|mock|setattr|unittest|vars)\b"
)
"""With these a cell can seem to pass tests: by a value that equals all others, say."""
_NEVER = "raise SystemExit"
"""Stands for a program of which nothing would be left but what never ends: no more does it pass."""


class Attempt(msgspec.Struct, frozen=True):
    """Programs for one exercise."""

    reference: Reference
    programs: tuple[str, ...]
    own_code: str = ""
    failed_before: int = 0
    """So many more were tried earlier, and failed."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of an `Attempt`."""

    judged: bool
    """False when the sandbox could not say: it ran out of time, or the code broke it."""
    testable: bool = False
    """The reference passes its tests, and a stub does not: only then a pass says something."""
    own_passes: bool = False
    passing: int | None = None
    """Which of the programs passes the tests, the first; None for none."""
    failed: tuple[int, ...] = ()
    """Those that came to an end, and failed: they would again."""


async def tried(runner: Runner, attempts: Sequence[Attempt]) -> list[Outcome]:
    """Run them all, in one sandbox. Never raises for what the code does, nor when there is no sandbox."""
    nonce = secrets.token_hex(8)
    task = [_task(each) for each in attempts]
    times = {"each": SECONDS_EACH, "all": SECONDS_ALL, "busy": BUSY_ALL}
    told = json.dumps({"nonce": nonce, "attempts": task, **times})
    try:
        result = await runner.run([f"TASK = {told!r}\n{_program()}"], limits=LIMITS)
    except LearnFlowError:
        return [Outcome(False)] * len(attempts)
    line = next((line for line in result.stdout.splitlines() if line.startswith(nonce)), "")
    try:
        said = msgspec.json.decode(line.removeprefix(nonce).encode(), type=list[str])
    except msgspec.DecodeError:
        return [Outcome(False)] * len(attempts)
    if [len(each) for each in said] != [3 + len(each.programs) for each in attempts]:
        return [Outcome(False)] * len(attempts)
    return [_outcome(signs, each) for signs, each in zip(said, attempts, strict=True)]


def _task(attempt: Attempt) -> dict[str, object]:
    """What the program in the sandbox is told of an attempt."""
    reference = attempt.reference
    around = _looked_at(reference.before)[1] and _looked_at(reference.tests)[1]
    programs = [_stub(reference), reference.whole]
    programs += map(_that_ends, (_without_tricks(attempt), *attempt.programs))
    return {
        "before": reference.before,
        "tests": reference.tests,
        "entries": reference.entries,
        "programs": programs,
        "together": [around and _looked_at(program)[1] for program in programs],
        "apart": [False] * 3 + [_apart(program, attempt.own_code) for program in attempt.programs],
    }


def _apart(program: str, own: str) -> bool:
    """Whether most lines of the student's are not in it: it may be of quite another kind."""
    lines = {line.strip() for line in own.splitlines() if line.strip()}
    return 2 * len(lines.intersection(map(str.strip, program.splitlines()))) < max(1, len(lines))


def _without_tricks(attempt: Attempt) -> str:
    """The student's cell, whose passing opens the gate; nothing where it may fool tests."""
    needed = _TRICKS.findall(f"{attempt.reference.before}\n{attempt.reference.whole}")
    return attempt.own_code if set(_TRICKS.findall(attempt.own_code)) <= set(needed) else _NEVER


@lru_cache(maxsize=2048)
def _looked_at(program: str) -> tuple[bool, bool]:
    """Whether a program is `hopeless`, and whether it is certain that it leaves nothing behind.

    Neither for what cannot be read.
    """
    tree = tree_of(program)
    return (False, False) if tree is None else (_hopeless(tree), traceless(tree))


def hopeless(program: str) -> bool:
    """Whether it is certain that a program never ends: it need not be tried, and trying costs the most.

    Certain is a loop `while True` without a way out, reached before anything could leave the program, or
    such a loop that does nothing at all in a function. False for what cannot be read.
    """
    return _looked_at(program)[0]


@lru_cache(maxsize=2048)
def _that_ends(program: str) -> str:
    """A program without the loop that it never leaves: what stands above may be a solution already."""
    tree = tree_of(program)
    if tree is None or not _looked_at(program)[0]:
        return program
    above = tree.body[: _stuck(tree.body) or 0]
    return "\n".join(map(ast.unparse, above)) or _NEVER


def _hopeless(tree: ast.Module) -> bool:
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    idle = [not _leaves(each) and _stuck(each.body, idle=True) is not None for each in functions]
    # Of several functions the tests may never call the one that is endless.
    return _stuck(tree.body) is not None or (bool(idle) and all(idle))


def _stuck(body: list[ast.stmt], *, idle: bool = False) -> int | None:
    """The place of the loop that is never left; None without one."""
    for place, statement in enumerate(body):
        if isinstance(statement, ast.While) and not _leaves(statement):
            always = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
            return place if always and (not idle or all(map(_does_nothing, statement.body))) else None
        if not isinstance(statement, ast.FunctionDef) and _leaves(statement):
            return None
    return None


def _does_nothing(statement: ast.stmt) -> bool:
    """What else a loop may do can fail, and an error leaves a function, perhaps as its tests want it."""
    return isinstance(statement, (ast.Pass, ast.Continue))


def _leaves(node: ast.AST) -> bool:
    """Whether something in it could end it early, or give control away."""
    ways = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await, ast.Assert, ast.Try)
    return any(isinstance(each, ways) for each in ast.walk(node))


def _outcome(signs: str, attempt: Attempt) -> Outcome:
    stub, reference, own, *programs = tuple(signs)
    testable = stub in "0T" and reference == "1"
    passing = next((place for place, sign in enumerate(programs) if sign == "1"), None)
    tried = sum(sign != "-" for sign in programs) + attempt.failed_before
    # Once one is known to pass, the rest is not tried.
    left_open = testable and own != "1" and passing is None and "-" in programs
    unsure = "-" in (stub, reference) or (left_open and tried < ENOUGH)
    failed = tuple(place for place, sign in enumerate(programs) if sign == "0") if testable else ()
    return Outcome(not unsure, testable, own == "1", passing if testable else None, failed)


def _stub(reference: Reference) -> str:
    """What is asked for, doing nothing: tests that it passes say nothing."""
    return "\n".join(f"def {name}(*_, **more): pass" for name in reference.entries)


def _program() -> str:
    return resources.files("learnflow_ext.agents").joinpath("trial_program.txt").read_text(encoding="utf-8")
