"""One submission's run: two sandboxes, a conversation, and an outcome for every cell."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from learnflow_ext.contracts.runner import RunLimits
from learnflow_ext.contracts.sandboxes import Sandboxes

from .. import signs
from .frames import BrokenChannel, Channel
from .plan import NotebookRules, TestPlan
from .runtime import AGENT, SUPERVISOR

log = logging.getLogger(__name__)

_MIMES = frozenset(
    ("text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "application/json")
)
_MAX_TEXT = 8_000_000
_STOPS = frozenset(
    "timeout stuck kernel_died flood budget not_run broken odd_value odd_score meddled".split()
)


@dataclass(frozen=True)
class Cell:
    """A code cell of a submission, in its place."""

    index: int
    source: str
    test: TestPlan | None = None
    name: str = ""


@dataclass
class Outcome:
    """What became of one cell."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    stop: str = "not_run"
    recorded: bool = False
    """True when the supervisor has told of this cell itself."""
    provisional: bool = False
    number: bool = False
    """Whether the cell ended in a number of points."""
    meddled: bool = False
    """Whether the test has passed, and the student's code changed what it was given and the reference's does
    not: it is to be run apart from that."""
    forged: bool = False
    """Whether the student's code showed something like a test's result while it was tested."""
    seconds: float = 0.0
    """How long it ran, on the clock; 0 for what was not run."""


@dataclass(frozen=True)
class RunSettings:
    """What a submission may use."""

    cell_seconds: float = 5.0
    total_seconds: float = 120.0
    memory_mb: int = 256


@dataclass
class Ran:
    """A whole run."""

    cells: dict[int, Outcome]
    returned_objects: tuple[str, ...] = ()
    never_empty: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    always_known: tuple[str, ...] = ()
    whole: bool = True
    """False when it was cut short, and shows less than it would."""


async def run(
    sandboxes: Sandboxes,
    cells: Sequence[Cell],
    rules: NotebookRules,
    settings: RunSettings,
    *,
    files: Mapping[str, str],
    student_files: Mapping[str, str],
    in_kernel: frozenset[str] = frozenset(),
    keeping: frozenset[str] = frozenset(),
) -> Ran:
    """Run `cells`; those tests whose names are `in_kernel` beside the student's code, the others apart. Those
    `keeping` give away copies of what a student's code is not to change.

    `files` are the teacher's, `student_files` what was handed in beside the notebook; both base64 by path.
    A LearnFlowError is raised only when no sandbox can be had.
    """
    signs.begun()
    outcomes = {cell.index: Outcome() for cell in cells}
    tokens = {cell.index: secrets.token_hex(16) for cell in cells}
    job = {
        "cell_seconds": settings.cell_seconds,
        "total_seconds": settings.total_seconds,
        "cells": [
            _job_cell(cell, count, tokens[cell.index], rules, in_kernel, keeping)
            for count, cell in enumerate(cells, start=1)
        ],
        "classes": {n: [sorted(d.names), sorted(d.specials)] for n, d in rules.classes.items()},
        "returns_objects": None if rules.returns_objects is None else list(rules.returns_objects),
        "never_empty": list(rules.never_empty),
        "always_known": list(rules.always_known),
        "may_change": None if rules.may_change is None else list(rules.may_change),
        "modules": dict(rules.modules),
        "imports": list(rules.student_imports),
        "files": [[name, data] for name, data in files.items()],
        "student_files": [[name, data] for name, data in student_files.items() if name not in files],
    }
    limits = RunLimits(wall_s=settings.total_seconds + 30, memory_mb=settings.memory_mb, processes=64)
    opened = await asyncio.gather(
        sandboxes.open(AGENT, limits=limits),
        sandboxes.open(SUPERVISOR, limits=limits),
        return_exceptions=True,
    )
    boxes = [box for box in opened if not isinstance(box, BaseException)]
    try:
        for box in opened:
            if isinstance(box, BaseException):
                raise box
        student, supervisor = boxes
        told = await asyncio.to_thread(
            _converse, supervisor.channel, student.channel, job, settings.total_seconds + 20
        )
    finally:
        await asyncio.gather(*(box.close() for box in boxes))
    return _ran(told, outcomes, tokens, in_kernel, cells)


