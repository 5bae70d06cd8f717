"""Runs many programs against the same tests, inside a runner's sandbox: each in a process of its own.

The parent of these processes only counts. What a program says of itself is a claim, as everything in a
sandbox is: whoever makes it lie is told that the own program is right.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import CodeType
from typing import Any

TASK = "learnflow-task.json"
"""Name of the file with `programs`, `tests`, `imports`, and how long they may take."""
WALL = 4
"""A program that waits instead of working gets this many times its processor time, and half a second."""


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


def verdicts(program: str, tests: Sequence[tuple[str, CodeType]], seconds: float) -> bytearray:
    """One byte a test, `1` for passed and `0` for not, `T` for one that did not end.

    `seconds` are of processor time, so that a busy machine makes no program endless.
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


def _forked(program: str, tests: Sequence[tuple[str, CodeType]], seconds: float) -> tuple[str, float]:
    """Verdicts of one program, and its processor time in seconds."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        with contextlib.suppress(BaseException):
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            os.write(theirs, verdicts(program, tests, seconds))
        os._exit(0)
    os.close(theirs)
    deadline = time.monotonic() + WALL * seconds + 0.5
    said, ended = b"", False
    while (left := deadline - time.monotonic()) > 0:
        if select.select([ours], [], [], left)[0]:
            chunk = os.read(ours, 65_536)
            if not chunk:
                ended = True
                break
            said += chunk
    os.close(ours)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, _, used = os.wait4(child, 0)
    # One that ends itself without a word failed; one that had to be ended did not end.
    silent = ("0" if ended else "T") * sum(kind == "test" for kind, _ in tests)
    return said.decode("ascii", "replace") or silent, used.ru_utime + used.ru_stime


def main(folder: Path) -> None:
    """Read the task in `folder`; print one JSON line: verdicts and processor time of each program, in order.

    Programs that the time for all of them does not reach have empty verdicts; with `first`, also those after
    the first that passes.
    """
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    (folder / TASK).unlink()
    tests = compiled(task["tests"])
    for name in task["imports"]:
        # Once here, instead of in each of the processes.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    until = time.monotonic() + task["all_seconds"]
    found: list[tuple[str, float]] = []
    done = False
    for program in task["programs"]:
        if done or time.monotonic() >= until:
            found.append(("", 0.0))
            continue
        found.append(_forked(program, tests, task["seconds"]))
        done = task.get("first", False) and set(found[-1][0]) == {"1"}
    sys.stdout.write(json.dumps(found) + "\n")
