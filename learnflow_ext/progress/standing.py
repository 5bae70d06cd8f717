"""Where a student stands in an assignment: the best graded attempt, and its level."""

from __future__ import annotations

from collections.abc import Iterable

from learnflow_ext.contracts.progress import Level, Standing

LEARNING_FROM = 0.40
PROFICIENT_FROM = 0.70
MASTERED_FROM = 0.90


def level(score_ratio: float) -> Level:
    """The level of a share of the points, 0 to 1; more than 1 (extra credit) is Mastered."""
    if score_ratio >= MASTERED_FROM:
        return "Mastered"
    if score_ratio >= PROFICIENT_FROM:
        return "Proficient"
    if score_ratio >= LEARNING_FROM:
        return "Learning"
    return "Beginner"


def after_grade(before: Standing | None, score: float, max_score: float) -> Standing | None:
    """The standing once an attempt was graded: the larger share of points wins, of equal ones more points.

    So the order in which grades arrive does not matter.

    An attempt without points to be had is no evidence: `before` stays, which may be None.
    """
    if max_score <= 0:
        return before
    if before is not None and (score / max_score, max_score) <= (
        before.best_score / before.max_score,
        before.max_score,
    ):
        return before
    return Standing(best_score=score, max_score=max_score, level=level(score / max_score))


def best(attempts: Iterable[tuple[float, float]]) -> Standing | None:
    """The standing after `attempts`, each (score, points to be had); None without evidence."""
    standing: Standing | None = None
    for score, max_score in attempts:
        standing = after_grade(standing, score, max_score)
    return standing
