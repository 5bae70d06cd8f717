"""Knowledge tracing with the course's own parameters, once there is enough to fit them to."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.progress import knowledge
from learnflow_ext.progress.knowledge import SkillParameters
from learnflow_ext.service.skills import fitted
from learnflow_ext.service.standing import stand
from learnflow_ext.store.courses import AssignmentInfo, ExerciseInfo
from learnflow_ext.store.evidence import Checked
from learnflow_ext.store.quizzes import Share

EASY = SkillParameters(known=0.8, learn=0.3, guess=0.3, slip=0.05)
HARD = SkillParameters(known=0.05, learn=0.05, guess=0.1, slip=0.2)


def answers(skill: SkillParameters, students: int, seed: int) -> list[list[bool]]:
    """What students of such a skill answer, ten times each."""
    dice = random.Random(seed)
    made = []
    for _ in range(students):
        known, given = dice.random() < skill.known, []
        for _ in range(10):
            given.append(dice.random() < (1 - skill.slip if known else skill.guess))
            known = known or dice.random() < skill.learn
        made.append(given)
    return made


def test_a_class_that_is_large_enough_gives_its_own_chances() -> None:
    found = fitted({"easy": answers(EASY, 200, 1), "hard": answers(HARD, 200, 2)}, enough=30)
    assert found["easy"].known > 0.6 > 0.2 > found["hard"].known
    assert found["easy"].learn > found["hard"].learn


def test_a_small_one_and_one_that_must_not_keep_the_sensible_ones() -> None:
    assert fitted({"easy": answers(EASY, 29, 1)}, enough=30) == {}
    assert fitted({"easy": answers(EASY, 200, 1)}, enough=0) == {}
    assert fitted({}, enough=30) == {}


def test_who_is_new_in_a_class_that_knew_much_begins_where_the_course_does() -> None:
    topics = [
        AssignmentInfo(
            course="c",
            assignment=name,
            title=name,
            exercises=(ExerciseInfo(notebook=name, name=f"{name}-1", max_score=1),),
        )
        for name in ("first", "second")
    ]
    new = Checked(student="ada", best={}, answers={}, solved=frozenset(), submitted=())
    skills = {"first": SkillParameters(known=0.99, learn=0.3, guess=0.3, slip=0.02), "second": EASY}
    step = stand(new, topics, datetime(2026, 5, 4, tzinfo=UTC), where=UTC, skills=skills).next_step
    assert step is not None and step.assignment == "first"


def test_the_standing_uses_them() -> None:
    info = AssignmentInfo(
        course="c",
        assignment="hard",
        title="Hard",
        exercises=(ExerciseInfo(notebook="n", name="x", max_score=1),),
    )
    checked = Checked(
        student="ada", best={"hard": 1.0}, answers={"hard": [True]}, solved=frozenset(), submitted=()
    )
    now = datetime(2026, 5, 4, tzinfo=UTC)
    plain = stand(checked, [info], now, where=UTC)
    own = stand(checked, [info], now, where=UTC, skills={"hard": HARD})
    assert plain.topics[0].known == knowledge.trace([True], knowledge.SENSIBLE)
    assert own.topics[0].known == knowledge.trace([True], HARD)


@given(
    points=st.floats(0, 60),
    best=st.none() | st.floats(0, 1),
    asked=st.none() | st.integers(0, 4),
    worked=st.integers(0, 4),
)
def test_practice_never_takes_away(points: float, best: float | None, asked: int | None, worked: int) -> None:
    info = AssignmentInfo(course="c", assignment="a", title="A")
    before = Checked(
        student="ada",
        best={} if best is None else {"a": best},
        answers={},
        solved=frozenset(),
        submitted=tuple(datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 1 + worked)),
        quizzes={} if asked is None else {"a": Share(right=asked, answered=4)},
    )
    now = datetime(2026, 5, 4, tzinfo=UTC)
    one, other = (
        stand(checked, [info], now, where=UTC).topics[0].mastery
        for checked in (before, msgspec.structs.replace(before, practice={"a": points}))
    )
    assert points == 0 or other is not None
    assert one is None or (other is not None and other >= one - 1e-9)
