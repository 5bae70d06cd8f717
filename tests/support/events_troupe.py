"""Processes that begin at once: forks of one that has loaded all that they need.

To load it takes longer than most of what they do, and they are killed again and again.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

ACTOR = Path(__file__).with_name("events_actor.py")
ANSWER_S = 60.0
LONGEST = 65_536
OF_COVERAGE = "COVERAGE_PROCESS_"
"""How the names begin that have a new process measured."""


def unmeasured() -> dict[str, str]:
    """The environment of who will be killed: what was measured of them is never written, and takes time."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OF_COVERAGE)}


class Forked:
    """A process of a troupe, with its ends of two pipes."""

    def __init__(self, pid: int, stdin: IO[str], stdout: IO[str]) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self._handle = os.pidfd_open(pid)

    def kill(self) -> None:
        """`kill -9`, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        assert select.select([self._handle], [], [], ANSWER_S)[0], "It cannot be killed."
        os.close(self._handle)
        for pipe in (self.stdin, self.stdout):
            pipe.close()


class Troupe:
    """Begins with the first process that is asked for. All of them end with it, and it with this process."""

    def __init__(self) -> None:
        self._first: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def fork(self, order: dict[str, Any], log: Path) -> Forked:
        """A process that does as ordered, and writes its log behind what `log` holds."""
        line = self._line or self._begin()
        read_order, stdin = os.pipe()
        stdout, write_said = os.pipe()
        with log.open("ab") as file:
            socket.send_fds(line, [json.dumps(order).encode()], [read_order, write_said, file.fileno()])
        for ours in (read_order, write_said):
            os.close(ours)
        pid = int(line.recv(LONGEST) or 0)
        assert pid, "The process that all others are forks of has ended."
        return Forked(pid, os.fdopen(stdin, "w"), os.fdopen(stdout))

    def close(self) -> None:
        """End all. Harmless when it never began."""
        if self._first is not None:
            self._first.kill()
            self._first.wait()
        if self._line is not None:
            self._line.close()
        self._first = self._line = None

    def _begin(self) -> socket.socket:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(ANSWER_S)
        with theirs:
            self._first = subprocess.Popen(
                # Not even a test run that is killed may leave it behind.
                ["setpriv", "--pdeathsig", "KILL", sys.executable, str(ACTOR), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=unmeasured(),
            )
        return self._line