def _job_cell(
    cell: Cell,
    count: int,
    token: str,
    rules: NotebookRules,
    in_kernel: frozenset[str],
    keeping: frozenset[str],
) -> dict[str, Any]:
    base = {"index": cell.index, "count": count, "token": token, "setup": ""}
    plan = cell.test
    if plan is None:
        return base | {"kind": "student", "code": cell.source}
    if cell.name in in_kernel:
        return base | {"kind": "kernel", "code": cell.source}
    return base | {
        "kind": "test",
        "code": plan.code,
        "setup": plan.setup,
        "names": list(plan.names),
        "replaces": list(plan.replaces),
        "imports": list(rules.imports),
        "scored": plan.scored,
        "number": plan.number,
        "files": plan.files,
        "apart": cell.name in keeping,
    }


def _converse(
    supervisor: socket.socket, student: socket.socket, job: dict[str, Any], seconds: float
) -> list[dict[str, Any]]:
    """Hand over the job and the student's channel, and listen until all is told or time is up."""
    end = time.monotonic() + seconds
    told: list[dict[str, Any]] = []
    supervisor.settimeout(30)
    try:
        socket.send_fds(supervisor, [b"s"], [student.fileno()])
        channel = Channel(supervisor)
        channel.send(job)
        while True:
            message = channel.receive(seconds=max(0.01, end - time.monotonic()))
            told.append(message)
            if message.get("done"):
                break
    except (BrokenChannel, OSError) as error:
        log.warning("A submission's run ended early: %s", error)
    return told


def _ran(
    told: Sequence[dict[str, Any]],
    outcomes: dict[int, Outcome],
    tokens: Mapping[int, str],
    in_kernel: frozenset[str],
    cells: Sequence[Cell],
) -> Ran:
    returned: tuple[str, ...] = ()
    never_empty: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    always_known: tuple[str, ...] = ()
    provisional = {cell.index for cell in cells if cell.name in in_kernel}
    told_all = False
    for message in told:
        if message.get("done"):
            told_all = True
            returned = tuple(str(name) for name in message.get("returned_objects", []))
            never_empty = tuple(str(name) for name in message.get("never_empty", []))
            changes = tuple(str(name) for name in message.get("changes", []))
            always_known = tuple(str(name) for name in message.get("always_known", []))
            continue
        index = message.get("cell")
        outcome = outcomes.get(index) if isinstance(index, int) else None
        if outcome is None or not secrets.compare_digest(str(message.get("token")), tokens[index]):  # type: ignore[index]
            continue
        stop = str(message.get("stop") or "")
        outcome.stop = stop if stop in _STOPS or not stop else "broken"
        outcome.outputs = [entry for raw in message.get("outputs", []) if (entry := _output(raw)) is not None]
        outcome.recorded = True
        outcome.provisional = index in provisional
        outcome.number = message.get("number") is True
        outcome.forged = message.get("forged") is True
        outcome.meddled = message.get("meddled") is True
        seconds = message.get("seconds")
        outcome.seconds = seconds if isinstance(seconds, float) else 0.0
    cut = any(outcome.stop in ("budget", "not_run") for outcome in outcomes.values())
    return Ran(outcomes, returned, never_empty, changes, always_known, told_all and not cut)


def _output(raw: Any) -> dict[str, Any] | None:
    """One output in nbformat's form, rebuilt from parts that are text; None for what is none."""
    if not isinstance(raw, dict):
        return None
    kind = raw.get("output_type")
    if kind == "stream":
        name = "stderr" if raw.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _text(raw.get("text"))}
    if kind == "error":
        lines = raw.get("traceback")
        return {
            "output_type": "error",
            "ename": _text(raw.get("ename"))[:200],
            "evalue": _text(raw.get("evalue"))[:2000],
            "traceback": [_text(line)[:4000] for line in lines[:30]] if isinstance(lines, list) else [],
        }
    data = raw.get("data")
    if kind not in ("display_data", "execute_result") or not isinstance(data, dict):
        return None
    kept: dict[str, Any] = {m: _text(v) for m, v in data.items() if m in _MIMES and isinstance(v, str)}
    if "application/json" in kept:
        with contextlib.suppress(ValueError, RecursionError):
            kept["application/json"] = json.loads(kept["application/json"])
    made: dict[str, Any] = {"output_type": kind, "data": kept, "metadata": {}}
    if kind == "execute_result":
        made["execution_count"] = None
    return made


def _text(value: Any) -> str:
    return value[:_MAX_TEXT].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
