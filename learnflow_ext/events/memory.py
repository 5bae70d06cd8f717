"""The in-process bus.

It keeps nothing on disk, so its promise "will never be lost" means: every group has acked. Until then the row
stays in the outbox, and a crash costs nothing but a second delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from learnflow_ext.events.bus import MAX_MESSAGE_BYTES, BusClosed, BusMessage, Refused
from learnflow_ext.events.shelf import Shelf, ShelfDelivery
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
    """What one group has still to do."""

    def __init__(self, topics: frozenset[str], capacity: int) -> None:
        self.topics = topics
        self.shelf = Shelf()
        self._capacity = capacity
        self.receipts: dict[ShelfDelivery, _Receipt] = {}

    def full(self) -> bool:
        return len(self.shelf) >= self._capacity

    def add(self, message: BusMessage, receipt: _Receipt) -> None:
        def acked() -> None:
            del self.receipts[delivery]
            receipt.acked()

        delivery = self.shelf.add(message, acked)
        self.receipts[delivery] = receipt

    def dissolve(self) -> None:
        """Nobody waits for this group any more."""
        self.shelf.drop(lambda _: True)
        for receipt in self.receipts.values():
            receipt.acked()
        self.receipts.clear()


class MemorySubscription:
    """One member of a group."""

    def __init__(self, bus: MemoryBus, name: str, group: _Group, *, lasting: bool) -> None:
        self._bus = bus
        self._name = name
        self._group = group
        self._lasting = lasting
        self._mine: set[ShelfDelivery] = set()
        self._closed = False

    def __aiter__(self) -> AsyncIterator[ShelfDelivery]:
        return self

    async def __anext__(self) -> ShelfDelivery:
        for delivery in await self.batch(1):
            return delivery
        raise StopAsyncIteration

    async def batch(self, limit: int) -> list[ShelfDelivery]:
        """Wait for messages; none once it is closed."""
        shelf = self._group.shelf
        deliveries = await shelf.take_some(limit, lambda: self._closed)
        self._mine = (self._mine & shelf.out) | set(deliveries)
        return deliveries

    def lag(self) -> int:
        """Messages that the group has not acked."""
        return len(self._group.shelf)

    async def close(self) -> None:
        """Leave the group; a lasting one stays, and keeps what comes for its next member."""
        if self._closed:
            return
        self._closed = True
        shelf = self._group.shelf
        for delivery in sorted(self._mine & shelf.out, key=lambda one: one.number):
            shelf.let_go(delivery)
            shelf.put_back(delivery)
        self._mine.clear()
        if not self._lasting:
            self._bus.forget(self._name)
        await shelf.tell()


class MemoryBus:
    """A `Bus` for one process; every method belongs to one event loop."""

    def __init__(self, *, capacity: int = DEFAULT_CAPACITY) -> None:
        """`capacity` is how many messages a group may have outstanding before publishers wait for it."""
        self._capacity = capacity
        self._groups: dict[str, _Group] = {}
        self._subscriptions: list[MemorySubscription] = []
        self._turns: dict[str, asyncio.Lock] = {}
        self._closed = False

    losses = 0
    """Nothing is lost between two parts of one process."""

    async def publish(self, message: BusMessage, *, losses: int | None = None) -> asyncio.Future[None]:
        """Queue `message` for every group of its topic; BusClosed once the bus is closed."""
        require_known(message.topic)
        if len(message.value) > MAX_MESSAGE_BYTES:
            refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            refused.set_exception(Refused(f"{len(message.value)} bytes are more than {MAX_MESSAGE_BYTES}"))
            return refused
        # A turn for each topic keeps the order of publishers. Not one for all: a consumer whose own group is
        # full must still be able to send a dead letter, or it could never make room.
        async with self._turns.setdefault(message.topic, asyncio.Lock()):
            groups = [group for group in self._groups.values() if message.topic in group.topics]
            receipt = _Receipt(len(groups))
            for group in groups:
                changed = group.shelf.changed
                async with changed:
                    while group.full() and not self._closed and group in self._groups.values():
                        await changed.wait()
                    if self._closed:
                        break
                    if group in self._groups.values():
                        group.add(message, receipt)
                        changed.notify_all()
                    else:
                        receipt.acked()
            if self._closed:
                raise BusClosed("The bus is closed.")
        return receipt.future

    async def put(self, message: BusMessage) -> None:
        """Queue `message`. It is as safe then as it gets here: nothing is kept on disk."""
        future = await self.publish(message)
        if future.done():
            future.result()

    def subscribe(self, group: str, topics: Iterable[str], *, lasting: bool = True) -> MemorySubscription:
        """Join `group`. It exists from here on: what is published before it is read waits for it."""
        wanted = frozenset(topics)
        for topic in wanted:
            require_known(topic)
        found = self._groups.setdefault(group, _Group(wanted, self._capacity))
        if found.topics != wanted:
            raise ValueError(f"The group {group!r} reads other topics.")
        subscription = MemorySubscription(self, group, found, lasting=lasting)
        self._subscriptions.append(subscription)
        return subscription

    def forget(self, group: str) -> None:
        """End a group for good."""
        found = self._groups.pop(group, None)
        if found is not None:
            found.dissolve()

    async def close(self) -> None:
        """End all subscriptions, and fail who waits to publish. Receipts stay open: nothing was confirmed."""
        self._closed = True
        groups = list(self._groups.values())
        for group in groups:
            # What is open stays open, also where a watcher's leaving would have counted as an ack.
            group.receipts.clear()
        for subscription in self._subscriptions:
            await subscription.close()
        for group in groups:
            await group.shelf.tell()
