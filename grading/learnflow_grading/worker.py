"""The grading process: `python -m learnflow_grading.worker`.

Reads one op a line from stdin and writes one answer a line to what was stdout when it started. Libraries
that print, print to stderr. It ends when its stdin does, also in the middle of an op.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import queue
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from . import signs
from .lean import start_lean
from .protocol import Answer
from .trusted.runtime import AGENT, SUPERVISOR, close_all, runtime

_PR_SET_PDEATHSIG = 1


def serve(lines: BinaryIO, out: BinaryIO, answer: Callable[[bytes], Answer]) -> None:
    """Answer every line of `lines` on `out`, until they end; an op that is being done then is dropped.

    Before an answer there may be signs that it is being worked on.
    """
    todo: queue.Queue[bytes] = queue.Queue()
    busy = threading.Lock()

    def read() -> None:
        for line in lines:
            todo.put(line)
        todo.put(b"")
        if not busy.acquire(blocking=False):
            os._exit(0)  # whoever asked is gone, and nobody waits for the answer

    def going_on() -> None:
        with contextlib.suppress(OSError):  # nobody is there: `read` hears of it too
            out.write(msgspec.json.encode(Answer(ok=True, going_on=True)) + b"\n")
            out.flush()

    signs.listen(going_on)
    threading.Thread(target=read, daemon=True).start()
    while line := todo.get():
        with busy:
            out.write(msgspec.json.encode(answer(line)) + b"\n")
            out.flush()


def die_with_parent(parent: int = 0) -> None:
    """Whoever started this process may be killed before it can end it; `parent` is its id, if known."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:
        os._exit(0)


def alone() -> None:
    """Of a process that grades: what libraries print goes to stderr, and little of it."""
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    die_with_parent()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # nbgrader tells about every folder that it replaces.
    logging.getLogger("traitlets").setLevel(logging.ERROR)


def main() -> None:
    """Take stdout for the protocol alone, and serve."""
    out = os.fdopen(os.dup(1), "wb")
    os.set_inheritable(out.fileno(), False)
    alone()
    # Its libraries load beside ours, on another core, and the first submission waits for neither.
    runtime().get_ready(AGENT, SUPERVISOR)
    start_lean()
    from sqlalchemy.exc import SAWarning

    from .course import put_environment_on_path
    from .gradebooks import keep_gradebooks
    from .ops import answer

    # nbgrader's queries make SQLAlchemy complain on every submission; nothing is wrong with them.
    warnings.filterwarnings("ignore", category=SAWarning)
    put_environment_on_path()
    keep_gradebooks()
    try:
        serve(sys.stdin.buffer, out, answer)
    finally:
        close_all()


if __name__ == "__main__":
    main()
