"""As many new exercises as are asked for, each of which has passed the gate."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.exercise import MAX_DIFFICULTY, MIN_DIFFICULTY, Exercise
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.exercises.families.making import Family
from learnflow_ext.exercises.gate import Gate, Verdict
from learnflow_ext.exercises.writers import FamilyWriter, Silent, Unfit, Wish, Writer

MAX_COUNT = 50
TRIES = 12
"""How many the families make at most for each that is wanted."""
_MODEL = "the model"


_STEPS = (0.4, 0.7, 0.9)
"""Shares of the points at which mastery goes up a level, and so may the difficulty."""


def difficulty_for(share: float | None) -> int:
    """How difficult an exercise may be for somebody who has reached this share of the points so far, 0 to 1.

    2 to 5, a step for each level of mastery; 1 for None, who has no result yet.
    """
    return 1 if share is None else 2 + sum(share >= step for step in _STEPS)


def event_of(exercise: Exercise, verdict: Verdict, *, student: str, course: str) -> ExerciseGenerated:
    """What the record says of an exercise that passed the gate and is given to a student."""
    return ExerciseGenerated(
        course=course,
        student=student,
        name=exercise.name,
        title=exercise.title,
        topic=exercise.topic,
        difficulty=exercise.difficulty,
        family=exercise.family,
        hand="model" if exercise.model else "family",
        model=exercise.model,
        mutants=verdict.mutants,
        killed=verdict.killed,
    )


@dataclass(frozen=True)
class Made:
    """What came of it."""

    passed: tuple[tuple[Exercise, Verdict], ...]
    refused: tuple[tuple[str, tuple[str, ...]], ...]
    """Names of the others, each with its reasons; one whose hand fell silent is called `the model`."""


async def generate(
    runner: Runner,
    topic: str,
    difficulty: int,
    *,
    count: int = 1,
    seed: int = 0,
    given: Sequence[Exercise] = (),
    families: Mapping[str, Sequence[Family]] = FAMILIES,
    model: Writer | None = None,
    model_seconds: float = 120.0,
) -> Made:
    """At most `count` exercises. The families of a topic take turns, and make the same ones for the same
    numbers.

    With a `model` it writes first, for `model_seconds` at most; what it leaves the families make.
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
    work = _Work(Gate(runner, given), topic, difficulty)
    if model is not None:
        try:
            async with asyncio.timeout(model_seconds):
                for number in range(count):
                    await work.one(model, seed + number)
        except Silent as silent:
            work.refused.append((_MODEL, (f"It said nothing: {silent}.",)))
        except TimeoutError:
            work.refused.append((_MODEL, ("There was no more time for it.",)))
    turns = families[topic]
    for number in range(count * TRIES if turns else 0):
        if len(work.passed) == count:
            break
        await work.one(FamilyWriter(turns), seed + number)
    return Made(tuple(work.passed), tuple(work.refused))


class _Work:
    """What was written so far, and what the gate said of it."""

    def __init__(self, gate: Gate, topic: str, difficulty: int) -> None:
        self._gate, self._topic, self._difficulty = gate, topic, difficulty
        self.passed: list[tuple[Exercise, Verdict]] = []
        self.refused: list[tuple[str, tuple[str, ...]]] = []

    async def one(self, writer: Writer, seed: int) -> None:
        """Ask `writer` until one passes, as often as it may be asked. Silent."""
        wish = Wish(topic=self._topic, difficulty=self._difficulty, seed=seed)
        against: list[tuple[str, ...]] = []
        for _ in range(writer.tries):
            try:
                exercise = await writer.write(wish, tuple(against))
            except Unfit as unfit:
                against.append(unfit.reasons)
            else:
                verdict = await self._gate.check(exercise)
                if verdict.passed:
                    self.passed.append((exercise, verdict))
                    return
                against.append(verdict.reasons)
            self.refused.append((writer.named(wish), against[-1]))
