"""A student's assignments: fetched into the notebook folder, handed in, feedback brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, NotFound, TooLarge
from learnflow_ext.contracts.grades import AssignmentView, CourseFile, FileSet, SubmissionView
from learnflow_ext.contracts.paths import FEEDBACK_DIR, split_path
from learnflow_ext.server.confine import Folder
from learnflow_ext.server.gateway import Gateway

MAX_SUBMISSION_BYTES = 20 << 20
LOOK_SECONDS = 5.0
"""How long a check waits to hear what time a cell has: it can do without."""


class Coursework:
    """Moves files between the student's folder and the service."""

    def __init__(self, gateway: Gateway, folder: Folder) -> None:
        self._gateway = gateway
        self._folder = folder

    async def courses(self) -> list[str]:
        """Ids of the student's courses, sorted."""
        return sorted({view.course for view in await self._gateway.courses()})

    async def assignments(self, course: str) -> tuple[AssignmentView, ...]:
        """What is released in the course, by name."""
        views = await self._gateway.assignments(course)
        return tuple(sorted(views, key=lambda view: view.assignment))

    async def submissions(self) -> list[SubmissionView]:
        """All the student's own submissions, oldest first."""
        found: list[SubmissionView] = []
        for course in await self.courses():
            for view in await self._gateway.assignments(course):
                found.extend(view.submissions)
        return sorted(found, key=lambda view: view.submitted_at)

    async def cell_seconds(self, path: str) -> float | None:
        """Seconds that a cell of the notebook at `path` has when it is graded; None where nobody can say."""
        parts = path.strip("/").split("/")
        if len(parts) != 3:
            return None
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                views = await self._gateway.assignments(parts[0])
        except (LearnFlowError, TimeoutError):
            return None
        return next((view.cell_seconds for view in views if view.assignment == parts[1]), None)

    async def fetched(self, view: AssignmentView) -> bool:
        """Whether all the assignment's notebooks are in the student's folder."""

        def all_there() -> bool:
            home = assignment_parts(view.course, view.assignment)
            return all(self._folder.status([*home, f"{name}.ipynb"]) for name in view.notebooks)

        return await asyncio.to_thread(all_there)

    async def fetch(self, course: str, assignment: str) -> None:
        """Bring the released files; what the student already has is left as it is."""
        home = assignment_parts(course, assignment)
        released = await self._gateway.released_files(course, assignment)
        await asyncio.to_thread(self._write_missing, home, released)

    async def submit(self, course: str, assignment: str) -> SubmissionView:
        """Hand in the assignment's notebooks, as they are saved now."""
        home = assignment_parts(course, assignment)
        views = await self._gateway.assignments(course)
        view = next((each for each in views if each.assignment == assignment), None)
        if view is None:
            raise NotFound(f"There is no assignment {assignment} in this course.")
        files = await asyncio.to_thread(self._read_notebooks, home, view.notebooks)
        return await self._gateway.submit(course, assignment, files)

    async def fetch_feedback(self, course: str, assignment: str) -> list[str]:
        """Bring the feedback on every graded submission; the folders it lies in now, oldest first."""
        home = assignment_parts(course, assignment)
        views = await self._gateway.assignments(course)
        folders = []
        for view in views:
            for submission in view.submissions if view.assignment == assignment else ():
                if submission.has_feedback:
                    feedback = await self._gateway.feedback(course, submission.submission_id)
                    target = (*home, FEEDBACK_DIR, folder_time(submission.submitted_at))
                    await asyncio.to_thread(self._write_missing, target, feedback)
                    folders.append("/".join(target))
        return folders

    async def feedback_folder(self, submission: SubmissionView) -> str | None:
        """Where the submission's feedback lies, below the student's root; None before it was fetched."""
        home = assignment_parts(submission.course, submission.assignment)
        parts = (*home, FEEDBACK_DIR, folder_time(submission.submitted_at))
        there = await asyncio.to_thread(self._folder.status, parts)
        return "/".join(parts) if there is not None else None

    def _write_missing(self, home: Sequence[str], files: FileSet) -> None:
        targets = [(split_path(file.path), file.content) for file in files.files]
        if any(not parts for parts, _ in targets):
            raise BadRequest("The service sent a file whose name cannot be used here.")
        for parts, content in targets:
            self._folder.write_new([*home, *parts], content)

    def _read_notebooks(self, home: Sequence[str], notebooks: Sequence[str]) -> FileSet:
        files: list[CourseFile] = []
        left = MAX_SUBMISSION_BYTES
        for name in notebooks:
            parts = split_path(f"{name}.ipynb")
            try:
                content = self._folder.read([*home, *parts], left)
            except NotFound:
                raise NotFound(
                    f"{name}.ipynb is missing from {'/'.join(home)}, so nothing was submitted. "
                    "Fetch the assignment again to get a new copy."
                ) from None
            except TooLarge:
                raise TooLarge(
                    f"{name}.ipynb is too large, so nothing was submitted: the limit is "
                    f"{MAX_SUBMISSION_BYTES >> 20} MB for all notebooks together. Clear large outputs "
                    "(Edit, Clear Outputs of All Cells), save, and submit again."
                ) from None
            left -= len(content)
            files.append(CourseFile(path="/".join(parts), content=content))
        if not files:
            raise NotFound("This assignment has no notebooks to submit.")
        return FileSet(files=tuple(files))


def assignment_parts(course: str, assignment: str) -> tuple[str, str]:
    """Folder of an assignment below the root. BadRequest for ids that cannot be folder names."""
    parts = (*split_path(course), *split_path(assignment))
    if len(parts) != 2:
        raise BadRequest("That is not the name of a course and an assignment.")
    return parts[0], parts[1]


def folder_time(submitted_at: str) -> str:
    """A submission's time as a folder name, in nbgrader's way: `2026-01-31 09:30:00.123456 UTC`."""
    try:
        when = datetime.fromisoformat(submitted_at)
    except ValueError:
        raise BadRequest("The service sent a time that cannot be read.") from None
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
