"""Events: frozen, versioned, one class a type, each on one topic.

`type` on the wire is `org.learnflow.<noun>.<verb>.v1`. A field is never renamed or removed within a version.
`student` is the hub's user name inside the service and in `event_log`; only the relay turns it into the
random pseudonym that travels. Fields marked personal (see `PERSONAL`) are cut from what travels, and what a
student may have named (`TRACES`, exceptions, folders) is emptied there: nobody can take it back from a topic.
"""

from __future__ import annotations

import builtins
from typing import ClassVar

import msgspec

TYPE_PREFIX = "org.learnflow."

TOPICS = (
    "learning.requests",
    "concepts.requests",
    "code.submissions",
    "debug.requests",
    "exercise.generated",
    "learning.responses",
    "struggle.detected",
    "progress.events",
)

TRACES = frozenset({"cell_id", "exercise"})
"""Fields that lead to a cell or a notebook of the student's, which may be there still."""
PYTHONS = frozenset(
    name
    for name, each in vars(builtins).items()
    if isinstance(each, type) and issubclass(each, BaseException)
)
"""Names of exceptions that say nothing of who met them. Any other may be a class that the student named."""
OF_SOME_KIND = "Exception"
"""What any other is called where it travels."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What every event has."""

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]
    PERSONAL: ClassVar[tuple[str, ...]] = ()
    """Fields that stay in `event_log` and never leave with the event."""

    course: str
    """Empty for what belongs to no course."""
    student: str
    """The hub's user name."""


class HelpAsked(Event, frozen=True, kw_only=True):
    """A question came in, by chat or by button."""

    TYPE = "org.learnflow.help.asked.v1"
    TOPIC = "learning.requests"
    PERSONAL = ("text", "notebook")

    request_id: str
    text: str
    agent: str
    notebook: str = ""
    assignment: str = ""
    cell_id: str = ""
    exception: str = ""


class DebugRequested(Event, frozen=True, kw_only=True):
    """Triage routed a question to the debug agent."""

    TYPE = "org.learnflow.debug.requested.v1"
    TOPIC = "debug.requests"

    request_id: str
    exception: str = ""
    line: int | None = None
    known: bool = False


class ConceptRequested(Event, frozen=True, kw_only=True):
    """Triage routed a question to the concepts agent."""

    TYPE = "org.learnflow.concept.requested.v1"
    TOPIC = "concepts.requests"

    request_id: str
    concept: str = ""


class CodeSubmitted(Event, frozen=True, kw_only=True):
    """Code was sent for review."""

    TYPE = "org.learnflow.code.submitted.v1"
    TOPIC = "code.submissions"

    request_id: str
    assignment: str = ""
    lines: int = 0


class AssignmentSubmitted(Event, frozen=True, kw_only=True):
    """An assignment was handed in and kept."""

    TYPE = "org.learnflow.assignment.submitted.v1"
    TOPIC = "code.submissions"

    submission_id: str
    assignment: str


class HelpAnswered(Event, frozen=True, kw_only=True):
    """A question was answered, or could not be."""

    TYPE = "org.learnflow.help.answered.v1"
    TOPIC = "learning.responses"
    PERSONAL = ("text",)

    request_id: str
    agent: str
    intent: str
    text: str
    rung: int = 0
    withheld: bool = False
    first_words_ms: int = 0
    last_word_ms: int = 0


class HelpVoted(Event, frozen=True, kw_only=True):
    """A student said whether an answer helped."""

    TYPE = "org.learnflow.help.voted.v1"
    TOPIC = "learning.responses"

    request_id: str
    helpful: bool
    agent: str = ""
    rung: int = 0


class TeacherAsked(Event, frozen=True, kw_only=True):
    """A student took a question to their teacher, with what the tutor knows about it."""

    TYPE = "org.learnflow.teacher.asked.v1"
    TOPIC = "learning.requests"
    PERSONAL = ("text", "answer", "code", "error", "notebook")

    request_id: str
    """Of the tutor's answer that did not help; empty where there was none."""
    text: str
    """The question."""
    answer: str = ""
    """What the tutor said last."""
    code: str = ""
    error: str = ""
    """Class and message."""
    rung: int = 0
    assignment: str = ""
    notebook: str = ""
    cell_id: str = ""


class RunFinished(Event, frozen=True, kw_only=True):
    """A cell ran in the student's own kernel: a claim of that server."""

    TYPE = "org.learnflow.run.finished.v1"
    TOPIC = "progress.events"
    PERSONAL = ("notebook", "message")

    run_id: str
    notebook: str
    ok: bool
    duration_ms: int
    assignment: str = ""
    cell_id: str = ""
    exception: str = ""
    message: str = ""


