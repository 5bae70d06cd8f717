"""A tutor for each course, with what it may quote and what it must never say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.exercise_cells import ExerciseCells, answer_cells, exercise_cells
from learnflow_ext.agents.guard import Guard
from learnflow_ext.agents.references import Reference, references
from learnflow_ext.agents.tutor import Tutor
from learnflow_ext.contracts.runner import Runner
from learnflow_ext.service.notebook_says import NotebookSays
from learnflow_ext.service.practice_rules import taught
from learnflow_ext.service.releases import course_folder
from learnflow_ext.settings import LearnFlow

NO_COURSE = ""


class TutoredCourse(msgspec.Struct, frozen=True):
    """A course, as far as helping in it goes."""

    title: str
    """For people; empty outside of any course."""
    tutor: Tutor
    exercises: ExerciseCells = {}
    """Whose cells are whose; empty outside of any course."""
    answers: Mapping[str, str] = {}
    """Exercise, `assignment/name`, to the id of the cell that its answer goes into."""
    references: Mapping[str, Reference] = {}
    """Exercise to its solution and tests; never for a student's eyes."""
    taught: Mapping[str, tuple[str, ...]] = {}
    """Assignment to the topics that exercises can be made for."""


def load(settings: LearnFlow, runner: Runner | None = None) -> dict[str, TutoredCourse]:
    """The tutors by course, and under `NO_COURSE` one for questions outside of any.

    Their gates try code with `runner`. Reads disks; blocks.
    """
    found: dict[str, TutoredCourse] = {}
    solutions: list[Reference] = []
    for course, folder in settings.courses.items():
        origin = _origin(settings.course_root(course), folder)
        index, known = CourseIndex.from_source(origin), tuple(references(origin))
        solutions += known
        found[course] = TutoredCourse(
            index.title or course,
            Tutor(index, Guard(known), runner),
            exercise_cells(origin),
            answer_cells(origin),
            {each.name: each for each in known},
            taught(index.sections),
        )
    # Leaving the course's folder must not be a way round its guard.
    found[NO_COURSE] = TutoredCourse("", Tutor(CourseIndex(), Guard(solutions), runner))
    return found


def released_notebooks(settings: LearnFlow) -> NotebookSays:
    """What the notebooks that students get say of their assignments.

    Not those in the course's `release`: what a teacher generates there is a draft until it is released, and
    it is gone when that is refused.
    """
    return NotebookSays({course: settings.exchange_root / course / "outbound" for course in settings.courses})


def course_files(settings: LearnFlow) -> dict[str, Path]:
    """Each course's `course.yaml`: where its folder is, which a teacher edits."""
    return {course: course_folder(folder) / "course.yaml" for course, folder in settings.courses.items()}


def _origin(root: Path, folder: str) -> Path:
    """The service's own copy of the course, or before there is one, what it will be copied from."""
    return root if (root / "source").is_dir() else course_folder(folder)
