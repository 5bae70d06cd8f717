"""The relay: takes events from the outbox to the bus. One runs at a time; it alone publishes events."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from learnflow_ext.events.bus import Bus, BusClosed, BusMessage
from learnflow_ext.events.topics import dead_letter
from learnflow_ext.events.wire import to_message
from learnflow_ext.store import outbox
from learnflow_ext.store.database import Database
from learnflow_ext.store.outbox import Pending

WINDOW = 500
"""Events handed to the bus and not confirmed yet; above it the relay waits."""
POLL_S = 1.0
"""How long an event of another process waits at most; events of this process wake the relay."""
TIDY_S = 0.05
"""How long a confirmed row may stay, so that several go in one transaction."""
LONGEST_PAUSE_S = 10.0

log = structlog.get_logger(__name__)


class PublishFailed(Exception):
    """The bus reported that messages may be lost; they are sent again."""


class Relay:
    """Publishes what `db`'s outbox holds to `bus`, in order, and deletes what the bus confirmed."""

    def __init__(self, db: Database, bus: Bus, *, window: int = WINDOW, poll_s: float = POLL_S) -> None:
        """Events recorded through `db` wake the relay by themselves."""
        self._db = db
        self._bus = bus
        self._window = window
        self._poll_s = poll_s
        self._woken = asyncio.Event()
        self._published = 0
        """Sequence of the last event handed over, for the log."""
        self._unconfirmed: dict[int, asyncio.Future[None]] = {}
        """By sequence: what the bus has in hand. Everything else in the outbox is still to do."""
        self._tidying: asyncio.TimerHandle | None = None
        db.on_recorded(self.wake)

    def wake(self) -> None:
        """Look at the outbox now."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled, or the bus is closed. Trouble with either end is logged and waited out."""
        pause = TIDY_S
        while True:
            self._woken.clear()
            try:
                more = await self._publish_some()
                await self._forget_confirmed()
            except BusClosed:
                log.info("relay.ended", published=self._published)
                return
            except Exception:
                # The boundary of a task that nothing may end: events would pile up unseen.
                log.exception("relay.failed", retry_in_s=pause, published=self._published)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
                continue
            pause = TIDY_S
            if not more:
                await self._rest()

    async def _publish_some(self) -> bool:
        """Hand over what there is room for; True when there may be more at once."""
        room = self._window - len(self._unconfirmed)
        if room <= 0:
            return False
        async with self._db.connect() as conn:
            rows = await outbox.pending(conn, room, skip=self._unconfirmed.keys())
        for row in rows:
            future = await self._bus.publish(_message(row))
            self._unconfirmed[row.sequence] = future
            self._published = row.sequence
            future.add_done_callback(self._confirmed)
        return len(rows) == room and len(self._unconfirmed) < self._window

    def _confirmed(self, future: asyncio.Future[None]) -> None:
        if _failed(future) or len(self._unconfirmed) >= self._window:
            self.wake()
        elif self._tidying is None:
            self._tidying = asyncio.get_running_loop().call_later(TIDY_S, self._tidy)

    def _tidy(self) -> None:
        self._tidying = None
        self.wake()

    async def _forget_confirmed(self) -> None:
        done = {sequence: future for sequence, future in self._unconfirmed.items() if future.done()}
        lost = [sequence for sequence, future in done.items() if _failed(future)]
        kept = done.keys() - set(lost)
        if kept:
            async with self._db.begin() as conn:
                await outbox.delete(conn, kept)
            for sequence in kept:
                del self._unconfirmed[sequence]
        if lost:
            # From the first lost one on everything goes out again: doubles are cheap, another order is not.
            for sequence in [sequence for sequence in self._unconfirmed if sequence >= min(lost)]:
                del self._unconfirmed[sequence]
            raise PublishFailed(f"The bus did not take {len(lost)} events, the first is {min(lost)}.")

    async def _rest(self) -> None:
        # Not wait_for: before Python 3.12 it may swallow the cancellation that ends this task.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll_s):
                await self._woken.wait()


def _failed(future: asyncio.Future[None]) -> bool:
    return future.cancelled() or future.exception() is not None


def _message(row: Pending) -> BusMessage:
    """A row that this code cannot read goes to the dead letters, so that it blocks nobody.

    Only its id travels, because nobody knows which of its fields are personal. The log has it in full.
    """
    if row.envelope is not None:
        return to_message(row.envelope, row.pseudonym)
    log.error("relay.dead_letter", event_id=row.event_id, sequence=row.sequence, reason=row.error)
    return BusMessage(
        topic=dead_letter(row.topic),
        key=row.pseudonym,
        value=b"",
        headers={"learnflow-event-id": row.event_id.encode(), "learnflow-error": row.error.encode()},
    )
