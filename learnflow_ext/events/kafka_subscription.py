"""One member of a consumer group on Kafka, and the thread that reads for it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any, cast

import structlog
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from learnflow_ext.events.bus import BusMessage
from learnflow_ext.events.shelf import Shelf, ShelfDelivery

CAPACITY = 2_000
"""Messages at hand; above it reading waits, below half of it goes on."""
PATIENCE_S = 1.0
"""How long reading just waits for room. Then it pauses the partitions and polls on, so that the group sees us
alive; pausing throws away what was fetched ahead, so it is not the first thing to do."""
AT_ONCE = 500
POLL_S = 0.1
COMMIT_EVERY_S = 0.1
LAG_EVERY_S = 1.0
GRACE_S = 5.0
"""How long work in hand may take when its partition goes to another member."""
COMPLAIN_EVERY_S = 60.0

Place = tuple[str, int]
"""Topic, as the broker calls it, and partition."""

log = structlog.get_logger(__name__)


class _Tracker:
    """Which offsets of one partition are done: what may be committed is what has no gap before it."""

    def __init__(self) -> None:
        self._open: deque[int] = deque()
        self._done: set[int] = set()

    def came(self, offset: int) -> None:
        self._open.append(offset)

    def finished(self, offset: int) -> int | None:
        """Note it; the offset to commit now, None when something before it is still open."""
        self._done.add(offset)
        reached = None
        while self._open and self._open[0] in self._done:
            first = self._open.popleft()
            self._done.remove(first)
            reached = first + 1
        return reached


class KafkaSubscription:
    """Made and used on one event loop; the thread touches only what `_lock` guards, and the consumer."""

    def __init__(
        self, config: dict[str, Any], topics: Iterable[str], *, prefix: str = "", lasting: bool = True
    ) -> None:
        """`topics` without `prefix`, which the broker's names have. `lasting`: offsets are remembered."""
        self.group = str(config["group.id"])
        self._prefix = prefix
        self._lasting = lasting
        self._loop = asyncio.get_running_loop()
        self._shelf = Shelf()
        self._places: dict[ShelfDelivery, Place] = {}
        self._trackers: dict[Place, _Tracker] = {}
        self._lock = threading.Lock()
        self._due: dict[Place, int] = {}
        self._at_hand = 0
        self._room = threading.Event()
        self._unread = 0
        self._positions: dict[Place, int] = {}
        self._closed = False
        self._quiet_until = 0.0
        self._consumer = Consumer(config)
        self._consumer.subscribe(
            [prefix + topic for topic in topics], on_revoke=self._revoked, on_lost=self._lost
        )
        self._thread = threading.Thread(target=self._read, name=f"kafka-{self.group}", daemon=True)
        self._thread.start()

    def __aiter__(self) -> AsyncIterator[ShelfDelivery]:
        return self

    async def __anext__(self) -> ShelfDelivery:
        for delivery in await self.batch(1):
            return delivery
        raise StopAsyncIteration

    async def batch(self, limit: int) -> list[ShelfDelivery]:
        """Wait for messages; none once it is closed."""
        return await self._shelf.take_some(limit, lambda: self._closed)

    def lag(self) -> int:
        """Messages at hand, and those of our partitions that are not read yet."""
        return len(self._shelf) + self._unread

    async def close(self) -> None:
        """Commit what was acked and leave the group; what is in hand goes to the next member."""
        self._closed = True
        await self._shelf.tell()
        while self._thread.is_alive():
            # Not to_thread alone: the thread may wait for this loop.
            await asyncio.to_thread(self._thread.join, POLL_S)

    # --- on the loop ------------------------------------------------------------------------------

    def _arrived(self, messages: list[tuple[Place, int, BusMessage]]) -> None:
        for place, offset, message in messages:
            tracker = self._trackers.setdefault(place, _Tracker())
            tracker.came(offset)
            self._add(place, offset, message, tracker)
        self._count()

    def _ring(self) -> None:
        self._told = self._loop.create_task(self._shelf.tell())

    def _add(self, place: Place, offset: int, message: BusMessage, tracker: _Tracker) -> None:
        def acked() -> None:
            self._places.pop(delivery, None)
            reached = tracker.finished(offset)
            if reached is not None and self._trackers.get(place) is tracker:
                with self._lock:
                    self._due[place] = reached
            self._count()

        delivery = self._shelf.add(message, acked)
        self._places[delivery] = place

    def _count(self) -> None:
        self._at_hand = len(self._shelf)
        if self._at_hand <= CAPACITY // 2:
            self._room.set()

    async def _give_up(self, places: set[Place], grace_s: float) -> None:
        """Hand out nothing more of `places`, wait for what is in hand, then forget them."""

        def theirs(delivery: ShelfDelivery) -> bool:
            return self._places.get(delivery) in places

        self._shelf.drop(lambda delivery: delivery not in self._shelf.out and theirs(delivery))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s), self._shelf.changed:
                while not self._closed and any(theirs(delivery) for delivery in self._shelf.out):
                    await self._shelf.changed.wait()
        self._shelf.drop(theirs)
        self._places = {delivery: place for delivery, place in self._places.items() if place not in places}
        for place in places:
            self._trackers.pop(place, None)
        self._count()

    # --- on the thread ----------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            committed = looked = time.monotonic()
            paused = False
            while not self._closed:
                first = self._consumer.poll(POLL_S)
                if first is not None:
                    # Before the next call, within which its partition may go to another member.
                    self._hand_over([first])
                    self._hand_over(self._consumer.consume(AT_ONCE, 0))
                    # Once for all of them: who waits would else begin with the first alone, and the others
                    # would wait for its transaction.
                    self._loop.call_soon_threadsafe(self._ring)
                now = time.monotonic()
                if now - committed >= COMMIT_EVERY_S:
                    self._commit(asynchronous=True)
                    committed = now
                if now - looked >= LAG_EVERY_S:
                    self._look_at_lag()
                    looked = now
                paused = self._pause_or_resume(paused)
        except Exception:
            # The boundary of a thread: its end must not go unnoticed, and the member must not hang.
            log.exception("kafka.reader_failed", group=self.group)
        finally:
            self._closed = True
            with contextlib.suppress(KafkaException):
                self._commit(asynchronous=False)
            self._consumer.close()
            if not self._loop.is_closed():
                with contextlib.suppress(RuntimeError):
                    asyncio.run_coroutine_threadsafe(self._shelf.tell(), self._loop)

    def _hand_over(self, messages: list[Message]) -> None:
        good = []
        for message in messages:
            error = message.error()
            if error is not None:
                self._complain(error.name(), error.str())
                continue
            place = (str(message.topic()), int(message.partition() or 0))
            offset = int(message.offset() or 0)
            self._positions[place] = offset + 1
            good.append((place, offset, self._message(message)))
        if good:
            self._at_hand += len(good)
            self._loop.call_soon_threadsafe(self._arrived, good)

    def _message(self, message: Message) -> BusMessage:
        pairs = cast("list[tuple[str, bytes | None]]", message.headers() or [])
        headers = {name: value or b"" for name, value in pairs}
        return BusMessage(
            topic=str(message.topic()).removeprefix(self._prefix),
            key=(message.key() or b"").decode(errors="replace"),
            value=message.value() or b"",
            headers=headers,
        )

    def _complain(self, error: str, detail: str) -> None:
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + COMPLAIN_EVERY_S
            log.error(
                "kafka.cannot_read",
                group=self.group,
                error=error,
                detail=detail,
                hint="`learnflow topics check` tells whether the topics are there",
            )

    def _commit(self, *, asynchronous: bool) -> None:
        with self._lock:
            due, self._due = self._due, {}
        if due and self._lasting:
            offsets = [TopicPartition(topic, number, offset) for (topic, number), offset in due.items()]
            try:
                if asynchronous:
                    self._consumer.commit(offsets=offsets, asynchronous=True)
                else:
                    self._consumer.commit(offsets=offsets, asynchronous=False)
            except KafkaException as error:
                # The effects are noted in the database: what comes again has none.
                log.warning("kafka.not_committed", group=self.group, error=str(error))

    def _pause_or_resume(self, paused: bool) -> bool:
        if self._at_hand >= CAPACITY:
            self._room.clear()
            if not paused and (self._at_hand <= CAPACITY // 2 or self._room.wait(PATIENCE_S)):
                return False
            self._consumer.pause(self._consumer.assignment())
            return True
        if paused and self._at_hand <= CAPACITY // 2:
            self._consumer.resume(self._consumer.assignment())
            return False
        return paused

    def _look_at_lag(self) -> None:
        unread = 0
        for place, position in list(self._positions.items()):
            with contextlib.suppress(KafkaException):
                _, high = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
                unread += max(0, high - position)
        self._unread = unread

    def _revoked(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._leave(partitions, 0.0 if self._closed else GRACE_S)
        self._commit(asynchronous=False)

    def _lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Another member has them already: our offsets count no more."""
        self._leave(partitions, 0.0)
        with self._lock:
            for partition in partitions:
                self._due.pop((partition.topic, partition.partition), None)

    def _leave(self, partitions: list[TopicPartition], grace_s: float) -> None:
        places = {(partition.topic, partition.partition) for partition in partitions}
        for place in places:
            self._positions.pop(place, None)
        if self._loop.is_closed():
            return
        leaving = asyncio.run_coroutine_threadsafe(self._give_up(places, grace_s), self._loop)
        with contextlib.suppress(concurrent.futures.TimeoutError):
            leaving.result(grace_s + 1)
