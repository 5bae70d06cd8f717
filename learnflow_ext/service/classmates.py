"""Classmates' right answers, to compare another's attempt with. Nothing of them is ever shown."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from learnflow_ext.agents.course_index import read_notebook
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.service import logs
from learnflow_ext.store import solved
from learnflow_ext.store.database import Database

MOST = 60
"""Submissions that are read for one exercise."""
KEPT_SECONDS = 600.0
"""For so long what was read is used again, for whoever asks. Erased work is forgotten after that."""
MAX_EXERCISES = 200
MAX_BYTES = 1_000_000
"""Of a notebook; a larger one is passed over."""
MAX_ANSWER = 20_000
"""Characters of an answer."""

log = logs.get("learnflow.hints")


@dataclass(frozen=True)
class _Kept:
    until: float
    """By `time.monotonic`."""
    answers: tuple[tuple[str, str], ...]
    """(student, answer); the student only so that nobody is compared with themselves."""


class Classmates:
    """Answers by exercise, read from what was handed in and kept for ten minutes."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[tuple[str, str, str], _Kept] = OrderedDict()
        self._one_reads = asyncio.Lock()

    async def answers(
        self, course: str, assignment: str, name: str, checks: Sequence[str], *, but_of: str
    ) -> Sequence[str]:
        """Programs that other students of `course` handed in for an exercise, the newest first, each once.

        `name` is the answer cell's, `checks` are those of its tests. Only what trusted tests gave all their
        points, whatever became of the rest of the submission. Empty where there is none, and where it cannot
        be read now.
        """
        key = (course, assignment, name)
        try:
            async with self._one_reads:
                kept = self._kept.get(key)
                if kept is None or kept.until < time.monotonic():
                    kept = self._kept[key] = await self._read(*key, checks)
        except LearnFlowError as error:
            log.warning("classmates' answers were not read", course=course, error=error.message)
            return ()
        self._kept.move_to_end(key)
        while len(self._kept) > MAX_EXERCISES:
            self._kept.popitem(last=False)
        return tuple(dict.fromkeys(answer for student, answer in kept.answers if student != but_of))

    async def _read(self, course: str, assignment: str, name: str, checks: Sequence[str]) -> _Kept:
        async with self._db.connect() as conn:
            found = await solved.newest(conn, course, assignment, checks, most=MOST)
        folders = [(each.student, Path(each.files_path)) for each in found]
        answers = await asyncio.to_thread(_answers, folders, name)
        return _Kept(time.monotonic() + KEPT_SECONDS, answers)


def _answers(folders: Iterable[tuple[str, Path]], name: str) -> tuple[tuple[str, str], ...]:
    """Blocks on disk."""
    found = ((student, answer_in(folder, name)) for student, folder in folders)
    return tuple((student, answer) for student, answer in found if answer.strip())


def answer_in(folder: Path, name: str) -> str:
    """What stands in the answer cell of that name; of several the last, as in grading. Empty for none.

    The files are a student's: whatever is odd about them counts as none.
    """
    answer = ""
    try:
        paths = [path for path in sorted(folder.rglob("*.ipynb")) if path.stat().st_size <= MAX_BYTES]
        for path in paths:
            notebook = read_notebook(path)
            for cell in notebook.cells if notebook else []:
                if cell.cell_type == "code" and (cell.nbgrader.get("grade_id") or cell.id) == name:
                    answer = cell.text
    except (OSError, RecursionError, TypeError):
        return ""
    return answer if len(answer) <= MAX_ANSWER else ""
