"""What one student was told, by every answer that they got or are getting: whom the leak gate has to ask.

Who asks in two chats at once, or in JupyterLab and over the API, is in one conversation all the same. So a
sentence is judged together with all that was told, and put on record before the student sees it: of two
answers that would give the solution away together, one comes second, and is judged with what the first one
said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from typing import Protocol

import msgspec

MOST_KEPT = 12_000
"""Characters of what may be code in answers long ago; the oldest beyond that is forgotten."""
_MAY_BE_CODE = re.compile(
    r"[`=()\[\]{}|]|\w:\s*$|\S{16,}"
    r"|\b(?:set|add|append|return|increase|define|loop|while|for each|for every|give back|plus|equals?"
    r"|store)\b",
    re.IGNORECASE,
)


def gist(answers: Sequence[str]) -> str:
    """Of old answers the lines that may be code, or say some, each once, oldest first.

    Twelve answers about something else do not make what was told before them harmless.
    """
    kept: dict[str, None] = {}
    room = MOST_KEPT
    for answer in reversed(answers):
        for line in reversed(_telling(answer)):
            if line in kept:
                continue
            room -= len(line) + 1
            if room < 0:
                return "\n".join(reversed(kept))
            kept[line] = None
    return "\n".join(reversed(kept))


@lru_cache(maxsize=4096)
def _telling(answer: str) -> tuple[str, ...]:
    """An answer that was given does not change, and is looked at with each later one."""
    # Fences that go on without each other would make code of all that follows.
    lines = (line.strip() for line in answer.splitlines())
    return tuple(line for line in lines if not line.startswith(("```", "~~~")) and _MAY_BE_CODE.search(line))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a student was told, in Markdown; each empty when it is nothing."""

    here: str = ""
    """About the same assignment, oldest answer first."""
    elsewhere: str = ""
    """About anything else, in whatever course."""
    exercises: tuple[str, ...] = ()
    """What the answers elsewhere were about, `assignment/name`, the latest first; those that nobody knows are
    left out."""
    in_order: str = ""
    """All of it in the order of time, sentence by sentence, this answer's own sentences among them. Empty
    where that is what was told elsewhere, here, and then this answer's own."""


class Ledger(Protocol):
    """The record for one answer. Made by who answers, asked by the tutor."""

    @property
    def told(self) -> Told:
        """What was told beside this answer, as far as we know by now."""
        ...

    def turn(self) -> AbstractAsyncContextManager[object]:
        """Held while a sentence is judged and put on record: spares other answers here a judgement in
        vain."""
        ...

    async def keep(self, answer: str, newest: str) -> bool:
        """Put on record that the student has been told `answer` so far, of which `newest` was just judged.

        False, and nothing is kept, when somebody told them something that `told` did not have: it has it
        now, and the judgement has to be made again.
        """
        ...
