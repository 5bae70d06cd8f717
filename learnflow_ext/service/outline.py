"""What a course says of its assignments: title, topic, and the cells that carry points. Pure.

`course.yaml` goes before what a notebook says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from learnflow_ext.contracts.assignments import said, together
from learnflow_ext.exercises.notebook_checks import first_heading, read
from learnflow_ext.service import practice_rules
from learnflow_ext.service.course_yaml import keys_in

MOST_POINTS = 1e9
"""Of one cell: beyond that somebody has slipped."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What `course.yaml` says, by assignment; none of them where it says nothing."""

    titles: Mapping[str, str] = {}
    topics: Mapping[str, str] = {}


class Outlined(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment."""

    title: str
    """For people: as `course.yaml` has it, else the first heading of the first notebook, else its name."""
    topic: str = ""
    """One of `TOPICS`; empty where nobody says it."""
    exercises: tuple[tuple[str, str, float], ...] = ()
    """(notebook, grade id, points) of every graded cell, in order."""


def about(text: bytes) -> About:
    """What a `course.yaml` says. ValueError, a sentence for the teacher, when it cannot be understood."""
    listed = keys_in(text).get("assignments") or []
    if not isinstance(listed, list) or not all(isinstance(each, dict) and "name" in each for each in listed):
        raise ValueError("`assignments` is a list, and each of them has a `name`.")
    return About(
        titles={str(each["name"]): str(each["title"]) for each in listed if each.get("title")},
        topics=practice_rules.parse(text).topics,
    )


def outlined(assignment: str, notebooks: Sequence[tuple[str, Mapping[str, Any]]], course: About) -> Outlined:
    """What the `notebooks` of an assignment, each with its name without `.ipynb`, and `course` say of it.

    ValueError, with a sentence for the teacher, where a notebook's metadata or points cannot be understood.
    """
    cells = [(name, read(notebook)) for name, notebook in notebooks]
    headings = [first_heading(each) for _, each in cells]
    metadata = [notebook.get("metadata") for _, notebook in notebooks]
    notes = together(said(each if isinstance(each, dict) else {}) for each in metadata)
    return Outlined(
        title=course.titles.get(assignment) or next(filter(None, headings), "") or assignment,
        topic=course.topics.get(assignment) or notes.topic,
        exercises=tuple(
            (name, cell.name, _points(name, cell.name, points))
            for name, each in cells
            for cell in each
            if cell.is_graded
            and isinstance(points := cell.nbgrader.get("points"), (int, float))
            and cell.name
        ),
    )


def _points(notebook: str, cell: str, points: float) -> float:
    if not 0 <= points < MOST_POINTS:
        raise ValueError(f"{notebook}: the graded cell {cell} needs its points, a number from 0 on.")
    return float(points)
