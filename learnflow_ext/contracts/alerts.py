"""Alerts: who seems stuck, why we think so, and what a teacher made of it."""

from __future__ import annotations

from typing import Literal

import msgspec

Trigger = Literal[
    "asked_teacher",
    "same_error",
    "failing_runs",
    "no_progress",
    "low_quiz",
    "said_stuck",
    "wheel_spinning",
    "failing_early",
]
TRIGGERS: tuple[Trigger, ...] = (
    "asked_teacher",
    "said_stuck",
    "low_quiz",
    "same_error",
    "failing_runs",
    "no_progress",
    "wheel_spinning",
    "failing_early",
)
"""The gravest first: when not all can be told, these are told first."""

AlertState = Literal["held", "open", "handled"]
"""`held`: found, and not told because enough was told this hour."""
Verdict = Literal["", "helpful", "false"]
Mark = Literal["helpful", "false", "handled"]
"""What a teacher can say; each of them closes the alert."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One step on a student's time line."""

    id: str
    """The same id twice is the same step."""
    at: float
    """Seconds since the epoch, UTC."""
    kind: Literal["run", "question", "quiz"]
    assignment: str = ""
    exercise: str = ""
    """The cell, or else the notebook; empty when not known."""
    ok: bool = False
    """Of a run."""
    error: str = ""
    """Class name; empty when not known."""
    text: str = ""
    """A run's error message, or the question."""
    share: float = 1.0
    """Of a quiz's points, 0 to 1; of questions in a notebook, the first answers that were right."""
    answered: int | None = None
    """How many questions of a notebook this rests on; None for a graded quiz."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A reason to look after one student, with what it rests on."""

    trigger: Trigger
    at: float
    """When it came to hold, seconds since the epoch."""
    assignment: str = ""
    exercise: str = ""
    failures: int = 0
    """Failing runs in a row up to now."""
    error: str = ""
    """The latest error's class name; empty for none."""
    moments: tuple[Moment, ...] = ()
    """The steps behind it, oldest first; at most a dozen."""
    question: str = ""
    """The last one asked; empty for none."""
    code: str = ""
    """What the student sent along for the teacher; empty otherwise."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that was raised before."""

    student: str
    assignment: str
    exercise: str
    at: float
    """Seconds since the epoch."""
    open: bool


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, and whose."""

    student: str
    finding: Finding


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert, as a teacher gets it from `GET api/alerts`."""

    alert_id: str
    course: str
    student: str
    state: AlertState
    verdict: Verdict = ""
    raised_at: str
    """ISO 8601, UTC; of the finding while it is held."""
    marked_at: str = ""
    marked_by: str = ""
    finding: Finding


class Precision(msgspec.Struct, frozen=True, kw_only=True):
    """How often a trigger was right, by what teachers said."""

    trigger: Trigger
    raised: int
    helpful: int
    false: int

    @property
    def share(self) -> float | None:
        """Helpful among the judged, 0 to 1; None before any was judged."""
        judged = self.helpful + self.false
        return self.helpful / judged if judged else None
