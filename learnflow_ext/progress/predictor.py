"""The chance that a student's next answer is right, from the history before it.

Two ways to come by it. `Fitted` was fitted offline on other students' answers (see `predictor_fit`): logistic
in the features of `history`, a weight a skill, and a small hidden layer for what features mean together. It
looks at nothing but the student's own earlier answers. `Learning` starts from sensible weights and learns
while it predicts, from rows that came before: what there is to do where nobody has a history to fit.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnflow_ext.progress.history import NAMES, History, SkillFacts
from learnflow_ext.progress.knowledge import SENSIBLE, SkillParameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CHUNK = 2048
"""Rows whose chances are worked out together."""

START = {
    "tracing": 0.45,
    "skill": 0.15,
    "skill, keeping 0.75": 0.08,
    "overall, keeping 0.85": 0.05,
    "overall, keeping 0.95": 0.15,
    "overall, keeping 0.99": 0.15,
    "latest on skill": 0.1,
    "related skills": 0.0,
    "wrong in a row": -0.15,
    "right in a row": 0.15,
}
"""Weights before any answer was seen; the rest are 0."""
STEP = 0.03
"""Of the online learning; each weight's own step shrinks as it is used (Adagrad)."""
USUAL_SHARE = 0.65
"""Right answers among all, before any was seen."""
SHARE_DOUBT = 10.0
"""Answers of usual difficulty that every skill begins with."""


@dataclass(frozen=True)
class Layer:
    """One member of the ensemble; `inputs` is the number of features, `hidden` that of hidden units."""

    constant: float
    linear: Floats
    """(inputs,)"""
    mixed: Floats
    """(inputs, hidden)"""
    shift: Floats
    """(hidden,)"""
    strength: Floats
    """(hidden,)"""
    skills: Floats
    """(skills + 1,): the last is for skills not seen in fitting."""


class Fitted:
    """Predicts with weights that do not change. Each student's chances rest on that student's rows alone."""

    def __init__(
        self,
        facts: Mapping[str, SkillFacts],
        unknown: SkillFacts,
        mean: Floats,
        scale: Floats,
        layers: Sequence[Layer],
    ) -> None:
        """`unknown` stands for skills without `facts`; `mean` and `scale` of each feature, (inputs,)."""
        self._facts = facts
        self._unknown = unknown
        self._places = {skill: place for place, skill in enumerate(facts)}
        self._mean, self._scale = mean, scale
        self._layers = layers

    def facts(self, skill: str) -> SkillFacts:
        """What is known of `skill`."""
        return self._facts.get(skill, self._unknown)

    def place(self, skill: str) -> int:
        """Where `skill` stands among the fitted ones; behind the last for others."""
        return self._places.get(skill, len(self._places))

    def probabilities(self, features: Floats, places: Sequence[int]) -> Floats:
        """Chances, (rows,), for `features`, (rows, inputs), of the skills at `places`."""
        import numpy as np

        inputs = (features - self._mean) / self._scale
        total = np.zeros(len(inputs))
        for layer in self._layers:
            hidden = np.tanh(inputs @ layer.mixed + layer.shift)
            total += (
                layer.constant + inputs @ layer.linear + hidden @ layer.strength + layer.skills[list(places)]
            )
        held = np.clip(total / len(self._layers), -30, 30)
        chances: Floats = 1 / (1 + np.exp(-held))
        return chances

    def predict(self, rows: Sequence[tuple[str, str, bool]], histories: dict[str, History]) -> list[float]:
        """The chance before each of `rows` (student, skill, correct); `histories` are carried on."""
        import numpy as np

        features, places = [], []
        for student, skill, correct in rows:
            history = histories.get(student)
            if history is None:
                history = histories[student] = History()
            facts = self.facts(skill)
            features.append(history.features(skill, facts))
            places.append(self.place(skill))
            history.add(skill, correct, facts)
        if not features:
            return []
        return [float(chance) for chance in self.probabilities(np.array(features), places)]


class Learning:
    """Learns while it predicts: weights and the share of right answers a skill, from the rows before."""

    def __init__(self, parameters: SkillParameters = SENSIBLE) -> None:
        """`parameters` of knowledge tracing, for every skill."""
        self._parameters = parameters
        self._weights = [START.get(name, 0.0) for name in NAMES]
        self._used = [1.0] * len(NAMES)
        self._constant = 0.1
        self._seen: dict[str, tuple[int, int]] = {}
        self._right = self._all = 0

    def _facts(self, skill: str) -> SkillFacts:
        usual = (self._right + 20 * USUAL_SHARE) / (self._all + 20)
        right, seen = self._seen.get(skill, (0, 0))
        return SkillFacts((right + SHARE_DOUBT * usual) / (seen + SHARE_DOUBT), self._parameters)

    def predict(self, rows: Sequence[tuple[str, str, bool]], histories: dict[str, History]) -> list[float]:
        """The chance before each of `rows` (student, skill, correct); `histories` are carried on."""
        chances = []
        for student, skill, correct in rows:
            history = histories.get(student)
            if history is None:
                history = histories[student] = History()
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
