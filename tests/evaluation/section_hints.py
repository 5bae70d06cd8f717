"""`hint` on real wrong attempts: share with a proved repair, size of the repair, time, and what leaks.

Reads `refactory*.json`: `questions`, each with `statement`, `prelude`, `reference`, `tests` (`statement` and
what it prints, `expected`) and `submissions` (`code`, `label`). Once with the reference alone, once with the
correct attempts beside it.

Whether a hint is about the right line is judged by the programs alone: the attempt and the repaired one,
which passes, are compared statement by statement (`difflib`), without the edits that the hint was made from.
What a hint tells is looked for in all of its text.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import copy
import difflib
import json
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from learnflow_kernels.warm.runner import WarmRunner
from section import Section, Table, share

from learnflow_ext.exercises import wording
from learnflow_ext.exercises.hinting import Hinter
from learnflow_ext.exercises.trees import PARTS, literals_in, names_in, parse, size, without_docstrings

_BODIES = ("body", "orelse", "finalbody")
_PROSE = " ".join(
    (
        *(*wording.LESS[:3], *wording.SUSPECTED, wording.CHECK, wording.SOLVED),
        *(f"{each.concept} {each.idea} {each.question}" for each in wording.WORDS.values()),
        "Something about this is not right yet in Look at line is still missing after It has to do with",
        "between line and line",
        "The like, on other data What does it show about your line Try by itself with a value of your own",
    )
)
"""Sentences that stand in hints whatever the exercise; no examples."""


@dataclass
class _Figures:
    of: int = 0
    proved: int = 0
    named: int = 0
    """Hints about a line that differs in the repaired program, or about the construct around it."""
    exact: int = 0
    relative: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    leaks: int = 0
    chance: int = 0
    """Hints in which one of our own sentences has a word that is a name of the solution's too."""
    misses: list[str] = field(default_factory=list)


def evaluate(file: Path) -> Table:
    """One row for each question, without and with classmates."""
    questions = json.loads(file.read_text(encoding="utf-8"))["questions"]
    rows, misses = asyncio.run(_all(questions))
    columns = (
        "question",
        "proved",
        "changed line or its construct",
        "the line itself",
        "median edit",
        "p50",
        "p95",
        "leaks",
        "words in common by chance",
    )
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
    tests = tests_of(question)
    hinter = Hinter(
        runner, tests, statement=question["statement"], reference=question["reference"], peers=peers
    )
    secret = _secrets([question["reference"], *peers, tests])
    figures = _Figures()
    for attempt in question["submissions"]:
        if attempt["label"] != "wrong":
            continue
        began = time.perf_counter()
        repair = await hinter.repaired(attempt["code"])
        found = hinter.told(attempt["code"], repair) if repair.proved else await hinter.hint(attempt["code"])
        figures.seconds.append(time.perf_counter() - began)
        figures.of += 1
        figures.proved += found.proved
        if found.proved and found.line is not None:
            changed, around, ahead = changed_lines(attempt["code"], repair.program)
            named = lines_named(found.rungs[1])
            fits = changed | around | (ahead if "still missing" in found.rungs[1] else set())
            said = found.line in named
            figures.exact += said and bool(named & changed)
            figures.named += said and bool(named & fits)
            if not named & fits:
                figures.misses.append(
                    f"{attempt['id']}: names {sorted(named)}, and {sorted(changed)} changed"
                )
        tree = parse(attempt["code"])
        if found.proved and tree is not None:
            figures.relative.append(found.edit_size / size(without_docstrings(tree)))
        if not found.proved:
            figures.misses.append(f"{attempt['id']}: nothing proved")
        told, chance = _told(found.rungs, secret, attempt["code"] + question["statement"])
        figures.leaks += bool(told)
        figures.chance += bool(chance)
        figures.misses += [f"{attempt['id']}: tells {sorted(told)}"] if told else []
    return figures


def lines_named(rung: str) -> set[int]:
    """The lines that a hint's second rung is about: one, or the two that something is missing between."""
    return set(map(int, re.findall(r"\bline (\d+)", rung.partition(":")[0])))


