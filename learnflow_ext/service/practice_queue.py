"""Who makes an exercise for a student: any process that has the role `generation`, one of them for each wish.

The queue is a table, so that a wish survives who makes it: what was in hand of one who is gone another makes,
while the student still waits. Whoever asks waits here too, at most as long as the exercise may take.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.agents.context import Policy
from learnflow_ext.contracts.errors import LearnFlowError, TooBusy, Unavailable
from learnflow_ext.exercises.choosing import Choice
from learnflow_ext.service import logs
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.practice_making import NONE_PASSED, ONE_AT_A_TIME, TOO_LONG, NonePassed
from learnflow_ext.store import practice_wishes
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import ConnectionLost, Database
from learnflow_ext.store.practice_wishes import Wished
from learnflow_ext.store.presence import MAKERS, Presence, presence_of, present

MAX_WAITING = 8
"""Wishes for each of those who make exercises; whoever comes then is told to come again."""
AT_ONCE = 2
"""Built-in exercises that a process has in hand: one is looked for while the other one is released."""
LOOK_SECONDS = 3.0
"""How often to look for wishes without having been woken, and for those of who is gone."""
WANTED_SECONDS = 1.0
"""How often to look whether what is made is still waited for."""
HEAR_SECONDS = 0.1
"""How often who waits looks whether it is there."""
NOBODY_SECONDS = 6.0
"""How long a wish may lie when nobody is there to make it: somebody may just be starting again."""
PUT_BACK_SECONDS = 5.0
KEPT = timedelta(hours=1)
"""How long a wish stays that nobody waits for any more (`housekeeping`)."""
MOST_ATTEMPTS = 2
BUSY = "So many exercises are being made at the moment that yours would take too long. Ask again in a minute."
NOBODY = (
    "Exercises cannot be made just now: the part of the classroom that makes them does not run. Ask again in "
    "a few minutes, and tell your teacher if it stays so."
)
NOT_OURS = "Nobody waits for this exercise any more, or another part of the classroom makes it."
"""For the log: who waits hears it from whoever makes it now."""
BROKEN = "Making the exercise did not work. That is our fault, not yours. Ask again, or for another topic."

Label = Literal["made", "none", "late", "refused", "failed"]
"""As `learnflow_practices_total` counts them."""

log = logs.get("learnflow.practice")


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be made, as the queue keeps it."""

    choice: Choice
    request_id: str
    """The question that a model's words are charged to; empty for none."""
    policy: Policy
    """What the tutor may do for the student, which a model's hand goes by."""
    made: str = ""
    """Name of the exercise once it is kept: whoever takes over from one who died then makes no second."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it."""

    label: Label
    name: str = ""
    """Of the exercise; empty where none was made."""
    behind: str = ""
    """Name of one more, which a model may be writing; empty for none."""
    message: str = ""
    """Why none was made, for the student."""
    retry_after: int | None = None
    """Seconds."""

    def or_raise(self) -> Outcome:
        """Itself, or as an error what kept it from being made: TooBusy, or Unavailable."""
        if self.label == "made":
            return self
        kind = TooBusy if self.label == "refused" else Unavailable
        raise kind(self.message, retry_after=self.retry_after)


def _said(outcome: str) -> Outcome:
    return msgspec.json.decode(outcome, type=Outcome)


def _question_of(wish: str) -> str:
    return msgspec.json.decode(wish, type=Wanted).request_id


Keeps = Callable[[AsyncConnection, str], Awaitable[None]]
"""Notes the exercise of that name with its wish, in the transaction that keeps it. Raises where nobody waits
for it any more, or it is another's to make by now: then it is not kept."""
Make = Callable[[str, str, Wanted, Keeps], Awaitable[Outcome]]
"""Makes one for a student of a course. May raise what `_outcome` knows."""


