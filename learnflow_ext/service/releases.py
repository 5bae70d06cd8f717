"""What is released in each course, and releasing it when the service starts."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from learnflow_grading import released

from learnflow_ext.contracts.errors import LearnFlowError, NotFound
from learnflow_ext.contracts.grades import AssignmentView, FileSet
from learnflow_ext.contracts.quizzes import FOLDER
from learnflow_ext.service import logs
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.release_rows import ReleaseRows
from learnflow_ext.settings import LearnFlow, LearnFlowGrading
from learnflow_ext.store import courses
from learnflow_ext.store.database import Database

State = Literal["running", "done", "failed"]

log = logs.get("learnflow.releases")


class ReleasedAssignment(Protocol):
    """What a releaser says of an assignment."""

    @property
    def title(self) -> str:
        """For people."""
        ...

    @property
    def exercises(self) -> Sequence[tuple[str, str, float]]:
        """(notebook, grade id, points) of every graded cell."""
        ...


class Releaser(Protocol):
    """Releases an assignment; `learnflow_grading.client.GradingWorker` is one."""

    async def release(
        self,
        *,
        course: str,
        course_root: Path,
        exchange_root: Path,
        assignment: str,
        cell_timeout: float = 0.0,
        memory_mb: int = 256,
    ) -> ReleasedAssignment:
        """Put `assignment` into the exchange, unless its solution needs longer than `cell_timeout` s a cell;
        0 for no limit.

        LearnFlowError with a sentence for the teacher.
        """
        ...


class Releases:
    """Reads the exchange; writes it only through the grading worker."""

    def __init__(
        self,
        db: Database,
        releaser: Releaser,
        settings: LearnFlow,
        grading: LearnFlowGrading,
        deadlines: Deadlines,
        rows: ReleaseRows,
    ) -> None:
        self._grading = grading
        self._deadlines = deadlines
        self._db = db
        self._rows = rows
        self._releaser = releaser
        self._settings = settings
        self.state: State = "running" if settings.release_on_start else "done"
        """Of the release on start."""

    async def assignments(self, course: str) -> list[AssignmentView]:
        """What is released in `course`, by name."""
        return await asyncio.to_thread(self._views, course)

    async def names(self, course: str) -> tuple[str, ...]:
        """Of what is released in `course`, sorted."""
        return await asyncio.to_thread(released.assignments, self._settings.exchange_root, course)

    def _views(self, course: str) -> list[AssignmentView]:
        """In one go: each hand-over to a thread would cost more than the look itself."""
        names = released.assignments(self._settings.exchange_root, course)
        return [self._view(course, name) for name in names]

    def _view(self, course: str, name: str) -> AssignmentView:
        """NotFound when it is not released."""
        if name not in released.assignments(self._settings.exchange_root, course):
            raise NotFound("There is no such assignment in this course, or it is not released yet.")
        notebooks = released.notebooks(self._settings.exchange_root, course, name)
        return AssignmentView(course=course, assignment=name, notebooks=notebooks)

    async def assignment(self, course: str, name: str) -> AssignmentView:
        """One released assignment. NotFound when it is not released."""
        return await asyncio.to_thread(self._view, course, name)

    async def files(self, course: str, name: str) -> FileSet:
        """The released files. NotFound when it is not released."""
        await self.assignment(course, name)
        return await asyncio.to_thread(released.files, self._settings.exchange_root, course, name)

    async def release_all(self) -> None:
        """Release every assignment of every course's source that is not released yet.

        One that cannot be released is logged, with the reason for its teacher, and holds nothing else up.
        """
        self.state = "running"
        failed = False
        for course, folder in self._settings.courses.items():
            root = self._settings.course_root(course)
            try:
                await asyncio.to_thread(_copy_source, folder, root)
                await asyncio.to_thread(copy_quizzes, folder, root)
                names = await asyncio.to_thread(_assignments_in, root / "source")
                missing = await self._missing(course, names)
            except (LearnFlowError, OSError) as error:
                log.error("a course cannot be set up", course=course, error=str(error))
                failed = True
                continue
            for name in missing:
                failed |= not await self._release(course, root, name)
        self.state = "failed" if failed else "done"

    async def _missing(self, course: str, names: Sequence[str]) -> list[str]:
        """Those of `names` that students cannot see, or whose exercises the database does not know."""
        seen = await asyncio.to_thread(released.assignments, self._settings.exchange_root, course)
        async with self._db.connect() as conn:
            known = {info.assignment for info in await courses.assignments(conn, course) if info.exercises}
        return [name for name in names if name not in seen or name not in known]

    async def _release(self, course: str, root: Path, name: str) -> bool:
        try:
            written = await self._deadlines.written(course)
            made = await self._releaser.release(
                course=course,
                course_root=root,
                exchange_root=self._settings.exchange_root,
                assignment=name,
                cell_timeout=written.cell_seconds(name) or self._grading.cell_timeout,
                memory_mb=self._grading.memory_mb,
            )
            await self._rows.tell(course, name, made.exercises, title=made.title)
        except Exception as error:
            # A teacher's files may say anything, such as points below zero: the others are released too.
            why = error.message if isinstance(error, LearnFlowError) else f"{type(error).__name__}: {error}"
            log.error("an assignment cannot be released", course=course, assignment=name, error=why)
            return False
        log.info("released", course=course, assignment=name, exercises=len(made.exercises))
        return True


def source_of(folder: Path) -> Path:
    """Where the assignments lie in a course's folder: in its `source` when it has one."""
    return folder / "source" if (folder / "source").is_dir() else folder


def course_folder(setting: str) -> Path:
    """The folder that `LearnFlow.courses` names, absolute."""
    return Path(setting).expanduser().resolve()


def _copy_source(setting: str, root: Path) -> None:
    """Copy a course's source into its course root unless one is there; all of it or nothing.

    OSError when the folder that `setting` names is not there: its text names it.
    """
    folder, target = course_folder(setting), root / "source"
    if target.exists():
        return
    source = source_of(folder)
    if not source.is_dir():
        raise FileNotFoundError(f"There is no course folder {folder}.")
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = folder / "course.yaml"
    if about.is_file():
        shutil.copy2(about, root / about.name)
    incoming = root / f".source-{uuid.uuid4().hex}"
    try:
        shutil.copytree(source, incoming, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        incoming.rename(target)
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise


def copy_quizzes(setting: str, root: Path) -> None:
    """Put the keys of a course's quizzes, as its teacher has them now, beside the source for a release.

    They lie outside of all that is released. A course without any keeps what is there.
    """
    folder, target = course_folder(setting) / FOLDER, root / FOLDER
    if not folder.is_dir() or not root.is_dir() or folder.resolve() == target.resolve():
        return
    target.mkdir(mode=0o700, exist_ok=True)
    for path in sorted(folder.glob("*.yaml")):
        content, copy = path.read_bytes(), target / path.name
        if not copy.is_file() or copy.read_bytes() != content:
            incoming = target / f".{uuid.uuid4().hex}"
            incoming.write_bytes(content)
            incoming.replace(copy)


def _assignments_in(source: Path) -> list[str]:
    return sorted(path.name for path in source.iterdir() if path.is_dir() and any(path.glob("*.ipynb")))
