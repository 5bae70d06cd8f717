"""P(known) by Bayesian knowledge tracing: what one more answer says about whether a skill is known.

Corbett and Anderson (1995), "Knowledge tracing: Modeling the acquisition of procedural knowledge", UMUAI 4.
A skill is known or not, is learnt with some chance at each attempt, and is not forgotten.
"""

from __future__ import annotations

import msgspec


class SkillParameters(msgspec.Struct, frozen=True, kw_only=True):
    """The four chances of a skill, each between 0 and 1. `guess + slip` is below 1: knowing helps."""

    known: float
    """Before the first attempt."""
    learn: float
    """To come to know it at an attempt."""
    guess: float
    """To be right without knowing."""
    slip: float
    """To be wrong although knowing."""


SENSIBLE = SkillParameters(known=0.4, learn=0.12, guess=0.22, slip=0.12)
"""Where there is no history to fit: a beginner's exercise with a few wrong turns to take."""


def p_correct(known: float, skill: SkillParameters) -> float:
    """Chance that the next answer is right, with P(known) as it is now."""
    return known * (1 - skill.slip) + (1 - known) * skill.guess


def after(known: float, correct: bool, skill: SkillParameters) -> float:
    """P(known) after an answer: Bayes' rule on the answer, then the chance to have learnt from it."""
    if correct:
        likely, total = known * (1 - skill.slip), p_correct(known, skill)
    else:
        likely, total = known * skill.slip, 1 - p_correct(known, skill)
    seen = likely / total if total > 0 else known
    return seen + (1 - seen) * skill.learn


def trace(answers: list[bool], skill: SkillParameters) -> float:
    """P(known) after all `answers`, in their order; the prior for none."""
    known = skill.known
    for correct in answers:
        known = after(known, correct, skill)
    return known
