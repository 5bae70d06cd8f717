"""What a container prints, as the engine hands it on: frames of its two streams, cut at the limit."""

from __future__ import annotations

import struct

from learnflow_kernels.boxed import MAX_REPORT

_HEADER = struct.Struct(">BxxxI")
_STDOUT = 1


class Streams:
    """Fed with what arrives from the engine, in pieces of any size; holds little more than may be shown."""

    def __init__(self, limit: int, mark: bytes) -> None:
        """`limit` is in bytes of each stream; behind `mark` comes the report, which does not count."""
        self._limit, self._mark = limit, mark
        self._pending = bytearray()
        self._left = 0
        self._kind = _STDOUT
        self.stdout = bytearray()
        self.stderr = bytearray()

    def flooded(self) -> bool:
        """Whether more was printed than may be."""
        if len(self.stdout) > self._limit:
            return True
        if len(self.stderr) <= self._limit:
            return False
        place = self.stderr.rfind(self._mark)
        return not 0 <= place <= self._limit

    def feed(self, data: bytes) -> None:
        """Take in the next piece."""
        self._pending += data
        while self._pending:
            if self._left == 0:
                if len(self._pending) < _HEADER.size:
                    return
                self._kind, self._left = _HEADER.unpack_from(self._pending)
                del self._pending[: _HEADER.size]
            piece = self._pending[: self._left]
            del self._pending[: len(piece)]
            self._left -= len(piece)
            self._keep(piece)

    def _keep(self, piece: bytearray) -> None:
        stream = self.stdout if self._kind == _STDOUT else self.stderr
        room = self._limit + 2 * MAX_REPORT - len(stream)
        stream += piece[: max(0, room)]
