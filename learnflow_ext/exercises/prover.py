"""Runs many programs against the same tests, inside a runner's sandbox.

Programs that can leave nothing behind share a process, one after the other; each other one has its own. The
parent of these processes only counts. What a program says of itself is a claim, as everything in a
sandbox is: whoever makes it lie is told that the own program is right.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

TASK = "learnflow-task.json"
"""Name of the file with `programs`, `tests`, `imports`, and how long they may take."""
WALL = 4
"""A program that waits instead of working gets this many times its processor time, and half a second."""
MORE_MEMORY = 32_768
"""Kilobytes that one program of a row may add to their process before the next gets a fresh one."""


@dataclass(frozen=True)
class Task:
    """What is asked of each program."""

    tests: list[tuple[str, CodeType]]
    seconds: float
    """Of the processor, for one program and all its tests."""
    until: float
    """For all of them, a moment of `time.monotonic`."""
    first: bool
    stop: bool


class _TooLong(BaseException):
    """A test did not end; no `except Exception` of a program catches it."""


def _alarm(*_: object) -> None:
    raise _TooLong


def tests_in(source: str) -> list[tuple[str, str]]:
    """The statements of a file of tests: `("test", source)` for each that checks something, `("set-up",
    source)` for the rest.
    """
    return [("test" if _checks(node) else "set-up", ast.unparse(node)) for node in ast.parse(source).body]


def _checks(node: ast.stmt) -> bool:
    """Whether a statement may fail as a check does: an `assert`, also inside a loop or a `try`, a `raise`,
    a call of something such as `assert_equal`.
    """
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    return any(
        isinstance(each, (ast.Assert, ast.Raise))
        or (isinstance(each, ast.Call) and _called(each.func).lower().startswith("assert"))
        for each in ast.walk(node)
    )


def _called(function: ast.expr) -> str:
    return getattr(function, "id", "") or getattr(function, "attr", "")


def compiled(tests: Sequence[tuple[str, str]]) -> list[tuple[str, CodeType]]:
    """The tests, ready to run in any of the processes."""
    return [(kind, compile(source, "<tests>", "exec", dont_inherit=True)) for kind, source in tests]


def verdicts(
    program: str, tests: Sequence[tuple[str, CodeType]], seconds: float, *, stop: bool = False
) -> bytearray:
    """One byte a test, `1` for passed and `0` for not, `T` for one that did not end.

    `seconds` are of processor time, so that a busy machine makes no program endless. With `stop` the tests
    after the first that fails are not run.
    """
    passed = bytearray()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    signal.signal(signal.SIGVTALRM, _alarm)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    ready = _done(program, namespace)
    for kind, source in tests:
        if kind == "set-up":
            _done(source, namespace)
            continue
        if ready is not True or b"T" in passed:
            # One endless loop is enough: the tests after it would only cost the same time again.
            passed += b"T" if ready == "T" or b"T" in passed else b"0"
            continue
        if stop and b"0" in passed:
            passed += b"0"
            continue
        result = _done(source, namespace)
        passed += b"T" if result == "T" else b"1" if result else b"0"
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return passed


def _done(source: str | CodeType, namespace: dict[str, Any]) -> bool | str:
    """True when it ran to its end, False when it failed, "T" when it took too long."""
    try:
        if isinstance(source, str):
            source = compile(source, "<program>", "exec", dont_inherit=True)
        exec(source, namespace)  # noqa: S102 - its purpose
    except _TooLong:
        return "T"
    except BaseException:
        return False
    return True


def _row(programs: Sequence[str], task: Task, theirs: int) -> None:
    """In a child: one after the other, a line for each as soon as it is known."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    fat = _fattest() + MORE_MEMORY
    for program in programs:
        # Of the thread: while a timer runs, the process's clock only moves on with the kernel's ticks.
        began = time.thread_time()
        said = verdicts(program, task.tests, task.seconds, stop=task.stop)
        os.write(theirs, b"%s %.6f\n" % (said, time.thread_time() - began))
        # Whoever took much leaves it to nobody who comes after.
        if time.monotonic() >= task.until or _fattest() > fat or (task.first and set(said) == {ord("1")}):
            break


def _fattest() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _forked(programs: Sequence[str], task: Task) -> list[tuple[str, float]]:
    """Verdicts of the programs, and their processor time in seconds.

    Of the first, and of those after it that the process came to.
    """
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        with contextlib.suppress(BaseException):
            _row(programs, task, theirs)
            os._exit(0)
        os._exit(1)
    os.close(theirs)
    patience = WALL * task.seconds + 0.5
    deadline = time.monotonic() + patience
    said, ended = b"", False
    while (left := deadline - time.monotonic()) > 0:
        if select.select([ours], [], [], left)[0]:
            chunk = os.read(ours, 65_536)
            if not chunk:
                ended = True
                break
            said += chunk
            if b"\n" in chunk:
                deadline = time.monotonic() + patience
    os.close(ours)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    found = []
    for line in said.decode("ascii", "replace").split("\n")[: len(programs)]:
        words = line.split()
        if len(words) == 2:
            with contextlib.suppress(ValueError):
                found.append((words[0], float(words[1])))
    well = ended and os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
    if len(found) < len(programs) and not (well and found):
        # One that ends itself without a word failed; one that had to be ended did not end.
        silent = ("0" if ended else "T") * sum(kind == "test" for kind, _ in task.tests)
        spent = used.ru_utime + used.ru_stime - sum(seconds for _, seconds in found)
        found.append((silent, max(0.0, spent)))
    return found


def main(folder: Path) -> None:
    """Read the task in `folder`; print one JSON line: verdicts and processor time of each program, in order.

    Programs that the time for all of them does not reach have empty verdicts; with `first`, also those after
    the first that passes. With `stop` the tests after the first that fails count as failed, and are not run.
    With `together` the programs can leave nothing behind, and share a process.
    """
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    (folder / TASK).unlink()
    tests = compiled(task["tests"])
    for name in task["imports"]:
        # Once here, instead of in each of the processes.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    wanted = Task(
        tests=tests,
        seconds=task["seconds"],
        until=time.monotonic() + task["all_seconds"],
        first=task.get("first", False),
        stop=task.get("stop", False),
    )
    programs: list[str] = task["programs"]
    at_a_time = len(programs) if task.get("together", False) else 1
    gc.freeze()
    found: list[tuple[str, float]] = []
    while len(found) < len(programs):
        if time.monotonic() >= wanted.until or (wanted.first and found and set(found[-1][0]) == {"1"}):
            found += [("", 0.0)] * (len(programs) - len(found))
            break
        found += _forked(programs[len(found) :][:at_a_time], wanted)
    sys.stdout.write(json.dumps(found) + "\n")
