"""What goes over the worker's pipes: one JSON object a line, each way, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from learnflow_ext.contracts.grades import GradeRecord

MAX_LINE = 256 * 1024 * 1024
"""Longest line, in bytes: a record carries its feedback pages."""


@dataclass(frozen=True)
class Released:
    """What was released."""

    title: str
    """The first heading of the first notebook, or the assignment's name."""
    notebooks: tuple[str, ...]
    """Names without `.ipynb`."""
    exercises: tuple[tuple[str, str, float], ...]
    """(notebook, grade id, points) of every graded cell, in the notebooks' order."""


class ReleaseOp(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="release"):
    """Release an assignment."""

    course: str
    course_root: str
    exchange_root: str
    assignment: str
    cell_timeout: float = 0.0
    """Seconds that students' cells will have, which the solution has to do with; 0: it is not tried."""
    memory_mb: int = 256


class GradeOp(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="grade"):
    """Grade one submission."""

    submission_id: str
    course: str
    course_root: str
    assignment: str
    student: str
    submitted_dir: str
    submitted_at: str = ""
    """ISO 8601 with its zone; empty for now."""
    cell_timeout: float = 5.0
    memory_mb: int = 256
    in_place: bool = False
    settings_file: str = ""
    late_share: float = 0.0
    late_note: str = ""


Op = ReleaseOp | GradeOp


def seconds_for_all(cell_timeout: float) -> float:
    """Seconds that all cells of a notebook may run together: two minutes, more where one may take long."""
    return max(120.0, 24 * cell_timeout)


class LookOp(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="look"):
    """To a forker: say what is in a course folder."""

    course_dir: str
    assignment: str


class ForkOp(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="fork"):
    """To a forker, with one end of a stream socket: make a grading process that answers there."""

    scratch: str
    """Its folder for temporary files."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A teacher's own course folder, or, with a `code`, why it is of no use."""

    course: str = ""
    root: str = ""
    settings_file: str = ""
    """Its `nbgrader_config.py`; empty without one."""
    submitted: str = ""
    """The folder that holds a folder a student."""
    students: tuple[str, ...] = ()
    """Who has submitted the assignment, sorted."""
    code: str = ""
    message: str = ""


class Forked(msgspec.Struct, frozen=True, kw_only=True):
    """A new grading process."""

    pid: int


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one op. `ok` is always there; the rest depends on it and on the op."""

    ok: Literal[True, False]
    code: str = ""
    message: str = ""
    exercises: tuple[tuple[str, str, float], ...] = ()
    title: str = ""
    notebooks: tuple[str, ...] = ()
    record: GradeRecord | None = None
    going_on: bool = False
    """No answer yet: the op is being done, and one of its runs begins."""
