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
from nbgrader.api import Gradebook, MissingEntry

from learnflow_ext.contracts.errors import NotFound


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


@dataclass(frozen=True)
class Blueprint:
    """One assignment."""

    assignment: str
    notebooks: tuple[NotebookPlan, ...]
    max_score: float

    def plan(self, notebook: str) -> NotebookPlan | None:
        """The plan of that notebook (its name without `.ipynb`), or None."""
        return next((plan for plan in self.notebooks if plan.name == notebook), None)


def read_blueprint(db_url: str, course: str, release: Path, assignment: str) -> Blueprint:
    """The blueprint of a released assignment; `release` is the folder with its released notebooks.

    NotFound when the assignment was never released.
    """
    with Gradebook(db_url, course) as gradebook:
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
