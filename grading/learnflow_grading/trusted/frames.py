"""Messages on a stream socket: four bytes of length, then JSON. What is malformed raises `BrokenChannel`."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

MAX_FRAME = 16 * 1024 * 1024
"""Bytes of the longest message; a longer one ends the conversation."""
_HEAD = struct.Struct("!I")


class BrokenChannel(Exception):
    """The other side is gone, or does not speak the protocol."""


class Closed(BrokenChannel):
    """The other side is gone."""


class Late(BrokenChannel):
    """Nothing came in time."""


class Channel:
    """One end of the conversation. Only one thread may use it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, message: Any, *, seconds: float = 60.0) -> None:
        """BrokenChannel when it is too long or cannot be delivered in time."""
        data = json.dumps(message, separators=(",", ":")).encode("ascii")
        if len(data) > MAX_FRAME:
            raise BrokenChannel("A message is too long.")
        self._sock.settimeout(max(seconds, 0.001))
        try:
            self._sock.sendall(_HEAD.pack(len(data)) + data)
        except TimeoutError:
            raise Late("Nobody reads.") from None
        except OSError:
            raise Closed("The other side is gone.") from None

    def receive(self, *, seconds: float) -> Any:
        """The next message. Late when it is not there in time, also in part."""
        end = time.monotonic() + seconds
        (length,) = _HEAD.unpack(self._read(4, end))
        if length > MAX_FRAME:
            raise BrokenChannel("A message is too long.")
        try:
            return json.loads(self._read(length, end))
        except (ValueError, RecursionError):
            raise BrokenChannel("A message is no JSON.") from None

    def _read(self, count: int, end: float) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            left = end - time.monotonic()
            if left <= 0:
                raise Late("No answer in time.")
            self._sock.settimeout(left)
            try:
                chunk = self._sock.recv(min(count - len(parts), 1 << 20))
            except TimeoutError:
                raise Late("No answer in time.") from None
            except OSError:
                raise Closed("The other side is gone.") from None
            if not chunk:
                raise Closed("The other side is gone.")
            parts += chunk
        return bytes(parts)

    def close(self) -> None:
        """Hang up."""
        self._sock.close()
