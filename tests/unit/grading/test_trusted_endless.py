# ruff: noqa: E501 - a program reads best on its own line
"""A loop that provably never ends is stopped early, and no other one is taken for such."""

from __future__ import annotations

import linecache
import os
import signal
import sys
import threading
import time
import types
from pathlib import Path

import pytest
from learnflow_grading.trusted.clock import Clock
from learnflow_grading.trusted.endless import never_ends

ENDLESS = {
    "nothing that ends it changes": "while saved < price:\n        weeks = weeks + 1",
    "always true": "while True:\n        pass",
    "a number": "while 1:\n        weeks += 1",
    "away from the end": "while price > 0:\n        price = price + 1",
    "away, downwards": "while saved < price:\n        saved -= 1",
    "away, turned round": "while price > saved:\n        saved -= 1",
    "away, and never equal": "while price != 3:\n        price += 2",
    "a branch that changes nothing": (
        "while saved < price:\n        if weeks > 3:\n            weeks = 0\n        else:\n            weeks += 1"
    ),
    "with a fraction": "while saved < price:\n        half = half + 0.5",
    "a fraction and a whole number": "while saved < price:\n        half = half + price",
    "both of two": "while saved < price and weeks > 0:\n        weeks += 1",
    "inside one that would end": "while weeks < 10:\n        while saved < price: pass\n        weeks += 1",
    "inside a for": "for each in range(3):\n        while saved < price:\n            weeks += 1",
    "inside a try": "try:\n        while saved < price: weeks += 1\n    finally:\n        weeks = 0",
    "a number that turns into another kind": "while saved < price:\n        weeks = weeks + half",
    "it goes on": "while saved < price:\n        weeks += 1\n        continue",
}
MAY_END = {
    "a break": "while True:\n        weeks += 1\n        if weeks > 10 ** 9:\n            break",
    "a return": "while True:\n        weeks += 1\n        if weeks > 10 ** 9:\n            return 1",
    "it comes nearer": "while saved < 10 ** 9:\n        saved += 1",
    "it comes nearer, downwards": "while saved > -(10 ** 9):\n        saved -= 1",
    "it comes nearer by another name": "while weeks < 10 ** 9:\n        saved = weeks\n        weeks = saved + 1",
    "not equal yet": "while saved != 10 ** 9:\n        saved += 1",
    "equal some time": "while saved == saved + 0:\n        saved += 1\n        saved += 10 ** 9 // price",
    "it divides": "while saved < price:\n        weeks -= 1\n        half = 1 / (weeks + 10 ** 9)",
    "it calls something": "while saved < price:\n        weeks = abs(weeks) + 1",
    "it looks something up": "while saved < price:\n        weeks = table[0]",
    "its end is called": "while goes_on():\n        weeks += 1",
    "a global name": "while WAIT > 0:\n        go()",
    "a number that squares itself": "while saved < price:\n        weeks = weeks * weeks",
    "a text": "while saved < price:\n        word = word + word",
    "a name that is not there yet": "while saved < price:\n        later = later if weeks > 10 ** 9 else weeks\n"
    "        weeks += 1",
    "it opens something": "while saved < price:\n        with lock:\n            weeks += 1",
    "it raises": "while saved < price:\n        weeks += 1\n        assert weeks < 10 ** 9",
    "an inner loop": "while saved < price:\n        for each in range(3):\n            weeks += 1",
    "it deletes": "while saved < price:\n        del price",
    "no loop": "for each in range(10 ** 9):\n        weeks += 1",
}  # fmt: skip


class Looked(BaseException):
    """The alarm went off."""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a student's process: threads of other tests, and who measures coverage, are none of the loop's."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(sys, "_current_frames", lambda: {1: None})
    monkeypatch.setattr(sys, "gettrace", lambda: None)


def looked_at(text: str, *, setup: str = "") -> bool:
    """What is said of `text`, the body of a function, after a tenth of a second of it."""
    source = (
        f"{setup}\ndef run():\n    saved, price, weeks, half, word = 0, 5, 1, 0.5, 'a'\n"
        f"    table, goes_on, lock, go = [1], lambda: True, Lock(), lambda: None\n    {text}\nrun()\n"
    )
    return _looked_at(source)


def _looked_at(source: str, file: str = "") -> bool:
    name = file or "<a cell of the test's>"
    if not file:
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    said: list[bool] = []

    def alarm(_: int, frame: types.FrameType | None) -> None:
        said.append(never_ends(frame))
        raise Looked

    before = signal.signal(signal.SIGALRM, alarm)
    # Again and again: what is raised while the interpreter clears something away is lost.
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        exec(compile(source, name, "exec"), {"WAIT": 1, "Lock": _Lock})
    except Looked:
        return said[0]
    except Exception:
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        linecache.cache.pop(name, None)
    return False


class _Lock:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize("name", ENDLESS)
def test_a_loop_without_a_way_out_is_seen(name: str) -> None:
    assert looked_at(ENDLESS[name])


@pytest.mark.parametrize("name", MAY_END)
def test_a_loop_that_may_end_is_waited_for(name: str) -> None:
    assert not looked_at(MAY_END[name])


def test_a_loop_at_the_top_of_a_cell_too() -> None:
    assert _looked_at("n = 1\nwhile n > 0:\n    n = n + 1\n")
    assert not _looked_at("n = 1\nwhile n < 10 ** 9:\n    n = n + 1\n")


def test_a_number_that_another_function_could_change_is_none_of_the_loops() -> None:
    assert not _looked_at(
        "def outer():\n    stop = 0\n    def change():\n        nonlocal stop\n        stop = 1\n"
        "    while stop < 1:\n        pass\nouter()\n"
    )


@pytest.mark.parametrize("module, counts", [(threading, "active_count"), (sys, "_current_frames")])
def test_what_another_thread_may_end_is_waited_for(
    module: types.ModuleType, counts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, counts, lambda: 2 if counts == "active_count" else {1: None, 2: None})
    assert not _looked_at("done = False\nwhile not done:\n    pass\n")


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    module = tmp_path / "helper.py"
    module.write_text("n = 1\nwhile n > 0:\n    n = n + 1\n")
    linecache.getlines(str(module))
    text = "n = 1\nwhile n > 0:\n    n = n + 1 if n < 10 ** 9 else 0\n"
    module.write_text(text)
    os.utime(module, (1, 1))
    assert not _looked_at(text, str(module))


def test_a_look_deep_in_a_recursion_raises_nothing_there() -> None:
    clock, limit = Clock(), sys.getrecursionlimit()
    clock._timed = True
    before = signal.signal(signal.SIGALRM, clock.alarm)
    try:
        for room in range(4, 16):
            clock._began, clock._ends = time.monotonic(), time.monotonic() + 60
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            _busy_with_room_for(room)
    finally:
        sys.setrecursionlimit(limit)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _busy_with_room_for(frames: int) -> None:
    """A loop of a twentieth of a second, with so many more frames before a RecursionError."""
    limit, depth = sys.getrecursionlimit(), 10
    while True:
        try:
            sys.setrecursionlimit(depth)
            break
        except RecursionError:
            depth += 1
    sys.setrecursionlimit(depth + frames)
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        pass
    sys.setrecursionlimit(limit)
