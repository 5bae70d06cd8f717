"""Ends a cell that runs too long: an IPython extension, loaded where the provisioner sets a limit.

First as the student's own interrupt would, then, if the cell takes no notice, with the kernel. It is there
for an endless loop that nobody is watching; code that wants to get round it can, and wastes its own share.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

SECONDS_ENV = "LEARNFLOW_CELL_SECONDS"
TIME_STATUS = 124
"""What a kernel ends with when a cell went on after the interrupt, as `timeout` has it."""
GRACE_S = 5.0


def sentence(seconds: float) -> str:
    """What the student reads under the cell."""
    return f"This cell ran longer than {seconds:g} seconds, so it was stopped. Your notebook is safe."


class CellClock:
    """Watches one shell's cells."""

    def __init__(self, seconds: float, grace: float = GRACE_S) -> None:
        """`seconds` a cell may run, and `grace` more after it was interrupted."""
        self._seconds = seconds
        self._grace = grace
        self._timer: threading.Timer | None = None
        self._over = False

    def _set(self, seconds: float, action: Any) -> None:
        self._timer = threading.Timer(seconds, action)
        self._timer.daemon = True
        self._timer.start()

    def before(self, _info: object = None) -> None:
        """IPython's `pre_run_cell`."""
        self.after()
        self._set(self._seconds, self._interrupt)

    def _interrupt(self) -> None:
        self._over = True
        self._set(self._grace, self._end)
        main = threading.main_thread().ident
        if main is not None:
            # To the thread that runs the cell, or one that sleeps would sleep on.
            signal.pthread_kill(main, signal.SIGINT)

    def _end(self) -> None:
        os._exit(TIME_STATUS)

    def after(self, _result: object = None) -> None:
        """IPython's `post_run_cell`: says why, if it was us."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._over:
            self._over = False
            sys.stderr.write(f"{sentence(self._seconds)}\n")


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython when the kernel starts."""
    clock = CellClock(float(os.environ[SECONDS_ENV]))
    shell.events.register("pre_run_cell", clock.before)
    shell.events.register("post_run_cell", clock.after)