class SubmissionGraded(Event, frozen=True, kw_only=True):
    """Grading ended, well or not."""

    TYPE = "org.learnflow.submission.graded.v1"
    TOPIC = "progress.events"

    submission_id: str
    assignment: str
    status: str
    """graded, failed or cancelled."""
    score: float
    max_score: float
    needs_review: bool = False
    penalty: float = 0.0
    """Points taken off for lateness; `score` is without them already."""
    before: float | None = None
    """Points of the same submission before it was graded again; None for a first grading."""
    attempt: int = 0
    """Which of the student's attempts at the assignment it is, from 1; 0 where that was not kept."""
    grader: str = ""
    """What graded it, with its version; empty where nothing was graded."""
    by: str = ""
    """Graded again: the pseudonym of who asked for it; nobody can say whose it was once they are erased."""
    parts: tuple[str, ...] = ()
    """Graded again: each part whose points are others, as `notebook/part: before -> after`."""
    exercises: tuple[str, ...] = ()
    """Names of the graded cells that have points, in the order of grading; the first few hundred."""
    right: tuple[bool, ...] = ()
    """Whether each of `exercises` has all of its points."""
    code_lines: int = 0
    """Lines of the student's own that a review has looked at; 0 for no review."""
    code_mistakes: tuple[str, ...] = ()
    """Kinds of what is probably wrong in them, one for each place."""
    code_remarks: tuple[str, ...] = ()
    """Kinds of what could be clearer in them, one for each place."""


class PointsGiven(Event, frozen=True, kw_only=True):
    """A teacher gave a student points by hand in the formgrader, changed them or took them back."""

    TYPE = "org.learnflow.points.given.v1"
    TOPIC = "progress.events"

    submission_id: str
    """Empty for an attempt that the service does not know."""
    assignment: str
    attempt: int
    """Which of the student's attempts at the assignment it is, from 1; 0 for an unknown one."""
    notebook: str
    part: str
    """The cell's nbgrader grade_id."""
    max_score: float
    before: float | None = None
    """By hand; None for none: those of the tests count."""
    after: float | None = None
    extra_before: float = 0.0
    extra_after: float = 0.0
    """Extra credit."""
    at: str
    """When it was given, ISO 8601, UTC."""
    by: str
    """The pseudonym of the teacher who did it; nobody can say whose it was once they are erased."""


class QuizAnswered(Event, frozen=True, kw_only=True):
    """A question of a notebook's quiz was answered, and judged by the service."""

    TYPE = "org.learnflow.quiz.answered.v1"
    TOPIC = "progress.events"

    assignment: str
    question: str
    """Its id in the key."""
    choices: tuple[str, ...]
    """Texts of what was chosen; they are the teacher's."""
    right: bool
    attempt: int = 1
    """From 1; only the first counts for mastery."""


class RegradingStarted(Event, frozen=True, kw_only=True):
    """A teacher had everything of an assignment graded again. `student` is that teacher."""

    TYPE = "org.learnflow.regrading.started.v1"
    TOPIC = "progress.events"

    regrading_id: int
    assignment: str
    submissions: int


class ResultsReleased(Event, frozen=True, kw_only=True):
    """A teacher gave out the points and feedback of an assignment. `student` is that teacher."""

    TYPE = "org.learnflow.results.released.v1"
    TOPIC = "progress.events"

    assignment: str


class NamesShown(Event, frozen=True, kw_only=True):
    """A teacher ended the blind grading of an assignment for the teachers. `student` is that teacher."""

    TYPE = "org.learnflow.names.shown.v1"
    TOPIC = "progress.events"

    assignment: str


class RegradeAsked(Event, frozen=True, kw_only=True):
    """A student wants something of theirs graded again."""

    TYPE = "org.learnflow.regrade.asked.v1"
    TOPIC = "learning.requests"
    PERSONAL = ("reason",)

    submission_id: str
    assignment: str
    reason: str


class RegradeAnswered(Event, frozen=True, kw_only=True):
    """A teacher answered a student's request to have something graded again."""

    TYPE = "org.learnflow.regrade.answered.v1"
    TOPIC = "learning.responses"
    PERSONAL = ("answer",)

    submission_id: str
    assignment: str
    outcome: str
    """regraded or declined."""
    answer: str


class ProgressChanged(Event, frozen=True, kw_only=True):
    """A student's standing in an assignment changed on evidence checked by the service."""

    TYPE = "org.learnflow.progress.changed.v1"
    TOPIC = "progress.events"

    assignment: str
    best_score: float
    max_score: float
    level: str
    """Beginner, Learning, Proficient or Mastered."""


