"""Why a kernel ended by itself, in a sentence for the student whose cell was running. Pure."""

from __future__ import annotations

import signal

from learnflow_kernels.clock import TIME_STATUS

SAFE = "Your notebook is safe, but its variables are gone: run it again from the top."
_SIGNALLED = 128
"""bubblewrap, like a shell, ends with this plus the number of the signal that killed its program."""
_CRASHES = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGTRAP,
        signal.SIGSYS,
    }
)


def signal_in(status: int) -> int:
    """The number of the signal behind an exit status, 0 for none; Popen's negative statuses count too."""
    return -status if status < 0 else max(0, status - _SIGNALLED)


def why_ended(status: int, *, memory_mb: int, out_of_memory: bool, cell_s: float = 0.0) -> str:
    """The sentence for a kernel that ended with `status` although nobody had asked it to.

    `cell_s` is how many seconds a cell may run, 0 for no limit.
    `out_of_memory` is what the control group says; where there is none it is False, and then a kill is
    only *most likely* for want of memory.
    """
    if cell_s and status == TIME_STATUS:
        return f"This cell ran longer than {cell_s:g} seconds, so it was stopped. {SAFE}"
    signum = signal_in(status)
    if out_of_memory and signum == signal.SIGKILL:
        return f"This cell used more than {memory_mb} MB, so it was stopped. {SAFE}"
    if signum == signal.SIGKILL:
        return (
            f"Python was killed while this cell was running, most likely because it used too much memory"
            f" (you have {memory_mb} MB). {SAFE}"
        )
    if signum in _CRASHES:
        name = signal.Signals(signum).name
        return f"Python crashed while this cell was running ({name}), so it was started afresh. {SAFE}"
    if signum:
        return f"This cell ended its own Python by a signal ({signum}), so it was started afresh. {SAFE}"
    return f"This cell ended its own Python (status {status}), so it was started afresh. {SAFE}"
