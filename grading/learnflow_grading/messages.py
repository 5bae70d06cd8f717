"""Why points are missing, in a sentence that gives no hidden value away.

A student's code can look at the frames above it while a hidden test runs. So from then on (`tainted`)
nothing that the kernel said is repeated, names of built-in exceptions apart: the sentences come from the
teacher's visible tests and from here.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from typing import Any

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from .execute import NOT_AS_ASKED, REASONS, STOPPED
from .hidden import split_hidden

_IN_CELL = re.compile(r"Cell In\[\d+\], line (\d+)")
_MAX_TEXT = 300


@dataclass(frozen=True)
class Points:
    """What one cell got; `score` is None while a teacher has to mark it."""

    score: float | None
    max_score: float


def given_score(grade: Any) -> float | None:
    """The points of one of nbgrader's grades; None while nobody and nothing has given any."""
    if grade.needs_manual_grade and grade.manual_score is None and grade.auto_score is None:
        return None
    return float(grade.score)


def builtin_exception(name: object) -> str:
    """`name` when it is a built-in exception's, else an empty text: a made-up name can carry a message."""
    known = getattr(builtins, name, None) if isinstance(name, str) else None
    return str(name) if isinstance(known, type) and issubclass(known, BaseException) else ""


def first_error(cell: NotebookNode) -> NotebookNode | None:
    """The cell's error output, or None."""
    return next((o for o in cell.get("outputs", []) if o.output_type == "error"), None)


def explain(cell: NotebookNode, points: Points, *, tainted: bool) -> str:
    """One or two sentences for the student; empty at full marks.

    `cell` is a graded cell as it was run, hidden tests included. `tainted` is True when a hidden test ran in
    this kernel before or in this cell.
    """
    if points.score is None:
        return "Your teacher marks this part by hand."
    if points.score >= points.max_score:
        return ""
    if said := cell.metadata.get(NOT_AS_ASKED):
        return str(said)
    if stop := cell.metadata.get(STOPPED):
        return REASONS.get(stop, "")
    if cell.cell_type != "code" or cell.metadata.get("nbgrader", {}).get("solution"):
        return (
            "There is no answer here yet." if points.score == 0 else "Your teacher gave part of the points."
        )
    error = first_error(cell)
    if error is not None:
        return _explain_error(cell.source, error, tainted=tainted)
    if any(o.output_type == "stream" and o.name == "stderr" for o in cell.outputs):
        return "Your code printed a warning while it was tested, and warnings count as failing here."
    return "Some of the checks in this test passed, but not all."


def _explain_error(source: str, error: NotebookNode, *, tainted: bool) -> str:
    _, hidden = split_hidden(source)
    line = _failing_line(error)
    kind = builtin_exception(error.get("ename"))
    lines = source.split("\n")
    if kind == "NotImplementedError":
        return "There is no answer here yet: replace the line with NotImplementedError by your own code."
    if line is None or not 1 <= line <= len(lines) or line in hidden:
        where = "A hidden test of this exercise" if hidden else "This test"
        if kind and kind != "AssertionError":
            return (
                f"{where} stopped with {_a(kind)}. Try your code with other values than the visible tests do."
            )
        return f"{where} did not pass. Think of cases that the visible tests do not try."
    shown = lines[line - 1].strip()[:_MAX_TEXT]
    if kind == "AssertionError" or not kind:
        said = "" if tainted else _said(error)
        return f"This check did not pass: {shown}{said}"
    if tainted:
        return f"The test stopped with {_a(kind)} at: {shown}"
    return f"The test stopped with {_a(kind)}{_said(error)} at: {shown}"


def _failing_line(error: NotebookNode) -> int | None:
    """The line of the test cell that failed: IPython lists the frames from the outermost, the cell's own."""
    text = strip_ansi("\n".join(str(line) for line in error.get("traceback", [])))
    found = _IN_CELL.search(text)
    return int(found.group(1)) if found else None


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"


def _said(error: NotebookNode) -> str:
    said = " ".join(strip_ansi(str(error.get("evalue", ""))).split())[:_MAX_TEXT]
    return f" ({said})" if said else ""
