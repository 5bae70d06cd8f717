"""What carries events: the promises that every bus keeps, in-process or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Protocol

import msgspec


class BusClosed(Exception):
    """The bus was closed; nothing is carried any more."""


class Refused(Exception):
    """The bus will never take this message, however often it is tried; the text says why."""


class Lost(Exception):
    """Messages that were handed over before are lost: see to them first."""


MAX_MESSAGE_BYTES = 1_000_000
"""Largest value a bus takes. An event has at most a fifth of that; what is larger is none of ours."""


class BusMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message as the bus sees it."""

    topic: str
    key: str
    """`course:pseudonym`; messages with the same key stay in order."""
    value: bytes
    headers: dict[str, bytes] = {}


class Delivery(Protocol):
    """A message in the hands of one member of a group, until `ack` or `retry`."""

    @property
    def message(self) -> BusMessage:
        """What was published."""
        ...

    async def ack(self) -> None:
        """Done with: the group never gets it again. Twice is harmless."""
        ...

    async def retry(self) -> None:
        """Hand it back: the group gets it again, before anything later with its key."""
        ...


class Subscription(Protocol):
    """One member of a group. Iterating waits for the next message, and ends when it is closed."""

    def __aiter__(self) -> AsyncIterator[Delivery]: ...

    async def batch(self, limit: int) -> Sequence[Delivery]:
        """Waits for a message, and brings up to `limit` that are at hand, in order; none once it is closed.

        Several of one key may be among them: ack or hand back the earlier one first.
        """
        ...

    def lag(self) -> int:
        """Messages of the group's topics that this member has still to do, as far as it knows."""
        ...

    async def close(self) -> None:
        """Leave. What was neither acked nor handed back goes to the next member. Twice is harmless."""
        ...


class Bus(Protocol):
    """Called by the relay (`publish`), by consumers (`subscribe`) and by who started it (`close`)."""

    @property
    def losses(self) -> int:
        """How often messages were lost on their way. It grows before the first of their futures fails."""
        ...

    async def publish(self, message: BusMessage, *, losses: int | None = None) -> asyncio.Future[None]:
        """Hand a message over; waits while there is no room. BusClosed once the bus is closed.

        Who cares for order says which `losses` it has seen to: at another number the message is not taken,
        and Lost is raised, because it would overtake what was lost.

        The future is done when the bus will never lose the message: only then may the outbox forget it. It
        fails when the message may be lost; then every later one of the same key that is not done fails too.
        It fails with Refused for a message that the bus will never take; later ones are not concerned.
        """
        ...

    async def put(self, message: BusMessage) -> None:
        """Hand over a message that no outbox holds, and wait until the bus has it; Refused as above."""
        ...

    def subscribe(self, group: str, topics: Iterable[str], *, lasting: bool = True) -> Subscription:
        """Join `group`, which gets every message of `topics` from now on; one member gets each.

        At least once, in order per key: the next message of a key comes after the one before was acked.
        A group that is new may get older messages too, where the bus still has them. With `lasting` false
        nothing is remembered once this member leaves, and nothing older comes: for who only watches.
        ValueError for an unknown topic, or for a group that already exists with other topics.
        """
        ...

    async def close(self) -> None:
        """End all subscriptions."""
        ...
