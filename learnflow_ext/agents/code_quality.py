"""What a review sees in all the code that was handed in: the ground of mastery's code quality. Pure.

It rests on our own checks alone. Ruff would need a sandbox, and where none is to be had the same code would
come to something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from learnflow_ext.agents import code_checks
from learnflow_ext.agents.source import parse
from learnflow_ext.contracts.grades import CodeReview

UNREADABLE = "unreadable"
"""Kind of the mistake in a cell that Python cannot read, or is larger than people write."""
MOST_CHARS = 100_000
"""Of code that is looked at; what comes behind is left out."""
MOST_FOUND = 100
"""Mistakes, and as many remarks."""


def reviewed(cells: Iterable[str], given: Sequence[str]) -> CodeReview | None:
    """The review of the code cells of what was handed in; None without a line of the student's own.

    `given` are the code cells as they were given out. What stands there as well is the teacher's: whole
    cells, single lines, and remarks about them. Nothing is read from metadata, which is the student's.
    """
    whole = {cell.strip() for cell in given}
    their_lines = {line.strip() for cell in given for line in cell.splitlines()}
    their_remarks = {(kind, line) for cell in given for _, kind, line in _found(cell)}
    lines = 0
    mistakes: list[str] = []
    remarks: list[str] = []
    left = MOST_CHARS
    for cell in cells:
        own = sum(_counts(line) and line.strip() not in their_lines for line in cell.splitlines())
        if cell.strip() in whole or not own:
            continue
        left -= len(cell)
        if left < 0:
            break
        lines += own
        if parse(cell) is None:
            mistakes.append(UNREADABLE)
        for slip, kind, line in _found(cell):
            if (kind, line) not in their_remarks:
                (mistakes if slip else remarks).append(kind)
    if not lines:
        return None
    return CodeReview(lines=lines, mistakes=tuple(mistakes[:MOST_FOUND]), remarks=tuple(remarks[:MOST_FOUND]))


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _found(cell: str) -> list[tuple[bool, str, str]]:
    """(whether it is a slip, its kind, the text of its line), by place; each kind once a line."""
    rows = cell.splitlines()
    seen = {(one.line, one.kind): one.slip for one in code_checks.remarks(cell)}
    return [
        (slip, kind, rows[line - 1].strip() if 0 < line <= len(rows) else "")
        for (line, kind), slip in sorted(seen.items())
    ]