class StruggleDetected(Event, frozen=True, kw_only=True):
    """An alert was raised. Its evidence stays in the database: teachers look it up with their own rights."""

    TYPE = "org.learnflow.struggle.detected.v1"
    TOPIC = "struggle.detected"

    alert_id: str
    trigger: str
    """A name of `contracts.alerts.TRIGGERS`."""
    assignment: str = ""
    exercise: str = ""
    """The cell's id; empty where it has none."""
    exception: str = ""
    failures: int = 0


class StruggleChanged(Event, frozen=True, kw_only=True):
    """A teacher said what became of an alert."""

    TYPE = "org.learnflow.struggle.changed.v1"
    TOPIC = "struggle.detected"

    alert_id: str
    mark: str
    """helpful, false or handled."""


class ExerciseGenerated(Event, frozen=True, kw_only=True):
    """An exercise was made for a student, and passed the gate. Its solution and tests are not in it."""

    TYPE = "org.learnflow.exercise.generated.v1"
    TOPIC = "exercise.generated"

    name: str
    """Also that of its folder and notebook."""
    title: str
    topic: str
    difficulty: int
    """1 to 5."""
    family: str = ""
    """Empty for an exercise that no family made."""
    hand: str = "family"
    """Which hand wrote it: `family` or `model`."""
    model: str = ""
    """Name of the language model that wrote it; empty for a family's."""
    mutants: int = 0
    """Small mistakes that were put into its solution."""
    killed: int = 0
    """How many of those its tests noticed."""


class ExerciseDecided(Event, frozen=True, kw_only=True):
    """A teacher read an exercise before the student who had asked for it, and let it through or did not."""

    TYPE = "org.learnflow.exercise.decided.v1"
    TOPIC = "exercise.generated"
    PERSONAL = ("reason",)

    name: str
    title: str
    topic: str
    difficulty: int
    """1 to 5."""
    outcome: str
    """given or refused."""
    edited: bool = False
    """Whether the teacher changed the statement."""
    reason: str = ""
    """Why it was refused, for the student."""


class MembershipChanged(Event, frozen=True, kw_only=True):
    """A teacher put somebody into a course, gave them another role there, or took them out."""

    TYPE = "org.learnflow.membership.changed.v1"
    TOPIC = "progress.events"

    role: str
    """student, assistant or teacher from now on; empty for whoever is out."""
    was: str = ""
    """The roles until now, with a comma and a space between several; empty for none."""
    by: str = ""
    """The pseudonym of the teacher who did it; nobody can say whose it was once they are erased."""


class AllowanceChanged(Event, frozen=True, kw_only=True):
    """A teacher gave a student more time on the dashboard, or took that back."""

    TYPE = "org.learnflow.allowance.changed.v1"
    TOPIC = "progress.events"
    # How much more time somebody has may tell of an illness.
    PERSONAL = ("room",)

    kind: str
    """extra_time (in exams) or extension (a deadline of their own)."""
    assignment: str
    """Empty for all exams."""
    given: bool
    """False when it was taken back."""
    room: str = ""
    """What it gives, in words."""
    by: str = ""
    """The pseudonym of the teacher who did it; nobody can say whose it was once they are erased."""


class PracticeChecked(Event, frozen=True, kw_only=True):
    """The service graded a student's answer to an exercise that was made for them."""

    TYPE = "org.learnflow.practice.checked.v1"
    TOPIC = "progress.events"

    name: str
    topic: str
    difficulty: int
    """1 to 5."""
    score: float
    """Of this answer; only what was proved apart from the student's code."""
    max_score: float
    assignment: str = ""
    """The assignment whose topic it trains; empty for none of the course's."""
    attempt: int = 1
    """How many answers of theirs were graded so far, this one included."""


EVENT_TYPES: dict[str, type[Event]] = {
    cls.TYPE: cls
    for cls in (
        HelpAsked,
        DebugRequested,
        ConceptRequested,
        CodeSubmitted,
        AssignmentSubmitted,
        HelpAnswered,
        HelpVoted,
        TeacherAsked,
        RunFinished,
        SubmissionGraded,
        PointsGiven,
        QuizAnswered,
        RegradingStarted,
        ResultsReleased,
        NamesShown,
        RegradeAsked,
        RegradeAnswered,
        ProgressChanged,
        StruggleDetected,
        StruggleChanged,
        ExerciseGenerated,
        ExerciseDecided,
        MembershipChanged,
        AllowanceChanged,
        PracticeChecked,
    )
}


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An event with what CloudEvents 1.0 asks for beside its data."""

    id: str
    """UUIDv4 in text; the consumer's key against doubles."""
    sequence: int
    """Place in `event_log`; grows, with gaps."""
    time: str
    """When it was recorded, ISO 8601, UTC."""
    event: Event

    @property
    def type(self) -> str:
        return self.event.TYPE

    @property
    def topic(self) -> str:
        return self.event.TOPIC
