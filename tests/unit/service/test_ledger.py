"""Progress from the event stream: late, doubled, out of order and forged, it comes to the same."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from class_log import class_log
from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.contracts.alerts import Candidate, Finding, Moment
from learnflow_ext.contracts.events import (
    AssignmentSubmitted,
    CodeSubmitted,
    Envelope,
    Event,
    HelpAsked,
    PracticeChecked,
    ProgressChanged,
    QuizAnswered,
    RunFinished,
    SubmissionGraded,
)
from learnflow_ext.progress.replay import replay
from learnflow_ext.progress.struggle import findings
from learnflow_ext.service.ledger import Ledger
from learnflow_ext.service.standing import Standings, stand
from learnflow_ext.store.courses import AssignmentInfo, ExerciseInfo

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
DOZEN = "s012"
TOPICS = tuple(
    AssignmentInfo(
        course="c",
        assignment=f"week-{number}",
        title=f"Week {number}",
        exercises=tuple(ExerciseInfo(notebook="n", name=f"e{place}", max_score=2.0) for place in range(4)),
        is_quiz=number == 3,
    )
    for number in range(4)
)


class Stream:
    """The events of a class, in the order in which they happened."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.events: list[Envelope] = []
        self.attempts: dict[tuple[str, str], int] = defaultdict(int)
        self.answered: dict[tuple[str, str, str], int] = defaultdict(int)
        self.submissions: dict[str, list[SubmissionGraded]] = defaultdict(list)

    def say(self, event: Event, at: datetime) -> None:
        number = len(self.events) + 1
        self.events.append(
            Envelope(
                id=f"id-{number}", sequence=number, time=at.isoformat(timespec="microseconds"), event=event
            )
        )

    def run(self, student: str, moment: Moment) -> None:
        event = RunFinished(
            course="c",
            student=student,
            run_id=moment.id,
            notebook="n",
            ok=moment.ok,
            duration_ms=1,
            assignment=moment.assignment,
            cell_id=moment.exercise,
            exception=moment.error,
        )
        self.say(event, START + timedelta(seconds=moment.at))

    def step(self, student: str, at: datetime) -> None:
        """Something that counts, or seems to."""
        topic = self.dice.choice(TOPICS).assignment
        match self.dice.randrange(8):
            case 0 | 1:
                self.hand_in(student, topic, at)
            case 2 if self.submissions[student]:
                again = self.dice.choice(self.submissions[student])
                self.grade(msgspec.structs.replace(again, before=again.score), at)
            case 3 | 4:
                question = f"q{self.dice.randrange(5)}"
                self.answered[student, topic, question] += 1
                self.say(
                    QuizAnswered(
                        course="c",
                        student=student,
                        assignment=topic,
                        question=question,
                        choices=("2",),
                        right=self.dice.random() < 0.6,
                        attempt=self.answered[student, topic, question],
                    ),
                    at,
                )
            case 5 | 6:
                self.say(
                    PracticeChecked(
                        course="c",
                        student=student,
                        name=f"p{self.dice.randrange(3)}-{student}-{topic}",
                        topic="loops",
                        difficulty=2,
                        score=float(self.dice.randrange(4)),
                        max_score=4.0,
                        assignment=topic,
                    ),
                    at,
                )
            case _:
                self.say(
                    HelpAsked(
                        course="c",
                        student=student,
                        request_id=f"r{len(self.events)}",
                        text=self.dice.choice(("I'm stuck", "What is a list?")),
                        agent="tutor",
                        assignment=topic,
                        cell_id="e1",
                    ),
                    at,
                )

    def hand_in(self, student: str, topic: str, at: datetime) -> None:
        self.attempts[student, topic] += 1
        name = f"s-{student}-{topic}-{self.attempts[student, topic]}"
        self.say(AssignmentSubmitted(course="c", student=student, submission_id=name, assignment=topic), at)
        failed = self.dice.random() < 0.1
        graded = SubmissionGraded(
            course="c",
            student=student,
            submission_id=name,
            assignment=topic,
            status="failed" if failed else "graded",
            score=0.0,
            max_score=0.0 if failed else 8.0,
            attempt=self.attempts[student, topic],
        )
        if failed:
            self.say(graded, at)
        else:
            self.grade(graded, at)

    def grade(self, event: SubmissionGraded, at: datetime) -> None:
        right = tuple(self.dice.random() < 0.5 for _ in range(4))
        graded = msgspec.structs.replace(
            event,
            score=2.0 * sum(right),
            exercises=("e0", "e1", "e2", "e3"),
            right=right,
            code_lines=self.dice.randrange(1, 40),
            code_remarks=("unused-name",) * self.dice.randrange(4),
        )
        self.submissions[event.student].append(graded)
        self.say(graded, at)


def stream(students: int, others: int, seed: int) -> list[Envelope]:
    """A class of `students` over four weeks: its runs, and `others` events beside them, by time."""
    dice = random.Random(seed)
    log = class_log(students, 4, seed)
    made = Stream(dice)
    steps: list[tuple[float, str, Moment | None]] = [(moment.at, student, moment) for student, moment in log]
    names = sorted({student for student, _ in log})
    steps += [(dice.uniform(0, 28 * 86400), dice.choice(names), None) for _ in range(others)]
    for at, student, moment in sorted(steps, key=lambda one: one[:2]):
        if moment is None:
            made.step(student, START + timedelta(seconds=at))
        else:
            made.run(student, moment)
    return made.events


