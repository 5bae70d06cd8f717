"""Warm sandboxes: trusted functions that start inside a fresh sandbox at once, with a channel out."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

import msgspec

from learnflow_ext.contracts.runner import Limit, RunLimits


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a sandbox ended, as seen from outside: nothing of it is the word of the code that ran."""

    status: int
    """What the function's process ended with; 128 + n when signal n ended it, as a shell would say."""
    limit: Limit | None = None
    """`time` when its wall clock or processor time ran out, `memory` when the system killed something in it
    for want of memory; None otherwise. Limits that code notices as an exception are not seen from here."""


class Sandboxed(Protocol):
    """One sandbox with a function running in it. Ends by itself, by `close`, or when its time is over."""

    @property
    def channel(self) -> socket.socket:
        """Our end of a connected stream socket, non-blocking; the function was called with the other one.

        `await asyncio.open_unix_connection(sock=box.channel)` makes a reader and a writer of it, which are
        then yours to close; `close` closes it otherwise. What comes out of it is what hostile code wrote.
        """
        ...

    async def wait(self) -> Ending:
        """Wait for the end: then nothing that ran in it is left. May be called again, and by several."""
        ...

    async def close(self) -> None:
        """End everything in it, now, and wait for that. Fine when it has ended; never raises."""
        ...


class Sandboxes(Protocol):
    """Opens sandboxes. For one event loop; safe to use from many of its tasks at once."""

    async def open(self, entry: str, *, limits: RunLimits | None = None) -> Sandboxed:
        """Call `entry`, as `"package.module:function"`, in a fresh sandbox, with its end of the channel.

        The module is imported once, in the warm process that sandboxes are forked from, so it must be trusted
        and must start no thread; its function gets a blocking `socket.socket`. The call's working folder is
        empty, its standard streams go nowhere, its random generators are seeded anew. When the function
        returns, the sandbox ends with status 0.

        A function `warm_up()` of the module, if it has one, is called after the import: what is slow, and the
        same for every sandbox, is done there once. Every fork of the warm process has what it left.

        `limits` hold for everything in the sandbox; `wall_s` counts from now, `output_bytes` does not count.
        BadRequest for an entry that cannot be imported, SandboxUnavailable (a LearnFlowError) where no warm
        sandbox can be had. The caller closes what it opened; cancelling the call leaves nothing behind.
        """
        ...

    async def close(self) -> None:
        """End all sandboxes and the warm process."""
        ...


class Forkable(Sandboxes, Protocol):
    """Sandboxes of a process that forks: all its forks share one warm process, and each has its own pool."""

    def launch(self, *entries: str) -> Callable[[], None]:
        """Start the warm process for these entries, from the main thread, without an event loop.

        What comes back waits until it is ready, and is to be called before the first fork. It ends with the
        process that called this. Both raise SandboxUnavailable where no warm sandbox can be had.
        """
        ...
