"""A circuit breaker: after some failures in a row nobody waits for the model for a while."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Closed while all is well; open for `seconds` after `failures` in a row, then one may try."""

    def __init__(self, failures: int, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = failures
        self._seconds = seconds
        self._clock = clock
        self._failed = 0
        self._opened: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether too many failed, and none went well since; asks for no try."""
        return self._opened is not None

    def may_try(self) -> bool:
        """Whether to call; while open, one call every `seconds` is let through."""
        if self._opened is None:
            return True
        if self._clock() - self._opened < self._seconds:
            return False
        self._opened = self._clock()
        return True

    def went(self, *, well: bool) -> None:
        """How a call ended."""
        if well:
            self._failed, self._opened = 0, None
            return
        self._failed += 1
        if self._failed >= self._allowed:
            self._opened = self._clock()
