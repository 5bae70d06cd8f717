"""The command's end of a forker: grading processes that are there in milliseconds, and share what is warm."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from learnflow_ext.contracts.errors import Unavailable

from .processes import kill_tree
from .protocol import MAX_LINE, Forked, ForkOp, Looked, LookOp

COMMAND = (sys.executable, "-m", "learnflow_grading.forker")
_STARTS_WITHIN_S = 120
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

    def __init__(self, environment: dict[str, str]) -> None:
        """`environment`: the processes'."""
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND,
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
        """What is in a teacher's own course folder. Unavailable when the forker has ended."""
        return await self._ask(LookOp(course_dir=str(course_dir), assignment=assignment), Looked)

    async def fork(self, scratch: Path) -> ForkedProcess:
        """A grading process with its own folder for temporary files. Unavailable when the forker is gone."""
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
            with contextlib.suppress(OSError):
                socket.send_fds(self._control, [msgspec.json.encode(op)], list(fds))
            async with asyncio.timeout(_STARTS_WITHIN_S):
                line = await self._answers.readline()
        if not line.endswith(b"\n"):
            raise Unavailable("The process that forks graders stopped unexpectedly.")
        return msgspec.json.decode(line, type=kind)
