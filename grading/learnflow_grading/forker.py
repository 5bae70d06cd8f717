"""A process that loads everything once and forks grading processes: `python -m learnflow_grading.forker FD`.

For commands that grade a folder with several at a time: each fork is there in milliseconds, and all share the
warm process from which sandboxes come. It has one thread, and opens no gradebook: a fork inherits neither.
It takes one request at a time from the socket `FD`, and ends, with all its forks, when nobody holds the
other end any more.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from learnflow_ext.contracts.errors import LearnFlowError

from .lean import start_lean
from .protocol import Answer, Forked, ForkOp, Looked, LookOp
from .trusted.runtime import AGENT, SUPERVISOR, close_all, launch
from .worker import alone, die_with_parent, serve

log = logging.getLogger(__name__)
_MAX_REQUEST = 65_536
_waits: list[Callable[[], None]] = []
"""Each waits for a warm process that was started; all are called before the first fork."""


def look(op: LookOp) -> Looked:
    """What is in a course folder; what is wrong with it in `message`, by its code."""
    from .folder import needed_by, open_folder

    try:
        folder = open_folder(Path(op.course_dir), op.assignment)
    except LearnFlowError as error:
        return Looked(code=error.code, message=error.message)
    if needed_by(folder):
        _waits.append(launch(AGENT, SUPERVISOR, libraries=True))
    return Looked(
        course=folder.course.name,
        root=str(folder.course.root),
        settings_file=str(folder.course.settings_file or ""),
        submitted=str(folder.submitted),
        students=folder.students,
    )


def fork(op: ForkOp, end: socket.socket, control: socket.socket, answer: Callable[[bytes], Answer]) -> int:
    """The new process's id. It answers on `end`, as a grading process does, and never returns."""
    while _waits:
        _waits.pop()()
    # Nobody asks how a fork ended. What the warm processes are started by would inherit it, and never notice
    # that one has died: they are all there by now.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        die_with_parent(parent)
        control.close()
        os.environ["TMPDIR"] = op.scratch
        tempfile.tempdir = None
        with end, end.makefile("rb") as lines, end.makefile("wb") as out:
            serve(lines, out, answer)
        close_all()
    finally:
        # Whatever happened: the rest of the program is the parent's.
        os._exit(0)


def run(control: socket.socket, answer: Callable[[bytes], Answer]) -> None:
    """Do what is asked for, until nobody can ask any more."""
    while True:
        data, fds, _, _ = socket.recv_fds(control, _MAX_REQUEST, 1)
        if not data:
            return
        op = msgspec.json.decode(data, type=LookOp | ForkOp)
        if isinstance(op, LookOp):
            said: Any = look(op)
        else:
            with socket.socket(fileno=fds[0]) as end:
                said = Forked(pid=fork(op, end, control, answer))
        control.sendall(msgspec.json.encode(said) + b"\n")


def _load() -> Callable[[bytes], Answer]:
    """Everything that a fork needs and that takes long."""
    start_lean()
    from sqlalchemy.exc import SAWarning
    from sqlalchemy.orm import configure_mappers

    from . import folder  # noqa: F401 - loaded for `look`
    from .course import put_environment_on_path
    from .gradebooks import keep_gradebooks
    from .ops import answer

    # nbgrader's queries make SQLAlchemy complain on every submission; nothing is wrong with them.
    warnings.filterwarnings("ignore", category=SAWarning)
    put_environment_on_path()
    keep_gradebooks()
    configure_mappers()
    return answer


def main() -> None:
    """Load, and serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    alone()
    # It loads its libraries beside ours, on another core.
    _waits.append(launch(AGENT, SUPERVISOR, libraries=False))
    answer = _load()
    gc.collect()
    gc.freeze()  # else the collector would write to, and so copy, every page of every fork
    run(control, answer)


if __name__ == "__main__":
    main()
