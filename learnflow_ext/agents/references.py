"""What must never be said: the solutions of a course, with the tests that tell one. Service side only."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from textwrap import dedent

import msgspec

from learnflow_ext.agents.course_index import Cell, notebooks_of, read_notebook
from learnflow_ext.agents.source import parse

_REGION = re.compile(
    r"^[^\n]*BEGIN SOLUTION\b[^\n]*\n(.*?)^[^\n]*END SOLUTION\b[^\n]*", re.DOTALL | re.MULTILINE
)
_HIDDEN = re.compile(
    r"^[^\n]*BEGIN HIDDEN TESTS\b[^\n]*\n(.*?)^[^\n]*END HIDDEN TESTS\b[^\n]*", re.DOTALL | re.MULTILINE
)


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise with its reference solution. Only `name` and `code` are always known."""

    name: str
    """For the log, never for a student: assignment and grade_id."""
    code: str
    """The solution: the marked region, which may be the inside of a function."""
    program: str = ""
    """The whole answer cell, solved; empty when the solution stands alone (see `whole`)."""
    tests: str = ""
    """All of its tests, visible and hidden; empty where there are none."""
    hidden: str = ""
    """Those of the tests that a student does not see."""
    checks: tuple[str, ...] = ()
    """Names of the graded cells that its tests stand in; empty where none of them is graded."""
    shown: str = ""
    """What the student reads: statement, starter and visible tests."""
    before: str = ""
    """Code that the tests or the solution rest on: earlier cells."""

    @property
    def whole(self) -> str:
        """A program that passes the tests."""
        return self.program or self.code

    @property
    def entries(self) -> tuple[str, ...]:
        """Names that the tests use and the solution gives, in order of use."""
        return _entries(self.whole, self.tests)


@lru_cache(maxsize=4096)
def _entries(program: str, tests: str) -> tuple[str, ...]:
    """Each reply asks for those of every exercise."""
    given = _given(program)
    tree = parse(tests)
    if tree is None:
        return ()
    used = sorted(
        (node.lineno, node.col_offset, node.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )
    return tuple(dict.fromkeys(name for _, _, name in used if name in given))


def _given(code: str) -> frozenset[str]:
    """Names at the top level of `code`."""
    tree = parse(code)
    found: set[str] = set()
    for statement in tree.body if tree is not None else []:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(statement.name)
        else:
            found |= {
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    return frozenset(found - set(dir(builtins)))


def references(directory: Path, *, practices: bool = False) -> Iterator[Reference]:
    """The solutions in a course's source: the marked regions, or else the whole of a solution cell.

    With `practices` also theirs, which earn nothing and are so short that lessons are close to them.
    """
    for assignment, path in notebooks_of(directory):
        notebook = read_notebook(path)
        yield from _of_notebook(assignment, notebook.cells if notebook else [], practices=practices)


def _of_notebook(assignment: str, cells: list[Cell], *, practices: bool) -> Iterator[Reference]:
    before: list[str] = []
    statement = ""
    for place, cell in enumerate(cells):
        marks = cell.nbgrader
        if cell.cell_type == "markdown":
            statement = cell.text
        if cell.cell_type != "code":
            continue
        if marks.get("solution"):
            if practices or not cell.practice:
                yield _reference(assignment, cell, cells[place + 1 :], statement, "\n".join(before))
            before.append(cell.text)
        elif not marks.get("grade") and parse(cell.text) is not None:
            # What an ordinary cell does beyond making names is nothing that tests rest on.
            before.append(_definitions(cell.text))


def _reference(assignment: str, cell: Cell, rest: list[Cell], statement: str, before: str) -> Reference:
    regions = [dedent(region) for region in _REGION.findall(cell.text)]
    code = "\n".join(regions) or cell.text
    tests: list[str] = []
    checks: list[str] = []
    for each in rest:
        if each.nbgrader.get("solution"):
            break
        if each.cell_type == "code" and (each.nbgrader.get("grade") or each.practice):
            tests.append(each.text)
        if each.cell_type == "code" and each.nbgrader.get("grade"):
            checks.append(str(each.nbgrader.get("grade_id", each.id)))
    together = "\n".join(tests)
    starter = _REGION.sub("", cell.text) if regions else ""
    return Reference(
        name=f"{assignment}/{cell.nbgrader.get('grade_id', cell.id)}",
        code=code if parse(code) is not None else cell.text,
        program=cell.text,
        tests=together,
        hidden="\n".join(_HIDDEN.findall(together)),
        checks=tuple(checks),
        shown="\n".join((statement, starter, _HIDDEN.sub("", together))),
        before=before,
    )


def _definitions(code: str) -> str:
    """The imports and functions of an ordinary cell: what it makes and does not do."""
    tree = parse(code)
    kept = [
        node
        for node in (tree.body if tree is not None else [])
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))
    ]
    return "\n".join(ast.unparse(node) for node in kept)
