"""In place of nbgrader's `Execute`: student cells in one sandbox, tests in another, no kernel."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode, from_dict
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer, Unicode

from learnflow_ext.contracts.sandboxes import Sandboxes

from .. import constructs
from ..execute import NOT_AS_ASKED, STOPPED, note, settle_score
from .calibrate import ALL, calibrated, passed
from .files import files_in
from .libraries import needs_libraries
from .names import undrawn
from .plan import NotebookRules, TeacherCell, kind_of, make_rules, teacher_cells
from .runtime import SANDBOXES, runtime
from .session import Cell, Outcome, RunSettings, run

FORGED = "learnflow_forged"
"""In a test cell's metadata: the student's code tried to give it a result."""
PROVISIONAL = "learnflow_provisional"
"""In a test cell's metadata: why its points are the student's code's word."""
_NOT_SEEN = {"timeout": "timeout", "budget": "budget", "not_run": "budget"}
"""What a test comes to whose second run was stopped, by what stopped it."""
_TRIES = 3
"""How often a process tries a reference for which time runs out."""
_rules: dict[tuple[str, str], NotebookRules] = {}
_tried: dict[tuple[str, str], int] = {}
_libraries: dict[tuple[Path, int], bool] = {}


class TrustedExecute(NbGraderPreprocessor):
    """Runs a submission's cells, and its tests apart from them; outputs land in the notebook as usual."""

    enabled = Bool(
        True, help="Whether cells are run at all. Without it a submission keeps the outputs it came with."
    ).tag(config=True)

    sandboxes = Unicode(
        SANDBOXES, help="Opens the sandboxes: a class with the interface of `contracts.sandboxes.Sandboxes`."
    ).tag(config=True)

    cell_seconds = Float(
        5.0, help="Wall-clock seconds one cell may run. Raise it for courses that train models."
    ).tag(config=True)

    total_seconds = Float(
        120.0, help="Wall-clock seconds for all cells of a notebook together; the rest is then not run."
    ).tag(config=True)

    memory_mb = Integer(256, help="Memory of each of the two sandboxes, in MiB.").tag(config=True)

    try_reference = Bool(
        True,
        help="""Run the teacher's own notebook once per assignment. It shows which tests cannot run apart, and
        which functions return objects. Turn it off when the reference needs very long.""",
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Run `nb`; its outputs and notes are in the notebook that comes back."""
        place = resources["nbgrader"]
        course = CourseDirectory(config=self.config)
        source = Path(course.format_path(course.source_directory, ".", place["assignment"]))
        release = Path(course.format_path(course.release_directory, ".", place["assignment"]))
        files = files_in(source)
        handed_in = files_in(Path(resources["metadata"]["path"] or os.getcwd()))
        settings = RunSettings(self.cell_seconds, self.total_seconds, self.memory_mb)
        tests = {
            cell.metadata.nbgrader["grade_id"]: cell.source
            for cell in nb.cells
            if cell.cell_type == "code" and kind_of(cell.metadata) == "test"
        }
        name = f"{place['notebook']}.ipynb"
        keep = kept_file(Path(course.root), place["assignment"], place["notebook"])
        loop = runtime(self.sandboxes)
        libraries = teachers_need_libraries(source / name, files) or needs_libraries(
            [cell.source for cell in nb.cells if cell.cell_type == "code"], files | handed_in
        )
        loop.wait(
            _grade(
                loop.sandboxes(libraries=libraries), nb, tests, source / name, release / name, files,
                handed_in, settings,
                keep if self.try_reference else None, try_reference=self.try_reference,
            )
        )  # fmt: skip
        return nb, resources


def kept_file(root: Path, assignment: str, notebook: str) -> Path:
    """Where a course folder keeps what the reference of a notebook showed."""
    return root / ".learnflow" / "trusted" / assignment / f"{notebook}.json"


def teachers_need_libraries(source: Path, files: Mapping[str, str]) -> bool:
    """Of the teacher's own notebook, which is tried once per assignment; read once a process and text."""
    if not source.is_file():
        return False
    key = (source, source.stat().st_mtime_ns)
    if key not in _libraries:
        cells = nbformat.read(source, as_version=4).cells
        _libraries[key] = needs_libraries([c.source for c in cells if c.cell_type == "code"], files)
    return _libraries[key]


async def _grade(
    sandboxes: Sandboxes,
    nb: NotebookNode,
    tests: Mapping[str, str],
    source: Path,
    release: Path,
    files: Mapping[str, str],
    handed_in: Mapping[str, str],
    settings: RunSettings,
    keep: Path | None,
    *,
    try_reference: bool,
) -> None:
    rules = await rules_for(
        sandboxes, tests, source, release, files, settings, keep, try_reference=try_reference
    )
    seen: set[str] = set()
    cells: list[Cell] = []
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        name = cell.metadata.nbgrader["grade_id"] if kind_of(cell.metadata) == "test" else ""
        test = rules.tests.get(name) if name not in seen else None
        seen.add(name)
        cells.append(Cell(index, undrawn(cell.source), test, name if test is not None else ""))
    fallback = {cell.name for cell in cells if cell.test is not None and cell.test.fallback}
    trusted = [cell for cell in cells if cell.name not in fallback]
    ran = await run(sandboxes, trusted, rules, settings, files=files, student_files=handed_in)
    outcomes = dict(ran.cells)
    passing = [cell for cell in trusted if passed(outcomes[cell.index])]
    if meddled := {cell.name for cell in passing if outcomes[cell.index].meddled}:
        await _keeping(sandboxes, trusted, outcomes, meddled, rules, settings, files, handed_in)
    if fallback:
        outcomes |= await _beside(sandboxes, cells, fallback, rules, settings, files, handed_in)
    for count, each in enumerate(cells, start=1):
        cell, outcome = nb.cells[each.index], outcomes[each.index]
        if _too_short(outcome.stop, (cell.metadata.get("nbgrader") or {}).get("grade_id", ""), rules):
            outcome = dataclasses.replace(outcome, stop="too_short")
        _write(cell, each, outcome, count)
    _check_constructs(nb, cells, rules, outcomes)


async def _keeping(
    sandboxes: Sandboxes,
    cells: Sequence[Cell],
    outcomes: Mapping[int, Outcome],
    meddled: set[str],
    rules: NotebookRules,
    settings: RunSettings,
    files: Mapping[str, str],
    handed_in: Mapping[str, str],
) -> None:
    """Let `meddled` tests fail that do not come to the same where they keep what they give.

    `assert total(xs) == sum(xs)` passes for who empties `xs` and gives 0. Whoever sorts a list in the place
    of a copy, say, passes both ways.
    """
    last = max(place for place, cell in enumerate(cells) if cell.name in meddled)
    ran = await run(
        sandboxes, cells[: last + 1], rules, settings, files=files, student_files=handed_in,
        keeping=frozenset(meddled),
    )  # fmt: skip
    for cell in cells:
        if cell.name in meddled:
            before, after = outcomes[cell.index], ran.cells[cell.index]
            if not passed(after) or _results(after) != _results(before):
                # On a busy machine it may have had too little time, which says nothing of what it changes.
                before.stop = _NOT_SEEN.get(after.stop, "meddled")


def _results(outcome: Outcome) -> list[object]:
    return [output["data"] for output in outcome.outputs if output["output_type"] == "execute_result"]


def _too_short(stop: str, name: str, rules: NotebookRules) -> bool:
    """Whether a cell was stopped that is too slow with the teacher's own solution, too."""
    return (stop == "timeout" and name in rules.slow) or (stop == "budget" and ALL in rules.slow)


def _check_constructs(
    nb: NotebookNode, cells: Sequence[Cell], rules: NotebookRules, outcomes: Mapping[int, Outcome]
) -> None:
    """A test that passed earns nothing when the answer is not written as its exercise asks."""
    answers: list[str] = []
    others: list[str] = []
    for each in cells:
        if each.test is None:
            metadata = nb.cells[each.index].metadata
            marks = metadata.get("nbgrader") or {}
            if kind_of(metadata) == "solution" and marks.get("grade_id") not in rules.practices:
                answers.append(each.source)
            elif not marks.get("locked"):
                others.append(each.source)
            continue
        wanted = rules.constructs.get(each.name)
        cell = nb.cells[each.index]
        if wanted is not None and passed(outcomes[each.index]) and not _has_error(cell):
            if said := constructs.broken(wanted, answers, others):
                cell.metadata[NOT_AS_ASKED] = said
                cell.outputs.append(
                    from_dict(
                        {"output_type": "error", "ename": "CellStopped", "evalue": said, "traceback": [said]}
                    )
                )
        others, answers = [*others, *answers], []


async def _beside(
    sandboxes: Sandboxes,
    cells: Sequence[Cell],
    fallback: set[str],
    rules: NotebookRules,
    settings: RunSettings,
    files: Mapping[str, str],
    handed_in: Mapping[str, str],
) -> dict[int, Outcome]:
    """Run the tests that need it beside the student's code, in a run of their own, which sees no other test.

    Only tests whose names they use come along.
    """
    wanted = [cell for cell in cells if cell.name in fallback]
    needed = set().union(*(set(rules.tests[cell.name].code.split()) for cell in wanted))
    needed = {word for text in needed for word in _words(text)}
    helpers = {
        cell.name
        for cell in cells
        if cell.test is not None and cell.name not in fallback and cell.test.binds & needed
    }
    chosen = [cell for cell in cells if cell.test is None or cell.name in fallback | helpers]
    ran = await run(
        sandboxes, chosen, rules, settings, files=files, student_files=handed_in,
        in_kernel=frozenset(fallback | helpers),
    )  # fmt: skip
    return {cell.index: ran.cells[cell.index] for cell in wanted}


def _words(text: str) -> list[str]:
    return "".join(c if c.isidentifier() or c.isdigit() else " " for c in text).split()


async def rules_for(
    sandboxes: Sandboxes,
    tests: Mapping[str, str],
    source: Path,
    release: Path,
    files: Mapping[str, str],
    settings: RunSettings,
    keep: Path | None,
    *,
    try_reference: bool,
) -> NotebookRules:
    """What the teacher's notebook says, from the newest text there is.

    Read once a process and text, unless the machine was too busy to try the reference: then with the next
    submission again.
    """
    path = source if source.is_file() else release  # noqa: ASYNC240 - a local disk
    stamp = f"{path.stat().st_mtime_ns}" if path.is_file() else ""
    key = (str(path), repr((stamp, sorted(tests.items()), try_reference, settings)))
    if key in _rules:
        return _rules[key]
    cells: list[TeacherCell] = []
    if path.is_file():
        cells = [_as_tested(cell, tests) for cell in teacher_cells(nbformat.read(path, as_version=4).cells)]
    complete = path == source and bool(cells)
    rules = make_rules(cells, tests, complete=complete, files=files)
    if complete and try_reference:
        rules = await calibrated(sandboxes, rules, cells, files, settings, keep)
    _tried[key] = _tried.get(key, 0) + 1
    if rules.whole or _tried[key] >= _TRIES:
        _rules[key] = rules
    return rules


def forget(source: Path, keep: Path) -> None:
    """Have the reference in `source` tried anew when somebody asks for its rules next."""
    keep.unlink(missing_ok=True)
    for key in [key for key in _tried if key[0] == str(source)]:
        del _tried[key]
        _rules.pop(key, None)


def _as_tested(cell: TeacherCell, tests: Mapping[str, str]) -> TeacherCell:
    """A test's text is the gradebook's, where they differ."""
    return (
        dataclasses.replace(cell, source=tests[cell.name])
        if cell.kind == "test" and cell.name in tests
        else cell
    )


def _write(cell: NotebookNode, run_cell: Cell, outcome: Outcome, count: int) -> None:
    cell.outputs = [from_dict(output) for output in outcome.outputs]
    cell.execution_count = count if outcome.recorded and outcome.stop not in ("not_run", "budget") else None
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = count
    stop = outcome.stop
    if outcome.forged:
        cell.metadata[FORGED] = True
    if run_cell.test is not None and not outcome.recorded:
        stop = "not_run"
    if stop:
        note(cell, cast(Any, stop))
    if run_cell.test is not None and run_cell.test.fallback:
        cell.metadata[PROVISIONAL] = run_cell.test.fallback
    settle_score(cell)
    if run_cell.test is not None and not passed(outcome) and not _has_error(cell):
        note(cell, "broken")


def _has_error(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.outputs) or STOPPED in cell.metadata
