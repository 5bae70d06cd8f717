"""`make bench`: from a wrong attempt to a proved repair or a suspected line, on one core.

Attempts are made here: solutions of generated exercises with two small mistakes put into each. For real ones
see `make eval ARGS="--only hints"`, which prints its times too.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from random import Random

from learnflow_kernels.warm.runner import WarmRunner

from learnflow_ext.exercises.edits import applied
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.exercises.hinting import Hinter
from learnflow_ext.exercises.mutants import mutants
from learnflow_ext.exercises.proving import Asserts
from learnflow_ext.exercises.suspects import Locator

TOPICS = ("basics", "control_flow", "data_structures", "functions")
SEED = 7


def attempts() -> Iterator[tuple[Exercise, str]]:
    """One for each family of the first four topics and each difficulty; the same every time."""
    random = Random(SEED)
    for topic in TOPICS:
        for family in FAMILIES[topic]:
            for difficulty in range(1, 6):
                exercise = family.exercise(difficulty, SEED)
                tree: ast.AST = ast.parse(exercise.reference)
                for _ in range(2):
                    tree = ast.fix_missing_locations(applied(tree, random.choice(mutants(tree))))
                yield exercise, ast.unparse(tree)


async def main() -> None:
    """Print the table."""
    repairs: list[float] = []
    lines: list[float] = []
    proved = wrong = named = 0
    runner = WarmRunner(parallel=1, ready=1, preload=())
    try:
        for exercise, attempt in attempts():
            hinter = Hinter(
                runner, exercise.tests, statement=exercise.statement, reference=exercise.reference
            )
            began = time.perf_counter()
            found = await hinter.repaired(attempt)
            if found.proved and not found.size:
                continue
            repairs.append(time.perf_counter() - began)
            wrong += 1
            proved += found.proved
            began = time.perf_counter()
            named += bool(await Locator(runner, Asserts(exercise.tests)).suspects(attempt))
            lines.append(time.perf_counter() - began)
    finally:
        await runner.close()
    print("| what | p50 | p95 | attempts | found |")
    print("|---|---|---|---|---|")
    for name, seconds, found_of in (
        ("a proved repair", repairs, proved),
        ("lines to look at first, without a solution", lines, named),
    ):
        ordered = sorted(seconds)
        p50, p95 = ordered[len(ordered) // 2], ordered[round(0.95 * (len(ordered) - 1))]
        print(f"| {name} | {p50:.2f} s | {p95:.2f} s | {wrong} | {found_of} |")


if __name__ == "__main__":
    with contextlib.suppress(OSError):
        # The aim is for one core.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    asyncio.run(main())
