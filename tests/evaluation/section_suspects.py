"""Lines to look at first in real wrong attempts, found without a solution: how often they are the right ones.

Reads what `section_hints` reads. The right lines are those that differ in a repaired program, which the
solution led to and which passes; the search for suspects knows nothing of it.
"""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from learnflow_kernels.warm.runner import WarmRunner
from section import Section, Table, share
from section_hints import changed_lines, tests_of

from learnflow_ext.exercises.hinting import Hinter
from learnflow_ext.exercises.proving import Asserts
from learnflow_ext.exercises.suspects import Locator, Suspect, code_lines, telling
from learnflow_ext.exercises.trees import parse


@dataclass
class _Figures:
    of: int = 0
    spectrum: int = 0
    both: int = 0
    chance: float = 0.0
    named: int = 0
    right: int = 0
    misses: list[str] = field(default_factory=list)


def evaluate(file: Path) -> Table:
    """One row for each question."""
    questions = json.loads(file.read_text(encoding="utf-8"))["questions"]
    columns = ("question", "spectrum", "and mutation", "any order", "a line is named", "and is right")
    return asyncio.run(_table(f"suspects, top third of the lines: {file.name}", columns, questions))


async def _table(title: str, columns: tuple[str, ...], questions: list[dict[str, Any]]) -> Table:
    rows, misses = [], []
    runner = WarmRunner(parallel=1, ready=1, preload=())
    try:
        for question in questions:
            figures = await _question(runner, question)
            misses += figures.misses
            rows.append(
                (
                    str(question["id"]),
                    share(figures.spectrum, figures.of),
                    share(figures.both, figures.of),
                    f"{100 * figures.chance / max(1, figures.of):.0f} %",
                    share(figures.named, figures.of),
                    share(figures.right, figures.named),
                )
            )
    finally:
        await runner.close()
    return Table(title, columns, tuple(rows), tuple(misses))


async def _question(runner: WarmRunner, question: dict[str, Any]) -> _Figures:
    tests = tests_of(question)
    hinter = Hinter(runner, tests, reference=question["reference"])
    locator = Locator(runner, Asserts(tests))
    figures = _Figures()
    for attempt in question["submissions"]:
        code = attempt["code"]
        tree = parse(code)
        if attempt["label"] != "wrong" or tree is None:
            continue
        repair = await hinter.repaired(code)
        lines = code_lines(tree)
        changed = changed_lines(code, repair.program)[0] & lines
        if not repair.proved or not changed:
            continue
        figures.of += 1
        third = math.ceil(len(lines) / 3)
        plain = await locator.suspects(code, mutate=False)
        suspects = await locator.suspects(code)
        figures.spectrum += _among(plain[:third], changed)
        figures.both += _among(suspects[:third], changed)
        left = math.comb(len(lines) - len(changed), third)
        figures.chance += 1 - left / math.comb(len(lines), third)
        first = telling(suspects)
        if first is not None:
            figures.named += 1
            figures.right += first.line in changed
            if first.line not in changed:
                figures.misses.append(f"{attempt['id']}: {first.line}, and {sorted(changed)} changed")
    return figures


def _among(suspects: list[Suspect], changed: set[int]) -> bool:
    return any(each.line in changed for each in suspects)


SECTION = Section("suspects", ("refactory*.json",), evaluate)
