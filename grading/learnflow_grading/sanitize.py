"""nbgrader's sanitizers, run over the teacher's frame once instead of over each submission.

They put back what belongs to the teacher: cell types, points, checksums, locked texts, the kernel.
`repaired` builds each submission in the teacher's frame: once the frame is as they want it, so is each.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import v4 as nbf
from nbgrader.converters import Autograde
from traitlets.config import Config

from .blueprint import Blueprint, NotebookPlan
from .notebooks import planned

log = logging.getLogger(__name__)
_STOCK: list[Any] = Autograde().sanitize_preprocessors
_done: dict[int, tuple[Blueprint, Blueprint]] = {}
"""By identity of the blueprint, with it, so that it stays that one's."""


def is_stock(config: Config) -> bool:
    """Whether a course leaves the sanitizers as nbgrader has them, and the files that they are to read."""
    own = config.Autograde.get("sanitize_preprocessors", _STOCK)
    # A hook runs ahead of them, and may change what was handed in.
    hooks = [config.get(name, {}).get("pre_convert_hook") for name in ("BaseConverter", "Autograde")]
    return bool(own == _STOCK) and not any(hooks) and not any(config.get(cls.__name__) for cls in _STOCK)


def sanitized(blueprint: Blueprint, db_url: str) -> Blueprint:
    """`blueprint` as the sanitizers leave it; a notebook at which they fail stays as it is, unchecked."""
    kept = _done.get(id(blueprint))
    if kept is None:
        _done.clear()
        plans = tuple(_through(plan, blueprint.assignment, db_url) for plan in blueprint.notebooks)
        kept = _done[id(blueprint)] = blueprint, dataclasses.replace(blueprint, notebooks=plans)
    return kept[1]


def _through(plan: NotebookPlan, assignment: str, db_url: str) -> NotebookPlan:
    nb = nbf.new_notebook(cells=[planned(cell) for cell in plan.cells])
    resources = ResourcesDict()
    resources["nbgrader"] = {"notebook": plan.name, "assignment": assignment, "db_url": db_url}
    try:
        for cls in _STOCK:
            nb, resources = cls()(nb, resources)
    except Exception:  # any of nbgrader's: each submission will then tell by itself
        log.warning("The notebook %s cannot be checked once for all", plan.name, exc_info=True)
        return plan
    cells = tuple(
        dataclasses.replace(
            cell,
            cell_type=clean.cell_type,
            source=clean.source if cell.locked else cell.source,
            metadata=clean.metadata["nbgrader"],
        )
        for cell, clean in zip(plan.cells, nb.cells, strict=True)
    )
    return dataclasses.replace(plan, cells=cells, kernelspec=nb.metadata.get("kernelspec"), checked=True)
