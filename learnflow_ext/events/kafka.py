"""The bus on Kafka: what is published stays there, for consumers on any machine."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable

import structlog

from learnflow_ext.events.bus import MAX_MESSAGE_BYTES, BusClosed, BusMessage, Lost, Refused
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.kafka_sender import Sender
from learnflow_ext.events.kafka_subscription import KafkaSubscription
from learnflow_ext.events.topics import require_known

log = structlog.get_logger(__name__)


class KafkaBus:
    """A `Bus`; every method belongs to one event loop. Constructing it connects to nothing yet."""

    def __init__(self, cluster: KafkaCluster) -> None:
        """The topics must be there: see `events.kafka_topics`."""
        self._cluster = cluster
        self._sender: Sender | None = None
        self._spent = 0
        self._leaving: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._turn = asyncio.Lock()
        self._groups: dict[str, frozenset[str]] = {}
        self._subscriptions: list[KafkaSubscription] = []
        self._closed = False

    @property
    def losses(self) -> int:
        """How many producers are spent."""
        return self._spent + (self._sender is not None and self._sender.spent)

    async def publish(self, message: BusMessage, *, losses: int | None = None) -> asyncio.Future[None]:
        """Hand over. The future is done when all in-sync replicas have the message."""
        require_known(message.topic)
        if len(message.value) > MAX_MESSAGE_BYTES:
            refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            refused.set_exception(Refused(f"{len(message.value)} bytes are more than {MAX_MESSAGE_BYTES}"))
            return refused
        async with self._turn:
            while not self._closed:
                self._room.clear()
                if losses is not None and losses != self.losses:
                    raise Lost("Messages handed over before did not arrive.")
                try:
                    return self._usable_sender().send(self._cluster.prefix + message.topic, message)
                except BufferError:
                    await self._room.wait()
        raise BusClosed("The bus is closed.")

    async def put(self, message: BusMessage) -> None:
        """Hand over and wait until the broker has it."""
        await (await self.publish(message))

    def subscribe(self, group: str, topics: Iterable[str], *, lasting: bool = True) -> KafkaSubscription:
        """Join `group`; the first member of a new lasting one gets what the topics still hold."""
        wanted = frozenset(topics)
        for topic in wanted:
            require_known(topic)
        if self._groups.setdefault(group, wanted) != wanted:
            raise ValueError(f"The group {group!r} reads other topics.")
        name = group if lasting else f"{group}-{uuid.uuid4().hex[:12]}"
        subscription = KafkaSubscription(
            self._cluster.for_consumer(name, lasting=lasting),
            sorted(wanted),
            prefix=self._cluster.prefix,
            lasting=lasting,
        )
        self._subscriptions.append(subscription)
        return subscription

    async def close(self) -> None:
        """Leave all groups, give what is on its way a moment, and end all threads."""
        self._closed = True
        self._room.set()
        await asyncio.gather(*(subscription.close() for subscription in self._subscriptions))
        if self._sender is not None:
            await self._sender.stop(purge=False)
            self._sender = None
        if self._leaving:
            await asyncio.wait(self._leaving)

    def _usable_sender(self) -> Sender:
        if self._sender is not None and self._sender.spent:
            # A message was lost on the way: all after it fail too, so that it cannot be overtaken.
            log.warning("kafka.sender_replaced")
            self._retire(self._sender)
        if self._sender is None:
            self._sender = Sender(self._cluster.for_producer(), self._changed)
        return self._sender

    def _changed(self, sender: Sender) -> None:
        if sender.spent and sender is self._sender:
            self._retire(sender)
        self._room.set()

    def _retire(self, sender: Sender) -> None:
        self._sender = None
        self._spent += 1
        task = asyncio.get_running_loop().create_task(sender.stop(purge=True))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
