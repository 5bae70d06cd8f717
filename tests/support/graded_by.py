"""What tests of grading processes share: a notebook handed to one, and processes that ought to end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

import nbformat
from learnflow_grading.client import GradingWorker
from learnflow_grading.course import Course
from nbformat import NotebookNode

from learnflow_ext.contracts.grades import GradeRecord


class HasCourse(Protocol):
    """As the tests' own classroom."""

    @property
    def course(self) -> Course:
        """Whose assignments are handed in."""
        ...


async def hand_to(
    worker: GradingWorker,
    classroom: HasCourse,
    folder: Path,
    notebooks: NotebookNode | dict[str, NotebookNode],
    student: str,
    *,
    assignment: str = "warmup",
    cell_timeout: float = 5.0,
) -> GradeRecord:
    """Have `worker` grade these, by name; a single one is the warm-up. `folder` may be missing."""
    given = {"warmup": notebooks} if isinstance(notebooks, NotebookNode) else notebooks
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    for name, nb in given.items():
        await asyncio.to_thread((folder / f"{name}.ipynb").write_text, nbformat.writes(nb))
    return await worker.grade(
        submission_id="s-1",
        course="python",
        course_root=classroom.course.root,
        assignment=assignment,
        student=student,
        submitted_dir=folder,
        submitted_at="2026-05-01T10:00:00+02:00",
        cell_timeout=cell_timeout,
    )


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be buried does not."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())  # a zombie's is empty
    except OSError:
        return False


async def gone(*pids: int, seconds: float = 10) -> bool:
    """Whether all of them end within that time."""
    for _ in range(round(seconds / 0.05)):
        if not any([await asyncio.to_thread(alive, pid) for pid in pids]):
            return True
        await asyncio.sleep(0.05)
    return False
