"""Fits the four chances of knowledge tracing to a class's history, offline: expectation maximisation.

The hidden Markov model has two states and no way back. Each skill's estimate is pulled towards that of all
skills together, as if `WEIGHT` students of an average skill had been seen besides: a skill with few answers
stays near the average instead of running into a corner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from learnflow_ext.progress.knowledge import SENSIBLE, SkillParameters

ROUNDS = 30
SETTLED = 1e-3
WEIGHT = 12.0
"""Students of an average skill that each skill's own are mixed with."""
FLOOR, CEILING = 0.01, 0.99
MOST_GUESS, MOST_SLIP = 0.5, 0.4
"""Above these, right answers would not speak for knowing (Baker, Corbett and Aleven 2008: degenerate)."""
LONGEST = 80
"""Answers of one student to one skill that are looked at."""

Floats = NDArray[np.float64]


def fit(
    sequences: Mapping[str, Sequence[Sequence[bool]]], *, weight: float = WEIGHT
) -> tuple[dict[str, SkillParameters], SkillParameters]:
    """(parameters by skill, those of an average skill). `sequences`: by skill, each student's answers.

    Without any answers the average is `SENSIBLE`.
    """
    pooled = fit_one((answers for students in sequences.values() for answers in students), SENSIBLE, weight)
    return {skill: fit_one(students, pooled, weight) for skill, students in sequences.items()}, pooled


def fit_one(
    students: Iterable[Sequence[bool]], average: SkillParameters, weight: float = WEIGHT
) -> SkillParameters:
    """The likeliest parameters for one skill, `average` counting as `weight` students (MAP estimate)."""
    # Many students answer alike: each different sequence is looked at once, and counts as often as it occurs.
    alike = Counter(tuple(map(bool, student[:LONGEST])) for student in students if len(student))
    answers, there = _padded(list(alike))
    often = np.array(list(alike.values()), dtype=float)[:, None]
    found = average
    if not alike:
        return found
    people = float(often.sum())
    for _ in range(ROUNDS):
        known, learnt_at, could_learn = _expected(answers, there, found)
        counted = there * often
        right_known = float((known * answers * counted).sum())
        right_unknown = float(((1 - known) * answers * counted).sum())
        all_known = float((known * counted).sum())
        all_unknown = float(((1 - known) * counted).sum())
        before = found
        found = SkillParameters(
            known=_held((float((known[:, :1] * often).sum()) + weight * average.known) / (people + weight)),
            learn=_held(
                (float((learnt_at * often).sum()) + weight * average.learn)
                / (float((could_learn * often).sum()) + weight)
            ),
            guess=_held((right_unknown + weight * average.guess) / (all_unknown + weight), MOST_GUESS),
            slip=_held((all_known - right_known + weight * average.slip) / (all_known + weight), MOST_SLIP),
        )
        moved = max(abs(getattr(found, name) - getattr(before, name)) for name in found.__struct_fields__)
        if moved < SETTLED:
            break
    return found


def _held(value: float, most: float = CEILING) -> float:
    return float(min(max(value, FLOOR), most))


def _padded(students: list[tuple[bool, ...]]) -> tuple[Floats, Floats]:
    """Answers as a table, student by attempt, and where there is one (1) or padding (0)."""
    longest = max((len(answers) for answers in students), default=0)
    table = np.zeros((len(students), longest))
    there = np.zeros((len(students), longest))
    for row, answers in enumerate(students):
        table[row, : len(answers)] = answers
        there[row, : len(answers)] = 1
    return table, there


def _expected(answers: Floats, there: Floats, skill: SkillParameters) -> tuple[Floats, Floats, Floats]:
    """Forward and backward pass: P(known at t | all answers), expected learning, expected chances to learn.

    All three have the shape of `answers`, the last two without its last column.
    """
    count, length = answers.shape
    # Chance of what was answered, if known and if not; padding says nothing.
    seen_known = np.where(there > 0, np.where(answers > 0, 1 - skill.slip, skill.slip), 1.0)
    seen_unknown = np.where(there > 0, np.where(answers > 0, skill.guess, 1 - skill.guess), 1.0)
    forward = np.zeros((count, length, 2))
    scale = np.ones((count, length))
    alpha = np.stack([np.full(count, skill.known), np.full(count, 1 - skill.known)], axis=1)
    for t in range(length):
        if t:
            alpha = np.stack([alpha[:, 0] + alpha[:, 1] * skill.learn, alpha[:, 1] * (1 - skill.learn)], 1)
        alpha = alpha * np.stack([seen_known[:, t], seen_unknown[:, t]], axis=1)
        scale[:, t] = alpha.sum(axis=1)
        alpha = alpha / scale[:, t, None]
        forward[:, t] = alpha
    known = np.zeros((count, length))
    learnt = np.zeros((count, max(length - 1, 0)))
    could = np.zeros_like(learnt)
    beta = np.ones((count, 2))
    for t in range(length - 1, -1, -1):
        weighed = forward[:, t] * beta
        weighed = weighed / weighed.sum(axis=1, keepdims=True)
        known[:, t] = weighed[:, 0]
        if t:
            here_known = seen_known[:, t] * beta[:, 0] / scale[:, t]
            here_unknown = seen_unknown[:, t] * beta[:, 1] / scale[:, t]
            learnt[:, t - 1] = forward[:, t - 1, 1] * skill.learn * here_known * there[:, t]
            stayed = forward[:, t - 1, 1] * (1 - skill.learn) * here_unknown * there[:, t]
            could[:, t - 1] = learnt[:, t - 1] + stayed
            beta = np.stack([here_known, skill.learn * here_known + (1 - skill.learn) * here_unknown], axis=1)
    return known, learnt, could
