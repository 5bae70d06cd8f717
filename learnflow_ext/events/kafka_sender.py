"""One producer and the thread that hears what became of its messages."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from learnflow_ext.events.bus import BusMessage, Refused

POLL_S = 0.1
FLUSH_S = 2.0

PERMANENT = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_RECORD,
    }
)
"""What says something about the message, not about the cluster."""


class Undelivered(ConnectionError):
    """The cluster did not take a message; it may be lost, or there twice when it is sent again."""


class Sender:
    """Made and used on one event loop. Once a message failed that was not to blame itself, it is spent."""

    def __init__(self, config: dict[str, Any], changed: Callable[[Sender], None]) -> None:
        """`changed` is called on the loop after messages were confirmed or failed: there is room again."""
        self.spent = False
        self._loop = asyncio.get_running_loop()
        self._changed = changed
        self._producer = Producer(config)
        self._stop = threading.Event()
        self._reports: list[tuple[asyncio.Future[None], KafkaError | None]] = []
        self._thread = threading.Thread(target=self._listen, name="kafka-sender", daemon=True)
        self._thread.start()

    def send(self, topic: str, message: BusMessage) -> asyncio.Future[None]:
        """Hand over; the future as `Bus.publish` has it. BufferError while there is no room."""
        future: asyncio.Future[None] = self._loop.create_future()
        try:
            self._producer.produce(
                topic,
                value=message.value,
                key=message.key.encode(),
                headers=list(message.headers.items()),
                on_delivery=functools.partial(self._heard, future),
            )
        except KafkaException as error:
            self._conclude(future, error.args[0])
        return future

    async def stop(self, *, purge: bool) -> None:
        """End the thread: after what is on its way arrived, or with `purge` at once, failing it."""
        if purge:
            self._producer.purge()
        self._stop.set()
        await asyncio.to_thread(self._thread.join)

    def _heard(self, future: asyncio.Future[None], error: KafkaError | None, _message: Message) -> None:
        self._reports.append((future, error))

    def _listen(self) -> None:
        while not self._stop.is_set():
            self._producer.poll(POLL_S)
            self._pass_on()
        self._producer.flush(FLUSH_S)
        self._pass_on()

    def _pass_on(self) -> None:
        """All reports in one call: a wake-up of the loop for each would cost more than the message."""
        if self._reports:
            reports, self._reports = self._reports, []
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._settle, reports)

    def _settle(self, reports: list[tuple[asyncio.Future[None], KafkaError | None]]) -> None:
        for future, error in reports:
            self._conclude(future, error)
        self._changed(self)

    def _conclude(self, future: asyncio.Future[None], error: KafkaError | None) -> None:
        if error is not None and error.code() not in PERMANENT:
            self.spent = True
        if future.done():
            return
        if error is None:
            future.set_result(None)
        elif error.code() in PERMANENT:
            future.set_exception(Refused(f"the broker refused it: {error.str()}"))
        else:
            future.set_exception(Undelivered(f"{error.name()}: {error.str()}"))
