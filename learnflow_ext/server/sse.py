"""Reading server-sent events as they come in pieces. Pure: bytes in, the data of whole events out.

Comments, with which the service shows that it is still at work, are passed over here: that something came
is enough.
"""

from __future__ import annotations

MAX_EVENT_BYTES = 1 << 20


class EventReader:
    """Feed it what arrives; it gives the data of each event that is complete by then."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._id = ""
        self.last_id = ""
        """Of the last event that was complete; empty before one with an id."""

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of the events that `piece` completed, in order; often none.

        ValueError when one event grows beyond `MAX_EVENT_BYTES`.
        """
        complete: list[bytes] = []
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            line = line.rstrip(b"\r")
            if not line:
                self.last_id = self._id
                if self._data:
                    complete.append(b"\n".join(self._data))
                    self._data = []
            elif line.startswith(b"id:"):
                self._id = line[3:].removeprefix(b" ").decode("latin-1")
            elif line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
        if len(self._rest) + sum(map(len, self._data)) > MAX_EVENT_BYTES:
            raise ValueError("an event of the service is too large")
        return complete
