"""The chance that a student's next answer is right where nobody has a history to fit: learnt meanwhile.

Two opinions, both from rows that came before and nothing else. `Steps` starts from sensible weights and
corrects them after every answer. Whenever there are twice as many answers, all that came so far are fitted
as `learnflow mastery --fit` fits other people's, and what comes next is predicted by that as well. The two
are mixed by their log odds, with weights that are learnt after every answer too.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

from learnflow_ext.progress.history import NAMES, History, SkillFacts, logit
from learnflow_ext.progress.knowledge import SENSIBLE, SkillParameters
from learnflow_ext.progress.predictor import SHARE_DOUBT, USUAL_SHARE, Fitted

Row = tuple[str, str, bool]

FIRST_FIT = 8_000
"""Rows before which a fit would know too little."""
MORE = 2
"""Times as many rows before the next fit: all of them together take twice as long as the last."""
LAST_FIT = 250_000
"""Rows after which one more fit would teach little; they are not kept from then on."""
MIXED = (0.9, 0.1)
"""Weights of the two opinions before any answer: a fit to few answers is not to be trusted yet."""
STEP_OF_MIX = 0.003

START = {
    "skill": 0.4,
    "tracing": 0.01,
    "right": 0.07,
    "wrong": -0.13,
    "right overall": 0.07,
    "wrong overall": -0.34,
    "skill, keeping 0.5": -0.03,
    "skill, keeping 0.75": 0.18,
    "skill, keeping 0.9": 0.08,
    "overall, keeping 0.6": -0.12,
    "overall, keeping 0.85": 0.09,
    "overall, keeping 0.95": -0.02,
    "overall, keeping 0.99": 0.01,
    "latest on skill": 0.03,
    "latest but one on skill": 0.03,
    "latest": 0.01,
    "latest but one": 0.03,
    "right in a row": -0.04,
    "wrong in a row": -0.17,
    "right in a row, overall": -0.01,
    "wrong in a row, overall": -0.41,
    "first": -0.48,
    "second": -0.11,
    "same as before": 0.28,
    "block": 0.04,
    "length": 0.12,
    "skills": 0.19,
    "ability at first": 0.1,
    "ability at second": 0.04,
    "latest at first": 0.02,
    "ability later": 0.23,
    "tracing and ability": -0.1,
}
"""Weights before any answer was seen; the rest are 0. Ridge regression found them on public logs of a
tutoring system for mathematics (a sample of ASSISTments 2009-10): how much a streak, a first attempt and the
answers to other skills say is taken to be much the same elsewhere, and what is not is soon corrected.
"""
CONSTANT = 0.4
STEP = 0.01
"""Of each weight; it shrinks as the weight is used (Adagrad)."""


class Learning:
    """Learns while it predicts."""

    def __init__(self, parameters: SkillParameters = SENSIBLE) -> None:
        """`parameters` of knowledge tracing, for every skill, until some are fitted."""
        self._steps = Steps(parameters)
        self._fitted: Fitted | None = None
        self._histories: dict[str, History] = {}
        self._rows: list[Row] = []
        self._next_fit = FIRST_FIT
        self._mix = list(MIXED)

    def predict(self, rows: Sequence[Row]) -> list[float]:
        """The chance before each of `rows` (student, skill, correct), which follow those of the last call."""
        chances: list[float] = []
        while len(chances) < len(rows):
            some = rows[len(chances) :][: self._next_fit - len(self._rows)]
            chances += self._predict(some)
        return chances

    def _predict(self, rows: Sequence[Row]) -> list[float]:
        """Of rows with no fit between them."""
        chances = self._steps.predict(rows)
        if self._fitted is not None:
            fitted = self._fitted.predict(rows, self._histories)
            chances = [
                self._mixed(one, other, row[2]) for one, other, row in zip(chances, fitted, rows, strict=True)
            ]
        if self._next_fit <= LAST_FIT:
            self._rows += rows
            if len(self._rows) == self._next_fit:
                self._fit()
        return chances

    def _mixed(self, one: float, other: float, correct: bool) -> float:
        odds = (logit(one), logit(other))
        chance = 1 / (1 + math.exp(-sum(map(operator.mul, self._mix, odds))))
        for place, value in enumerate(odds):
            self._mix[place] -= STEP_OF_MIX * (chance - correct) * value
        return chance

    def _fit(self) -> None:
        # Late: numpy, which few rows do without.
        from learnflow_ext.progress.predictor_fit import fit_with_histories

        self._fitted, self._histories = fit_with_histories(self._rows)
        self._next_fit *= MORE
        if self._next_fit > LAST_FIT:
            self._rows.clear()


class Steps:
    """Corrects its weights, and the share of right answers a skill, after every answer."""

    def __init__(self, parameters: SkillParameters = SENSIBLE) -> None:
        """`parameters` of knowledge tracing, for every skill."""
        self._parameters = parameters
        self._histories: dict[str, History] = {}
        self._weights = [START.get(name, 0.0) for name in NAMES]
        self._used = [1.0] * len(NAMES)
        self._constant = CONSTANT
        self._seen: dict[str, tuple[int, int]] = {}
        self._right = self._all = 0

    def _facts(self, skill: str) -> SkillFacts:
        usual = (self._right + 20 * USUAL_SHARE) / (self._all + 20)
        right, seen = self._seen.get(skill, (0, 0))
        return SkillFacts((right + SHARE_DOUBT * usual) / (seen + SHARE_DOUBT), self._parameters)

    def predict(self, rows: Sequence[Row]) -> list[float]:
        """The chance before each of `rows`, which follow those of the calls before."""
        chances = []
        for student, skill, correct in rows:
            history = self._histories.get(student)
            if history is None:
                history = self._histories[student] = History()
            facts = self._facts(skill)
            values = history.features(skill, facts)
            total = self._constant + sum(map(operator.mul, self._weights, values))
            chance = 1 / (1 + math.exp(-min(max(total, -30.0), 30.0)))
            chances.append(chance)
            self._learn(values, chance - correct)
            history.add(skill, correct, facts)
            right, seen = self._seen.get(skill, (0, 0))
            self._seen[skill] = (right + correct, seen + 1)
            self._right += correct
            self._all += 1
        return chances

    def _learn(self, values: Sequence[float], error: float) -> None:
        self._constant -= 0.002 * error
        for place, value in enumerate(values):
            if value:
                slope = error * value
                self._used[place] += slope * slope
                self._weights[place] -= STEP * slope / math.sqrt(self._used[place])
