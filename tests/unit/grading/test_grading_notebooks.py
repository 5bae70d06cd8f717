"""Whatever was handed in becomes a valid notebook in the teacher's frame, or a sentence."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learnflow_grading import notebooks
from learnflow_grading.blueprint import Blueprint, CellPlan, NotebookPlan
from learnflow_grading.notebooks import read_notebook, repaired
from nbformat import NotebookNode

from learnflow_ext.contracts.errors import Unprocessable


def plan_of(name: str, source: str, *, locked: bool, kind: str = "code") -> CellPlan:
    marks = {
        "grade": locked,
        "solution": not locked,
        "locked": locked,
        "task": False,
        "schema_version": 3,
        "grade_id": name,
        "checksum": "0",
    }
    return CellPlan(name, kind, source, locked, marks | ({"points": 1} if locked else {}))


PLAN = NotebookPlan(
    "nb",
    (
        plan_of("intro", "# Title", locked=True, kind="markdown"),
        plan_of("answer", "stub", locked=False),
        plan_of("test", "assert True", locked=True),
    ),
)


def names(nb: NotebookNode) -> list[str]:
    return [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in nb.cells]


def cell(name: str | None, source: Any = "mine", kind: Any = "code", **more: Any) -> dict[str, Any]:
    marks = {} if name is None else {"nbgrader": {"grade_id": name, "points": 99, "grade": False}}
    return {"cell_type": kind, "source": source, "metadata": marks | {"tags": ["skip-execution"]}} | more


def read(cells: object, **more: object) -> NotebookNode:
    return read_notebook("nb.ipynb", json.dumps({"nbformat": 4, "cells": cells} | more).encode())


class TestUnreadable:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\xff\xfe",
            b"[]",
            b"{}",
            b'{"nbformat": "4", "cells": []}',
            b'{"nbformat": 4}',
            b'{"nbformat": 4, "cells": {}}',
            b'{"nbformat": 4, "cells": [1]}',
            b'{"nbformat": 3, "worksheets": 7}',
            b"[" * 100_000,
            b'{"nbformat": 4, "cells": [{"metadata": ' + b'{"a": ' * 600 + b"1" + b"}" * 600 + b"}]}",
        ],
    )
    def test_each_gets_a_sentence_with_the_files_name(self, data: bytes) -> None:
        with pytest.raises(Unprocessable, match=r"^nb\.ipynb "):
            read_notebook("nb.ipynb", data)

    def test_too_many_cells(self) -> None:
        with pytest.raises(Unprocessable, match="more than 2000 cells"):
            read([cell(None)] * 2001)

    def test_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(notebooks, "MAX_NOTEBOOK_BYTES", 2**20)
        with pytest.raises(Unprocessable, match="larger than 1 MB"):
            read_notebook("nb.ipynb", b" " * (2**20 + 1))


class TestRepaired:
    def test_answers_stay_and_the_rest_is_the_teachers(self) -> None:
        nb = repaired(read([cell("intro"), cell("answer"), cell("test", "pass")]), PLAN)
        assert [c.source for c in nb.cells] == ["# Title", "mine", "assert True"]
        assert [c.cell_type for c in nb.cells] == ["markdown", "code", "code"]
        assert nb.cells[2].metadata == {"nbgrader": dict(PLAN.cells[2].metadata)}
        nbformat.validate(nb)

    def test_deleted_cells_come_back_in_their_places(self) -> None:
        assert names(repaired(read([]), PLAN)) == ["intro", "answer", "test"]
        nb = repaired(read([cell(None, "before"), cell("answer"), cell(None, "after")]), PLAN)
        assert names(nb) == ["intro", "", "answer", "test", ""]

    def test_of_copies_the_last_counts(self) -> None:
        nb = repaired(read([cell("answer", "first"), cell("answer", "second")]), PLAN)
        assert names(nb) == ["intro", "", "answer", "test"]
        assert [c.source for c in nb.cells][1:3] == ["first", "second"]

    def test_unknown_names_and_kinds_are_plain_cells(self) -> None:
        nb = repaired(read([cell("made-up"), cell(None, kind="video"), cell(None, kind=7)]), PLAN)
        assert [c.cell_type for c in nb.cells if "nbgrader" not in c.metadata] == ["code", "raw", "raw"]

    def test_pictures_in_text_stay_and_other_attachments_go(self) -> None:
        attached = {"a.png": {"image/png": "AAAA", "text/html": "<script>"}, "b": {"text/html": "x"}, "c": 1}
        nb = repaired(read([cell(None, kind="markdown", attachments=attached)]), NotebookPlan("nb", ()))
        assert nb.cells[0].attachments == {"a.png": {"image/png": "AAAA"}}

    def test_pictures_in_an_answer_stay_and_those_in_the_teachers_text_go(self) -> None:
        plan = NotebookPlan(
            "nb",
            (
                plan_of("why", "stub", locked=False, kind="markdown"),
                plan_of("intro", "# Title", locked=True, kind="markdown"),
                plan_of("answer", "stub", locked=False),
            ),
        )
        attached = {"a.png": {"image/png": "AAAA", "text/html": "<script>"}}
        given = [cell(name, kind="markdown", attachments=attached) for name in ("why", "intro", "answer")]
        nb = repaired(read(given), plan)
        nbformat.validate(nb)
        assert nb.cells[0].attachments == {"a.png": {"image/png": "AAAA"}}
        assert [name for name, c in zip(names(nb), nb.cells, strict=True) if "attachments" in c] == ["why"]

    def test_text_that_cannot_be_written_is_replaced(self) -> None:
        nb = repaired(read([cell(None, ["a", "\ud800", 3])]), NotebookPlan("nb", ()))
        assert nb.cells[0].source == "a?"

    def test_ids_are_kept_once(self) -> None:
        nb = repaired(
            read([cell(None, id="same"), cell("answer", id="same"), cell(None, id="no way!")]), PLAN
        )
        ids = [c.id for c in nb.cells]
        assert ids.count("same") == 1
        assert len(set(ids)) == len(ids)

    JSON = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )
    CELLS = st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "cell_type": st.sampled_from(["code", "markdown", "raw", "x", None]),
                "source": JSON,
                "id": JSON,
                "attachments": JSON,
                "outputs": JSON,
                "metadata": JSON
                | st.builds(
                    lambda n: {"nbgrader": {"grade_id": n}}, st.sampled_from(["intro", "answer", "test", [1]])
                ),
            },
        ),
        max_size=6,
    )

    @settings(deadline=None)
    @given(CELLS)
    def test_whatever_comes_in_every_planned_cell_is_there_once(self, cells: list[dict[str, Any]]) -> None:
        nb = repaired(read(cells), PLAN)
        nbformat.validate(nb)
        nbformat.writes(nb).encode()
        assert sorted(name for name in names(nb) if name) == ["answer", "intro", "test"]
        assert next(c for c in nb.cells if names(nb)[nb.cells.index(c)] == "test").source == "assert True"
        assert all(not c.get("outputs") and set(c.metadata) <= {"nbgrader"} for c in nb.cells)
        assert nb.metadata == {"kernelspec": dict(nb.metadata.kernelspec)}
        assert nb.metadata.kernelspec.name == "python3"


def test_a_blueprint_knows_its_notebooks() -> None:
    blueprint = Blueprint("a", (PLAN,), 1.0)
    assert blueprint.plan("nb") is PLAN
    assert blueprint.plan("other") is None
    assert [c.graded for c in PLAN.cells] == [True, False, True]
