"""The rows of assignments say what is released, whoever did it: the service, or a teacher's formgrader."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from learnflow_grading import released

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.service import logs, outline
from learnflow_ext.service.outline import About, Outlined, outlined
from learnflow_ext.store import courses
from learnflow_ext.store.database import Database, DatabaseUnavailable

LOOK_S = 30.0
"""Between two looks. Nobody waits for it: what is handed in meanwhile is taken and graded all the same."""

log = logs.get("learnflow.releases")

Mark = tuple[tuple[str, int, int], ...]
"""Of an assignment's files and its course's: name, time of the last change in ns, size."""


class ReleaseRows:
    """Looks at what students get, and writes rows where it changed. Any number of replicas may do so."""

    def __init__(self, db: Database, exchange_root: Path, files: Mapping[str, Path]) -> None:
        """`files` has each course's `course.yaml`, which need not exist."""
        self._db = db
        self._exchange = exchange_root
        self._files = dict(files)
        self._told: dict[tuple[str, str], Mark] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except LearnFlowError as error:
                log.warning("what is released is looked at later", reason=error.message)

    async def look(self) -> None:
        """Write the rows of what is new or changed; what cannot be understood is logged once."""
        for course in self._files:
            try:
                marks = await asyncio.to_thread(self._marks, course)
            except OSError as error:
                log.warning("what is released cannot be seen", course=course, error=str(error))
                continue
            new = {name: mark for name, mark in marks.items() if self._told.get((course, name)) != mark}
            if not new:
                continue
            async with self._db.connect() as conn:
                written = await courses.written(conn, course)
            for name, mark in new.items():
                if (course, name) not in self._told and name in written and _before(mark, written[name]):
                    self._told[course, name] = mark
                    continue
                try:
                    await self.tell(course, name)
                except DatabaseUnavailable:
                    raise
                except Exception as error:
                    # A teacher's files may say anything: nobody else's wait for that, and this goes on.
                    self._told[course, name] = mark
                    why = f"{type(error).__name__}: {error}"
                    log.error("what is released cannot be read", course=course, assignment=name, error=why)

    async def tell(
        self,
        course: str,
        assignment: str,
        exercises: Sequence[tuple[str, str, float]] | None = None,
        *,
        title: str = "",
    ) -> None:
        """Write the rows of what is released; `exercises` and `title` where the gradebook has said them.

        OSError, ValueError: the released notebooks cannot be read.
        """
        mark, said = await asyncio.to_thread(self._read, course, assignment)
        given = said.exercises if exercises is None else exercises
        shown = said.title if said.title != assignment else title or assignment
        await self._db.retrying(
            lambda conn: courses.sync_assignment(conn, course, assignment, shown, given, said.topic)
        )
        self._told[course, assignment] = mark

    def _marks(self, course: str) -> dict[str, Mark]:
        """Of all that is released."""
        names = released.assignments(self._exchange, course)
        return {name: self._mark(course, name) for name in names}

    def _mark(self, course: str, assignment: str) -> Mark:
        folder = released.outbound(self._exchange, course) / assignment
        found = []
        for path in (*sorted(folder.glob("*.ipynb")), self._files[course]):
            try:
                status = path.stat()
            except OSError:
                continue
            found.append((path.name, status.st_mtime_ns, status.st_size))
        return tuple(found)

    def _read(self, course: str, assignment: str) -> tuple[Mark, Outlined]:
        mark = self._mark(course, assignment)
        folder = released.outbound(self._exchange, course) / assignment
        notebooks = [(path.stem, _notebook(path)) for path in sorted(folder.glob("*.ipynb"))]
        return mark, outlined(assignment, notebooks, self._about(course))

    def _about(self, course: str) -> About:
        """What the course's file says; nothing where it cannot be read, which others log."""
        try:
            return outline.about(self._files[course].read_bytes())
        except (OSError, ValueError):
            return About()


def _notebook(path: Path) -> dict[str, Any]:
    """ValueError when it is none."""
    found = json.loads(path.read_bytes())
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is no notebook.")
    return found


def _before(mark: Mark, written: datetime) -> bool:
    """Whether all of it was there when rows were written."""
    return all(datetime.fromtimestamp(changed / 1e9, UTC) < written for _, changed, _ in mark)
