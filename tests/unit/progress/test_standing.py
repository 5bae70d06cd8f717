"""Levels and the best attempt."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.contracts.progress import Level, Standing
from learnflow_ext.progress.standing import after_grade, best, level

points = st.floats(min_value=0, max_value=100, allow_nan=False)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (0.0, "Beginner"),
        (0.3999, "Beginner"),
        (0.40, "Learning"),
        (0.6999, "Learning"),
        (0.70, "Proficient"),
        (0.8999, "Proficient"),
        (0.90, "Mastered"),
        (1.2, "Mastered"),
    ],
)
def test_levels_begin_where_the_policy_says(ratio: float, expected: Level) -> None:
    assert level(ratio) == expected


@pytest.mark.parametrize(
    ("score", "max_score", "expected"),
    [(4, 10, "Learning"), (7, 10, "Proficient"), (9, 10, "Mastered"), (2.1, 3, "Proficient")],
)
def test_a_score_on_the_border_belongs_to_the_higher_level(
    score: float, max_score: float, expected: Level
) -> None:
    standing = after_grade(None, score, max_score)
    assert standing is not None
    assert standing.level == expected


def test_a_worse_attempt_changes_nothing() -> None:
    before = Standing(best_score=8, max_score=10, level="Proficient")
    assert after_grade(before, 3, 10) is before


def test_a_smaller_assignment_solved_fully_beats_a_larger_one_solved_partly() -> None:
    assert best([(8, 10), (5, 5)]) == Standing(best_score=5, max_score=5, level="Mastered")


def test_an_attempt_without_points_to_be_had_is_no_evidence() -> None:
    assert after_grade(None, 0, 0) is None
    before = Standing(best_score=1, max_score=10, level="Beginner")
    assert after_grade(before, 0, 0) is before


def test_no_attempt_is_no_standing() -> None:
    assert best([]) is None


@given(st.lists(st.tuples(points, st.floats(min_value=0.5, max_value=100))), st.data())
def test_the_order_of_attempts_does_not_matter_for_the_share(
    attempts: list[tuple[float, float]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(attempts))
    one, other = best(attempts), best(shuffled)
    if one is None or other is None:
        assert one is other
    else:
        assert one.best_score / one.max_score == other.best_score / other.max_score
        assert one.level == other.level


def test_100_000_grades_shuffled_and_doubled_come_to_the_same() -> None:
    dice = random.Random(1)
    grades = [
        (f"s{dice.randrange(200)}", float(score), float(most))
        for score, most in ((dice.randint(0, most), most) for most in dice.choices((2, 5, 10, 20), k=100_000))
    ]
    messy = [*grades, *grades[::2]]
    dice.shuffle(messy)

    def ended(events: list[tuple[str, float, float]]) -> dict[str, Standing | None]:
        standings: dict[str, Standing | None] = {}
        for student, score, most in events:
            standings[student] = after_grade(standings.get(student), score, most)
        return standings

    assert ended(messy) == ended(grades)
