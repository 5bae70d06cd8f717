"""Reviews the code that was handed in, when it is graded. Nothing of it is run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

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
    given = [cell for name in names for cell in _code(_read(given_out / name))]
    # One after the other: what is too much is not even read.
    return reviewed((cell for name in names for cell in _code(_read(folder / name))), given)


def _read(path: Path) -> bytes:
    """Empty for a notebook that was not handed in; the link of nobody is followed."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""


def _code(content: bytes) -> Iterator[str]:
    """The code cells of a notebook, in their order. ValueError for what is no notebook."""
    for cell in _DECODER.decode(content).cells if content else ():
        if cell.cell_type == "code":
            yield cell.source if isinstance(cell.source, str) else "".join(cell.source)
