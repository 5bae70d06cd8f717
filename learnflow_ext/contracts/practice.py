"""Practice: an exercise that was made for one student, and how their answer to it fared."""

from __future__ import annotations

from typing import Literal

import msgspec

from learnflow_ext.contracts.paths import split_path

PRACTICE_DIR = "practice"
"""Below a student's root: `practice/<name>/<name>.ipynb`."""
_PREFIX = PRACTICE_DIR + "/"


PracticeState = Literal["given", "waiting", "refused"]
"""Whether the student has it, or a teacher looks at it first, or a teacher decided against it."""


class PracticeStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an exercise that a student asked for."""

    name: str
    title: str
    state: PracticeState
    message: str
    """The same as a sentence for the student."""
    told: bool = False
    """Whether the student had been told of a decision before, in another answer or by another look."""


class PracticeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What grading one answer came to."""

    name: str
    title: str
    score: float
    """Points of this answer that count."""
    max_score: float
    best: float
    """Points of the best answer so far, this one included."""
    solved: bool
    """Whether this answer has all points."""
    message: str = ""
    """For the student: what is missing; empty for nothing."""
    attempt: int = 1
    """How many answers were graded so far, this one included."""
    counts_for: str = ""
    """Title of the course's topic that it counts for; empty for none."""


def place_for(name: str) -> str:
    """What stands for the assignment where an exercise of this name is meant: no course can have it."""
    return _PREFIX + name


def practice_in(assignment: str) -> str:
    """The exercise's name in what `place_for` made; empty for an assignment of the course."""
    return assignment.removeprefix(_PREFIX) if assignment.startswith(_PREFIX) else ""


def notebook_path(name: str) -> str:
    """Where its notebook lies below the student's root."""
    return f"{PRACTICE_DIR}/{name}/{name}.ipynb"


def name_in(path: str) -> str:
    """The exercise whose notebook lies at `path` below the student's root; empty for another file."""
    parts = split_path(path.strip("/"))
    return parts[1] if len(parts) == 3 and path.strip("/") == notebook_path(parts[1]) else ""
