"""How submissions are graded, and exercises made for practice."""

from __future__ import annotations

from traitlets import Bool, Enum, Float, Integer
from traitlets.config import Configurable


class LearnFlowGrading(Configurable):
    """How submissions are graded."""

    cell_timeout = Float(
        5.0,
        help="""Wall-clock seconds one cell may run while it is graded; then it is interrupted. A course, or
        an assignment, has more with `cell_seconds` in its `course.yaml`. An assignment whose own solution
        needs longer is not released.""",
    ).tag(config=True)

    memory_mb = Integer(256, help="Memory of a grading kernel, in MiB.").tag(config=True)

    workers = Integer(
        1,
        min=0,
        help="""How many submissions each service grades at the same time; one process and up to 400 MiB each.
        Several services share one queue. 0: the service grades nothing itself, and students wait until
        `learnflow worker --roles grading` runs somewhere; one process stays, which releases assignments and
        checks answers to exercises made in the chat.""",
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

    in_service = Bool(
        True,
        help="""Whether each service makes exercises itself. They are looked for and proved by running them, a
        second or two of processor time each. Where that is too much for a machine that also answers the
        class, say False, and let `learnflow worker --roles generation` make them: students who ask while none
        runs are told so. With True workers of that role share the work with the services.""",
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
        none; keep it, with `model_seconds` added, below the 60 s that an answer may take.""",
    ).tag(config=True)

    model_writes = Enum(
        ["read first", "on", "off"],
        "read first",
        help="""Whether the language model of `c.LearnFlowModel`, where one is set, writes exercises too. It
        is told a topic, a difficulty and a story, and nothing of a student's; what it writes passes the gate
        that the built-in ones pass. `read first`: the student gets a built-in one at once, and the model
        writes one behind it, which waits on the dashboard's page Exercises until a teacher decides about it.
        `on`: the model writes first, and what passed the gate goes to the student unread by any person.
        `off`: it writes none. A course decides for itself: `model_exercises` in its `course.yaml`. Whoever
        said `/model off`, or sits an exam without the tutor, gets none of the model's.""",
    ).tag(config=True)

    model_seconds = Float(
        18.0,
        min=1.0,
        help="""For how many seconds a student waits for the model's exercise at most, its second and third
        try after the gate's reasons included; then a built-in one is made. Only where the model writes
        first.""",
    ).tag(config=True)

    model_behind_seconds = Float(
        180.0,
        min=1.0,
        help="For how many seconds the model may write where nobody waits for it: the student has a built-in "
        "one, or a teacher runs `learnflow generate --model`. A small model on a machine of your own needs "
        "them. A third of them may pass before its first word.",
    ).tag(config=True)

    model_writers = Integer(
        4,
        min=1,
        max=32,
        help="""How many exercises the model may be writing at a time, in each replica of the service; further
        ones wait for their turn within their seconds. Of those that nobody waits for there is one fewer (and
        one at least), so that whoever waits in the chat does not wait behind them. A model on a machine of
        your own that answers one question at a time is better off with 1.""",
    ).tag(config=True)

    model_tokens = Integer(
        2500,
        min=100,
        help="""Longest exercise of the model's, in tokens; one takes some 900. `c.LearnFlowModel.max_tokens`
        is for its words in the chat.""",
    ).tag(config=True)
