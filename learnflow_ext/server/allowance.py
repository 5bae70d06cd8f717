"""How much may pass: a supply that is used up and fills again with time."""

from __future__ import annotations

import time
from collections.abc import Callable


class Allowance:
    """Bytes that one side may send."""

    def __init__(self, most: int, per_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`most` at once, and `per_s` more each second, up to `most`."""
        self._most, self._per_s, self._clock = most, per_s, clock
        self._left, self._seen = float(most), clock()

    def take(self, size: int) -> bool:
        """Whether so many may pass now; if not, nothing is used up."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._seen) * self._per_s)
        self._seen = now
        if size > self._left:
            return False
        self._left -= size
        return True
