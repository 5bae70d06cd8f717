"""Requests that are being answered, so that a service which stops lets them end, and cuts none off unsaid."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol
from weakref import WeakSet

from learnflow_ext.contracts.errors import Unavailable

RESTARTING = "LearnFlow is being restarted. Please try again in a moment."
RESTARTING_CODE = 1012
"""What a socket is closed with: its service restarts, and the client may come back at once."""


class Socket(Protocol):
    """A websocket that somebody listens to."""

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Say goodbye with a code and a sentence."""
        ...


class Traffic:
    """What this process has in hand for clients."""

    def __init__(self) -> None:
        self.draining = False
        """Set when the service stops: a balancer should send nothing more."""
        self.over = False
        """Set when whatever still comes is refused."""
        # Weak: a client that leaves while it sends its body is never heard of again.
        self._requests: WeakSet[object] = WeakSet()
        self._limits: set[asyncio.Timeout] = set()
        self._sockets: set[Socket] = set()
        self._fewer = asyncio.Event()

    def begun(self, request: object) -> None:
        """A request has come. Unavailable when it is too late for one."""
        if self.over:
            raise Unavailable(RESTARTING, retry_after=2)
        self._requests.add(request)

    def ended(self, request: object) -> None:
        """Its answer was sent, or nobody waits for it."""
        self._requests.discard(request)
        self._fewer.set()

    def opened(self, socket: Socket) -> None:
        """Somebody listens; while the service stops they are sent away at once, to another."""
        self._sockets.add(socket)
        if self.draining:
            socket.close(RESTARTING_CODE, RESTARTING)

    def closed(self, socket: Socket) -> None:
        """Harmless when it was not there."""
        self._sockets.discard(socket)

    @asynccontextmanager
    async def limited(self) -> AsyncIterator[None]:
        """What may take long: Unavailable once it is too late, with whatever is in it cancelled."""
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._limits.add(limit)
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise Unavailable(RESTARTING, retry_after=2) from error
        finally:
            self._limits.discard(limit)

    def send_sockets_away(self) -> None:
        """Close them with the code for a restart: their pages open another at once."""
        for socket in tuple(self._sockets):
            socket.close(RESTARTING_CODE, RESTARTING)

    async def settle(self, seconds: float, at_last: float = 2.0) -> None:
        """Let what is being answered end. After `seconds` tell the rest to come again, for which there are
        `at_last` seconds more."""
        await self._emptied(seconds)
        self.over = True
        now = asyncio.get_running_loop().time()
        for limit in tuple(self._limits):
            limit.reschedule(now)
        await self._emptied(at_last)

    async def _emptied(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while self._requests:
                    self._fewer.clear()
                    await self._fewer.wait()
        except TimeoutError:
            return
