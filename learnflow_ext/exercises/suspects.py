"""Where to look first in a program that fails tests, when no change of it was proved.

Two signs, neither of which needs a correct program. The *spectrum*: lines that run in tests that fail and not
in those that pass, rated by Ochiai's coefficient (Abreu, Zoeteweij and van Gemund, "An Evaluation of
Similarity Coefficients for Software Fault Localization", 2006). *Mutation*: a line whose small changes make
more tests pass (Moon, Kim, Kim and Yoo, "Ask the Mutants", 2014). Both say where, never what.
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.runner import RunLimits, Runner
from learnflow_ext.exercises import spectrum
from learnflow_ext.exercises.proving import Asserts, Outcome, Prover
from learnflow_ext.exercises.repair import Change, small_changes, written
from learnflow_ext.exercises.slips import main_edit
from learnflow_ext.exercises.trees import PARTS, parse, statements, without_docstrings

SECONDS = 0.1
"""Processor time of one test, or of one changed program with all tests."""
ALL_SECONDS = 1.0
"""For the tests of one program, and for all its changes together."""
MAX_CHANGES = 60
"""Small changes that are tried, those of the most suspected lines first."""
_CELLS = (Path(spectrum.__file__).read_text(encoding="utf-8"), "main(Path.cwd())")


@dataclass(frozen=True)
class Ran:
    """One test of a program."""

    passed: bool
    lines: frozenset[int]
    """From 1."""


@dataclass(frozen=True)
class Suspect:
    """A line to look at."""

    line: int
    ochiai: float
    """0 to 1."""
    gain: float = 0.0
    """Share of the failing tests that pass after the best small change of this line, less those that fail
    then; 0 where none helps."""
    only: bool = False
    """Whether it runs in every test that fails, and in none of those that pass, of which there are some."""

    @property
    def score(self) -> float:
        """The more, the more suspected; 0 to 2."""
        return self.ochiai + self.gain


def ochiai(tests: Sequence[Ran]) -> dict[int, float]:
    """Ochiai's coefficient of each line that a failing test runs: of the failing tests e_f run it and of the
    passing ones e_p, and it is e_f / sqrt(failing * (e_f + e_p)). Empty when nothing fails.
    """
    failing = [test.lines for test in tests if not test.passed]
    passing = [test.lines for test in tests if test.passed]
    rated = {}
    for line in sorted(frozenset().union(*failing)):
        fails = sum(line in lines for lines in failing)
        passes = sum(line in lines for lines in passing)
        rated[line] = fails / math.sqrt(len(failing) * (fails + passes))
    return rated


def ranked(tests: Sequence[Ran], gains: Mapping[int, float] | None = None) -> list[Suspect]:
    """Lines that a failing test runs, the most suspected first; of equal ones the later line, since what
    comes before it is often right by then.

    `gains` as in `Suspect`, by line.
    """
    gains = gains or {}
    failing = [test.lines for test in tests if not test.passed]
    passing = [test.lines for test in tests if test.passed]
    found = []
    for line, value in ochiai(tests).items():
        only = bool(passing) and not any(line in each for each in passing)
        found.append(
            Suspect(line, value, gains.get(line, 0.0), only and all(line in each for each in failing))
        )
    return sorted(found, key=lambda each: (-each.score, -each.line))


def telling(suspects: Sequence[Suspect]) -> Suspect | None:
    """The first of `suspects`, if it stands out from at least half of them; None where all look alike."""
    if not suspects:
        return None
    middle = suspects[len(suspects) // 2]
    return suspects[0] if len(suspects) == 1 or suspects[0].score > middle.score else None


class Locator:
    """Looks for suspected lines of attempts at one exercise."""

    def __init__(self, runner: Runner, tests: Asserts, *, all_seconds: float = ALL_SECONDS) -> None:
        """Each attempt takes two runs of a sandbox, of `all_seconds` and a little more at most."""
        self._runner = runner
        self._prover = Prover(runner, seconds=SECONDS, all_seconds=all_seconds)
        self._tests = tests
        self._all = all_seconds

    async def suspects(self, source: str, *, mutate: bool = True) -> list[Suspect]:
        """As `ranked`; without mutation if not `mutate`. Empty where nothing is known, or nothing fails."""
        tree = parse(source)
        if tree is None:
            return []
        known = code_lines(tree)
        tests = [Ran(test.passed, test.lines & known) for test in await self._spectrum(source)]
        if all(test.passed for test in tests):
            return []
        plain = ranked(tests)
        return ranked(tests, await self._gains(tree, plain)) if mutate else plain

    async def _spectrum(self, source: str) -> list[Ran]:
        task = {
            "program": source,
            "tests": self._tests.statements,
            "seconds": SECONDS,
            "all_seconds": self._all,
        }
        result = await self._runner.run(
            _CELLS,
            files=[CourseFile(path=spectrum.TASK, content=json.dumps(task).encode())],
            limits=RunLimits(wall_s=self._all + spectrum.PATIENCE + 2, memory_mb=256, output_bytes=2_000_000),
        )
        try:
            said = msgspec.json.decode(result.stdout.encode(), type=list[tuple[str, list[int]]])
        except msgspec.DecodeError:
            return []
        return [
            Ran(verdict == "1", frozenset(lines)) for verdict, lines in said if verdict in ("1", "0", "T")
        ]

    async def _gains(self, tree: ast.Module, plain: Sequence[Suspect]) -> dict[int, float]:
        """By line, what its best small change gains, where that is anything."""
        order = {suspect.line: place for place, suspect in enumerate(plain)}
        without_docstrings(tree)
        tried: dict[str, int] = {}
        for change in sorted(small_changes(tree), key=lambda each: (each.size, order.get(_line(each), 0))):
            line, program = _line(change), written(tree, {}, change)
            if line in order and program is not None:
                tried.setdefault(program, line)
        programs = sorted(tried, key=lambda program: order[tried[program]])[:MAX_CHANGES]
        before, *after = await self._prover.outcomes(
            [ast.unparse(tree), *programs], self._tests, seconds=SECONDS
        )
        found: dict[int, float] = {}
        for program, outcome in zip(programs, after, strict=True):
            if (gain := _gained(before, outcome)) > 0:
                found[tried[program]] = max(gain, found.get(tried[program], 0.0))
        return found


def code_lines(tree: ast.Module) -> frozenset[int]:
    """Lines of `tree` on which something is done: no heads of functions and classes, no imports."""
    return frozenset(
        each.lineno
        for each in statements(tree.body)
        if not isinstance(each, (*PARTS, ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal))
    )


def _line(change: Change) -> int:
    return main_edit(change.edits).line


def _gained(before: Outcome, after: Outcome) -> float:
    if not after.verdicts or len(after.verdicts) != len(before.verdicts):
        return 0.0
    failing = sum(one != "1" for one in before.verdicts)
    return (after.passed - before.passed) / failing if failing else 0.0
