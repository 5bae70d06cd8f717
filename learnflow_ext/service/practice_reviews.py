"""Exercises that a teacher reads before the student gets them: reworded, let through, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from learnflow_ext.contracts.errors import BadRequest, Conflict, TooBusy, Unprocessable
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.service import logs, words
from learnflow_ext.service.practice_kept import exercise_of, kept, version
from learnflow_ext.service.practice_making import MOST_GIVEN, Maker
from learnflow_ext.store import practice_reviews, practices, texts
from learnflow_ext.store.database import Database
from learnflow_ext.store.practice_reviews import DECIDED, Reviewed

MOST_CHARS = 6_000
"""Of a statement."""
MOST_QUOTED = 1_000
BUSY = "This exercise is being checked already. Wait until that is done."
CHANGED = (
    "Somebody else changed the words meanwhile, to: “{}” Press again to have yours, below, in their place."
)

log = logs.get("learnflow.practice")


class Reviews:
    """What teachers do about exercises that wait for them. Safe to use from many tasks."""

    def __init__(self, db: Database, maker: Maker) -> None:
        self._db = db
        self._maker = maker
        self._at_work: set[int] = set()

    async def reword(self, course: str, number: int, statement: str, read: str = "") -> Reviewed:
        """Keep another statement for one that waits, once the exercise has passed the gate with it.

        Unprocessable, with the gate's reasons, when it does not, or when the statement is no longer the one
        whose `version` was `read`; NotFound, Conflict and TooBusy for one that is not there, that somebody
        decided about, or that is being checked.
        """
        with self._alone(number):
            return await self._reworded(await self._waiting(course, number), statement, read)

    async def let_through(
        self, course: str, number: int, by: str, statement: str, read: str = ""
    ) -> Reviewed:
        """Give one that waits to its student, with this statement. Raises what `reword` does."""
        with self._alone(number):
            found = await self._reworded(await self._waiting(course, number), statement, read)
            # Released first: whoever reads that it is there can have it.
            await self._maker.release(course, exercise_of(found.made_of))
            after = await self._db.retrying(lambda conn: practice_reviews.decide(conn, course, number, by))
        log.info("let through", name=after.name, course=course, edited=after.edited)
        return after

    async def refuse(self, course: str, number: int, by: str, reason: str) -> Reviewed:
        """Keep one from its student, who reads the reason. BadRequest without one; NotFound, Conflict."""
        clean = texts.clip(" ".join(reason.split()), texts.PATH + 1)
        if not clean:
            raise BadRequest("Write in a sentence why: the student reads it.")
        if len(clean) > texts.PATH:
            raise BadRequest(f"A reason has at most {texts.PATH} characters.")
        with self._alone(number):
            after = await self._db.retrying(
                lambda conn: practice_reviews.decide(conn, course, number, by, refused_because=clean)
            )
        log.info("refused by a teacher", name=after.name, course=course)
        return after

    @contextmanager
    def _alone(self, number: int) -> Iterator[None]:
        """One decision about an exercise at a time in this process; the database knows of the others."""
        if number in self._at_work:
            raise TooBusy(BUSY, retry_after=10)
        self._at_work.add(number)
        try:
            yield
        finally:
            self._at_work.discard(number)

    async def _waiting(self, course: str, number: int) -> Reviewed:
        async with self._db.connect() as conn:
            found = await practice_reviews.one(conn, course, number)
        if found.state != "waiting":
            raise Conflict(DECIDED)
        return found

    async def _reworded(self, found: Reviewed, statement: str, read: str) -> Reviewed:
        exercise = exercise_of(found.made_of)
        wanted = _clean(statement)
        if wanted == exercise.statement:
            return found
        if read and read != version(exercise):
            raise Unprocessable(CHANGED.format(words.quote(exercise.statement, MOST_QUOTED)))
        changed = replace(exercise, statement=wanted)
        verdict = await self._maker.checked(changed, await self._others(found))
        if not verdict.passed:
            raise Unprocessable(" ".join(verdict.reasons))
        made_of = kept(changed)
        await self._db.retrying(
            lambda conn: practice_reviews.reword(
                conn,
                found.course,
                found.number,
                made_of=made_of,
                mutants=verdict.mutants,
                killed=verdict.killed,
            )
        )
        async with self._db.connect() as conn:
            return await practice_reviews.one(conn, found.course, found.number)

    async def _others(self, found: Reviewed) -> list[Exercise]:
        async with self._db.connect() as conn:
            rows = await practices.of_student(conn, found.student, limit=MOST_GIVEN)
        return [exercise_of(row.made_of) for row in rows if row.name != found.name]


def _clean(statement: str) -> str:
    """As a browser's form sends it, with the line ends that a notebook has. BadRequest for one too long."""
    text = texts.clip(statement, 2 * MOST_CHARS).replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > MOST_CHARS:
        raise BadRequest(f"A statement has at most {MOST_CHARS} characters.")
    return text
