"""What is around a question, as far as it helps to answer it, within a budget of tokens.

Cell, neighbouring cells, error, the visible test that failed, the exercise as the student reads it, how far
they
are, and the step of their ladder. Nothing in it is hidden from the student who asks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

import msgspec

from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.references import Reference
from learnflow_ext.agents.source import parse
from learnflow_ext.agents.tokens import clipped, tokens
from learnflow_ext.contracts.help import Diagnosis, HelpRequest
from learnflow_ext.contracts.progress import Level

MAX_TOKENS = 3_000
"""Of question, code, and all around them; `c.LearnFlowModel.context_tokens` is the administrator's."""
SHARES = (
    ("question", 0.4),
    ("code", 0.5),
    ("error", 0.15),
    ("failed_test", 0.05),
    ("exercise", 0.25),
    ("other_cells", 0.3),
)
"""What matters more goes first, and takes at most such a part of the budget; what it leaves is there for the
next."""
MOST_CELLS = 4
REPEATED = 4
"""Lines in a row that are no accident any more."""


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """All texts; each empty when there is none, or no room."""

    question: str = ""
    code: str = ""
    error: str = ""
    """Class, message and line of the error."""
    failed_test: str = ""
    """The visible check that was not passed."""
    exercise: str = ""
    """Statement, starter and visible checks."""
    other_cells: str = ""
    """Those whose names the cell uses first, then the latest."""
    level: Level | None = None
    """Of the student in this assignment; None when nobody knows."""
    step: int = 0
    """Of the hint ladder; 0 for none."""

    @property
    def tokens(self) -> int:
        """Estimated from above."""
        return sum(tokens(str(getattr(self, name))) for name, _ in SHARES)


def around(
    request: HelpRequest,
    context: HelpContext,
    *,
    question: str = "",
    code: str = "",
    reference: Reference | None = None,
    diagnosis: Diagnosis | None = None,
    ideas_only: bool = False,
    budget: int = MAX_TOKENS,
) -> Around:
    """What goes with the `question` about `code`, with at most `budget` tokens.

    `ideas_only` keeps all that is the student's own work out of it.
    """
    shown = reference.shown if reference is not None else ""
    texts = {
        "question": question,
        "code": "" if ideas_only else code,
        "error": "" if ideas_only else _error(diagnosis),
        "failed_test": "" if ideas_only else failed_test(diagnosis, shown),
        "exercise": re.sub(r"\n{3,}", "\n\n", shown).strip(),
        "other_cells": "" if ideas_only else "\n\n".join(neighbours(code, others(request))),
    }
    left, kept = budget, {}
    for name, share in SHARES:
        kept[name] = clipped(texts[name], min(left, int(share * budget)))
        left -= tokens(kept[name])
    return Around(**kept, level=context.level_in(request.assignment), step=context.rung)


def others(request: HelpRequest) -> dict[str, str]:
    """The cells that came along but the one in question, which is among them once it ran.

    Where nobody knows its id, those with the same code are left out.
    """
    code = (request.code or (request.error.code if request.error is not None else "")).strip()
    return {
        identity: cell
        for identity, cell in request.nearby.items()
        if (identity != request.cell_id if request.cell_id else cell.strip() != code)
    }


def neighbours(code: str, cells: Mapping[str, str]) -> list[str]:
    """The other cells that say most about `code`: whose names it uses, then the latest. At most
    `MOST_CELLS`."""
    used = _used(code)
    found = [cell.strip() for cell in cells.values() if cell.strip() and cell.strip() != code.strip()]
    found.sort(key=lambda cell: -len(used.intersection(made_in(cell))))
    return found[:MOST_CELLS]


def made_in(code: str) -> dict[str, int]:
    """Names that a cell makes at its top level, each with its first line; empty for one that cannot be
    read."""
    tree = parse(code)
    found: dict[str, int] = {}
    for node in tree.body if tree is not None else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.setdefault(node.name, node.lineno)
            continue
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                found.setdefault(each.id, each.lineno)
            elif isinstance(each, ast.alias):
                found.setdefault((each.asname or each.name).partition(".")[0], node.lineno)
    return found


def functions_in(code: str) -> dict[str, int]:
    """Functions and classes that a cell makes at its top level, each with its line."""
    tree = parse(code)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name: node.lineno for node in (tree.body if tree else ()) if isinstance(node, kinds)}


def repeated_line(code: str, cells: Mapping[str, str]) -> int | None:
    """The line from which on `REPEATED` lines that do something stand in another cell as well; None for
    none."""
    lines = [(number, line.strip()) for number, line in enumerate(code.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    others = [_working_lines(cell) for cell in cells.values() if cell.strip() != code.strip()]
    for place in range(len(lines) - REPEATED + 1):
        part = tuple(line for _, line in lines[place : place + REPEATED])
        if len("".join(part)) >= 30 and any(
            part == tuple(other[start : start + REPEATED])
            for other in others
            for start in range(len(other) - REPEATED + 1)
        ):
            return lines[place][0]
    return None


def _working_lines(code: str) -> list[str]:
    return [line for each in code.splitlines() if (line := each.strip()) and not line.startswith("#")]


def made_elsewhere(name: str, cells: Mapping[str, str]) -> bool:
    """Whether one of the other cells makes a name."""
    return any(name in made_in(cell) for cell in cells.values())


def failed_test(diagnosis: Diagnosis | None, shown: str) -> str:
    """The check that the error comes from, where it is one that the student can read; else empty."""
    if diagnosis is None or not diagnosis.source_line.strip().startswith("assert"):
        return ""
    line = diagnosis.source_line.strip()
    return line if "".join(line.split()) in "".join(shown.split()) else ""


def _error(diagnosis: Diagnosis | None) -> str:
    if diagnosis is None:
        return ""
    place = f" (line {diagnosis.line})" if diagnosis.line else ""
    return f"{diagnosis.exception}: {diagnosis.message}{place}"


def _used(code: str) -> set[str]:
    tree = parse(code)
    if tree is None:
        return set(re.findall(r"[A-Za-z_]\w*", code))
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
