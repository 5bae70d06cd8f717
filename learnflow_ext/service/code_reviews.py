"""Reviews the code that was handed in, when it is graded. Nothing of it is run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from learnflow_grading import released

from learnflow_ext.agents.code_quality import reviewed
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.grades import CodeReview
from learnflow_ext.service import logs

log = logs.get("learnflow.reviews")


class _Cell(msgspec.Struct):
    cell_type: str = ""
    source: str | list[str] = ""
    metadata: dict[str, Any] = {}

    @property
    def text(self) -> str:
        return self.source if isinstance(self.source, str) else "".join(self.source)

    @property
    def name(self) -> str:
        """What nbgrader calls it; empty for nothing."""
        marks = self.metadata.get("nbgrader")
        name = marks.get("grade_id") if isinstance(marks, dict) else None
        return name if isinstance(name, str) else ""


class _Notebook(msgspec.Struct):
    cells: list[_Cell] = []


_DECODER = msgspec.json.Decoder(_Notebook)


async def review_of(folder: Path, exchange_root: Path, course: str, assignment: str) -> CodeReview | None:
    """The review of the notebooks in `folder`, beside what `assignment` gave out. Deterministic.

    None where there is nothing of the student's, and where it cannot be told what is: the assignment is not
    released any more, or a notebook cannot be read. A grade never fails for it.
    """
    try:
        return await asyncio.to_thread(_review, folder, exchange_root, course, assignment)
    except (LearnFlowError, OSError, ValueError, RecursionError) as error:
        log.info("not reviewed", course=course, assignment=assignment, error=str(error))
        return None


def _review(folder: Path, exchange_root: Path, course: str, assignment: str) -> CodeReview | None:
    names = [f"{name}.ipynb" for name in released.notebooks(exchange_root, course, assignment)]
    given_out = released.outbound(exchange_root, course) / assignment
    given = [cell for name in names for cell in _cells(_read(given_out / name)) if cell.cell_type == "code"]
    # Grading makes code of these again, whatever the student's notebook calls them.
    asked = {cell.name for cell in given} - {""}
    # One after the other: what is too much is not even read.
    theirs = (cell for name in names for cell in _cells(_read(folder / name)))
    code = (cell.text for cell in theirs if cell.cell_type == "code" or cell.name in asked)
    return reviewed(code, [cell.text for cell in given])


def _read(path: Path) -> bytes:
    """Empty for a notebook that was not handed in; the link of nobody is followed."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""


def _cells(content: bytes) -> list[_Cell]:
    """The cells of a notebook, in their order. ValueError for what is no notebook."""
    return _DECODER.decode(content).cells if content else []
