"""Hands that write exercises. Whatever they write, no student sees it before the gate has looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.families.making import Family

STORIES = (
    "a library that lends books",
    "a bakery early in the morning",
    "a bicycle workshop",
    "a train that is late",
    "a weather station on a mountain",
    "a school garden",
    "the lost property office",
    "a board game evening",
    "a swimming pool and its lanes",
    "a museum with an audio guide",
    "a band that plans its songs",
    "a ferry between two islands",
    "a recipe for many guests",
    "a night sky and its stars",
    "a parcel on its way",
    "a beehive in summer",
    "a running club",
    "a radio programme",
    "a flea market stall",
    "a treasure map",
    "an old telephone book",
    "a zoo at feeding time",
    "a theatre and its seats",
    "a river that rises",
)
"""What an exercise may be about, so that two on one topic are not alike."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be written."""

    topic: str
    difficulty: int
    """1 to 5."""
    seed: int
    """Another number, another exercise."""

    @property
    def story(self) -> str:
        """What it may be about."""
        return Random(self.seed).choice(STORIES)  # noqa: S311 - variety, not secrecy


class Unfit(Exception):
    """What was written is no exercise."""

    def __init__(self, *reasons: str) -> None:
        """A sentence each."""
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class Silent(Exception):
    """Nothing was written, and nothing will be for now."""


class Writer(Protocol):
    """Writes exercises, one after the other."""

    tries: int
    """How often it is asked for one exercise at most."""

    def named(self, wish: Wish) -> str:
        """The name that what it writes for `wish` has; also of what was refused."""

    async def write(self, wish: Wish, refused: Sequence[tuple[str, ...]]) -> Exercise:
        """An exercise on the topic and of the difficulty asked for.

        `refused` has the reasons against each of its earlier tries at this wish. Unfit (with the reasons)
        when what came is none; Silent when nothing came.
        """


class FamilyWriter:
    """The families of a topic in turn. The same wish, the same exercise."""

    tries = 1

    def __init__(self, turns: Sequence[Family]) -> None:
        """One at least."""
        self._turns = turns

    def _family(self, wish: Wish) -> Family:
        return self._turns[wish.seed % len(self._turns)]

    def named(self, wish: Wish) -> str:
        """As the family calls it."""
        return f"{self._family(wish).name}-{wish.difficulty}-{wish.seed}"

    async def write(self, wish: Wish, refused: Sequence[tuple[str, ...]]) -> Exercise:
        """Unfit for a family that makes something else when it is asked again."""
        family = self._family(wish)
        exercise = family.exercise(wish.difficulty, wish.seed)
        if exercise != family.exercise(wish.difficulty, wish.seed):
            raise Unfit("The same seed does not make the same exercise again.")
        return exercise
