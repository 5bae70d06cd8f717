"""How submissions are graded, and exercises made for practice."""

from __future__ import annotations

from traitlets import Bool, Float, Integer
from traitlets.config import Configurable


class LearnFlowGrading(Configurable):
    """How submissions are graded."""

    cell_timeout = Float(
        5.0, help="Wall-clock seconds one cell may run while it is graded; then it is interrupted."
    ).tag(config=True)

    memory_mb = Integer(256, help="Memory of a grading kernel, in MiB.").tag(config=True)

    workers = Integer(
        1,
        min=0,
        help="""How many submissions each service grades at the same time; one process and up to 400 MiB each.
        Several services share one queue. 0: the service grades nothing itself, and students wait until
        `learnflow worker --roles grading` runs somewhere; one process stays, which releases assignments and
        checks exercises made in the chat.""",
    ).tag(config=True)

    max_submission_mb = Integer(20, help="Largest submission accepted, in MiB, all its files together.").tag(
        config=True
    )

    max_attempts = Integer(
        3, help="How often grading is tried again after the grader itself failed, before a person must look."
    ).tag(config=True)


class LearnFlowPractice(Configurable):
    """Exercises that `@Exercise` makes in the chat, each for one student."""

    enabled = Bool(
        True,
        help="""Whether students get exercises made for them, which pass the gate of docs/exercises.md. A
        course decides for itself with `practice: on`, `off` or `read first` in its `course.yaml`. Where it is
        off, `@Exercise` suggests what the course has.""",
    ).tag(config=True)

    read_first = Bool(
        False,
        help="""Whether a teacher reads each of these exercises before the student gets it, may change its
        words, and lets it through or refuses it, on the dashboard's page Exercises. By default an exercise
        that passed the gate is given at once: whoever practises in the evening does not wait for a teacher. A
        course decides for itself: `practice: read first`, or `practice: on` to let them through.""",
    ).tag(config=True)

    per_day = Integer(
        12,
        min=0,
        help="""How many exercises a student gets within 24 hours; 0 for no limit. Making one takes a second
        or two of processor time.""",
    ).tag(config=True)

    checks_per_minute = Integer(
        6,
        min=1,
        help="How many answers a student may have checked in a minute. Each is graded like a submission.",
    ).tag(config=True)

    seconds = Float(
        40.0,
        min=1.0,
        help="""For how many seconds an exercise may be looked for. Then the student reads that there was
        none; keep it below the 60 s that an answer may take.""",
    ).tag(config=True)