class WishQueue:
    """Takes wishes, and has them made: `ask` for those who wait, `run` for who makes them."""

    def __init__(self, db: Database, make: Make, metrics: Metrics, *, at_once: int) -> None:
        """`run` has `at_once` wishes in hand at most."""
        self._db = db
        self._make = make
        self._metrics = metrics
        self._at_once = at_once
        self._bell = asyncio.Event()
        self._draining = asyncio.Event()
        self._at_work: set[asyncio.Task[None]] = set()

    async def ask(self, student: str, course: str, wanted: Wanted, seconds: float) -> Outcome:
        """What came of it within `seconds`: one that was made.

        TooBusy for one too many, Unavailable (a sentence for the student) where none could be made. Whoever
        is cancelled takes the wish back.
        """
        most = MAX_WAITING * max(1, len(await present(self._db, MAKERS)))
        number = await self._put(student, course, wanted, seconds, most)
        outcome = Outcome(label="failed", message=BROKEN)
        try:
            outcome = await self._heard(number, time.monotonic() + seconds)
            return outcome.or_raise()
        finally:
            self._metrics.practices.labels(outcome.label).inc()
            with contextlib.suppress(LearnFlowError):
                await self._db.retrying(lambda conn: practice_wishes.withdraw(conn, number))

    async def _put(self, student: str, course: str, wanted: Wanted, seconds: float, most: int) -> int:
        """The number of the wish; of an earlier one where that was made and nobody was left to tell it, or is
        being made for the same question.
        """
        wish, at = msgspec.json.encode(wanted).decode(), now()
        async with self._db.glance() as conn:
            if await practice_wishes.open_ones(conn, at) >= most:
                raise TooBusy(BUSY, retry_after=60)

        async def put(conn: AsyncConnection) -> int:
            before = await practice_wishes.of_student(conn, student)
            if before is not None:
                if not before.outcome and before.until > at:
                    if _question_of(before.wish) == wanted.request_id != "":
                        return before.id
                    raise TooBusy(ONE_AT_A_TIME, retry_after=10)
                if before.course == course and before.outcome and _said(before.outcome).label == "made":
                    return before.id
                await practice_wishes.withdraw(conn, before.id)
            until = at + timedelta(seconds=seconds)
            return await practice_wishes.put(conn, student, course, wish, until)

        number = await self._db.retrying(put)
        self._bell.set()
        return number

    async def _heard(self, number: int, end: float) -> Outcome:
        """What came of it by `end`, a moment of `time.monotonic`."""
        look_at = time.monotonic() + NOBODY_SECONDS
        while time.monotonic() < end:
            await asyncio.sleep(HEAR_SECONDS)
            try:
                async with self._db.glance() as conn:
                    state = await practice_wishes.state(conn, number)
                if state is None:
                    return Outcome(label="failed", message=BROKEN)
                if state.outcome:
                    return _said(state.outcome)
                if time.monotonic() > look_at:
                    look_at += LOOK_SECONDS
                    if not await present(self._db, MAKERS):
                        return Outcome(label="failed", message=NOBODY, retry_after=300)
            except LearnFlowError as error:
                # Who makes it may be at work all the same.
                log.info("nobody knows how far the exercise is", code=error.code, message=error.message)
        return Outcome(label="late", message=TOO_LONG, retry_after=300)

    async def run(self) -> None:
        """Make what is asked for, until cancelled or drained."""
        while not self._draining.is_set():
            presence = presence_of(self._db, MAKERS)
            try:
                async with presence.held(lambda _: self._bell.set()):
                    await self._take_part(presence)
            except LearnFlowError as error:
                log.error("no exercises are made for now", code=error.code, message=error.message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._draining.wait()

    async def drain(self, seconds: float) -> None:
        """Take nothing more; what is in hand has `seconds` to be made, and is then left to others."""
        self._draining.set()
        self._bell.set()
        late = set(self._at_work)
        if late:
            _, late = await asyncio.wait(late, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _take_part(self, presence: Presence) -> None:
        """Make what is asked for as `presence`, until that is lost, or nothing is in hand after `drain`."""
        lost = asyncio.create_task(presence.lost.wait())
        try:
            while not (lost.done() or (self._draining.is_set() and not self._at_work)):
                self._bell.clear()
                if not self._draining.is_set():
                    await self._take(presence)
                ringing = asyncio.create_task(self._bell.wait())
                await asyncio.wait((lost, ringing), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                ringing.cancel()
        finally:
            lost.cancel()
            working = set(self._at_work)
            for task in working:
                task.cancel()
            await asyncio.gather(lost, *working, return_exceptions=True)

    async def _take(self, presence: Presence) -> None:
        """Begin as much as there is room for."""
        try:
            async with self._db.glance() as conn:
                if not await practice_wishes.open_ones(conn, now()):
                    return
            await self._take_over()
            while len(self._at_work) < self._at_once:
                wished = await self._db.retrying(
                    lambda conn: practice_wishes.claim_next(conn, presence.id, now())
                )
                if wished is None:
                    return
                if self._draining.is_set():
                    # Whoever drains has counted already what is in hand.
                    await self._put_back(wished, presence)
                    return
                task = asyncio.create_task(self._serve(wished, presence))
                self._at_work.add(task)
                task.add_done_callback(self._served)
        except ConnectionLost as error:
            # Nobody knows whether something was taken; under this name nobody would make it.
            log.error("nobody knows what to make", code=error.code, message=error.message)
            presence.lost.set()
        except LearnFlowError as error:
            log.error("nobody knows what to make", code=error.code, message=error.message)

    def _served(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        self._bell.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a wish was not served", error=f"{type(error).__name__}: {error}")

    async def _take_over(self) -> None:
        """Leave to all what those had in hand who are gone."""
        async with self._db.glance() as conn:
            holders = await practice_wishes.makers(conn)
        if not holders:
            return
        # In this order: everybody is present before they take anything.
        gone = holders - await present(self._db, MAKERS)
        if gone:
            again = await self._db.retrying(lambda conn: practice_wishes.take_over(conn, gone))
            log.info("made again, for who made them is gone", wishes=again, makers=sorted(gone))

    async def _serve(self, wished: Wished, presence: Presence) -> None:
        """Make it while somebody waits for it, and say what came of it."""
        making = asyncio.create_task(self._outcome(wished, presence))
        try:
            while not (await asyncio.wait({making}, timeout=WANTED_SECONDS))[0]:
                if not await self._is_wanted(wished, presence):
                    log.info("nobody waits for the exercise any more", course=wished.course)
                    return
            await self._settle(wished, presence, making.result())
        except asyncio.CancelledError:
            await self._put_back(wished, presence)
            raise
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def _settle(self, wished: Wished, presence: Presence, outcome: Outcome) -> None:
        """Say what came of it, however often that must be tried while somebody waits."""
        said = msgspec.json.encode(outcome).decode()
        while now() < wished.until:
            try:
                await self._db.retrying(
                    lambda conn: practice_wishes.settle(conn, wished.id, presence.id, said)
                )
                return
            except LearnFlowError as error:
                log.error("nobody can be told of an exercise", code=error.code, message=error.message)
                await asyncio.sleep(WANTED_SECONDS)

    async def _is_wanted(self, wished: Wished, presence: Presence) -> bool:
        try:
            async with self._db.glance() as conn:
                return await practice_wishes.is_wanted(conn, wished.id, presence.id)
        except LearnFlowError:
            # Nobody can say so.
            return True

    async def _put_back(self, wished: Wished, presence: Presence) -> None:
        try:
            async with asyncio.timeout(PUT_BACK_SECONDS):
                await self._db.retrying(lambda conn: practice_wishes.put_back(conn, wished.id, presence.id))
        except (LearnFlowError, TimeoutError) as error:
            log.warning("left for others to take over", wish=wished.id, error=str(error))

    async def _outcome(self, wished: Wished, presence: Presence) -> Outcome:
        """Make it, within the time for which it is waited for."""
        try:
            wanted = msgspec.json.decode(wished.wish, type=Wanted)
            if wanted.made:
                log.info("there already, for who made it is gone", course=wished.course, name=wanted.made)
                return Outcome(label="made", name=wanted.made)
            if wished.attempts > MOST_ATTEMPTS:
                log.error("whoever made it died each time", course=wished.course, attempts=wished.attempts)
                return Outcome(label="failed", message=BROKEN)

            async def keeps(conn: AsyncConnection, name: str) -> None:
                said = msgspec.json.encode(msgspec.structs.replace(wanted, made=name)).decode()
                if not await practice_wishes.made(conn, wished.id, presence.id, wished.wish, said):
                    raise Unavailable(NOT_OURS)

            async with asyncio.timeout((wished.until - now()).total_seconds()):
                return await self._make(wished.student, wished.course, wanted, keeps)
        except TimeoutError:
            return Outcome(label="late", message=TOO_LONG, retry_after=300)
        except NonePassed:
            return Outcome(label="none", message=NONE_PASSED)
        except TooBusy as error:
            return Outcome(label="refused", message=error.message, retry_after=error.retry_after)
        except LearnFlowError as error:
            return Outcome(label="failed", message=error.message, retry_after=error.retry_after)
        except Exception:
            # The boundary of a task that must outlive any one wish.
            log.exception("an exercise could not be made", course=wished.course)
            return Outcome(label="failed", message=BROKEN)
