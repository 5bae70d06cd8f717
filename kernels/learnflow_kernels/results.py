"""What comes of a run, put together from what it said and what was seen of it from outside."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import cast, get_args

import msgspec

from learnflow_ext.contracts.help import CellError
from learnflow_ext.contracts.runner import Call, Limit, RunLimits, RunResult
from learnflow_kernels.endings import signal_in, why_ended
from learnflow_kernels.program import Report

MAX_REPORT = 60_000
"""Bytes of what a run says of its own end."""
_READ = 65_536


@dataclass
class Output:
    """One of the two streams, as far as it may go."""

    limit: int
    data: bytearray
    full: asyncio.Event

    async def follow(self, stream: asyncio.StreamReader) -> None:
        """Read to the end; what goes beyond the limit is dropped, and `full` set."""
        while chunk := await stream.read(_READ):
            left = self.limit - len(self.data)
            self.data += chunk[:left]
            if len(chunk) > left:
                self.full.set()

    @property
    def text(self) -> str:
        """What was kept."""
        return self.data.decode(errors="replace")


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    status: int
    stopped: Limit | None
    out_of_memory: bool
    report: Report | None


def result_of(
    ended: Ended, cells: tuple[str, ...], limits: RunLimits, stdout: str, stderr: str, duration_ms: int
) -> RunResult:
    """Put together what the run said and what was seen from outside; what was seen wins."""
    report = ended.report or Report()
    error = report.error
    limit: Limit | None = cast(Limit, report.limit) if report.limit in get_args(Limit) else None
    message = report.message[:500] if limit else ""
    killed = signal_in(ended.status)
    if ended.stopped == "time" or killed == signal.SIGXCPU:
        limit, error = "time", None
        message = f"It ran longer than {limits.wall_s:g} seconds, so it was stopped."
    elif ended.stopped == "output":
        limit, error = "output", None
        message = f"It printed more than {limits.output_bytes} bytes, so it was stopped."
    elif ended.out_of_memory and ended.report is None:
        limit, error = "memory", None
        message = f"It used more than {limits.memory_mb} MB of memory, so it was stopped."
    elif ended.report is None:
        why = why_ended(ended.status, memory_mb=limits.memory_mb, out_of_memory=False)
        error = CellError(exception="ProgramEnded", message=why)
    if error is not None:
        failed = report.failed if report.failed is not None and 0 <= report.failed < len(cells) else 0
        error = msgspec.structs.replace(error, code=cells[failed] if cells else "")
    return RunResult(
        stdout=stdout,
        stderr=stderr,
        error=error,
        limit=limit,
        message=message,
        duration_ms=duration_ms,
        value=report.value if error is None and limit is None else None,
    )


def answer(result: RunResult, call: Call | None) -> RunResult:
    """The result as it is handed out: whoever called nothing gets no value, whatever the code claims."""
    return result if call is not None else msgspec.structs.replace(result, value=None)
