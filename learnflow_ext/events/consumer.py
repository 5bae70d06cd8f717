"""The base of every consumer: each event has its effect exactly once, in order per student."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import Envelope
from learnflow_ext.events.bus import Bus, BusClosed, BusMessage, Delivery
from learnflow_ext.events.topics import dead_letter
from learnflow_ext.events.wire import WireError, from_message
from learnflow_ext.store import consumed
from learnflow_ext.store.database import Database, DatabaseUnavailable

Handle = Callable[[AsyncConnection, Envelope], Awaitable[None]]
"""Writes the effect of an event through the connection, and nowhere else. `event.student` is a pseudonym."""

TRIES = 5
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0

log = structlog.get_logger(__name__)


class Consumer:
    """One member of a consumer group."""

    def __init__(
        self,
        db: Database,
        bus: Bus,
        group: str,
        topics: Iterable[str],
        handle: Handle,
        *,
        tries: int = TRIES,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """Joins the group at once, so that nothing published from here on is missed: construct consumers
        before the relay runs. After `tries` failures that no outage explains, a message goes to the dead
        letters.
        """
        self._db = db
        self._bus = bus
        self._group = group
        self._handle = handle
        self._tries = tries
        self._first_pause_s = first_pause_s
        self._subscription = bus.subscribe(group, topics)

    async def run(self) -> None:
        """Until cancelled, or the bus is closed. No message ends it."""
        try:
            async for delivery in self._subscription:
                await self._consume(delivery)
        except BusClosed:
            log.info("consumer.ended", group=self._group)
        finally:
            await self._subscription.close()

    async def _consume(self, delivery: Delivery) -> None:
        try:
            envelope = from_message(delivery.message)
        except WireError as error:
            await self._bury(delivery.message, str(error), event_id="")
            await delivery.ack()
            return
        tried, pause = 0, self._first_pause_s
        while True:
            try:
                outcome = await self._apply(envelope)
                break
            except DatabaseUnavailable:
                # The message is not to blame, and gets as many chances as it takes.
                log.warning("consumer.waits", group=self._group, event_id=envelope.id, retry_in_s=pause)
            except Exception as error:
                tried += 1
                # The boundary of a task that no handler may end. Later events of this student wait meanwhile.
                log.warning(
                    "consumer.handler_failed",
                    group=self._group,
                    event_id=envelope.id,
                    type=envelope.type,
                    tried=tried,
                    exc_info=True,
                )
                if tried >= self._tries and await self._condemn(envelope, error):
                    outcome = "dead"
                    break
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
        if outcome == "dead":
            await self._bury(delivery.message, "the handler failed each time", event_id=envelope.id)
        await delivery.ack()

    async def _apply(self, envelope: Envelope) -> consumed.Outcome:
        """The effect and its note in one transaction. A double has no effect: its first outcome counts."""
        async with self._db.begin() as conn:
            before = await consumed.note(conn, self._group, envelope.id)
            if before is None:
                await self._handle(conn, envelope)
            return before or "done"

    async def _condemn(self, envelope: Envelope, error: Exception) -> bool:
        """Note the message as dead; False while that cannot be written."""
        try:
            async with self._db.begin() as conn:
                await consumed.note(
                    conn, self._group, envelope.id, "dead", f"{type(error).__name__}: {error}"
                )
        except DatabaseUnavailable:
            return False
        return True

    async def _bury(self, message: BusMessage, reason: str, *, event_id: str) -> None:
        """Tell the log and the dead-letter topic."""
        log.error(
            "consumer.dead_letter",
            group=self._group,
            topic=message.topic,
            key=message.key,
            event_id=event_id,
            reason=reason,
        )
        await self._bus.publish(
            BusMessage(
                topic=dead_letter(message.topic),
                key=message.key,
                value=message.value,
                headers={
                    **message.headers,
                    "learnflow-group": self._group.encode(),
                    "learnflow-error": reason.encode(),
                },
            )
        )
