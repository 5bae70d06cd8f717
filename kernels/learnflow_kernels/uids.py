"""A user id for each sandbox that no other one of this machine's, or container's, has at the same time.

Namespaces keep sandboxes apart, whoever they run as. But Linux counts some things by user alone, across all
namespaces: watched files, memory in pipes and queues, signals that wait, on older versions processes too.
Under one id, one student's code could use up what another's needs.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

_NAME = "\0learnflow-uid-{}"
"""An abstract address, which belongs to one process and is free as soon as that has ended, however it did."""
_TRIES = 1000


@dataclass(frozen=True)
class Claim:
    """An id that is ours until `release`, or until this process ends."""

    uid: int
    _held: socket.socket | None = None

    def release(self) -> None:
        """Let others have it. May be called again."""
        if self._held is not None:
            self._held.close()


def claim(first: int) -> Claim:
    """The next free id from `first` downwards; our own id when we are not root, and cannot choose.

    `first` itself where somebody has taken all the names: sandboxes are as well confined then.
    """
    if os.geteuid() != 0:
        return Claim(os.geteuid())
    for uid in range(first, first - _TRIES, -1):
        held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            held.bind(_NAME.format(uid))
        except OSError:
            held.close()
            continue
        return Claim(uid, held)
    return Claim(first)
