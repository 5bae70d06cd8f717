"""The command's end of a forker: grading processes that are there in milliseconds, and share what is warm."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from learnflow_ext.contracts.errors import Unavailable

from .processes import kill_tree
from .protocol import MAX_LINE, Forked, ForkOp, Looked, LookOp

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "learnflow_grading.forker")
_ANSWERS_WITHIN_S = 120.0
_SILENT = "The process that forks graders does not answer; the log says more."
T = TypeVar("T")


@dataclass
class ForkedProcess:
    """What a client needs of `asyncio.subprocess.Process`, for one that is no child of ours."""

    pid: int
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    pidfd: int

    @property
    def returncode(self) -> int | None:
        """None while it lives; how it ended nobody knows."""
        ended = self.pidfd < 0 or select.select([self.pidfd], [], [], 0)[0]
        return -signal.SIGKILL if ended else None

    async def wait(self) -> None:
        """Until it has ended."""
        if self.pidfd < 0:
            return
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self.pidfd, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(self.pidfd)
        os.close(self.pidfd)
        self.pidfd = -1


class Forks:
    """One forker, started by `async with`, and ended with all its forks at the end of it."""

    def __init__(
        self,
        environment: dict[str, str],
        *,
        command: Sequence[str] = COMMAND,
        answers_within: float = _ANSWERS_WITHIN_S,
    ) -> None:
        """`environment`: the processes'. `answers_within`: seconds that one request may take."""
        self._environment = environment
        self._command = tuple(command)
        self._answers_within = answers_within
        self._unread = 0
        """Answers that are still to come, though nobody waits for them."""
        self._silent = False
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=self._environment,
                start_new_session=True,
            )
        self._control.setblocking(False)
        self._answers, self._writer = await asyncio.open_unix_connection(
            sock=self._control.dup(), limit=MAX_LINE
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        self._control.close()
        if self._process is not None:
            if self._process.returncode is None:
                await asyncio.to_thread(kill_tree, self._process.pid)
            await self._process.wait()

    async def look(self, course_dir: Path, assignment: str) -> Looked:
        """What is in a teacher's own course folder. Unavailable when the forker has ended, or hangs."""
        return await self._ask(LookOp(course_dir=str(course_dir), assignment=assignment), Looked)

    async def fork(self, scratch: Path) -> ForkedProcess:
        """A grading process with its own folder for temporary files. Unavailable without a forker."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                made = await self._ask(ForkOp(scratch=str(scratch)), Forked, theirs.fileno())
            pidfd = os.pidfd_open(made.pid)
        except BaseException as error:
            ours.close()
            if isinstance(error, ProcessLookupError):
                raise Unavailable("The grading process ended as it began.") from None
            raise
        stdout, stdin = await asyncio.open_unix_connection(sock=ours, limit=MAX_LINE)
        return ForkedProcess(made.pid, stdin, stdout, pidfd)

    async def _ask(self, op: LookOp | ForkOp, kind: type[T], *fds: int) -> T:
        async with self._turn:
            if self._silent:
                raise Unavailable(_SILENT)
            try:
                async with asyncio.timeout(self._answers_within):
                    while self._unread:  # somebody before us was cancelled
                        await self._line()
                    with contextlib.suppress(OSError):
                        socket.send_fds(self._control, [msgspec.json.encode(op)], list(fds))
                    self._unread += 1
                    line = await self._line()
            except TimeoutError:
                # It is asked nothing more. What it has forked already goes on, and ends with it.
                self._silent = True
                pid = None if self._process is None else self._process.pid
                log.error("Forker %s gave no answer within %s s", pid, self._answers_within)
                raise Unavailable(_SILENT) from None
        if not line.endswith(b"\n"):
            raise Unavailable("The process that forks graders stopped unexpectedly.")
        return msgspec.json.decode(line, type=kind)

    async def _line(self) -> bytes:
        """Empty once it has ended."""
        try:
            line = await self._answers.readline()
        except ConnectionError:  # it ended without having read all that it was asked
            line = b""
        self._unread -= 1
        return line
