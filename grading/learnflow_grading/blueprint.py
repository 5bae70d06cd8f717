"""What an assignment's notebooks must look like, from the gradebook and the released version.

Nothing here comes from a student: which cells are tests, what they hold and what they are worth is the
gradebook's word, and their order is the released notebook's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import (
    Assignment,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SourceCell,
    TaskCell,
)

from learnflow_ext.contracts.errors import NotFound

_SOURCE = (SourceCell.name, SourceCell.cell_type, SourceCell.locked, SourceCell.source, SourceCell.checksum)


@dataclass(frozen=True)
class CellPlan:
    """One cell that nbgrader knows."""

    name: str
    cell_type: str
    source: str
    """With hidden tests; a solution cell's is the stub that students get."""
    locked: bool
    metadata: Mapping[str, Any]
    """What belongs into the cell's `nbgrader` metadata, complete."""

    @property
    def graded(self) -> bool:
        """True for a cell that carries points: tests, manually graded answers."""
        return bool(self.metadata.get("grade"))


@dataclass(frozen=True)
class NotebookPlan:
    """One notebook of an assignment; `cells` in the order they stand in it."""

    name: str
    cells: tuple[CellPlan, ...]
    kernelspec: Mapping[str, Any] | None = None
    """The teacher's, or None where the gradebook knows none."""
    checked: bool = False
    """Whether nbgrader's sanitizers have been through it: what they would change is changed."""


@dataclass(frozen=True)
class Blueprint:
    """One assignment."""

    assignment: str
    notebooks: tuple[NotebookPlan, ...]
    max_score: float

    def plan(self, notebook: str) -> NotebookPlan | None:
        """The plan of that notebook (its name without `.ipynb`), or None."""
        return next((plan for plan in self.notebooks if plan.name == notebook), None)


_kept: dict[tuple[str, str], tuple[tuple[Any, ...], Blueprint]] = {}
"""By gradebook and assignment, with all that it was made of."""


def read_blueprint(db_url: str, course: str, release: Path, assignment: str) -> Blueprint:
    """The blueprint of a released assignment; `release` is the folder with its released notebooks.

    It is made once a process, and again when gradebook or notebooks have changed. NotFound when the
    assignment was never released.
    """
    with Gradebook(db_url, course) as gradebook:
        known = _stamp(gradebook, assignment, release)
        if not known:
            raise NotFound(f"There is no released assignment {assignment!r} in {course}.")
        kept = _kept.get((db_url, assignment))
        if kept is None or kept[0] != known:
            kept = _kept[db_url, assignment] = known, _read(gradebook, course, release, assignment)
        return kept[1]


def _stamp(gradebook: Gradebook, assignment: str, release: Path) -> tuple[Any, ...]:
    """All that a blueprint is made of; empty when there is no such assignment."""
    notebooks = (
        gradebook.db.query(Assignment.id, Notebook.id, Notebook.name, Notebook.kernelspec)
        .outerjoin(Notebook, Notebook.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
        .order_by(Notebook.name)
        .all()
    )
    ids = [row[1] for row in notebooks]
    cells = [
        gradebook.db.query(*columns).filter(of.in_(ids)).order_by(of, columns[0]).all()
        for of, columns in (
            (SourceCell.notebook_id, _SOURCE),
            (GradeCell.notebook_id, (GradeCell.name, GradeCell.max_score)),
            (TaskCell.notebook_id, (TaskCell.name, TaskCell.max_score)),
        )
    ]
    paths = [release / f"{row[2]}.ipynb" for row in notebooks]
    stats = [path.stat() if path.is_file() else None for path in paths]
    files = [(each.st_mtime_ns, each.st_size, each.st_ino) if each else None for each in stats]
    return (notebooks, cells, paths, files) if notebooks else ()


def _read(gradebook: Gradebook, course: str, release: Path, assignment: str) -> Blueprint:
    try:
        entry = gradebook.find_assignment(assignment)
    except MissingEntry:
        raise NotFound(f"There is no released assignment {assignment!r} in {course}.") from None
    sources = {
        notebook.name: {cell.name: cell for cell in notebook.source_cells} for notebook in entry.notebooks
    }
    plans = []
    for name, cells in sorted(sources.items()):
        path = release / f"{name}.ipynb"
        if not path.is_file():
            raise NotFound(f"There is no released notebook {name!r} in {assignment}.")
        plans.append(NotebookPlan(name, _plan(nbformat.read(path, as_version=4), cells)))
    return Blueprint(assignment, tuple(plans), float(entry.max_score))


def _plan(released: nbformat.NotebookNode, sources: Mapping[str, Any]) -> tuple[CellPlan, ...]:
    plans = []
    for cell in released.cells:
        metadata = dict(cell.metadata.get("nbgrader", {}))
        source = sources.get(metadata.get("grade_id", ""))
        if source is None:
            continue
        metadata["checksum"] = source.checksum
        plans.append(
            CellPlan(
                name=source.name,
                cell_type=source.cell_type,
                source=source.source or "",
                locked=bool(source.locked),
                metadata=metadata,
            )
        )
    return tuple(plans)
