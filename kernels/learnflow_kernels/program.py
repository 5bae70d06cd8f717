"""Runs cells inside a runner's sandbox, with the task on stdin.

What went wrong is reported on a descriptor of its own, so that it cannot be confused with what the code
prints. The code could write there too: the reader treats the report as a claim.
"""

from __future__ import annotations

import linecache
import os
import socket
import struct
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import msgspec

from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.help import CellError
from learnflow_ext.contracts.runner import Call
from learnflow_kernels.imports import let_students_import_their_files
from learnflow_kernels.limits import limit_hit

_MAX_VALUE = 50_000
HEADER = struct.Struct("!Q")
"""Bytes of the task, in front of it on a channel."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to run."""

    cells: tuple[str, ...]
    files: tuple[CourseFile, ...] = ()
    call: Call | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended."""

    failed: int | None = None
    """Place of the cell that failed, from 0; None when all went well."""
    error: CellError | None = None
    """Without the cell's code, which the reader has."""
    limit: str = ""
    message: str = ""
    value: Any = None


def place_files(files: tuple[CourseFile, ...], folder: Path) -> None:
    """Write the task's files; their paths were checked by who asked."""
    for file in files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)


def _fresh_main() -> ModuleType:
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    return module


def _explained(error: BaseException, source: str, filename: str, namespace: dict[str, object]) -> CellError:
    # Loaded for a failure only: the rules take longer to import than most programs to run.
    try:
        from learnflow_ext.diagnosis.diagnose import exception_name, message_of
        from learnflow_kernels.tutor import cell_error
    except (OSError, MemoryError, ImportError):
        # The code has left no open file or memory to load them with.
        return CellError(exception=type.__dict__["__name__"].__get__(type(error)), message="")

    try:
        return msgspec.structs.replace(cell_error(error, source, namespace, filename), code="")
    except BaseException as trouble:
        # The student's objects can do anything when looked at, and their exceptions are of any class.
        sys.stderr.write(f"No explanation: {exception_name(trouble)}\n")
    return CellError(exception=exception_name(error), message=message_of(error))


def _failure(
    place: int, error: BaseException, source: str, filename: str, namespace: dict[str, object]
) -> Report:
    hit = limit_hit(error)
    found = _explained(error, source, filename, namespace)
    if hit is None:
        return Report(failed=place, error=found)
    return Report(failed=place, error=found, limit=hit.name, message=hit.sentence)


def plain(value: object, depth: int = 20) -> Any:
    """A copy of plain data, made of nothing but the built-in types. TypeError for anything else."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str, bytes):
        return value
    if depth and kind in (list, tuple):
        return [plain(item, depth - 1) for item in cast(list[object], value)]
    if depth and kind is dict:
        items = cast(dict[object, object], value).items()
        return {plain(key, 0): plain(item, depth - 1) for key, item in items}
    raise TypeError(f"the function returned a {kind.__name__}, which is not plain data")


def report_in(data: bytes) -> Report | None:
    """What the run said of its end; None where it said nothing, or nonsense.

    Nonsense is also what `program` never sends: data nested without end, or of kinds that are no plain data.
    """
    try:
        report = msgspec.msgpack.decode(data, type=Report)
        return msgspec.structs.replace(report, value=plain(report.value))
    except (msgspec.DecodeError, RecursionError, TypeError):
        return None


def _called(call: Call, namespace: dict[str, object], place: int) -> Report:
    """The function's value."""
    try:
        function = namespace.get(call.function)
        if not callable(function):
            raise NameError(f"there is no function {call.function!r}")
        report = Report(value=plain(function(*call.arguments)))
        if len(msgspec.msgpack.encode(report)) > _MAX_VALUE:
            raise ValueError("the function returned too much")
        return report
    except BaseException as error:
        # As for cells: whatever a student's code raises ends the run.
        return _failure(place, error, call.function, "<call>", namespace)


def run(cells: tuple[str, ...], call: Call | None = None) -> Report:
    """Run the cells, and then the call, in a fresh `__main__` until one fails.

    `sys.exit()` without a complaint ends well, unless there is something to call.
    """
    namespace = _fresh_main().__dict__
    for place, source in enumerate(cells):
        filename = f"<cell {place + 1}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        try:
            exec(compile(source, filename, "exec", dont_inherit=True), namespace)  # noqa: S102 - its purpose
        except SystemExit as end:
            if end.code in (None, 0) and call is None:
                return Report()
            return _failure(place, end, source, filename, namespace)
        except BaseException as error:
            # The student's own exceptions, whatever their class: all of them end the run.
            return _failure(place, error, source, filename, namespace)
    return Report() if call is None else _called(call, namespace, len(cells))


def warm(channel: socket.socket) -> None:
    """As `main`, in a warm sandbox: what it needs comes over the channel, and so does the report."""
    header, streams, _, _ = socket.recv_fds(channel, HEADER.size, 2)
    for descriptor, stream in zip(streams, (1, 2), strict=True):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    (size,) = HEADER.unpack(header)
    with channel.makefile("rb") as reader:
        task = msgspec.msgpack.decode(reader.read(size), type=Task)
    place_files(task.files, Path.cwd())
    let_students_import_their_files(sys.path)
    report = run(task.cells, task.call)
    for text in (sys.stdout, sys.stderr):
        if text is not None:
            text.flush()
    channel.sendall(msgspec.msgpack.encode(report))


def main() -> None:
    """Read the task, run it, report."""
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    place_files(task.files, Path.cwd())
    let_students_import_their_files(sys.path)
    sys.argv[:] = ["program.py"]
    report = run(task.cells, task.call)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os.write(descriptor, msgspec.msgpack.encode(report))


if __name__ == "__main__":
    main()
