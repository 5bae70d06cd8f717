"""Where in the cell an error happened."""

from __future__ import annotations

import linecache
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import TracebackType

from learnflow_ext.diagnosis.handed_over import HandedOver, handed_over

_TIMED = "<timed exec>"
"""The file name IPython gives to the body of a `%%time` cell."""
_IPYTHON_LINE = re.compile(r"Cell In\s?\[(\d+)\], line (\d+)")
_PYTHON_LINE = re.compile(r'File "([^"\n]*)", line (\d+)')
_OUR_LINE = re.compile(r"^Line (\d+)\b", re.MULTILINE)
_ANY_STEP = re.compile(r"^\s*(?:Cell In\s?\[|File |Module |Another cell|Line \d+\b)", re.MULTILINE)
_LIBRARY = re.compile(r"/lib/python\d|-packages/|^<frozen")


@dataclass(frozen=True)
class Place:
    """A place within the cell, or none."""

    line: int | None = None
    """From 1; None where the error has no place in the cell."""
    source_line: str = ""
    """That line's text, stripped; empty when unknown."""
    step: TracebackType | None = None
    """The traceback's entry for it; None for syntax errors and when only text is known."""
    raised_here: bool = False
    """Whether this very line failed, rather than a function that it called."""
    given: HandedOver = field(default_factory=HandedOver)
    """What the line gave to Python to be read as code, where that failed; else empty."""


def steps(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """The traceback's entries, outermost first."""
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _leading_blank(lines: list[str]) -> int:
    """How many blank lines come first."""
    count = 0
    for line in lines:
        if line.strip():
            break
        count += 1
    return count


def line_text(source: str, line: int | None) -> str:
    """The text of a line (from 1), stripped; empty when there is no such line."""
    lines = source.splitlines()
    return lines[line - 1].strip() if line is not None and 1 <= line <= len(lines) else ""


def _at(
    source: str, line: int | None, step: TracebackType | None = None, *, raised_here: bool = False
) -> Place:
    count = max(len(source.splitlines()), 1)
    if line is None or not 1 <= line <= count:
        # Python reports an unfinished last statement on the line after it.
        line = count if line is not None and line == count + 1 else None
    return Place(line, line_text(source, line), step, raised_here and line is not None)


def place_at(source: str, line: int | None) -> Place:
    """The line (from 1) of a cell, as far as the cell has it; no more is known about it."""
    return _at(source, line)


def shift_of(source: str, filename: str) -> int:
    """Lines that IPython took from the top of the cell before it ran it: it drops leading blank ones."""
    run = linecache.getlines(filename)
    return (
        _leading_blank(source.splitlines()) - _leading_blank(run) if any(line.strip() for line in run) else 0
    )


def _is_cell(filename: str, source: str) -> bool:
    return "".join(linecache.getlines(filename)).strip() == source.strip()


def cell_file(error: BaseException, source: str) -> str | None:
    """The file name the cell ran under, found by its text; the innermost made-up name (`<…>`) failing that.

    None when neither occurs in the traceback.
    """
    names = [step.tb_frame.f_code.co_filename for step in steps(error.__traceback__)]
    if isinstance(error, SyntaxError) and isinstance(error.filename, str):
        names.append(error.filename)
    for name in names:
        if _is_cell(name, source):
            return name
    made_up = [name for name in names if name.startswith("<") and not name.startswith(("<frozen", _TIMED))]
    return made_up[-1] if made_up else None


def place_in_cell(error: BaseException, source: str, filename: str | None = None) -> Place:
    """The innermost place of `error` within the cell `source` that was compiled under `filename`.

    With `filename` None the cell is found by its text. Of a text that the cell hands to Python as code it is
    the line on which that text is written, where it is written in the cell.
    """
    filename = filename or cell_file(error, source)
    if filename is None:
        return Place()
    found: TracebackType | None = None
    shift = shift_of(source, filename)
    for step in steps(error.__traceback__):
        name = step.tb_frame.f_code.co_filename
        if name == filename:
            found = step
        elif name == _TIMED and source.lstrip().startswith("%%"):
            found, shift = step, _leading_blank(source.splitlines()) + 1
    if (
        isinstance(error, SyntaxError)
        and error.filename in (filename, None)
        and isinstance(error.lineno, int)
    ):
        return _at(source, error.lineno + shift)
    if found is None:
        return Place()
    raised_here = found.tb_next is None
    if isinstance(error, SyntaxError):
        given = handed_over(error, source, found.tb_lineno + shift)
        place = _at(source, given.line or found.tb_lineno + shift, found, raised_here=raised_here)
        return replace(place, given=given)
    if isinstance(error, RecursionError):
        endless = _endless(error.__traceback__, found.tb_frame.f_code.co_filename)
        # Wherever the stack ran out, in a `print` say: the calls are what is wrong.
        found, raised_here = endless or found, raised_here or endless is not None
    return _at(source, found.tb_lineno + shift, found, raised_here=raised_here)


def _endless(traceback: TracebackType | None, filename: str) -> TracebackType | None:
    """The outermost call that comes back to itself: where the stack ran out is chance, this is not."""
    own = [step for step in steps(traceback) if step.tb_frame.f_code.co_filename == filename]
    counts = Counter(step.tb_frame.f_code for step in own)
    return next((step for step in own if counts[step.tb_frame.f_code] > 1), None)


def in_a_cell(filename: str, cell: str) -> bool:
    """Whether `filename` is the cell `cell` or, in a notebook, one that ran before it."""
    folder, _, _ = cell.rpartition("/")
    return filename == cell or ("/ipykernel_" in folder and filename.startswith(f"{folder}/"))


def innermost_in_cells(traceback: TracebackType | None, cell: str) -> TracebackType | None:
    """The innermost step of a traceback in the student's own cells; None when there is none."""
    found = None
    for step in steps(traceback):
        if in_a_cell(step.tb_frame.f_code.co_filename, cell):
            found = step
    return found


def place_in_text(traceback: str, code: str) -> Place:
    """The place as far as a traceback's text tells it, colours removed."""
    last = max((step.start() for step in _ANY_STEP.finditer(traceback)), default=0)
    cells = [(found[1], int(found[2]), found.start()) for found in _IPYTHON_LINE.finditer(traceback)]
    if cells:
        # The outermost cell is the one that was run; functions of earlier cells come below it.
        _, line, start = [cell for cell in cells if cell[0] == cells[0][0]][-1]
        return _at(code, line, raised_here=start >= last)
    ours = list(_OUR_LINE.finditer(traceback))
    if ours:
        return _at(code, int(ours[-1][1]), raised_here=ours[-1].start() >= last)
    files = [(found[1], int(found[2]), found.start()) for found in _PYTHON_LINE.finditer(traceback)]
    own = [each for each in files if not _LIBRARY.search(each[0])]
    made_up = [each for each in own if each[0].startswith("<")]
    for found in (made_up, own, files):
        if found:
            return _at(code, found[-1][1], raised_here=found[-1][2] >= last)
    return Place()