def moments(events: Iterable[Envelope]) -> list[tuple[str, Moment]]:
    """The steps that alerts rest on, as `store.alerts.moments` has them."""
    found = []
    for envelope in events:
        at = (datetime.fromisoformat(envelope.time) - START).total_seconds()
        match envelope.event:
            case RunFinished() as event:
                step = Moment(
                    id=event.run_id,
                    at=at,
                    kind="run",
                    assignment=event.assignment,
                    exercise=event.cell_id,
                    ok=event.ok,
                    error=event.exception,
                )
            case HelpAsked() as event:
                step = Moment(
                    id=event.request_id,
                    at=at,
                    kind="question",
                    assignment=event.assignment,
                    exercise=event.cell_id,
                    text=event.text,
                )
            case SubmissionGraded(assignment="week-3", status="graded", before=None) as event:
                share = event.score / event.max_score
                step = Moment(
                    id=event.submission_id, at=at, kind="quiz", assignment=event.assignment, share=share
                )
            case _:
                continue
        found.append((envelope.event.student, step))
    return found


State = tuple[dict[str, Standings], dict[str, tuple[Finding, ...]], list[tuple[float, Candidate]]]


def ended(events: list[Envelope]) -> State:
    """From zero: where everybody stands, what would be found about them at the end, and the alerts about a
    dozen of them, for whom each step is judged anew."""
    ledger = Ledger("c")
    ledger.take(events)
    now = START + timedelta(days=28)
    log = moments(events)
    steps: dict[str, list[Moment]] = defaultdict(list)
    for student, moment in log:
        steps[student].append(moment)
    last = {student: max(moment.at for moment in mine) for student, mine in sorted(steps.items())}
    return (
        {name: stand(ledger.checked(name), TOPICS, now, where=UTC) for name in ledger.students()},
        {
            student: findings([one for one in steps[student] if one.at > at - 7200], at + 1)
            for student, at in last.items()
        },
        replay((student, moment) for student, moment in log if student < DOZEN),
    )


def mixed_up(events: list[Envelope], dice: random.Random) -> list[Envelope]:
    """Every other one twice, all of them shuffled, so that some come weeks late."""
    messy = [*events, *events[::2]]
    dice.shuffle(messy)
    return messy


def test_100_000_events_of_all_kinds_shuffled_doubled_and_late_come_to_the_same() -> None:
    events = stream(80, 90_000, 1)
    assert len({type(one.event) for one in events}) == 6
    messy = mixed_up(events, random.Random(2))
    assert len(events) >= 100_000
    standings, found, alerts = ended(events)
    assert ended(messy) == (standings, found, alerts)
    assert len(standings) == 80 and alerts and any(found.values())
    parts = {part for one in standings.values() for topic in one.topics for part in topic.parts}
    assert parts == {"exercises", "quizzes", "quality", "consistency"}
    assert len({topic.level for one in standings.values() for topic in one.topics}) > 1


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_any_order_comes_to_the_same(seed: int, dice: random.Random) -> None:
    made = Stream(random.Random(seed))
    for number in range(60):
        made.step(f"s{number % 3}", START + timedelta(hours=number))
    assert ended(mixed_up(made.events, dice)) == ended(made.events)


class TestForgedEvents:
    """What a student's own server says, in any number."""

    def test_change_no_level_streak_or_next_step(self) -> None:
        honest = Stream(random.Random(3))
        for number in range(40):
            honest.step("ada", START + timedelta(hours=number))
        forged = Stream(random.Random(3))
        forged.events = list(honest.events)
        for number in range(200):
            run = Moment(id=f"f{number}", at=number, kind="run", assignment="week-1", exercise="e1", ok=True)
            forged.run("ada", run)
            claims: tuple[Event, ...] = (
                CodeSubmitted(
                    course="c", student="ada", request_id=f"c{number}", assignment="week-1", lines=90
                ),
                # Even a standing that came down the stream is read from nowhere.
                ProgressChanged(
                    course="c",
                    student="ada",
                    assignment="week-1",
                    best_score=8.0,
                    max_score=8.0,
                    level="Mastered",
                ),
            )
            for claim in claims:
                forged.say(claim, START)
        assert ended(forged.events)[0] == ended(honest.events)[0]

    def test_of_another_course_count_nowhere_here(self) -> None:
        made = Stream(random.Random(4))
        made.hand_in("ada", "week-1", START)
        elsewhere = [
            msgspec.structs.replace(one, event=msgspec.structs.replace(one.event, course="mine"))
            for one in made.events
        ]
        assert ended(elsewhere)[0] == {}


def test_points_that_were_taken_away_again_are_gone_whichever_word_comes_first() -> None:
    made = Stream(random.Random(5))
    made.hand_in("ada", "week-1", START)
    (_, first) = made.events
    assert isinstance(first.event, SubmissionGraded)
    zero = msgspec.structs.replace(first.event, score=0.0, right=(False,) * 4, before=first.event.score)
    made.say(zero, START)
    made.say(msgspec.structs.replace(zero, status="cancelled"), START)
    for events in (made.events, made.events[::-1]):
        ledger = Ledger("c")
        ledger.take(events)
        assert ledger.checked("ada").best == {"week-1": 0.0}
        assert ledger.checked("ada").solved == frozenset()
    assert Ledger("c").checked("nobody").best == {}
