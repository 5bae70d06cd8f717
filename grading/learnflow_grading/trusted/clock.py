"""How long a student's code may run, and who says that its time is over."""

from __future__ import annotations

import signal
import types
from time import monotonic

from .endless import never_ends

_LOOKS = (0.4, 1.0, 2.5)
"""Seconds after which to see whether a loop can end at all."""


class Overtime(BaseException):
    """The cell or call has had its time. No `except Exception` catches it."""


class Clock:
    """The alarms of one process."""

    def __init__(self) -> None:
        self._began = self._ends = 0.0
        self._timed = False

    def set_up(self) -> None:
        """Take the signals; in the main thread only. An interrupt from outside does nothing."""
        signal.signal(signal.SIGALRM, self.alarm)
        signal.signal(signal.SIGPROF, _overtime)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def silence(self) -> None:
        """No more alarms; one that is just going off does nothing, or is caught by the caller."""
        self._timed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)

    def begin(self, wall: float, cpu: float) -> None:
        """From now on Overtime after `wall` seconds, or `cpu` seconds of the processor unless that is 0."""
        self._timed = True
        self._began, self._ends = monotonic(), monotonic() + wall
        signal.setitimer(signal.ITIMER_REAL, min(wall, _LOOKS[0]), 0.1)
        if cpu:
            signal.setitimer(signal.ITIMER_PROF, cpu, 0.1)

    def alarm(self, _: int, frame: types.FrameType | None) -> None:
        """The time is over, or it is certain that it will be."""
        if not self._timed:
            return
        now = monotonic()
        if now < self._ends:
            try:
                endless = never_ends(frame)
            except Exception:
                # Deep in a recursion there is no room to look; what was interrupted must not hear of it.
                endless = False
            if not endless:
                until = self._ends
                for look in reversed(_LOOKS):
                    if look > now - self._began + 0.05:
                        until = min(self._ends, self._began + look)
                signal.setitimer(signal.ITIMER_REAL, max(0.001, until - now), 0.1)
                return
        # Again, until it comes through: code may catch everything once.
        self._ends = 0.0
        signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
        raise Overtime


def _overtime(*_: object) -> None:
    raise Overtime
