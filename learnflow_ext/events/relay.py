"""The relay: takes events from the outbox to the bus. It alone publishes events.

Every process with a service runs one, and one of them holds the seat; the others wait for it. Should two
ever work at once (a connection that broke unnoticed), students' order holds all the same: each sends what is
in the outbox from its beginning and without gaps, and a row only goes when the bus has it. There are doubles
then, which consumers know.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.events.bus import Bus, BusClosed, BusMessage, Refused
from learnflow_ext.events.topics import ALL_TOPICS, STRAYS, dead_letter
from learnflow_ext.events.wire import claimed_folder, to_message
from learnflow_ext.store import courses, outbox
from learnflow_ext.store.database import Database
from learnflow_ext.store.outbox import Pending
from learnflow_ext.store.seat import Seat, seat_of

WINDOW = 1_000
"""Events handed to the bus and not confirmed yet; above it the relay waits."""
POLL_S = 1.0
"""The safety net: how long an event waits at most when nobody woke the relay for it."""
TIDY_S = 0.05
"""How long a confirmed row may stay, so that several go in one transaction."""
TIDY_SHARE = 4
"""Once this part of the window is confirmed its rows go at once: there is room for a batch worth a trip."""
LONGEST_PAUSE_S = 10.0
FATE_S = 30.0
"""How long to wait for the fate of messages that were on their way when one was lost."""

log = structlog.get_logger(__name__)


class SeatLost(Exception):
    """Another relay may be at work."""


class Relay:
    """Publishes what `db`'s outbox holds to `bus`, in order, and deletes what the bus confirmed."""

    def __init__(self, db: Database, bus: Bus, *, window: int = WINDOW, poll_s: float = POLL_S) -> None:
        """Events recorded through `db` wake the relay by themselves; on PostgreSQL those of others do too."""
        self._db = db
        self._bus = bus
        self._window = window
        self._poll_s = poll_s
        self._woken = asyncio.Event()
        self._published = 0
        """Sequence of the last event handed over, for the log."""
        self._unconfirmed: dict[int, asyncio.Future[None]] = {}
        """By sequence: what the bus has in hand. Everything else in the outbox is still to do."""
        self._rows: dict[int, Pending] = {}
        self._assignments: set[tuple[str, str]] = set()
        """Course and name of those that are known to be one; others may be so by the next look."""
        self._out_of_room = False
        """Whether publishing stopped at a full window: then what makes room must wake it."""
        self._some_confirmed = asyncio.Event()
        self._enough_confirmed = asyncio.Event()
        self._confirmations = 0
        """Since rows were last deleted."""
        self._losses = bus.losses
        """The losses of the bus that are seen to."""
        self._failed = False
        self.seated = asyncio.Event()
        """Set while this relay is the one that works."""
        db.on_recorded(self.wake)

    def wake(self) -> None:
        """Look at the outbox now."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled, or the bus is closed. Trouble with either end is logged and waited out."""
        pause = TIDY_S
        while True:
            seat = seat_of(self._db)
            try:
                async with seat.held(self.wake):
                    pause = TIDY_S
                    log.info("relay.seated")
                    self.seated.set()
                    await self._work(seat)
            except BusClosed:
                log.info("relay.ended", published=self._published)
                return
            except Exception:
                # The boundary of a task that nothing may end: events would pile up unseen.
                log.exception("relay.unseated", retry_in_s=pause)
                pause = await _pause(pause)
            finally:
                self.seated.clear()

    async def _work(self, seat: Seat) -> None:
        """As long as the seat is ours. BusClosed when there is nothing more to do for ever."""
        # Who was interrupted may have left rows that were confirmed, and a window full of them.
        self._some_confirmed.set()
        forgetting = asyncio.create_task(self._forget(), name="relay, confirmed events")
        try:
            await self._publish(seat)
        finally:
            forgetting.cancel()
            await asyncio.gather(forgetting, return_exceptions=True)

    async def _publish(self, seat: Seat) -> None:
        pause = TIDY_S
        while True:
            self._woken.clear()
            if seat.lost:
                raise SeatLost("The connection that held the relay's seat broke.")
            try:
                await self._see_to_losses()
                more = await self._publish_some()
            except BusClosed:
                raise
            except Exception:
                log.exception("relay.failed", retry_in_s=pause, published=self._published)
                pause = await _pause(pause)
                continue
            pause = TIDY_S
            if not more:
                await self._rest()

    async def _publish_some(self) -> bool:
        """Hand over what there is room for; True when there may be more at once."""
        room = self._window - len(self._unconfirmed)
        if room <= 0:
            self._out_of_room = True
            return False
        async with self._db.glance() as conn:
            rows = await outbox.pending(conn, room, skip=self._unconfirmed.keys())
            await self._get_to_know(conn, rows)
        for row in rows:
            future = await self._bus.publish(self._message(row), losses=self._losses)
            self._unconfirmed[row.sequence] = future
            self._rows[row.sequence] = row
            self._published = row.sequence
            future.add_done_callback(self._confirmed)
        self._out_of_room = len(self._unconfirmed) >= self._window
        return len(rows) == room and not self._out_of_room

    async def _get_to_know(self, conn: AsyncConnection, rows: Sequence[Pending]) -> None:
        """Which of the folders in `rows` are assignments; no trip to the server where all are known."""
        named = {
            place
            for row in rows
            if row.envelope is not None and (place := claimed_folder(row.envelope.event)) is not None
        }
        if unknown := named - self._assignments:
            self._assignments |= await courses.among(conn, unknown)

    def _message(self, row: Pending) -> BusMessage:
        """A row that this code cannot read goes to the dead letters, so that it blocks nobody."""
        if row.envelope is None:
            return _dead(row, row.error)
        place = claimed_folder(row.envelope.event)
        own_folder = place is not None and place not in self._assignments
        return to_message(row.envelope, row.pseudonym, own_folder=own_folder)

    def _confirmed(self, future: asyncio.Future[None]) -> None:
        if _failed(future) and _refusal(future) is None:
            self._failed = True
            self.wake()
        else:
            self._confirmations += 1
            self._some_confirmed.set()
            if self._confirmations >= self._window // TIDY_SHARE:
                self._enough_confirmed.set()

    async def _see_to_losses(self) -> None:
        """Once a message was lost all that were on their way with it go out again, in order.

        Only when the fate of each is known: a later one must not overtake one that may still fail.
        """
        if not self._failed and self._losses == self._bus.losses:
            return
        self._losses, self._failed = self._bus.losses, False
        if self._unconfirmed:
            await asyncio.wait(self._unconfirmed.values(), timeout=FATE_S)
        lost = {
            sequence
            for sequence, future in self._unconfirmed.items()
            if not future.done() or (_failed(future) and _refusal(future) is None)
        }
        if lost:
            log.error("relay.lost_on_the_way", events=len(lost), first=min(lost))
        self._let_go(lost)

    async def _forget(self) -> None:
        """Delete what the bus confirmed, beside publishing: what is new does not wait for it."""
        pause = TIDY_S
        while True:
            await self._some_confirmed.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TIDY_S):
                    await self._enough_confirmed.wait()
            self._some_confirmed.clear()
            self._enough_confirmed.clear()
            self._confirmations = 0
            try:
                await self._forget_confirmed()
            except BusClosed:
                return
            except Exception:
                log.exception("relay.failed", retry_in_s=pause, published=self._published)
                self._some_confirmed.set()
                pause = await _pause(pause)
            else:
                pause = TIDY_S

    async def _forget_confirmed(self) -> None:
        done: set[int] = set()
        for sequence, future in list(self._unconfirmed.items()):
            if not future.done():
                continue
            refusal = _refusal(future)
            if refusal is not None:
                await self._bus.put(_dead(self._rows[sequence], str(refusal)))
            elif _failed(future):
                continue
            done.add(sequence)
        if done:
            await self._db.retrying(lambda conn: outbox.delete(conn, done))
            self._let_go(done)
            # Asked now: the window may have become full while the rows were deleted.
            if self._out_of_room:
                self._out_of_room = False
                self.wake()

    def _let_go(self, sequences: set[int]) -> None:
        for sequence in sequences:
            self._unconfirmed.pop(sequence, None)
            self._rows.pop(sequence, None)

    async def _rest(self) -> None:
        # Not wait_for: before Python 3.12 it may swallow the cancellation that ends this task.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll_s):
                await self._woken.wait()


def _failed(future: asyncio.Future[None]) -> bool:
    return future.cancelled() or future.exception() is not None


def _refusal(future: asyncio.Future[None]) -> Refused | None:
    error = None if future.cancelled() else future.exception()
    return error if isinstance(error, Refused) else None


def _dead(row: Pending, reason: str) -> BusMessage:
    """Only the event's id travels: nobody knows which of its fields are personal. The log has it in full."""
    log.error("relay.dead_letter", event_id=row.event_id, sequence=row.sequence, reason=reason)
    return BusMessage(
        # A newer version's topic has no dead letters here, and would hold up everybody.
        topic=dead_letter(row.topic if row.topic in ALL_TOPICS else STRAYS),
        key=row.pseudonym,
        value=b"",
        headers={"learnflow-event-id": row.event_id.encode(), "learnflow-error": reason.encode()},
    )


async def _pause(seconds: float) -> float:
    """Sleep for about `seconds`, so that not all come back at once; how long the next pause is."""
    await asyncio.sleep(seconds * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries
    return min(seconds * 2, LONGEST_PAUSE_S)
