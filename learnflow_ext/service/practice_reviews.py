"""Exercises that a teacher reads before the student gets them: changed, let through, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from learnflow_ext.contracts.errors import BadRequest, Conflict, TooBusy, Unprocessable
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.service import logs, words
from learnflow_ext.service.practice_kept import exercise_of, kept, version
from learnflow_ext.service.practice_making import MOST_GIVEN, Maker
from learnflow_ext.service.practice_parts import with_parts
from learnflow_ext.store import practice_reviews, practices, texts
from learnflow_ext.store.database import Database
from learnflow_ext.store.practice_reviews import DECIDED, Reviewed

MOST_QUOTED = 1_000
BUSY = "This exercise is being checked already. Wait until that is done."
CHANGED = (
    "Somebody else changed this exercise meanwhile; its words are now: “{}” Press again to have yours, "
    "below, in place of all that they changed."
)

log = logs.get("learnflow.practice")


class Late(Unprocessable):
    """It is no longer the one that the teacher has read."""


class Reviews:
    """What teachers do about exercises that wait for them. Safe to use from many tasks."""

    def __init__(self, db: Database, maker: Maker) -> None:
        self._db = db
        self._maker = maker
        self._at_work: set[int] = set()

    async def reword(self, course: str, number: int, said: Mapping[str, str], read: str = "") -> Reviewed:
        """Keep one that waits with the parts that are `said` otherwise, once it has passed the gate so.

        `said` has texts by the names of `practice_parts.PARTS`. Unprocessable, with the gate's reasons, when
        it does not pass; Late when it is no longer the one whose `version` was `read`; BadRequest for a part
        that cannot be read; NotFound, Conflict and TooBusy for one that is not there, that somebody decided
        about, or that is being checked.
        """
        with self._alone(number):
            return await self._reworded(await self._waiting(course, number), said, read)

    async def let_through(
        self, course: str, number: int, by: str, said: Mapping[str, str], read: str = ""
    ) -> Reviewed:
        """Give one that waits to its student, with these parts. Raises what `reword` does."""
        with self._alone(number):
            found = await self._reworded(await self._waiting(course, number), said, read)
            # Released first: whoever reads that it is there can have it.
            await self._maker.release(course, exercise_of(found.made_of))
            after = await self._db.retrying(
                lambda conn: practice_reviews.decide(conn, course, number, by, made_of=found.made_of)
            )
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

    async def _reworded(self, found: Reviewed, said: Mapping[str, str], read: str) -> Reviewed:
        exercise = exercise_of(found.made_of)
        if read and read != version(exercise) and not _says(exercise, said):
            raise Late(CHANGED.format(words.quote(exercise.statement, MOST_QUOTED)))
        changed = with_parts(exercise, said)
        if changed == exercise:
            return found
        verdict = await self._maker.checked(changed, await self._others(found))
        if not verdict.passed:
            raise Unprocessable(" ".join(verdict.reasons))
        made_of = kept(changed)
        await self._db.retrying(
            lambda conn: practice_reviews.reword(
                conn,
                found.course,
                found.number,
                before=found.made_of,
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


def _says(exercise: Exercise, said: Mapping[str, str]) -> bool:
    """Whether nothing of it is `said` otherwise."""
    try:
        return with_parts(exercise, said) == exercise
    except BadRequest:
        return False
