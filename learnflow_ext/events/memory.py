"""The in-process bus.

It keeps nothing on disk, so its promise "will never be lost" means: every group has acked. Until then the row
stays in the outbox, and a crash costs nothing but a second delivery.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable

from learnflow_ext.events.bus import BusClosed, BusMessage
from learnflow_ext.events.topics import require_known

DEFAULT_CAPACITY = 1_000


class _Receipt:
    """Turns the acks of several groups into one future."""

    def __init__(self, groups: int) -> None:
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._missing = groups
        if not groups:
            self.future.set_result(None)

    def acked(self) -> None:
        self._missing -= 1
        if not self._missing and not self.future.done():
            self.future.set_result(None)


class _Group:
    """One group's messages: those that wait, in order, and the keys that are being worked on."""

    def __init__(self, topics: frozenset[str], capacity: int) -> None:
        self.topics = topics
        self.capacity = capacity
        self.waiting: deque[MemoryDelivery] = deque()
        self.out: set[MemoryDelivery] = set()
        self.changed = asyncio.Condition()
        self._count = 0

    def full(self) -> bool:
        return len(self.waiting) + len(self.out) >= self.capacity

    def add(self, message: BusMessage, receipt: _Receipt) -> None:
        self._count += 1
        self.waiting.append(MemoryDelivery(self, message, receipt, self._count))

    def take(self) -> MemoryDelivery | None:
        """The oldest message whose key nobody is working on; None when there is none."""
        busy = {delivery.message.key for delivery in self.out}
        for place, delivery in enumerate(self.waiting):
            if delivery.message.key not in busy:
                del self.waiting[place]
                self.out.add(delivery)
                return delivery
        return None

    def put_back(self, delivery: MemoryDelivery) -> None:
        """At its old place: nothing later of its key can have gone out meanwhile."""
        self.out.discard(delivery)
        place = next((i for i, other in enumerate(self.waiting) if other.number > delivery.number), None)
        self.waiting.insert(len(self.waiting) if place is None else place, delivery)


class MemoryDelivery:
    """A message in one member's hands."""

    def __init__(self, group: _Group, message: BusMessage, receipt: _Receipt, number: int) -> None:
        self._group = group
        self._message = message
        self._receipt = receipt
        self.number = number

    @property
    def message(self) -> BusMessage:
        """What was published."""
        return self._message

    async def ack(self) -> None:
        """Done with."""
        if self in self._group.out:
            self._group.out.discard(self)
            self._receipt.acked()
            await self._tell()

    async def retry(self) -> None:
        """Hand it back."""
        if self in self._group.out:
            self._group.put_back(self)
            await self._tell()

    async def _tell(self) -> None:
        async with self._group.changed:
            self._group.changed.notify_all()


class MemorySubscription:
    """One member of a group."""

    def __init__(self, group: _Group) -> None:
        self._group = group
        self._mine: set[MemoryDelivery] = set()
        self._closed = False

    def __aiter__(self) -> AsyncIterator[MemoryDelivery]:
        return self

    async def __anext__(self) -> MemoryDelivery:
        async with self._group.changed:
            while not self._closed:
                delivery = self._group.take()
                if delivery is not None:
                    self._mine = {mine for mine in self._mine if mine in self._group.out} | {delivery}
                    return delivery
                await self._group.changed.wait()
        raise StopAsyncIteration

    async def close(self) -> None:
        """Leave the group; the group stays, and keeps what comes for its next member."""
        self._closed = True
        for delivery in self._mine & self._group.out:
            self._group.put_back(delivery)
        self._mine.clear()
        async with self._group.changed:
            self._group.changed.notify_all()


class MemoryBus:
    """A `Bus` for one process; every method belongs to one event loop."""

    def __init__(self, *, capacity: int = DEFAULT_CAPACITY) -> None:
        """`capacity` is how many messages a group may have outstanding before publishers wait for it."""
        self._capacity = capacity
        self._groups: dict[str, _Group] = {}
        self._subscriptions: list[MemorySubscription] = []
        self._turns: dict[str, asyncio.Lock] = {}
        self._closed = False

    async def publish(self, message: BusMessage) -> asyncio.Future[None]:
        """Queue `message` for every group of its topic; BusClosed once the bus is closed."""
        require_known(message.topic)
        # A turn for each topic keeps the order of publishers. Not one for all: a consumer whose own group is
        # full must still be able to send a dead letter, or it could never make room.
        async with self._turns.setdefault(message.topic, asyncio.Lock()):
            groups = [group for group in self._groups.values() if message.topic in group.topics]
            receipt = _Receipt(len(groups))
            for group in groups:
                async with group.changed:
                    while group.full() and not self._closed:
                        await group.changed.wait()
                    if self._closed:
                        break
                    group.add(message, receipt)
                    group.changed.notify_all()
            if self._closed:
                raise BusClosed("The bus is closed.")
        return receipt.future

    def subscribe(self, group: str, topics: Iterable[str]) -> MemorySubscription:
        """Join `group`. It exists from here on: what is published before it is read waits for it."""
        wanted = frozenset(topics)
        for topic in wanted:
            require_known(topic)
        found = self._groups.setdefault(group, _Group(wanted, self._capacity))
        if found.topics != wanted:
            raise ValueError(f"The group {group!r} reads other topics.")
        subscription = MemorySubscription(found)
        self._subscriptions.append(subscription)
        return subscription

    async def close(self) -> None:
        """End all subscriptions, and fail who waits to publish. Receipts stay open: nothing was confirmed."""
        self._closed = True
        for subscription in self._subscriptions:
            await subscription.close()
        for group in self._groups.values():
            async with group.changed:
                group.changed.notify_all()
