"""`hint` on real wrong attempts: share with a proved repair, size of the repair, time, and what leaks.

Reads `refactory*.json`: `questions`, each with `statement`, `prelude`, `reference`, `tests` (`statement` and
what it prints, `expected`) and `submissions` (`code`, `label`). Once with the reference alone, once with the
correct attempts beside it.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import json
import re
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from learnflow_kernels.warm.runner import WarmRunner
from section import Section, Table, share

from learnflow_ext.exercises.hinting import Hinter
from learnflow_ext.exercises.trees import literals_in, names_in, parse, size, without_docstrings


@dataclass
class _Figures:
    of: int = 0
    proved: int = 0
    named: int = 0
    relative: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    leaks: int = 0
    misses: list[str] = field(default_factory=list)


def evaluate(file: Path) -> Table:
    """One row for each question, without and with classmates."""
    questions = json.loads(file.read_text(encoding="utf-8"))["questions"]
    rows, misses = asyncio.run(_all(questions))
    columns = ("question", "proved", "names the line", "median edit", "p50", "p95", "leaks")
    return Table(f"hint: {file.name}", columns, tuple(rows), tuple(misses))


async def _all(questions: list[dict[str, Any]]) -> tuple[list[tuple[str, ...]], list[str]]:
    rows: list[tuple[str, ...]] = []
    misses: list[str] = []
    runner = WarmRunner(parallel=1, ready=1, preload=())
    try:
        for question in questions:
            for with_peers in (False, True):
                found = await _question(runner, question, with_peers)
                misses += found.misses
                rows.append(_row(f"{question['id']}{' and classmates' if with_peers else ''}", found))
    finally:
        await runner.close()
    return rows, misses


async def _question(runner: WarmRunner, question: dict[str, Any], with_peers: bool) -> _Figures:
    correct = [each["code"] for each in question["submissions"] if each["label"] == "correct"]
    peers = correct if with_peers else []
    tests = _tests(question)
    hinter = Hinter(
        runner, tests, statement=question["statement"], reference=question["reference"], peers=peers
    )
    secret = _secrets([question["reference"], *peers, tests])
    figures = _Figures()
    for attempt in question["submissions"]:
        if attempt["label"] != "wrong":
            continue
        began = time.perf_counter()
        found = await hinter.hint(attempt["code"])
        figures.seconds.append(time.perf_counter() - began)
        figures.of += 1
        figures.proved += found.proved
        figures.named += found.line is not None and f"line {found.line}" in found.rungs[1]
        tree = parse(attempt["code"])
        if found.proved and tree is not None:
            figures.relative.append(found.edit_size / size(without_docstrings(tree)))
        if not found.proved:
            figures.misses.append(f"{attempt['id']}: nothing proved")
        told = _told(found.rungs, secret, attempt["code"] + question["statement"])
        figures.leaks += bool(told)
        figures.misses += [f"{attempt['id']}: tells {sorted(told)}"] if told else []
    return figures


def _tests(question: dict[str, Any]) -> str:
    lines = [question["prelude"]]
    for test in question["tests"]:
        called = ast.unparse(ast.parse(test["statement"]).body[-1])
        printed = called.removeprefix("print(").removesuffix(")")
        lines.append(f"assert str({printed}) == {test['expected'].strip()!r}")
    return "\n".join(lines)


def _secrets(programs: list[str]) -> set[str]:
    """Names and texts of the programs; single letters and small numbers are nobody's."""
    found: set[str] = set()
    for program in programs:
        tree = parse(program)
        if tree is not None:
            found |= names_in(tree) | {each.strip("'\"") for each in literals_in(tree)}
    return {each for each in found if len(each) > 2 and each not in dir(builtins)}


def _told(rungs: tuple[str, ...], secret: set[str], known: str) -> set[str]:
    """Secrets that stand in code of the rungs and neither in the attempt nor in the statement."""
    code = " ".join(re.findall(r"```.*?```|`[^`]*`", "\n".join(rungs), re.DOTALL))
    words = set(re.findall(r"\w+", code))
    return {each for each in secret & words if not re.search(rf"\b{re.escape(each)}\b", known)}


def _row(name: str, figures: _Figures) -> tuple[str, ...]:
    seconds = sorted(figures.seconds) or [0.0]
    median = f"{100 * statistics.median(figures.relative):.0f} %" if figures.relative else "-"
    return (
        name,
        share(figures.proved, figures.of),
        share(figures.named, figures.proved),
        median,
        f"{statistics.median(seconds):.2f} s",
        f"{seconds[round(0.95 * (len(seconds) - 1))]:.2f} s",
        str(figures.leaks),
    )


SECTION = Section("hints", ("refactory*.json",), evaluate)
