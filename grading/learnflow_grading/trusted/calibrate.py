"""Tries the teacher's own solution once: what it shows about the tests holds for every submission.

A test that the reference passes beside its code, but not apart from it, cannot be trusted that way and falls
back.
A function from which the reference returns plain data must return plain data.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from learnflow_ext.contracts.sandboxes import Sandboxes

from .plan import NotebookRules, TeacherCell
from .session import Cell, Outcome, Ran, RunSettings, run

log = logging.getLogger(__name__)

VERSION = 8
"""Part of the key under which results are kept: raise it when a change here or in the supervisor matters."""
_REFERENCE_SECONDS = 20.0
"""How long a cell of the reference may run at least: its teacher is told how long it takes."""
_WORTH_KEEPING = 0.2
"""Seconds; cells that take less are too slow under no limit."""
ALL = "all cells together"
"""Stands for a cell's name where it is the notebook that takes too long."""


async def calibrated(
    sandboxes: Sandboxes,
    rules: NotebookRules,
    cells: Sequence[TeacherCell],
    files: Mapping[str, str],
    settings: RunSettings,
    keep: Path | None,
) -> NotebookRules:
    """`rules` with what a run of the reference shows; taken from the file `keep` if of the same text."""
    key = _key(rules, cells, files, settings)
    known = _load(keep, key)
    if known is None:
        known = await _try(sandboxes, rules, cells, files, settings)
        if known.whole:
            _store(keep, key, known)
    tests = {
        name: dataclasses.replace(
            test, fallback=test.fallback or known.fallbacks.get(name, ""), number=name in known.numbers
        )
        for name, test in rules.tests.items()
    }
    slow = _slow(known, settings)
    for name, seconds in slow.items():
        log.warning("The teacher's own solution takes longer than a student has: %s, %s", name, seconds)
    return dataclasses.replace(
        rules,
        tests=tests,
        slow=slow,
        returns_objects=known.returns_objects,
        never_empty=known.never_empty,
        always_known=known.always_known,
        may_change=known.changes,
        broken=tuple(known.broken),
        whole=known.whole,
    )


@dataclasses.dataclass(frozen=True)
class _Found:
    fallbacks: Mapping[str, str]
    broken: Sequence[str]
    returns_objects: tuple[str, ...] | None
    never_empty: tuple[str, ...] = ()
    changes: tuple[str, ...] | None = None
    numbers: tuple[str, ...] = ()
    """Tests that end in a number of points."""
    always_known: tuple[str, ...] = ()
    seconds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """How long each cell took that took long, by its name; `ALL` is among them when time ran out."""
    whole: bool = True
    """False when time ran out, on a busy machine for instance: it is not kept, and tried again."""


def passed(outcome: Outcome) -> bool:
    """Whether a cell ran to its end without an error."""
    return (
        outcome.recorded
        and not outcome.stop
        and not any(o["output_type"] == "error" for o in outcome.outputs)
    )


async def _try(
    sandboxes: Sandboxes,
    rules: NotebookRules,
    cells: Sequence[TeacherCell],
    files: Mapping[str, str],
    settings: RunSettings,
) -> _Found:
    generous = dataclasses.replace(settings, cell_seconds=_tried_for(settings))
    run_cells = [
        Cell(n, cell.source, rules.tests.get(cell.name) if cell.kind == "test" else None, cell.name)
        for n, cell in enumerate(cells)
    ]
    wanted = {cell.index: cell.name for cell in run_cells if cell.test is not None}
    static = frozenset(name for name, test in rules.tests.items() if test.fallback)
    apart = await run(sandboxes, run_cells, rules, generous, files=files, student_files={}, in_kernel=static)
    failed = {index: name for index, name in wanted.items() if not passed(apart.cells[index])}
    seconds = _seconds(apart, cells, settings)
    if not failed:
        return _judge(apart, apart, wanted, failed, seconds)
    names = frozenset(wanted.values())
    beside = await run(sandboxes, run_cells, rules, generous, files=files, student_files={}, in_kernel=names)
    return _judge(apart, beside, wanted, failed, seconds)


def _tried_for(settings: RunSettings) -> float:
    return max(settings.cell_seconds, _REFERENCE_SECONDS)


def _seconds(ran: Ran, cells: Sequence[TeacherCell], settings: RunSettings) -> dict[str, float]:
    found = {
        cell.name or f"code cell {n + 1}": ran.cells[n].seconds
        for n, cell in enumerate(cells)
        if ran.cells[n].seconds >= _WORTH_KEEPING
    }
    if any(outcome.stop == "budget" for outcome in ran.cells.values()):
        found[ALL] = settings.total_seconds
    return found


def _slow(found: _Found, settings: RunSettings) -> dict[str, str]:
    tried = _tried_for(settings)
    slow = {
        name: f"more than {tried:g} s" if seconds >= tried else f"{seconds:.1f} s"
        for name, seconds in found.seconds.items()
        if seconds > settings.cell_seconds and name != ALL
    }
    return slow | ({ALL: f"more than {found.seconds[ALL]:g} s"} if ALL in found.seconds else {})


def _judge(
    apart: Ran,
    beside: Ran,
    wanted: Mapping[int, str],
    failed: Mapping[int, str],
    seconds: Mapping[str, float],
) -> _Found:
    fallbacks: dict[str, str] = {}
    broken = []
    for index, name in failed.items():
        if passed(beside.cells[index]):
            fallbacks[name] = "the teacher's own solution passes it only beside its code" + _why(
                apart.cells[index]
            )
        else:
            broken.append(name)
            log.warning("The reference solution does not pass %s", name)
    numbers = tuple(name for index, name in wanted.items() if apart.cells[index].number)
    objects, changes = (apart.returned_objects, apart.changes) if apart.whole else (None, None)
    whole = apart.whole and beside.whole
    return _Found(
        fallbacks, broken, objects, apart.never_empty, changes, numbers, apart.always_known, seconds, whole
    )


def _why(outcome: Outcome) -> str:
    error = next((o for o in outcome.outputs if o["output_type"] == "error"), None)
    return "" if error is None else f" ({error['ename']}: {error['evalue'][:150]})"


def _key(
    rules: NotebookRules, cells: Sequence[TeacherCell], files: Mapping[str, str], settings: RunSettings
) -> str:
    text = json.dumps(
        [
            VERSION,
            [[c.source, c.kind, c.name] for c in cells],
            {n: t.code for n, t in rules.tests.items()},
            dict(files),
            _tried_for(settings),
            settings.total_seconds,
        ],
        sort_keys=True,
    )
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _load(keep: Path | None, key: str) -> _Found | None:
    if keep is None or not keep.is_file() or keep.is_symlink():
        return None
    try:
        stored = json.loads(keep.read_text(encoding="utf-8"))
        if stored["key"] != key:
            return None
        objects = stored["returns_objects"]
        return _Found(
            dict(stored["fallbacks"]),
            list(stored["broken"]),
            None if objects is None else tuple(objects),
            tuple(stored["never_empty"]),
            None if stored["changes"] is None else tuple(stored["changes"]),
            tuple(stored["numbers"]),
            tuple(stored["always_known"]),
            {str(name): float(seconds) for name, seconds in stored["seconds"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _store(keep: Path | None, key: str, found: _Found) -> None:
    if keep is None:
        return
    try:
        keep.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=keep.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"key": key, **dataclasses.asdict(found)}, file)
        os.replace(name, keep)
    except OSError as error:
        log.warning("What the reference solution showed cannot be kept: %s", error)
