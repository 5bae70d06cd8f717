"""A student's notebook: read whatever was handed in, and put back what belongs to the teacher.

The file is hostile until `repaired` has rebuilt it. Outputs, cell and notebook metadata are dropped: a tag
can make the executor skip a test, a kernelspec can name another kernel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from nbformat import NotebookNode, from_dict
from nbformat import v4 as nbf
from nbformat.converter import convert
from nbformat.corpus.words import generate_corpus_id

from learnflow_ext.contracts.errors import Unprocessable

from .blueprint import CellPlan, NotebookPlan

MAX_NOTEBOOK_BYTES = 20 * 1024 * 1024
MAX_CELLS = 2_000
MAX_DEPTH = 100
"""Lists and mappings inside each other. How deep Python itself goes differs from version to version."""
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif"})
OTHER_LANGUAGE = "{name} is for {language}. Only Python notebooks are graded here"
_KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


def other_language(nb: NotebookNode) -> str:
    """What a notebook is for that is not for Python; empty for one that is, or that does not say."""
    spec = nb.metadata.get("kernelspec", {})
    language = spec.get("language") or nb.metadata.get("language_info", {}).get("name") or "python"
    if language.lower() == "python" or str(spec.get("name", "")).startswith("python"):
        return ""
    return str(spec.get("display_name") or language)


def read_notebook(name: str, data: bytes) -> NotebookNode:
    """The notebook in `data`, as nbformat 4; only its `cells` may be relied on to be a list of mappings.

    Unprocessable, in a sentence that names the file, for what is no notebook, is too large, or is too old.
    """
    if len(data) > MAX_NOTEBOOK_BYTES:
        raise Unprocessable(
            f"{name} is larger than {MAX_NOTEBOOK_BYTES // 1024**2} MB."
            " Clear its outputs and hand it in again."
        )
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        raise Unprocessable(f"{name} is damaged: it is not a notebook that can be read.") from None
    if _too_deep(raw):
        raise Unprocessable(f"{name} is damaged: it is not a notebook that can be read.")
    if not isinstance(raw, dict) or not isinstance(major := raw.get("nbformat"), int):
        raise Unprocessable(f"{name} is damaged: it is not a notebook.")
    if major < 4:
        raw = _upgraded(name, raw)
    cells = raw.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Unprocessable(f"{name} is damaged: its cells cannot be read.")
    if len(cells) > MAX_CELLS:
        raise Unprocessable(f"{name} has more than {MAX_CELLS} cells.")
    try:
        return cast(NotebookNode, from_dict({"cells": cells}))
    except RecursionError:  # it goes less deep than the parser
        raise Unprocessable(f"{name} is damaged: it is not a notebook that can be read.") from None


def _too_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inside for each in level for inside in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _upgraded(name: str, raw: dict[str, Any]) -> dict[str, Any]:
    try:
        upgraded: dict[str, Any] = convert(from_dict(raw), 4)
    except Exception:  # nbformat's converters fail on odd input in any way they like
        raise Unprocessable(
            f"{name} is in an old format that cannot be read."
            " Open it in JupyterLab, save it, and hand it in again."
        ) from None
    return upgraded


def _text(value: object) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    # Surrogates cannot be written as UTF-8, and nothing readable is lost with them.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _attachments(cell: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, bundle in _mapping(cell.get("attachments")).items():
        images = {k: v for k, v in _mapping(bundle).items() if k in _IMAGES and isinstance(v, str)}
        if images:
            found[name] = images
    return found


def _fresh(kind: str, source: str) -> NotebookNode:
    """As nbformat's `new_code_cell` and its sisters, which hold each cell against the whole schema.

    The notebook is held against it when it is written.
    """
    fields: dict[str, Any] = {"id": generate_corpus_id(), "cell_type": kind, "metadata": {}, "source": source}
    if kind == "code":
        fields |= {"execution_count": None, "outputs": []}
    return cast(NotebookNode, from_dict(fields))


def _rebuilt(cell: Mapping[str, Any], ids: set[str]) -> NotebookNode:
    source = _text(cell.get("source"))
    kind = cell.get("cell_type")
    new = _fresh(kind if kind in ("code", "markdown") else "raw", source)
    if kind == "markdown":
        if attachments := _attachments(cell):
            new.attachments = from_dict(attachments)
    cell_id = cell.get("id")
    if isinstance(cell_id, str) and _CELL_ID.fullmatch(cell_id) and cell_id not in ids:
        new.id = cell_id
    ids.add(new.id)
    return new


def planned(plan: CellPlan, source: str | None = None) -> NotebookNode:
    """A cell as the plan wants it; `source` is the student's text where the plan leaves that to them."""
    text = plan.source if source is None or plan.locked else source
    cell = _fresh("code" if plan.cell_type == "code" else "markdown", text)
    cell.metadata["nbgrader"] = from_dict(dict(plan.metadata))
    return cell


def repaired(submitted: NotebookNode, plan: NotebookPlan) -> NotebookNode:
    """A valid notebook with the student's work in the teacher's frame.

    Every planned cell is there once (of copies the last counts, as in nbgrader; the others stay as plain
    cells), with the teacher's type, metadata and, when locked, text; deleted ones are back in their place,
    an answer that was deleted as its empty stub.
    """
    ids: set[str] = set()
    by_name = {cell.name: cell for cell in plan.cells}
    last = {name: index for index, name in _grade_ids(submitted) if name in by_name}
    named = {index: name for name, index in last.items()}
    cells: list[NotebookNode] = []
    for index, cell in enumerate(submitted.cells):
        new = _rebuilt(cell, ids)
        if index in named:
            given, new = new, planned(by_name[named[index]], new.source)
            new.id = given.id
            if "attachments" in given and new.cell_type == "markdown" and not by_name[named[index]].locked:
                new.attachments = given.attachments
        cells.append(new)
    _put_back(cells, plan, set(last))
    nb: NotebookNode = nbf.new_notebook(cells=cells)
    nb.metadata["kernelspec"] = from_dict(dict(plan.kernelspec or _KERNELSPEC))
    return nb


def _grade_ids(nb: NotebookNode) -> Iterator[tuple[int, str]]:
    for index, cell in enumerate(nb.cells):
        name = _mapping(_mapping(cell.get("metadata")).get("nbgrader")).get("grade_id")
        if isinstance(name, str):
            yield index, name


def _put_back(cells: list[NotebookNode], plan: NotebookPlan, present: set[str]) -> None:
    position = 0
    for cell_plan in plan.cells:
        if cell_plan.name in present:
            position = 1 + next(
                i
                for i, cell in enumerate(cells)
                if cell.metadata.get("nbgrader", {}).get("grade_id") == cell_plan.name
            )
        else:
            cells.insert(position, planned(cell_plan))
            position += 1
