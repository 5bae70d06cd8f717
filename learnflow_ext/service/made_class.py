"""A made-up class over four weeks, lifelike and always the same: what a dashboard looks like in use. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from learnflow_ext.contracts.alerts import Moment, Verdict
from learnflow_ext.contracts.events import (
    AssignmentSubmitted,
    Event,
    HelpAnswered,
    HelpAsked,
    ProgressChanged,
    RunFinished,
    SubmissionGraded,
)
from learnflow_ext.contracts.grades import CodeReview
from learnflow_ext.contracts.progress import Level
from learnflow_ext.progress import struggle
from learnflow_ext.progress.standing import level
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.seed import (
    MadeAlert,
    MadeRun,
    MadeStudent,
    MadeSubmission,
    MadeTurn,
    made_id,
)

WEEKS = 4
FIRST = (
    *("aisha", "bruno", "carla", "deniz", "elif", "finn", "gita", "henrik", "ines", "jonas"),
    *("kaya", "liam", "mona", "noor", "otto", "paula", "quinn", "rosa", "sami", "tara"),
    *("umut", "vera", "wim", "xenia", "yara", "zoe", "anton", "bea", "cem", "dora"),
)
ERRORS = (
    ("NameError", "name 'totl' is not defined"),
    ("TypeError", 'can only concatenate str (not "int") to str'),
    ("IndexError", "list index out of range"),
    ("SyntaxError", "expected ':'"),
    ("AssertionError", "Your function returns 3 for an empty list."),
    ("ValueError", "invalid literal for int() with base 10: 'ten'"),
)
MISTAKES = ("prints-instead-of-return", "return-in-loop", "start-value-in-loop")
REMARKS = ("unused-name", "unclear-name", "index-loop", "shadowed-builtin")
QUESTIONS = (
    ("I don't understand what the error wants from me", "debug"),
    ("What is the difference between a list and a string?", "concepts"),
    ("Why does my loop never end?", "debug"),
    ("I'm stuck. It says expected ':' and I see no mistake", "debug"),
    ("Is my code good?", "review"),
    ("What does range(3) give me?", "concepts"),
)
ANSWER = "Look at the line the arrow points to. Which name there has no value yet? Say it letter by letter."


def students(
    count: int, assignments: Sequence[AssignmentInfo], now: datetime, seed: int = 7
) -> list[MadeStudent]:
    """`count` students of a course with `assignments`, up to `now`; the same for the same arguments.

    They have begun the first `WEEKS` assignments.
    """
    return [_student(number, assignments, now, seed) for number in range(count)]


def name_of(number: int) -> str:
    """A login name: every student has another."""
    round_, place = divmod(number, len(FIRST))
    return FIRST[place] if not round_ else f"{FIRST[place]}{round_ + 1}"


class _Diary:
    """What one student did."""

    def __init__(self, name: str, dice: random.Random) -> None:
        self.name, self.dice = name, dice
        self.runs: list[MadeRun] = []
        self.turns: list[MadeTurn] = []
        self.submissions: list[MadeSubmission] = []
        self.alerts: list[MadeAlert] = []
        self.levels: dict[str, Level] = {}
        self.events: list[tuple[datetime, Event]] = []


def _student(number: int, assignments: Sequence[AssignmentInfo], now: datetime, seed: int) -> MadeStudent:
    dice = random.Random(f"{seed}-{number}")  # noqa: S311  # nothing secret: the same class each time
    diary = _Diary(name_of(number), dice)
    ability = dice.gauss(0.6, 1.1)
    start = now - timedelta(weeks=WEEKS)
    # A module a week: what comes later in the course nobody has begun.
    begun = assignments[:WEEKS]
    span = timedelta(weeks=WEEKS) / max(len(begun), 1)
    for place, info in enumerate(begun):
        begin = start + place * span
        if dice.random() < 0.06 or not info.exercises:
            continue
        last = place == len(begun) - 1
        # Some are at work on the last assignment at this very moment.
        live = last and dice.random() < 0.35
        at = now - timedelta(minutes=dice.uniform(5, 25)) if live else begin + span * dice.uniform(0.05, 0.75)
        _work(diary, info, ability, at, now, hand_in=not live)
    return MadeStudent(
        name=diary.name,
        runs=tuple(diary.runs),
        turns=tuple(diary.turns),
        submissions=tuple(diary.submissions),
        alerts=tuple(diary.alerts),
        levels=diary.levels,
        events=tuple(diary.events),
    )


def _work(
    diary: _Diary, info: AssignmentInfo, ability: float, at: datetime, now: datetime, *, hand_in: bool
) -> None:
    dice = diary.dice
    scores: list[tuple[str, float, float]] = []
    notebook = f"{info.assignment}/{info.exercises[0].notebook}.ipynb"
    for exercise in info.exercises:
        difficulty = dice.gauss(0, 0.8)
        failing: list[Moment] = []
        for attempt in range(9):
            at = min(at + timedelta(seconds=dice.uniform(20, 140)), now)
            right = dice.random() < 1 / (1 + 2.718281828 ** -(ability - difficulty + 0.3 * attempt))
            error, message = ("", "") if right else dice.choices(ERRORS, (5, 3, 2, 3, 6, 1))[0]
            _run(diary, info, notebook, exercise.name, error, message, at)
            if right:
                break
            failing.append(
                Moment(
                    id=made_id(diary.name, at),
                    at=at.timestamp(),
                    kind="run",
                    assignment=info.assignment,
                    exercise=exercise.name,
                    error=error,
                    text=message,
                )
            )
            if dice.random() < 0.2:
                _ask(diary, info, notebook, exercise.name, error, at)
            if attempt >= 2 and dice.random() < 0.18:
                break
        solved = not failing or failing[-1].at < at.timestamp()
        if len(failing) >= 3 and dice.random() < 0.4:
            _alert(diary, failing, now)
        got = exercise.max_score * (1.0 if solved else dice.choice((0.0, 0.0, 0.5)))
        scores.append((exercise.name, got, exercise.max_score))
        if at >= now:
            return
    if hand_in:
        _submit(diary, info, scores, min(at + timedelta(minutes=3), now))


def _run(
    diary: _Diary, info: AssignmentInfo, notebook: str, cell: str, error: str, message: str, at: datetime
) -> None:
    diary.runs.append(
        MadeRun(
            notebook=notebook, assignment=info.assignment, cell_id=cell, error=error, message=message, at=at
        )
    )
    event = RunFinished(
        course=info.course,
        student=diary.name,
        run_id=made_id(diary.name, "run", len(diary.runs) - 1),
        notebook=notebook,
        ok=not error,
        duration_ms=12,
        assignment=info.assignment,
        cell_id=cell,
        exception=error,
        message=message,
    )
    diary.events.append((at, event))


def _ask(diary: _Diary, info: AssignmentInfo, notebook: str, cell: str, error: str, at: datetime) -> None:
    question, agent = diary.dice.choice(QUESTIONS)
    withheld = diary.dice.random() < 0.05
    rung = diary.dice.randint(1, 4) if agent == "debug" else 0
    request = made_id(info.course, diary.name, "turn", len(diary.turns))
    diary.turns.append(
        MadeTurn(
            assignment=info.assignment,
            notebook=notebook,
            cell_id=cell,
            question=question,
            error=error,
            agent=agent,
            answer=ANSWER,
            rung=rung,
            withheld=withheld,
            at=at,
        )
    )
    asked = HelpAsked(
        course=info.course,
        student=diary.name,
        request_id=request,
        text=question,
        agent="tutor",
        notebook=notebook,
        assignment=info.assignment,
        cell_id=cell,
        exception=error,
    )
    answered = HelpAnswered(
        course=info.course,
        student=diary.name,
        request_id=request,
        agent=agent,
        intent=agent,
        text=ANSWER,
        rung=rung,
        withheld=withheld,
    )
    diary.events += [(at, asked), (at, answered)]


def _alert(diary: _Diary, failing: Sequence[Moment], now: datetime) -> None:
    found = struggle.findings(failing, failing[-1].at)
    if not found:
        return
    at = datetime.fromtimestamp(failing[-1].at, now.tzinfo)
    is_open = now - at < timedelta(days=2)
    verdict: Verdict = "" if is_open else diary.dice.choices(("helpful", "false", ""), (7, 2, 1))[0]
    diary.alerts.append(
        MadeAlert(finding=found[0], open=is_open, verdict=verdict, by="" if is_open else "teacher", at=at)
    )


def _submit(
    diary: _Diary, info: AssignmentInfo, scores: list[tuple[str, float, float]], at: datetime
) -> None:
    got, most = sum(points for _, points, _ in scores), sum(top for *_, top in scores)
    review = _review(diary.name, info)
    diary.submissions.append(
        MadeSubmission(assignment=info.assignment, scores=tuple(scores), review=review, at=at)
    )
    reached = level(got / most) if most else "Beginner"
    diary.levels[info.assignment] = reached
    submission = made_id(info.course, diary.name, "submission", len(diary.submissions) - 1)
    handed_in = AssignmentSubmitted(
        course=info.course, student=diary.name, submission_id=submission, assignment=info.assignment
    )
    graded = SubmissionGraded(
        course=info.course,
        student=diary.name,
        submission_id=submission,
        assignment=info.assignment,
        status="graded",
        score=got,
        max_score=most,
        attempt=1,
        exercises=tuple(part for part, *_ in scores),
        right=tuple(points >= top for _, points, top in scores),
        code_lines=review.lines,
        code_mistakes=review.mistakes,
        code_remarks=review.remarks,
    )
    changed = ProgressChanged(
        course=info.course,
        student=diary.name,
        assignment=info.assignment,
        best_score=got,
        max_score=most,
        level=reached,
    )
    diary.events += [(at, handed_in), (at, graded), (at, changed)]


def _review(name: str, info: AssignmentInfo) -> CodeReview:
    """Of code with a few lines for each exercise. By dice of its own: who is stuck hangs on the others."""
    dice = random.Random(f"{name}-{info.assignment}")  # noqa: S311  # nothing secret: the same each time
    return CodeReview(
        lines=sum(dice.randint(2, 7) for _ in info.exercises),
        mistakes=tuple(dice.choices(MISTAKES, k=dice.choice((0, 0, 0, 1)))),
        remarks=tuple(dice.choices(REMARKS, k=dice.choice((0, 1, 1, 2, 4)))),
    )
