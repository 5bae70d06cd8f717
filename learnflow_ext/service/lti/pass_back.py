"""Tells a learning platform its students' grades: each once it may be seen, and again when it changes.

One process of all that share a database does so, by a lock that dies with it (`store.seat`), so a column is
made once and a student's scores go out in order. What is to be told is in the database until the platform
has it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.lti import LINEITEM
from learnflow_ext.service import logs
from learnflow_ext.service.lti import messages
from learnflow_ext.service.lti.client import AgsClient, Away, ColumnGone, Newer, Refused
from learnflow_ext.service.lti.keys import SigningKey
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.results import Withheld
from learnflow_ext.settings import LearnFlowLti
from learnflow_ext.store import clock, lti, lti_given_up
from learnflow_ext.store.database import Database
from learnflow_ext.store.lti import Due
from learnflow_ext.store.lti_given_up import GivenUp
from learnflow_ext.store.seat import Seat, seat_of

EVERY_S = 5.0
AFTER_TROUBLE_S = 15.0
STUDENTS_AT_ONCE = 4
"""A whole class is told within minutes, and the platform has other things to do."""

TO_CHECK = "a person should look at it, or points are provisional: regrade it, or give out the results"
NEWER = "the platform has a newer one"
LATELY = timedelta(days=1)
"""So long `health` tells of a grade that was given up; the grading page does until it is told."""

log = logs.get("learnflow.lti")


class Rules(Protocol):
    """What students may see; `service.results.Results` is one."""

    async def withheld(self, course: str) -> Withheld:
        """What is held back from the students of `course` at this moment."""
        ...


class PassBack:
    """Off without a key; then there is nothing to run."""

    def __init__(
        self,
        db: Database,
        settings: LearnFlowLti,
        key: SigningKey | None,
        rules: Rules,
        metrics: Metrics,
        *,
        courses: Collection[str],
        now: Callable[[], datetime] = clock.now,
        every_s: float = EVERY_S,
    ) -> None:
        """ValueError for settings that cannot work. `courses` are this classroom's: nobody knows what may be
        seen of one that is not there any more, so its grades wait. `now` gives aware times."""
        self.key = key
        self._db = db
        self._tries = settings.tries
        self._rules = rules
        self._metrics = metrics
        self._courses = tuple(courses)
        self._now = now
        self._every_s = every_s
        self._client = AgsClient(settings, key) if key is not None else None
        self._columns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._failures = 0
        """Rounds that ended because the platform was away, one after the other."""
        self._told = 0
        """Grades that it took in this round."""

    @property
    def on(self) -> bool:
        """Whether grades are passed back."""
        return self._client is not None

    async def unsettled(self, conn: AsyncConnection, course: str) -> dict[str, int]:
        """By assignment, how many grades wait until a teacher has looked at them; empty when off."""
        return await lti.waiting(conn, course, TO_CHECK) if self.on else {}

    async def given_up(self, conn: AsyncConnection, course: str) -> list[GivenUp]:
        """What the platform refused for good in `course`, until somebody asks again; empty when off."""
        return await lti_given_up.of_course(conn, course) if self.on else []

    async def given_up_lately(self, conn: AsyncConnection) -> int:
        """How many grades of the classroom were given up within a day, and are."""
        return await lti_given_up.since(conn, self._now() - LATELY, self._courses)

    async def again(self, conn: AsyncConnection, course: str, assignment: str) -> int:
        """Tell what was given up of an assignment once more; how many grades."""
        return await lti_given_up.again(conn, course, assignment, self._now())

    def close(self) -> None:
        """Let go of connections to the platform."""
        if self._client is not None:
            self._client.close()

    async def run(self) -> None:
        """Until cancelled; waits while another process does it."""
        while True:
            seat = seat_of(self._db, "lti")
            try:
                async with seat.held(lambda: None):
                    log.info("passes grades back")
                    while not seat.lost:  # noqa: ASYNC110 - each time it looks for work
                        await asyncio.sleep(await self._round_or_pause(seat))
            except LearnFlowError as error:
                log.warning("no grades are passed back while a part is away", error=error.message)
            except Exception:
                # The boundary of a task that nothing may end: one odd row must not stop all grades.
                log.exception("passing grades back failed", retry_in_s=AFTER_TROUBLE_S)
            await asyncio.sleep(AFTER_TROUBLE_S)

    async def _round_or_pause(self, seat: Seat) -> float:
        """Seconds until the next look."""
        self._told = 0
        try:
            more = await self.round(lambda: seat.lost)
        except Away as away:
            # Where it takes others, it is there, and has trouble with this one.
            self._failures = 1 if self._told else self._failures + 1
            pause = messages.pause(self._failures, away.retry_after).total_seconds()
            log.warning("the learning platform is away; grades wait", error=str(away), retry_in_s=pause)
            return pause
        self._failures = 0
        return 0.0 if more else self._every_s

    async def round(self, lost: Callable[[], bool] = lambda: False) -> bool:
        """Look at what is due, unless `lost` says that it is another's; whether there may be more.

        Away when the platform does not answer: nothing is given up, and no try is counted. What it did not
        answer to comes last in the next round, so that one grade that it stumbles over holds up no others.
        """
        at = self._now()
        async with self._db.connect() as conn:
            found = await lti.due(conn, at, self._courses)
        rules = {course: await self._rules.withheld(course) for course in {one.course for one in found}}
        held = {one.module_id: why for one in found if (why := rules[one.course].why(one.assignment))}
        for module_id, why in held.items():
            await self._hold_back(module_id, at, why)
        by_student: dict[int, list[Due]] = defaultdict(list)
        for one in found:
            if one.module_id not in held:
                by_student[one.user_id].append(one)
        at_once = asyncio.Semaphore(STUDENTS_AT_ONCE)
        away: list[Away] = []

        async def serve(mine: Sequence[Due]) -> None:
            async with at_once:
                for one in mine:
                    if away or lost():
                        return
                    try:
                        await self._serve(one, rules[one.course])
                    except Away as error:
                        away.append(error)
                        await self._put_off(one, self._now(), f"the platform is away: {error}")

        ended = await asyncio.gather(*map(serve, by_student.values()), return_exceptions=True)
        for failure in ended:
            if failure is not None:
                raise failure
        if away:
            raise away[0]
        return len(found) == lti.AT_ONCE

    async def _hold_back(self, module_id: int, at: datetime, why: str) -> None:
        until = self._now() + messages.HELD_BACK
        await self._db.retrying(lambda conn: lti.hold_back(conn, module_id, at, until, why))

    async def _put_off(self, one: Due, until: datetime, why: str) -> None:
        await self._db.retrying(lambda conn: lti.later(conn, one, until, why))

    async def _serve(self, one: Due, withheld: Withheld) -> None:
        """One grade: tell it, put it off, or give it up. Away when the platform does not answer."""
        async with self._db.connect() as conn:
            counting = await lti.counting(conn, one.user_id, one.module_id)
        if counting is None or counting.max_score <= 0:
            await self._db.retrying(lambda conn: lti.settled(conn, one, "no points to tell"))
            return
        # Who gives results out has looked at them.
        if not counting.settled and one.assignment not in withheld.released:
            await self._put_off(one, self._now() + messages.HELD_BACK, TO_CHECK)
            return
        if one.told == (counting.score, counting.max_score):
            await self._db.retrying(lambda conn: lti.settled(conn, one))
            return
        if not await self._db.retrying(lambda conn: lti.begun(conn, one)):
            return
        as_of = messages.as_of(one.graded_at, one.told_as_of)
        note = ""
        try:
            await self._tell(one, counting.score, counting.max_score, as_of)
        except Newer:
            # It may be ours, whose answer was lost on the way; or a teacher's there, who has the last word.
            note = NEWER
        except ColumnGone:
            return await self._refused(one, "it knows the column, and not this person in it (404)")
        except Refused as error:
            return await self._refused(one, str(error))
        await self._db.retrying(
            lambda conn: lti.told(conn, one, counting.score, counting.max_score, as_of, note)
        )
        self._told += 1
        self._metrics.lti_scores.labels("newer" if note else "told").inc()
        log.info("a grade was passed back", course=one.course, assignment=one.assignment, note=note)

    async def _tell(self, one: Due, given: float, maximum: float, as_of: datetime) -> None:
        assert self._client is not None, "off"
        body = messages.score(subject=one.place.subject, given=given, maximum=maximum, as_of=as_of)
        column = await self._column(one, maximum)
        try:
            await self._client.score(one.place, column, body)
        except ColumnGone:
            # Somebody deleted it there, or the course was made anew: once more, with another.
            lineitems, module_id = one.place.lineitems, one.module_id
            async with self._columns[(lineitems, module_id)]:
                async with self._db.connect() as conn:
                    known = await lti.column(conn, lineitems, module_id)
                if known == column:
                    await self._db.retrying(lambda conn: lti.forget_column(conn, lineitems, module_id))
            await self._client.score(one.place, await self._column(one, maximum), body)

    async def _column(self, one: Due, maximum: float) -> str:
        """The column's address; of several who need it at once the first one makes it."""
        assert self._client is not None, "off"
        lineitems, module_id = one.place.lineitems, one.module_id
        async with self._columns[(lineitems, module_id)]:
            async with self._db.connect() as conn:
                known = await lti.column(conn, lineitems, module_id)
            if known:
                return known
            if LINEITEM not in one.place.scopes:
                raise Refused("it does not offer the scope to make columns; see what the tool may do there")
            made = await self._client.column(
                one.place, course=one.course, assignment=one.assignment, title=one.title, maximum=maximum
            )
            await self._db.retrying(lambda conn: lti.keep_column(conn, lineitems, module_id, made))
            return made

    async def _refused(self, one: Due, why: str) -> None:
        tried = one.tries + 1
        if tried >= self._tries:
            await self._db.retrying(lambda conn: lti.failed(conn, one, why))
            self._metrics.lti_scores.labels("given_up").inc()
            log.error(
                "a grade cannot be passed back, and is given up until a teacher has it told again, or the "
                "student's next grade or launch",
                course=one.course,
                assignment=one.assignment,
                tries=tried,
                error=why,
            )
            return
        until = self._now() + messages.pause(tried)
        await self._db.retrying(lambda conn: lti.later(conn, one, until, why, refused=True))
        self._metrics.lti_scores.labels("refused").inc()
        log.warning(
            "the learning platform refuses a grade",
            course=one.course,
            assignment=one.assignment,
            tries=tried,
            again=clock.iso(until),
            error=why,
        )
