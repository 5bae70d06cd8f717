"""Messages at hand for a group: what waits, in order, and what is being worked on."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable

from learnflow_ext.events.bus import BusMessage


class ShelfDelivery:
    """A message in one member's hands."""

    def __init__(self, shelf: Shelf, message: BusMessage, number: int, acked: Callable[[], None]) -> None:
        """`number` is its place among the shelf's; `acked` is called once, when it is done with."""
        self._shelf = shelf
        self._message = message
        self._acked = acked
        self.number = number

    @property
    def message(self) -> BusMessage:
        """What was published."""
        return self._message

    async def ack(self) -> None:
        """Done with."""
        if self._shelf.let_go(self):
            self._acked()
            await self._shelf.tell()

    async def retry(self) -> None:
        """Hand it back."""
        if self._shelf.let_go(self):
            self._shelf.put_back(self)
            await self._shelf.tell()


class Shelf:
    """Belongs to one event loop. A key that somebody works on is left alone until that is acked."""

    def __init__(self) -> None:
        self.waiting: deque[ShelfDelivery] = deque()
        self.out: set[ShelfDelivery] = set()
        self.changed = asyncio.Condition()
        self._busy: Counter[str] = Counter()
        self._count = 0

    def __len__(self) -> int:
        return len(self.waiting) + len(self.out)

    def add(self, message: BusMessage, acked: Callable[[], None]) -> ShelfDelivery:
        """Put `message` behind the others. Who waits is told by `tell`."""
        self._count += 1
        delivery = ShelfDelivery(self, message, self._count, acked)
        self.waiting.append(delivery)
        return delivery

    def take(self, limit: int) -> list[ShelfDelivery]:
        """The oldest messages whose keys nobody is working on; several of a key may be among them."""
        taken: list[ShelfDelivery] = []
        if not self._busy:
            while self.waiting and len(taken) < limit:
                taken.append(self.waiting.popleft())
        else:
            left: deque[ShelfDelivery] = deque()
            while self.waiting and len(taken) < limit:
                delivery = self.waiting.popleft()
                (left if delivery.message.key in self._busy else taken).append(delivery)
            self.waiting.extendleft(reversed(left))
        for delivery in taken:
            self.out.add(delivery)
            self._busy[delivery.message.key] += 1
        return taken

    async def take_some(self, limit: int, closed: Callable[[], bool]) -> list[ShelfDelivery]:
        """As `take`, but waits for one; none once `closed` holds and somebody was told."""
        async with self.changed:
            while not closed():
                taken = self.take(limit)
                if taken:
                    return taken
                await self.changed.wait()
        return []

    def let_go(self, delivery: ShelfDelivery) -> bool:
        """Nobody works on it any more; False when nobody did."""
        if delivery not in self.out:
            return False
        self.out.discard(delivery)
        self._busy[delivery.message.key] -= 1
        if not self._busy[delivery.message.key]:
            del self._busy[delivery.message.key]
        return True

    def put_back(self, delivery: ShelfDelivery) -> None:
        """At its old place: nothing later of its key can have gone out meanwhile."""
        place = next((i for i, other in enumerate(self.waiting) if other.number > delivery.number), None)
        self.waiting.insert(len(self.waiting) if place is None else place, delivery)

    def drop(self, unwanted: Callable[[ShelfDelivery], bool]) -> None:
        """Forget those messages, waiting or in somebody's hands: their acks then do nothing."""
        self.waiting = deque(delivery for delivery in self.waiting if not unwanted(delivery))
        for delivery in [delivery for delivery in self.out if unwanted(delivery)]:
            self.let_go(delivery)

    async def tell(self) -> None:
        """Wake all who wait for messages, or for room."""
        async with self.changed:
            self.changed.notify_all()
