"""What one student was told, by every answer that they got or are getting: whom the leak gate has to ask.

Who asks in two chats at once, or in JupyterLab and over the API, is in one conversation all the same. So a
sentence is judged together with all that was told, and put on record before the student sees it: of two
answers that would give the solution away together, one comes second, and is judged with what the first one
said.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec


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
