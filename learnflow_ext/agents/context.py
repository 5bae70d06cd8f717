"""What an agent may know beside the request. All of it is visible to the student who asks."""

from __future__ import annotations

from typing import Literal

import msgspec

from learnflow_ext.contracts.progress import StudentProgress

Policy = Literal["off", "concepts", "hints", "open"]


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
    shown: str = ""
    """What the tutor said earlier about the same assignment, oldest first: pieces make a whole."""
    released: frozenset[str] | None = None
    """Assignments this student may see: only these are quoted or suggested. None means all of the course."""
