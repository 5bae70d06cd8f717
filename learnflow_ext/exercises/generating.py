"""As many new exercises as are asked for, each of which has passed the gate."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.exercise import MAX_DIFFICULTY, MIN_DIFFICULTY, Exercise
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.exercises.families.making import Family
from learnflow_ext.exercises.gate import Gate, Verdict

MAX_COUNT = 50
TRIES = 12
"""How many are made at most for each that is wanted."""


_STEPS = (0.4, 0.7, 0.9)
"""Shares of the points at which mastery goes up a level, and so may the difficulty."""


def difficulty_for(share: float | None) -> int:
    """How difficult an exercise may be for somebody who has reached this share of the points so far, 0 to 1.

    2 to 5, a step for each level of mastery; 1 for None, who has no result yet.
    """
    return 1 if share is None else 2 + sum(share >= step for step in _STEPS)


@dataclass(frozen=True)
class Made:
    """What came of it."""

    passed: tuple[tuple[Exercise, Verdict], ...]
    refused: tuple[tuple[str, tuple[str, ...]], ...]
    """Names of the others, each with its reasons."""


async def generate(
    runner: Runner,
    topic: str,
    difficulty: int,
    *,
    count: int = 1,
    seed: int = 0,
    given: Sequence[Exercise] = (),
    families: Mapping[str, Sequence[Family]] = FAMILIES,
) -> Made:
    """At most `count` exercises, the same ones for the same numbers. The families of a topic take turns.

    A topic may be written with spaces, hyphens and capitals too. None is nearly a copy of one `given` before.
    BadRequest (a sentence) for a topic, difficulty, count or seed that does not exist.
    """
    topic = re.sub(r"[\s-]+", "_", topic.strip().lower())
    if topic not in families:
        raise BadRequest(f"There is no topic {topic!r}. There are: {', '.join(families)}.")
    if not MIN_DIFFICULTY <= difficulty <= MAX_DIFFICULTY:
        raise BadRequest(f"The difficulty goes from {MIN_DIFFICULTY} to {MAX_DIFFICULTY}.")
    if not 1 <= count <= MAX_COUNT:
        raise BadRequest(f"One call makes 1 to {MAX_COUNT} exercises.")
    if not 0 <= seed < 10**9:
        raise BadRequest("The seed should be a whole number from 0 to 999999999.")
    gate, turns = Gate(runner, given), families[topic]
    passed: list[tuple[Exercise, Verdict]] = []
    refused: list[tuple[str, tuple[str, ...]]] = []
    for number in range(count * TRIES):
        if len(passed) == count:
            break
        place = seed + number
        family = turns[place % len(turns)]
        exercise = family.exercise(difficulty, place)
        if exercise != family.exercise(difficulty, place):
            refused.append((exercise.name, ("The same seed does not make the same exercise again.",)))
            continue
        verdict = await gate.check(exercise)
        if verdict.passed:
            passed.append((exercise, verdict))
        else:
            refused.append((exercise.name, verdict.reasons))
    return Made(tuple(passed), tuple(refused))
