"""The terms of this classroom's assignments: from the files that teachers edit, and from the dashboard."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.service import logs
from learnflow_ext.service.more_time import with_given
from learnflow_ext.service.terms import CourseTerms, Terms, parse
from learnflow_ext.store import allowances
from learnflow_ext.store.allowances import Given
from learnflow_ext.store.database import Database

HELD_BACK = CourseTerms(others=Terms(feedback="by_hand", blind=True))

log = logs.get("learnflow.deadlines")


class Deadlines:
    """Looks at a course's file and table whenever something is handed in, shown or graded.

    So a change counts at once. The file is parsed again only when it changed: that takes longer than what
    else such a request does.
    """

    def __init__(self, files: Mapping[str, Path], db: Database | None = None) -> None:
        """`files` has each course's `course.yaml`, which need not exist; `db` what the dashboard gives."""
        self._files = dict(files)
        self._db = db
        self._said: dict[str, str] = {}
        """What was logged of each course whose file cannot be read: it is tried every few seconds."""
        self._parsed: dict[Path, tuple[tuple[int, int, int], CourseTerms]] = {}

    async def of_course(self, course: str, conn: AsyncConnection | None = None) -> CourseTerms:
        """The course's terms; none where its file cannot be read, which is logged: work is always taken, and
        results and names are held back, for nobody can say whether they may be seen.

        Looks into the table through `conn` where the caller has a connection already.
        """
        return with_given(await self.written(course), await self.given(course, conn))

    async def given(self, course: str, conn: AsyncConnection | None = None) -> list[Given]:
        """What the dashboard gives to single students, by student; `conn` as in `of_course`."""
        if self._db is None:
            return []
        if conn is not None:
            return await allowances.of_course(conn, course)
        async with self._db.glance() as own:
            return await allowances.of_course(own, course)

    async def written(self, course: str) -> CourseTerms:
        """What the course's file says alone; as for `of_course`."""
        file = self._files.get(course)
        if file is None:
            return CourseTerms()
        try:
            terms = await asyncio.to_thread(self._read, file)
        except FileNotFoundError:
            terms = CourseTerms()
        except (OSError, ValueError) as error:
            if self._said.get(course) != str(error):
                self._said[course] = str(error)
                log.error(
                    "deadlines and attempts do not hold: they cannot be read", course=course, error=str(error)
                )
            return HELD_BACK
        self._said.pop(course, None)
        return terms

    async def of(self, course: str, assignment: str, student: str) -> Terms:
        """What holds for one student in one assignment."""
        return (await self.of_course(course)).of(assignment, student)

    def _read(self, file: Path) -> CourseTerms:
        status = file.stat()
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._parsed.get(file)
        if known is None or known[0] != version:
            known = self._parsed[file] = (version, parse(file.read_bytes()))
        return known[1]