def changed_lines(before: str, after: str) -> tuple[set[int], set[int], set[int]]:
    """(lines of statements of `before` that `after` has not, and beside which it has more; heads of the loops
    and conditions right around them; lines in front of statements in whose place there are more).

    Statements are compared as Python writes them, each with how deep it stands. Empty for what is no Python.
    """
    old, new = parse(before), parse(after)
    if old is None or new is None:
        return set(), set(), set()
    one = list(_heads(without_docstrings(old).body, 0, None))
    other = list(_heads(without_docstrings(new).body, 0, None))
    matcher = difflib.SequenceMatcher(
        None, [each[0] for each in one], [each[0] for each in other], autojunk=False
    )
    changed: set[int] = set()
    around: set[int] = set()
    ahead: set[int] = set()
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            continue
        # What is added stands between two statements of the attempt.
        touched = one[start:end] if kind != "insert" else one[max(0, start - 1) : start + 1]
        for _, statement, parent in touched:
            changed |= set(range(statement.lineno, _end_of_head(statement) + 1))
            if parent is not None:
                around.add(parent)
        if kind == "replace" and start and last - first > end - start:
            ahead |= set(range(one[start - 1][1].lineno, _end_of_head(one[start - 1][1]) + 1))
    return changed, around, ahead


def _heads(
    body: list[ast.stmt], depth: int, parent: int | None
) -> Iterator[tuple[str, ast.stmt, int | None]]:
    """Each statement without those below it, as text; and the line of the loop or condition it is in."""
    for statement in body:
        head = copy.copy(statement)
        for field_ in _BODIES:
            if isinstance(getattr(head, field_, None), list):
                setattr(head, field_, [])
        yield f"{depth} {ast.unparse(head)}", statement, parent
        here = None if isinstance(statement, PARTS) else statement.lineno
        for field_ in _BODIES:
            yield from _heads(getattr(statement, field_, []), depth + 1, here)
        for inner in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
            yield from _heads(inner.body, depth + 1, here)


def _end_of_head(statement: ast.stmt) -> int:
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
        return max(statement.lineno, body[0].lineno - 1)
    return statement.end_lineno or statement.lineno


def tests_of(question: dict[str, Any]) -> str:
    lines = [question["prelude"]]
    for test in question["tests"]:
        called = ast.unparse(ast.parse(test["statement"]).body[-1])
        printed = called.removeprefix("print(").removesuffix(")")
        lines.append(f"assert str({printed}) == {test['expected'].strip()!r}")
    return "\n".join(lines)


def _secrets(programs: list[str]) -> set[str]:
    """Names and values of the programs; single letters and digits are nobody's."""
    found: set[str] = set()
    for program in programs:
        tree = parse(program)
        if tree is not None:
            found |= {each for each in names_in(tree) if len(each) > 2}
            found |= {text for each in literals_in(tree) if len(text := each.strip("'\"")) > 1}
    return found - set(dir(builtins))


def _told(rungs: tuple[str, ...], secret: set[str], known: str) -> tuple[set[str], set[str]]:
    """Secrets anywhere in the hint that stand neither in the attempt nor in the statement: those that it
    tells, and those that our own sentences use as words of English. Numbers of lines are none.
    """
    text = re.sub(r"\bline \d+", "line", "\n".join(rungs), flags=re.IGNORECASE)
    found = {each for each in secret if _stands_in(each, text) and not _stands_in(each, known)}
    chance = {each for each in found if each.isalpha() and _stands_in(each, _PROSE)}
    return found - chance, chance


def _stands_in(word: str, text: str) -> bool:
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _row(name: str, figures: _Figures) -> tuple[str, ...]:
    seconds = sorted(figures.seconds) or [0.0]
    median = f"{100 * statistics.median(figures.relative):.0f} %" if figures.relative else "-"
    return (
        name,
        share(figures.proved, figures.of),
        share(figures.named, figures.proved),
        share(figures.exact, figures.proved),
        median,
        f"{statistics.median(seconds):.2f} s",
        f"{seconds[round(0.95 * (len(seconds) - 1))]:.2f} s",
        str(figures.leaks),
        str(figures.chance),
    )


SECTION = Section("hints", ("refactory*.json",), evaluate)
