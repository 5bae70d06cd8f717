"""Runs cells inside a container, with the task on stdin: `python -I -m learnflow_kernels.boxed`.

A container has three streams and no more, so the report goes out on stderr, behind a mark that the reader
drew at random. Code that looks for the mark finds it, and can lie: the reader treats the report as a claim.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import msgspec

from learnflow_kernels import seccomp
from learnflow_kernels.imports import let_students_import_their_files
from learnflow_kernels.program import Report, Task, place_files, report_in, run

MARK_BYTES = 32
_LENGTH = struct.Struct(">I")
MAX_REPORT = 60_000


class BoxedTask(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent in."""

    mark: bytes
    """`MARK_BYTES` random bytes."""
    task: Task


def framed(mark: bytes, report: Report) -> bytes:
    """The report as it goes out."""
    body = msgspec.msgpack.encode(report)
    return mark + _LENGTH.pack(len(body)) + body


def split(mark: bytes, stderr: bytes) -> tuple[bytes, Report | None]:
    """What was printed to stderr, and the report behind the last mark; None without one, or for nonsense."""
    said, found, rest = stderr.rpartition(mark)
    if not found:
        return stderr, None
    if len(rest) < _LENGTH.size:
        return said, None
    (length,) = _LENGTH.unpack_from(rest)
    body, after = rest[_LENGTH.size : _LENGTH.size + length], rest[_LENGTH.size + length :]
    if length > MAX_REPORT:
        return said, None
    return said + after, report_in(body)


def sent(stream: bytes) -> bytes:
    """`stream` with its length before it: standard input of a container has no end."""
    return _LENGTH.pack(len(stream)) + stream


def received() -> bytes:
    """What `sent` made, read from standard input."""
    stream = sys.stdin.buffer
    (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
    return stream.read(length)


def main() -> None:
    """Read the task, run it, report."""
    # Beside the engine's own filter, which allows `ptrace`, and in older engines `io_uring`.
    seccomp.install()
    boxed = msgspec.msgpack.decode(received(), type=BoxedTask)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    channel = os.dup(2)
    os.set_inheritable(channel, False)
    place_files(boxed.task.files, Path.cwd())
    let_students_import_their_files(sys.path)
    sys.argv[:] = ["program.py"]
    report = run(boxed.task.cells, boxed.task.call)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    left = memoryview(framed(boxed.mark, report))
    while left:
        left = left[os.write(channel, left) :]


if __name__ == "__main__":
    main()
