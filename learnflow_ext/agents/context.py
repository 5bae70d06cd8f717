"""What an agent may know beside the request. All of it is visible to the student who asks, but for
solutions to be guarded."""

from __future__ import annotations

from typing import Literal

import msgspec

from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.progress import Level, StudentProgress

Policy = Literal["off", "concepts", "hints", "open"]


class ProvedHint(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said of a change that makes the student's program pass, and was proved by running it; where
    none was, of the line that its failing tests point at."""

    solved: bool = False
    """Nothing has to be changed."""
    line: int | None = None
    concept: str = ""
    rungs: tuple[str, ...] = ()
    """Markdown: the idea, the place, a question, the like on other data; empty when it is solved."""


class HelpContext(msgspec.Struct, frozen=True, kw_only=True):
    """Gathered by the service, for one request."""

    policy: Policy = "hints"
    """`off` answers nothing; `concepts` explains ideas and never looks at the student's code; `hints`
    diagnoses
    without giving solutions; `open` skips the leak gate."""
    course_title: str = ""
    assignment_title: str = ""
    """Of the assignment the question is about; empty outside of one."""
    rung: int = 0
    """Step on the hint ladder, 1 to 4, that is due; 0 where no exercise is known, and all but the example is
    told."""
    progress: StudentProgress | None = None
    """The asking student's own standing; None when it is not known."""
    exercise: str = ""
    """Name of the exercise that the question is about, `assignment/name`; empty when nobody knows."""
    answer: str = ""
    """The student's own attempt at the exercise, as it last ran; empty when nobody knows it."""
    hint: ProvedHint | None = None
    """None without an exercise that has tests, and where nothing was proved in time."""
    shown: str = ""
    """What the tutor said earlier about the same assignment, oldest first: pieces make a whole. Where there
    is a ledger (`telling`), that is asked instead."""
    practice: tuple[Reference, ...] = ()
    """Solutions of exercises that were made for this student: guarded like the course's."""
    released: frozenset[str] | None = None
    """Assignments this student may see: only these are quoted or suggested. None means all of the course."""

    def level_in(self, assignment: str) -> Level | None:
        """How far the student is in an assignment, on evidence that was checked; None when nobody knows."""
        known = self.progress.assignments if self.progress is not None else ()
        return next((each.level for each in known if each.assignment == assignment), None)

    @property
    def mastered(self) -> frozenset[str]:
        """Assignments whose topic the student has mastered."""
        known = self.progress.assignments if self.progress is not None else ()
        return frozenset(each.assignment for each in known if each.level == "Mastered")
