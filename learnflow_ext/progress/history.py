"""What a student's answers so far say about the next one: features, kept up to date answer by answer.

Counts and decayed means of right and wrong answers, on the skill and on everything, are what knowledge
tracing leaves out: performance factors (Pavlik, Cen and Koedinger 2009), windows of time (DAS3H, Choffin et
al. 2019), and Best-LR (Gervet et al. 2020). Only rows that came before are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from learnflow_ext.progress import knowledge
from learnflow_ext.progress.knowledge import SkillParameters

ON_SKILL = (0.5, 0.75, 0.9)
"""How much of the weight of an answer is left after one more answer to the same skill."""
ON_ALL = (0.6, 0.85, 0.95, 0.99)
"""The same for answers to any skill."""
DOUBT = 1.0
"""Answers as expected that every decayed mean begins with."""

NAMES = (
    "skill",
    "tracing",
    "right",
    "wrong",
    "right overall",
    "wrong overall",
    *(f"skill, keeping {keep}" for keep in ON_SKILL),
    *(f"overall, keeping {keep}" for keep in ON_ALL),
    "latest on skill",
    "latest but one on skill",
    "latest",
    "latest but one",
    "right in a row",
    "wrong in a row",
    "right in a row, overall",
    "wrong in a row, overall",
    "first",
    "second",
    "third",
    "same as before",
    "since",
    "block",
    "length",
    "skills",
    "related skills",
    "ability at first",
    "ability at second",
    "ability and block",
    "difficulty and ability",
    "latest at first",
    "ability later",
    "tracing and ability",
)


class SkillFacts:
    """What is known of a skill before a student meets it."""

    __slots__ = ("difficulty", "parameters", "related", "share")

    def __init__(
        self, share: float, parameters: SkillParameters, related: Mapping[str, float] | None = None
    ) -> None:
        """`share` of right answers, 0 to 1, of all students; `related`: other skills, how much they tell."""
        self.share = share
        self.difficulty = logit(share)
        self.parameters = parameters
        self.related = related or {}


@dataclass(slots=True)
class _OnSkill:
    known: float
    right: int = 0
    wrong: int = 0
    latest: float = 0.0
    before: float = 0.0
    run: int = 0
    """Above 0: right answers in a row; below: wrong ones."""
    last_at: int = -1
    surprise: float = 0.0
    """Sum of answers less what was expected."""
    decayed: list[float] = field(default_factory=lambda: [0.0] * len(ON_SKILL))
    weight: list[float] = field(default_factory=lambda: [0.0] * len(ON_SKILL))


class History:
    """One student's answers so far. A step takes microseconds, however long the history is."""

    __slots__ = ("_block", "_decayed", "_latest", "_now", "_previous", "_run", "_skills", "_weight", "right")

    def __init__(self) -> None:
        self._skills: dict[str, _OnSkill] = {}
        self._now = 0
        self.right = 0
        self._latest = (0.0, 0.0)
        self._run = 0
        self._block = 0
        self._previous = ""
        self._decayed = [0.0] * len(ON_ALL)
        self._weight = [0.0] * len(ON_ALL)

    def features(self, skill: str, facts: SkillFacts) -> list[float]:
        """The values of `NAMES` for the next answer, to `skill`."""
        on = self._skills.get(skill) or _OnSkill(known=facts.parameters.known)
        tried = on.right + on.wrong
        overall = [
            value / (weight + DOUBT) for value, weight in zip(self._decayed, self._weight, strict=True)
        ]
        ability = 4 * overall[2]
        tracing = logit(knowledge.p_correct(on.known, facts.parameters))
        same = float(skill == self._previous)
        block = math.log1p(self._block if same else 0)
        first, second = float(tried == 0), float(tried == 1)
        return [
            facts.difficulty,
            tracing,
            math.log1p(on.right),
            math.log1p(on.wrong),
            math.log1p(self.right),
            math.log1p(self._now - self.right),
            *(4 * value / (weight + DOUBT) for value, weight in zip(on.decayed, on.weight, strict=True)),
            *(4 * value for value in overall),
            on.latest,
            on.before,
            *self._latest,
            math.log1p(max(on.run, 0)),
            math.log1p(max(-on.run, 0)),
            math.log1p(max(self._run, 0)),
            math.log1p(max(-self._run, 0)),
            first,
            second,
            float(tried == 2),
            same,
            math.log1p(self._now - on.last_at - 1) if tried else 0.0,
            block,
            math.log1p(self._now),
            math.log1p(len(self._skills)),
            self._from_related(skill, facts.related),
            ability * first,
            ability * second,
            ability * block,
            facts.difficulty * ability,
            self._latest[0] * first,
            ability * math.log1p(self._now) / 4,
            tracing * ability,
        ]

    def _from_related(self, skill: str, related: Mapping[str, float]) -> float:
        total = weight = 0.0
        for other, much in related.items():
            on = self._skills.get(other)
            if on is not None and other != skill:
                tried = on.right + on.wrong
                total += much * 4 * on.surprise / (tried + 2)
                weight += abs(much)
        return total / (weight + 0.3)

    def add(self, skill: str, correct: bool, facts: SkillFacts) -> None:
        """Take an answer in."""
        on = self._skills.get(skill)
        if on is None:
            on = self._skills[skill] = _OnSkill(known=facts.parameters.known)
        surprise = correct - facts.share
        on.known = knowledge.after(on.known, correct, facts.parameters)
        if correct:
            on.right += 1
            self.right += 1
        else:
            on.wrong += 1
        on.run = _longer(on.run, correct)
        self._run = _longer(self._run, correct)
        sign = 1.0 if correct else -1.0
        on.latest, on.before = sign, on.latest
        self._latest = (sign, self._latest[0])
        on.surprise += surprise
        for place, keep in enumerate(ON_SKILL):
            on.decayed[place] = on.decayed[place] * keep + surprise
            on.weight[place] = on.weight[place] * keep + 1
        for place, keep in enumerate(ON_ALL):
            self._decayed[place] = self._decayed[place] * keep + surprise
            self._weight[place] = self._weight[place] * keep + 1
        self._block = self._block + 1 if skill == self._previous else 1
        self._previous = skill
        on.last_at = self._now
        self._now += 1


def _longer(run: int, correct: bool) -> int:
    if correct:
        return run + 1 if run > 0 else 1
    return run - 1 if run < 0 else -1


def logit(share: float) -> float:
    """Log odds, kept within 7 of 0."""
    held = min(max(share, 0.001), 0.999)
    return math.log(held / (1 - held))
