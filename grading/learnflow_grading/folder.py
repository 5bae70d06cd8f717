"""A teacher's own nbgrader course folder: what is in it, and whether it can be graded here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.coursedir import CourseDirectory

from learnflow_ext.contracts.errors import NotFound, Unprocessable

from .course import Course
from .notebooks import OTHER_LANGUAGE, other_language
from .trusted.files import files_in
from .trusted.libraries import needs_libraries

SETTINGS = "nbgrader_config.py"


@dataclass(frozen=True)
class CourseFolder:
    """One assignment of a course folder."""

    course: Course
    assignment: str
    students: tuple[str, ...]
    """Who has submitted it, sorted."""
    submitted: Path

    def submission(self, student: str) -> Path:
        """The folder of what a student handed in."""
        return self.submitted / student / self.assignment


def open_folder(root: Path, assignment: str) -> CourseFolder:
    """The folder at `root`. NotFound or Unprocessable, with a sentence, when it is of no use."""
    root = root.resolve()
    if not root.is_dir():
        raise NotFound(f"There is no course folder {root}.")
    settings = root / SETTINGS if (root / SETTINGS).is_file() else None
    own = Course("course", root, settings_file=settings)._own()
    course = Course(str(own.CourseDirectory.get("course_id") or "course"), root, settings_file=settings)
    directory = CourseDirectory(config=course.config())
    if "sqlite" in course.db_url and not Path(course.db_url.removeprefix("sqlite:///")).is_file():
        raise NotFound(
            f"There is no gradebook in {root}. Run `nbgrader generate_assignment {assignment}` there first."
        )
    _check_notebooks(
        [
            Path(directory.format_path(step, ".", assignment))
            for step in (directory.source_directory, directory.release_directory)
        ],
        assignment,
    )
    submitted = root / directory.submitted_directory
    students = sorted(
        path.parent.name
        for path in submitted.glob(f"*/{assignment}")
        if path.is_dir() and not path.parent.name.startswith(".")
    )
    if not students:
        raise NotFound(f"Nobody has submitted {assignment}: {submitted} has no folder */{assignment}.")
    return CourseFolder(course, assignment, tuple(students), submitted)


def needed_by(folder: CourseFolder) -> bool:
    """Whether the assignment itself, without what students add, needs more libraries than Python's own."""
    directory = CourseDirectory(config=folder.course.config())
    for step in (directory.source_directory, directory.release_directory):
        place = Path(directory.format_path(step, ".", folder.assignment))
        for path in sorted(place.glob("*.ipynb")):
            cells = nbformat.read(path, as_version=4).cells
            texts = [cell.source for cell in cells if cell.cell_type == "code"]
            if needs_libraries(texts, files_in(place)):
                return True
    return False


def _check_notebooks(folders: list[Path], assignment: str) -> None:
    found = [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]
    if not found:
        raise NotFound(
            f"There is no assignment {assignment} in the folder: neither its source nor its release."
        )
    for path in found:
        try:
            nb: Any = nbformat.read(path, as_version=4)
        except Exception as error:  # nbformat fails on odd input in any way it likes
            raise Unprocessable(f"{path} cannot be read as a notebook.") from error
        if language := other_language(nb):
            said = OTHER_LANGUAGE.format(name=path.name, language=language)
            raise Unprocessable(f"{said}; `nbgrader autograde` grades the others.")
        for cell in nb.cells:
            info = cell.metadata.get("nbgrader")
            if info and info.get("schema_version", 0) < 3:
                raise Unprocessable(
                    f"{path.name} was made with an old nbgrader. Run `nbgrader update {path.parent}`,"
                    f" then `nbgrader generate_assignment {assignment} --force`, and grade again."
                )
