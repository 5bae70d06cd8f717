"""The first process of a sandbox: it watches over the others and outlives none of them.

It is trusted, has the student's user id, and cannot be reached from the other processes: signals from inside
do not touch the first process of a namespace, nobody may look into its memory, and it reads nothing
of theirs.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from typing import NoReturn

from learnflow_kernels.warm.wire import Told, send


def watch_for_children() -> int:
    """To be called before the first child is started: a descriptor that can be read when one has ended."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader


def forget_children() -> None:
    """In the child: undo `watch_for_children`, but for its descriptors."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def keep(outside: socket.socket, wake: int, child: int) -> NoReturn:
    """Bury the dead until `child` is among them, report its status, and end all the rest by ending.

    Ends too when the server has let go of `outside`.
    """
    poll = select.poll()
    poll.register(outside, 0)
    poll.register(wake, select.POLLIN)
    while True:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == child:
                try:
                    send(outside, Told(what="ended", status=os.waitstatus_to_exitcode(status)))
                finally:
                    os._exit(0)
            if pid == 0:
                break
        for fd, _ in poll.poll():
            if fd != wake:
                os._exit(0)
            try:
                os.read(wake, 512)
            except BlockingIOError:
                pass
