"""How far a student has come in a topic: a weighted mean of what the service itself has checked."""

from __future__ import annotations

import msgspec

from learnflow_ext.contracts.grades import CodeReview
from learnflow_ext.contracts.progress import Level
from learnflow_ext.progress.standing import level as level_of

WEIGHTS = {"exercises": 0.4, "quizzes": 0.3, "quality": 0.2, "consistency": 0.1}
PRACTICE_SHARE = 0.5
"""How much of what is missing to full points practice alone can make up for."""
PRACTICE_POINTS = 30.0
"""Points of practice that do so: three hard exercises, or fifteen easy ones."""
QUIET_TYPES = 0.25
"""What a remark on style weighs beside a likely mistake."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of what can be reached, 0 to 1; None without evidence yet."""

    exercises: float | None = None
    """Points of graded exercises; see `with_practice`."""
    quizzes: float | None = None
    """Points of graded quizzes, and first answers to questions in notebooks that were right."""
    quality: float | None = None
    """Of the code, by its review; see `quality_of`."""
    consistency: float | None = None
    """Of the streak."""


def with_practice(share: float | None, points: float, others: float | None = None) -> float | None:
    """The share of graded exercises, 0 to 1 or None without any, with `points` reached in practice.

    Practice never takes away, and never makes up for more than half of what is missing. Where nothing is
    graded it begins from `others`, the `mastery` by all other evidence, which stood for the exercises until
    then; from nothing where there is none, and so comes to one half at most.
    """
    if points <= 0:
        return share
    base = share if share is not None else others or 0.0
    base = min(max(base, 0.0), 1.0)
    return base + (1 - base) * PRACTICE_SHARE * min(points / PRACTICE_POINTS, 1.0)


def mastery(evidence: Evidence) -> float | None:
    """0 to 1; parts without evidence are left out and the rest weighted up. None without any.

    A streak alone is no evidence of knowing anything.
    """
    parts = {name: getattr(evidence, name) for name in WEIGHTS}
    if all(parts[name] is None for name in ("exercises", "quizzes", "quality")):
        return None
    there = {name: min(max(share, 0.0), 1.0) for name, share in parts.items() if share is not None}
    total = sum(WEIGHTS[name] * share for name, share in there.items())
    return float(total / sum(WEIGHTS[name] for name in there))


def level(evidence: Evidence) -> Level | None:
    """The level of `mastery`; None without evidence."""
    share = mastery(evidence)
    # Sums of weights are a hair off now and then; a level must not hang on that.
    return None if share is None else level_of(round(share, 9))


def quality(lines: int, mistakes: int, remarks: int) -> float | None:
    """Code quality, 0 to 1: `mistakes` and `remarks` of a review against the `lines` of code.

    One likely mistake in ten lines, or four remarks on style, cost half. None without code.
    """
    if lines <= 0:
        return None
    density = (max(mistakes, 0) + QUIET_TYPES * max(remarks, 0)) / lines
    return 1 / (1 + 10 * density)


def quality_of(review: CodeReview | None, share: float | None) -> float | None:
    """Code quality, 0 to 1, of an attempt that reached `share` of the points; None without one of the two.

    Code that does not do what it should has no quality, however tidy it is: so it never lifts anybody above
    their points, and an empty cell is not good style.
    """
    if review is None or share is None:
        return None
    clean = quality(review.lines, len(review.mistakes), len(review.remarks))
    return None if clean is None else clean * min(max(share, 0.0), 1.0)
