"""The terms of this classroom's assignments, from the files that their teachers edit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from learnflow_ext.service import logs
from learnflow_ext.service.terms import CourseTerms, Terms, parse

HELD_BACK = CourseTerms(others=Terms(feedback="by_hand"))

log = logs.get("learnflow.deadlines")


class Deadlines:
    """Reads a course's file whenever something is handed in or graded, so a change counts at once."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        """`files` has each course's `course.yaml`, which need not exist."""
        self._files = dict(files)

    async def of_course(self, course: str) -> CourseTerms:
        """The course's terms; none where its file cannot be read, which is logged: work is always taken, and
        results are held back, for nobody can say whether they may be seen."""
        file = self._files.get(course)
        if file is None:
            return CourseTerms()
        try:
            return parse(await asyncio.to_thread(file.read_bytes))
        except FileNotFoundError:
            return CourseTerms()
        except (OSError, ValueError) as error:
            log.error(
                "deadlines and attempts do not hold: they cannot be read", course=course, error=str(error)
            )
            return HELD_BACK

    async def of(self, course: str, assignment: str, student: str) -> Terms:
        """What holds for one student in one assignment."""
        return (await self.of_course(course)).of(assignment, student)
