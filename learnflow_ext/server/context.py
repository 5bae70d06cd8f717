"""What the student is looking at: the last cells that ran or failed, so that "why?" can be understood."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from learnflow_ext.contracts.help import MAX_CELL_CHARS, MAX_NEARBY_CELLS, CellError

MAX_NOTEBOOKS = 50
MAX_PINNED = 100
FRESH_SECONDS = 1800.0
"""Half an hour: an older error is hardly what a student means by "it"."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """One cell, as it last ran or as its Explain button sent it. Empty texts where nothing is known."""

    notebook: str = ""
    cell_id: str = ""
    code: str = ""
    error: CellError | None = None


class Situations:
    """The latest situation of each notebook, and those pinned to a chat message by the Explain button."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._latest: OrderedDict[str, tuple[float, Situation]] = OrderedDict()
        self._pinned: OrderedDict[str, Situation] = OrderedDict()
        self._cells: OrderedDict[str, OrderedDict[str, str]] = OrderedDict()

    def ran(self, situation: Situation) -> None:
        """A cell ran, or was asked about.

        A good run of another cell leaves the notebook's last error standing; of the same cell it clears it.
        """
        self._remember(situation)
        before = self.latest(situation.notebook)
        keep = before if before is not None and before.error is not None else None
        if situation.error is None and keep is not None and keep.cell_id != situation.cell_id:
            situation = keep
        self._latest[situation.notebook] = (self._clock(), _bounded(situation))
        self._latest.move_to_end(situation.notebook)
        while len(self._latest) > MAX_NOTEBOOKS:
            self._latest.popitem(last=False)

    def latest(self, notebook: str | None = None) -> Situation | None:
        """Of this notebook, or of the one touched last; None when there is none, or none that is fresh."""
        if notebook is None:
            if not self._latest:
                return None
            notebook = next(reversed(self._latest))
        when, situation = self._latest.get(notebook, (float("-inf"), None))
        return situation if self._clock() - when <= FRESH_SECONDS else None

    def _remember(self, situation: Situation) -> None:
        if not situation.cell_id or not situation.code.strip() or len(situation.code) > MAX_CELL_CHARS:
            return
        cells = self._cells.setdefault(situation.notebook, OrderedDict())
        self._cells.move_to_end(situation.notebook)
        cells[situation.cell_id] = situation.code
        cells.move_to_end(situation.cell_id)
        while len(cells) > MAX_NEARBY_CELLS or sum(map(len, cells.values())) > MAX_CELL_CHARS:
            cells.popitem(last=False)
        while len(self._cells) > MAX_NOTEBOOKS:
            self._cells.popitem(last=False)

    def cells(self, notebook: str) -> dict[str, str]:
        """The notebook's cells by id, as they last ran, the latest last; within the contract's bounds."""
        return dict(self._cells.get(notebook, {}))

    def pin(self, message_id: str, situation: Situation) -> None:
        """This chat message is about this cell."""
        self._pinned[message_id] = _bounded(situation)
        while len(self._pinned) > MAX_PINNED:
            self._pinned.popitem(last=False)

    def of_message(self, message_id: str) -> Situation:
        """What a chat message is about: what was pinned to it, else the latest; an empty one when unknown."""
        return self._pinned.get(message_id) or self.latest() or Situation()


def _bounded(situation: Situation) -> Situation:
    if len(situation.code) <= MAX_CELL_CHARS:
        return situation
    return msgspec.structs.replace(situation, code=situation.code[:MAX_CELL_CHARS])
