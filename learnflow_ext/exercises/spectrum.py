"""Which lines of a program each test runs, inside a runner's sandbox.

A mark goes in front of each statement, so nothing a program does to tracing or threads hides what it ran, and
the marks lie in memory that its parent shares: they are there too when the program ends its own process, or
has to be ended. What comes out is a claim, as everything in a sandbox is.
"""

from __future__ import annotations

import ast
import contextlib
import json
import mmap
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import CodeType
from typing import Any

TASK = "learnflow-spectrum.json"
"""Name of the file with `program`, `tests`, and how long they may take."""
MARKS = "<marks>"
"""Where the marks go, for the program: no name that anybody can write."""
UNKNOWN, RUNNING, PASSED, FAILED, ENDLESS = range(5)
VERDICTS = "?010T"
"""For each of these; whoever ends the process in the middle of a test has failed it."""
PATIENCE = 0.5
"""Seconds beyond the time for all tests, after which the process is ended."""
_LISTS = ("body", "orelse", "finalbody")


class _TooLong(BaseException):
    """A test did not end; no `except Exception` of a program catches it."""


def _alarm(*_: object) -> None:
    raise _TooLong


def marked(tree: ast.Module) -> ast.Module:
    """`tree` itself, with a mark in front of each statement that may have something in front of it."""
    for node in list(ast.walk(tree)):
        for field in _LISTS:
            body = getattr(node, field, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                setattr(node, field, _with_marks(body))
    return ast.fix_missing_locations(tree)


def _with_marks(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    made: list[ast.stmt] = []
    for place, statement in enumerate(body):
        first = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        says = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not first and not (place == 0 and says):
            where = ast.Subscript(ast.Name(MARKS, ast.Load()), ast.Constant(statement.lineno), ast.Store())
            mark = ast.Assign([where], ast.Constant(1))
            made.append(ast.copy_location(mark, statement))
        made.append(statement)
    return made


def _done(code: CodeType, namespace: dict[str, Any]) -> int:
    try:
        exec(code, namespace)  # noqa: S102 - its purpose
    except _TooLong:
        return ENDLESS
    except BaseException:
        return FAILED
    return PASSED


def _child(
    program: str, tests: Sequence[tuple[str, CodeType]], board: memoryview, width: int, task: dict[str, Any]
) -> None:
    """Runs the tests one after the other. Row 0 of the board is what belongs to all of them."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    until = time.monotonic() + task["all_seconds"]
    signal.signal(signal.SIGVTALRM, _alarm)
    rows = [board[start : start + width] for start in range(0, len(board), width)]
    namespace: dict[str, Any] = {"__name__": "__main__", MARKS: rows[0]}

    def timed(code: CodeType) -> int:
        signal.setitimer(signal.ITIMER_VIRTUAL, task["seconds"])
        try:
            return _done(code, namespace)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    if timed(compile(marked(ast.parse(program)), "<program>", "exec", dont_inherit=True)) != PASSED:
        return
    row = 0
    for kind, code in tests:
        if time.monotonic() >= until:
            return
        if kind == "set-up":
            namespace[MARKS] = rows[0]
            if timed(code) == ENDLESS:
                # What it was to make is not there, and the tests behind it would fail for want of it.
                return
            continue
        row += 1
        namespace[MARKS] = rows[row]
        rows[row][0] = RUNNING
        rows[row][0] = timed(code)


def main(folder: Path) -> None:
    """Read the task in `folder`; print one JSON line: `[verdict, lines]` of each test, in order.

    Lines are of the program, from 1. A verdict is `1`, `0`, `T` for a test that did not end, or `?` for one
    of which nothing is known. A program that fails before any test says nothing of any.
    """
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    (folder / TASK).unlink()
    program: str = task["program"]
    tests = [(kind, compile(source, "<tests>", "exec", dont_inherit=True)) for kind, source in task["tests"]]
    width = program.count("\n") + program.count("\r") + 2
    count = sum(kind == "test" for kind, _ in tests)
    shared = mmap.mmap(-1, width * (count + 1))
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            _child(program, tests, memoryview(shared), width, task)
            os._exit(0)
        os._exit(1)
    deadline = time.monotonic() + task["all_seconds"] + PATIENCE
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() >= deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        time.sleep(0.002)
    common = shared[:width]
    found = []
    for row in range(1, count + 1):
        said = shared[row * width : (row + 1) * width]
        verdict = VERDICTS[said[0]] if said[0] < len(VERDICTS) else "?"
        found.append((verdict, [line for line in range(1, width) if said[line] or common[line]]))
    sys.stdout.write(json.dumps(found) + "\n")
