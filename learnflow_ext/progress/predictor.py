"""The chance that a student's next answer is right, from the history before it.

`Fitted` was fitted on earlier answers, of other students or of all (see `predictor_fit`): logistic in the
features of `history`, a weight a skill, and a small hidden layer for what features mean together. From then
on it looks at nothing but the student's own answers. `learning` is for where nobody has a history to fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnflow_ext.progress.history import History, SkillFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CHUNK = 2048
"""Rows whose chances are worked out together."""

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
