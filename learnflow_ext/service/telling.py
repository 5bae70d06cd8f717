"""The record of what students are told, in the database, where all replicas see it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from weakref import WeakValueDictionary

from learnflow_ext.agents.telling import Told, gist
from learnflow_ext.store import help
from learnflow_ext.store.database import Database

ExerciseAt = Callable[[help.Place], str]
"""The exercise at a place, `assignment/name`; "" where nobody knows one."""


class Telling:
    """Keeps the record for all students of this process."""

    def __init__(self, db: Database, exercise_at: ExerciseAt) -> None:
        """Holds a lock for each student who is being answered, and nothing of what was said."""
        self._db = db
        self._exercise_at = exercise_at
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def ledger(self, student: str, request_id: str, before: help.Told) -> Record:
        """For one answer, to a question that came when the student had been told what is in `before`."""
        turn = self._turns.setdefault(student, asyncio.Lock())
        return Record(self._db, turn, request_id, before, self._exercise_at)


class Record:
    """A `Ledger`: one answer, sentence by sentence.

    Answers of this process take turns. Those of other replicas do not wait for ours while it is judged,
    which may take long: when one of them was quicker, ours is judged again.
    """

    def __init__(
        self,
        db: Database,
        turn: asyncio.Lock,
        request_id: str,
        before: help.Told,
        exercise_at: ExerciseAt,
    ) -> None:
        self._db = db
        self._exercise_at = exercise_at
        self._turn = turn
        self._request_id = request_id
        self._before = before
        self._older = gist(before.older)
        self._meanwhile: tuple[help.Piece, ...] = ()
        self._order: list[str] = []
        """What this answer and others told, as it came."""

    @property
    def told(self) -> Told:
        """As far as we know by now."""
        here = [*self._before.here, *(each.text for each in self._meanwhile if each.here)]
        elsewhere = [*self._before.elsewhere, *(each.text for each in self._meanwhile if not each.here)]
        before = self._before
        # Who turns from one chat to another and back was told neither first.
        mixed = bool(self._meanwhile) or before.in_order != (*before.elsewhere, *before.here)
        in_order = [*self._long_ago, *before.in_order, *self._order] if mixed else []
        places = [*(each.place for each in self._meanwhile[::-1] if not each.here), *self._before.places]
        return Told(
            here="\n\n".join(here),
            elsewhere="\n\n".join([*self._long_ago, *elsewhere]),
            exercises=tuple(dict.fromkeys(filter(None, map(self._exercise_at, places)))),
            in_order="\n\n".join(in_order),
        )

    @property
    def _long_ago(self) -> list[str]:
        return [self._older] if self._older else []

    def turn(self) -> AbstractAsyncContextManager[object]:
        """Nobody else in this process tells the student anything then."""
        return self._turn

    async def keep(self, answer: str, newest: str) -> bool:
        """See `Ledger`. An outage of the database is raised: what is not on record is not said."""
        pieces = await self._db.retrying(
            lambda conn: help.tell(conn, self._request_id, answer, since=self._before, known=self._meanwhile)
        )
        if pieces == self._meanwhile:
            self._order.append(newest)
            return True
        known = {each.id: each.text for each in self._meanwhile}
        for each in pieces:
            old = known.get(each.id, "")
            if each.text != old:
                self._order.append(each.text.removeprefix(old))
        self._meanwhile = pieces
        return False
