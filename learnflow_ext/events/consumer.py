"""The base of every consumer: each event has its effect exactly once, in order per student."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import Envelope, Event
from learnflow_ext.events.bus import MAX_MESSAGE_BYTES, Bus, BusClosed, BusMessage, Delivery, Refused
from learnflow_ext.events.topics import dead_letter
from learnflow_ext.events.wire import WireError, from_message
from learnflow_ext.store import consumed, people
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database, DatabaseUnavailable

Handle = Callable[[AsyncConnection, Envelope], Awaitable[None]]
"""Writes the effect of an event through the connection, and nowhere else. `event.student` is a pseudonym.

It may be called again for the same event, after the transaction it wrote in was undone.
"""

Wants = Callable[[Event], bool]
"""Whether an event can have an effect at all, from the event alone and always with the same answer."""

TRIES = 5
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0
AT_ONCE = 50
"""Events that share a transaction while all goes well."""
MAX_AHEAD = timedelta(hours=1)
"""Clocks differ; an event further in the future than this was not recorded by one of ours."""
BURIED_BYTES = 64_000
"""What a dead letter keeps of a message that no bus would take whole."""
REASON_CHARS = 1_000

log = structlog.get_logger(__name__)


def everything(_event: Event) -> bool:
    """Every event may have an effect."""
    return True


class _HandlerFailed(Exception):
    """In a shared transaction: which event it was; the cause says why."""

    def __init__(self, event_id: str) -> None:
        super().__init__(event_id)
        self.event_id = event_id


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
        wants: Wants = everything,
        tries: int = TRIES,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """Joins the group at once, so that nothing published from here on is missed: construct consumers
        before the relay runs. After `tries` failures that no outage explains, a message goes to the dead
        letters. What it does not want is passed over and noted nowhere: without an effect there is none to
        keep from happening twice.
        """
        self.group = group
        self._db = db
        self._bus = bus
        self._handle = handle
        self._wants = wants
        self._tries = tries
        self._first_pause_s = first_pause_s
        self._subscription = bus.subscribe(group, topics)

    def lag(self) -> int:
        """Messages that wait for this member, as far as it knows."""
        return self._subscription.lag()

    async def run(self) -> None:
        """Until cancelled, or the bus is closed. No message ends it."""
        try:
            while batch := await self._subscription.batch(AT_ONCE):
                await self._consume_all(batch)
                # What is passed over waits for nothing: a long backlog of it would keep all others waiting.
                await asyncio.sleep(0)
        except BusClosed:
            log.info("consumer.ended", group=self.group)
        finally:
            await self._subscription.close()

    async def _consume_all(self, batch: Sequence[Delivery]) -> None:
        good: list[tuple[Delivery, Envelope]] = []
        for delivery in batch:
            try:
                envelope = _read(delivery.message)
            except WireError as error:
                await self._bury(delivery.message, str(error), event_id="")
                await delivery.ack()
                continue
            if self._wants(envelope.event):
                good.append((delivery, envelope))
            else:
                await delivery.ack()
        failed: dict[str, Exception] = {}
        if len(good) > 1:
            try:
                undone = await self._apply_all([envelope for _, envelope in good])
            except _HandlerFailed as error:
                # The others are not to blame: from here on each gets a transaction of its own.
                undone = {envelope.id for _, envelope in good}
                if isinstance(error.__cause__, Exception):
                    failed[error.event_id] = error.__cause__
            except DatabaseUnavailable:
                undone = {envelope.id for _, envelope in good}
            except Exception:
                # Something in one of them that the database does not take: which one shows alone.
                log.warning("consumer.batch_failed", group=self.group, exc_info=True)
                undone = {envelope.id for _, envelope in good}
            for delivery, envelope in good:
                if envelope.id not in undone:
                    await delivery.ack()
            good = [(delivery, envelope) for delivery, envelope in good if envelope.id in undone]
        for delivery, envelope in good:
            await self._consume(delivery, envelope, failed.pop(envelope.id, None))

    async def _apply_all(self, envelopes: Sequence[Envelope]) -> set[str]:
        """All effects and notes in one transaction; ids of what must be looked at one by one."""
        async with self._db.begin() as conn:
            await people.take_turns(conn, {envelope.event.student for envelope in envelopes})
            before = await consumed.note_all(conn, self.group, [envelope.id for envelope in envelopes])
            seen = set(before)
            for envelope in envelopes:
                if envelope.id in seen:
                    continue
                seen.add(envelope.id)
                try:
                    await self._handle(conn, envelope)
                except Exception as error:
                    raise _HandlerFailed(envelope.id) from error
        return {event_id for event_id, outcome in before.items() if outcome == "dead"}

    async def _consume(self, delivery: Delivery, envelope: Envelope, failure: Exception | None) -> None:
        """Until it took effect or is buried. `failure` is what a first try ended with, if there was one."""
        tried, pause = 0, self._first_pause_s
        while True:
            try:
                if failure is not None:
                    error, failure = failure, None
                    raise error
                outcome = await self._apply(envelope)
                break
            except DatabaseUnavailable:
                # The message is not to blame, and gets as many chances as it takes.
                log.warning("consumer.waits", group=self.group, event_id=envelope.id, retry_in_s=pause)
            except Exception as error:
                tried += 1
                # The boundary of a task that no handler may end. Later events of this student wait meanwhile.
                log.warning(
                    "consumer.handler_failed",
                    group=self.group,
                    event_id=envelope.id,
                    type=envelope.type,
                    tried=tried,
                    exc_info=True,
                )
                if tried >= self._tries and await self._condemn(envelope, error):
                    outcome = "dead"
                    break
            pause = await _pause(pause)
        if outcome == "dead":
            await self._bury(delivery.message, "the handler failed each time", event_id=envelope.id)
        await delivery.ack()

    async def _apply(self, envelope: Envelope) -> consumed.Outcome:
        """The effect and its note in one transaction. A double has no effect: its first outcome counts."""
        async with self._db.begin() as conn:
            before = await consumed.note(conn, self.group, envelope.id)
            if before is None:
                await self._handle(conn, envelope)
            return before or "done"

    async def _condemn(self, envelope: Envelope, error: Exception) -> bool:
        """Note the message as dead; False while that cannot be written."""
        try:
            async with self._db.begin() as conn:
                await consumed.note(conn, self.group, envelope.id, "dead", f"{type(error).__name__}: {error}")
        except DatabaseUnavailable:
            return False
        return True

    async def _bury(self, message: BusMessage, reason: str, *, event_id: str) -> None:
        """Tell the log and the dead-letter topic, which has it when this returns."""
        log.error(
            "consumer.dead_letter",
            group=self.group,
            topic=message.topic,
            key=message.key,
            event_id=event_id,
            bytes=len(message.value),
            reason=reason,
        )
        letter, pause = _letter(message, self.group, reason), self._first_pause_s
        while True:
            try:
                return await self._bus.put(letter)
            except BusClosed:
                raise
            except Refused as error:
                # The line above has told all there is; nothing may hold up the others for ever.
                log.error("consumer.dead_letter_refused", group=self.group, reason=str(error))
                return
            except Exception as error:
                log.warning("consumer.dead_letter_waits", group=self.group, error=str(error))
                pause = await _pause(pause)


def _read(message: BusMessage) -> Envelope:
    """WireError for what is none of our events, and for one that is not from our time."""
    if len(message.value) > MAX_MESSAGE_BYTES:
        raise WireError(f"{len(message.value)} bytes are more than {MAX_MESSAGE_BYTES}")
    envelope = from_message(message)
    if datetime.fromisoformat(envelope.time) > now() + MAX_AHEAD:
        raise WireError(f"its time {envelope.time} lies in the future")
    return envelope


def _letter(message: BusMessage, group: str, reason: str) -> BusMessage:
    """With the message as it came, if it is of a size that a bus takes, and else its beginning."""
    headers, value = message.headers, message.value
    if sum(len(name) + len(content) for name, content in headers.items()) > BURIED_BYTES // 4:
        headers = {}
    if len(value) > MAX_MESSAGE_BYTES:
        headers = {**headers, "learnflow-cut-from-bytes": str(len(value)).encode()}
        value = value[:BURIED_BYTES]
    return BusMessage(
        topic=dead_letter(message.topic),
        key=message.key,
        value=value,
        headers={
            **headers,
            "learnflow-group": group.encode(),
            "learnflow-error": reason[:REASON_CHARS].encode(errors="replace"),
        },
    )


async def _pause(seconds: float) -> float:
    """Sleep for about `seconds`, so that not all come back at once; how long the next pause is."""
    await asyncio.sleep(seconds * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries
    return min(seconds * 2, LONGEST_PAUSE_S)
