"""Running code on the service's side: what is asked of a sandbox, and the plain data that comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.help import CellError

Limit = Literal["time", "memory", "processes", "output", "open_files", "file_size", "disk"]


class RunLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one run may use."""

    wall_s: float = 5.0
    """Seconds from start to end, the interpreter's own start included."""
    memory_mb: int = 256
    processes: int = 32
    """Processes and threads together."""
    open_files: int = 256
    file_size_mb: int = 10
    """Of the largest file. All its files together fit in 64 MB, which are gone at its end."""
    output_bytes: int = 100_000
    """Of each of stdout and stderr; a run that writes more is stopped."""


class ExecuteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `POST api/execute`."""

    cells: tuple[str, ...]
    """Run one after the other in one namespace."""
    files: tuple[CourseFile, ...] = ()


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A function to call once the cells have run, for its value."""

    function: str
    """Its name in the cells' namespace."""
    arguments: tuple[Any, ...] = ()
    """Plain data: None, bool, int, float, str, bytes, and lists and dicts of these."""


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one run. All of it is what the code said: a claim where it matters."""

    stdout: str
    stderr: str
    error: CellError | None
    """What ended the run early; None when it came to its end, and when only a limit stopped it."""
    limit: Limit | None
    """The limit that was hit; None for none."""
    message: str
    """A sentence about the limit; empty for none."""
    duration_ms: int
    value: Any = None
    """What the called function returned, as plain data (a tuple arrives as a list); None without a call."""


class Runner(Protocol):
    """Runs code that nobody trusts, each run in a fresh sandbox. Safe to use from many tasks at once."""

    async def run(
        self,
        cells: Sequence[str],
        *,
        files: Sequence[CourseFile] = (),
        limits: RunLimits | None = None,
        call: Call | None = None,
    ) -> RunResult:
        """Run `cells` one after the other in one namespace, until one fails; then `call`, if there is one.

        A function that is not there, fails, or returns anything but some 50 kB of plain data is an error of
        the result.
        `files` lie in the working folder. Whatever the code does becomes a result; a LearnFlowError is raised
        only when no sandbox can be had. Cancelling the call ends the run and everything it started.
        """
        ...
