"""Which of several programs pass an exercise's tests: asked of a `Runner`, never of this process."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.runner import RunLimits, Runner
from learnflow_ext.diagnosis.traceless import traceless
from learnflow_ext.exercises import prover
from learnflow_ext.exercises.prover import TASK, tests_in
from learnflow_ext.exercises.trees import parse

SECONDS = 0.5
"""Processor time for one program and all its tests. A correct one of a beginner's needs some milliseconds."""
ALL_SECONDS = 5.0
_USUAL = frozenset(
    """bisect calendar collections copy csv dataclasses datetime decimal enum fractions functools heapq
    itertools json math operator pathlib random re statistics string textwrap typing""".split()
)
"""Modules of which it is known what loading them does: nothing else, and it takes a while."""
_CELLS = (Path(prover.__file__).read_text(encoding="utf-8"), "main(Path.cwd())")
"""Sent along: a sandbox has nothing of the service's but what notebooks need."""
_FILE = "learnflow-prover.py"
_ANEW = f"""
import os, subprocess, sys
from pathlib import Path
task = Path({TASK!r}).read_text(encoding="utf-8")
for seed in range(1, 1 + {{times}}):
    Path({TASK!r}).write_text(task, encoding="utf-8")
    os.environ["PYTHONHASHSEED"] = str(seed)
    said = subprocess.run([sys.executable, "-s", "-P", {_FILE!r}], stdout=subprocess.PIPE)
    print(said.stdout.decode().strip() or "[]", flush=True)
"""


class Outcome(msgspec.Struct, frozen=True):
    """How one program did."""

    verdicts: str
    """A character a test: `1` passed, `0` failed, `T` did not end. Empty when there was no time to run it."""
    seconds: float = 0.0
    """Processor time it took."""

    @property
    def passes(self) -> bool:
        """Whether it passed every test, and there was one."""
        return bool(self.verdicts) and set(self.verdicts) == {"1"}

    @property
    def passed(self) -> int:
        """How many tests it passed."""
        return self.verdicts.count("1")

    @property
    def endless(self) -> bool:
        """Whether a test did not end."""
        return "T" in self.verdicts


class Asserts:
    """An exercise's tests: `assert` statements, with set-up statements between them where they are needed."""

    def __init__(self, source: str) -> None:
        """BadRequest (a sentence) when `source` is no Python or has no `assert`."""
        try:
            self.statements = tests_in(source)
        except (SyntaxError, ValueError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
            raise BadRequest(f"The tests cannot be read as Python{line}.") from error
        self.source = source
        self.tree = ast.parse(source)
        self.traceless = traceless(self.tree)
        """Whether the tests leave nothing behind in their process."""
        if not self.count:
            raise BadRequest("There is no test: each line of the tests needs an `assert`.")

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(kind == "test" for kind, _ in self.statements)


class Prover:
    """Runs programs against tests in a sandbox, many at once."""

    def __init__(self, runner: Runner, *, seconds: float = SECONDS, all_seconds: float = ALL_SECONDS) -> None:
        """`seconds` for one program with all tests; `all_seconds` for one call of `outcomes`."""
        self._runner = runner
        self._seconds = seconds
        self._all = all_seconds

    async def outcomes(
        self,
        programs: Sequence[str],
        tests: Asserts,
        *,
        seconds: float | None = None,
        first: bool = False,
        stop: bool = False,
        together: bool | None = None,
    ) -> list[Outcome]:
        """One outcome a program, in order; one without verdicts where the time did not reach.

        `seconds` of processor time for each program; None for the prover's own. With `first` those after the
        first that passes are not run; with `stop` the tests after the first that fails count as failed.
        `together` is for programs made from some that are known to leave nothing behind; None to look.
        """
        if not programs:
            return []
        if together is None:
            together = all(map(leaves_nothing, set(programs)))
        together = together and tests.traceless
        # Who has a process to themselves would load them anew.
        usual = set() if together else imported(parse(programs[0]) or ast.Module([], [])) & _USUAL
        task = {
            "programs": list(programs),
            "tests": tests.statements,
            "imports": sorted(imported(tests.tree) | usual),
            "seconds": seconds if seconds is not None else self._seconds,
            "all_seconds": self._all,
            "first": first,
            "stop": stop,
            "together": together,
        }
        result = await self._runner.run(
            _CELLS,
            files=[CourseFile(path=TASK, content=json.dumps(task).encode())],
            limits=RunLimits(
                wall_s=self._all + prover.WALL * self._seconds + 3, memory_mb=256, output_bytes=2_000_000
            ),
        )
        try:
            said = msgspec.json.decode(result.stdout.encode(), type=list[tuple[str, float]])
        except msgspec.DecodeError:
            said = []
        said += [("", 0.0)] * (len(programs) - len(said))
        return [Outcome(_proper(each, tests.count), used) for each, used in said[: len(programs)]]

    async def anew(self, program: str, tests: Asserts, *, times: int) -> list[Outcome]:
        """Outcomes of one program in so many Pythons, each of which puts the texts of a set in an order of
        its own; the same ones each time. Without verdicts where there was no time.
        """
        usual = imported(parse(program) or ast.Module([], [])) & _USUAL
        task = {
            "programs": [program],
            "tests": tests.statements,
            "imports": sorted(imported(tests.tree) | usual),
            "seconds": self._seconds,
            "all_seconds": self._all,
        }
        files = {TASK: json.dumps(task), _FILE: "\n".join(_CELLS)}
        result = await self._runner.run(
            (_ANEW.format(times=times),),
            files=[CourseFile(path=name, content=text.encode()) for name, text in files.items()],
            limits=RunLimits(wall_s=self._all, memory_mb=256, output_bytes=2_000_000),
        )
        found: list[Outcome] = []
        for line in result.stdout.splitlines()[:times]:
            try:
                said = msgspec.json.decode(line.encode(), type=list[tuple[str, float]])
            except msgspec.DecodeError:
                said = []
            found += [Outcome(_proper(each, tests.count), used) for each, used in said[:1]]
        return found + [Outcome("")] * (times - len(found))


def leaves_nothing(program: str) -> bool:
    """Whether it is certain that a program leaves nothing behind in its process; True where it is none."""
    tree = parse(program)
    return tree is None or traceless(tree)


def imported(tree: ast.AST) -> set[str]:
    """Names of the modules that `tree` imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def _proper(verdicts: str, count: int) -> str:
    """`verdicts` if it says something of each test; all failed where it says anything else but nothing."""
    if len(verdicts) == count and set(verdicts) <= {"0", "1", "T"}:
        return verdicts
    return "0" * count if verdicts else ""
