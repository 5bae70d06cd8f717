"""The difference between two trees as edits, each of which can be made or left.

The trees are compared from the top: statements of two lists are aligned so that as few nodes as possible
change (the edit distance of sequences, with the cost of a pair being the difference of the two statements),
and what
stands at the same place is compared in turn. The size of an edit is the number of nodes it takes away and
adds.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from learnflow_ext.exercises.trees import key, size

Kind = Literal["replace", "set", "insert", "delete"]
_BLOCKS = ("body", "handlers", "orelse")
"""Fields with lines of a statement that others may stand behind."""


@dataclass(frozen=True, eq=False)
class Edit:
    """One change of a tree."""

    kind: Kind
    owner: ast.AST
    """The node below which it happens."""
    field: str
    index: int
    """Place in the owner's list, counted in the tree as it was; 0 where the field is no list."""
    old: Any
    """What stands there; None for an insertion."""
    new: Any
    """What comes there; None for a deletion."""
    size: int
    line: int
    """Of the tree as it was: the line that changes, or after which something is missing. From 1."""


class Difference:
    """All edits from one tree to another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        """Both trees stay as they are; edits refer to their nodes."""
        self._keys: dict[int, str] = {}
        self._sizes: dict[int, int] = {}
        self._costs: dict[tuple[int, int], int] = {}
        self._kept = (old, new)
        self.edits: list[Edit] = []
        self.pairs: list[tuple[ast.AST, ast.AST]] = []
        """Nodes that were put side by side, whether they are alike or not."""
        self._compare(old, new, getattr(old, "lineno", 1))

    def _key(self, node: ast.AST) -> str:
        found = self._keys.get(id(node))
        if found is None:
            found = self._keys[id(node)] = key(node)
        return found

    def _size(self, node: ast.AST) -> int:
        found = self._sizes.get(id(node))
        if found is None:
            found = self._sizes[id(node)] = size(node)
        return found

    def cost(self, old: ast.AST, new: ast.AST) -> int:
        """How many nodes change from `old` to `new`."""
        place = (id(old), id(new))
        found = self._costs.get(place)
        if found is None:
            found = self._costs[place] = self._cost(old, new)
        return found

    def _cost(self, old: ast.AST, new: ast.AST) -> int:
        if self._key(old) == self._key(new):
            return 0
        whole = self._size(old) + self._size(new)
        if type(old) is not type(new):
            return whole
        return min(whole, sum(self._field_cost(*values) for values in _fields(old, new)))

    def _field_cost(self, name: str, one: Any, other: Any) -> int:
        if isinstance(one, list):
            if _aligned(one, other):
                return self._align(one, other)[0]
            return (
                sum(self.cost(a, b) for a, b in zip(one, other, strict=True))
                if _pairwise(one, other)
                else (sum(map(_size_of, one)) + sum(map(_size_of, other)))
            )
        if isinstance(one, ast.AST) and isinstance(other, ast.AST):
            return self.cost(one, other)
        return 0 if _same(one, other) else max(1, _size_of(one) + _size_of(other))

    def _align(
        self, one: list[ast.stmt], other: list[ast.stmt]
    ) -> tuple[int, list[tuple[int | None, int | None]]]:
        """Cheapest way from one list to the other: its cost, and who stands beside whom, in order."""
        rows, columns = len(one), len(other)
        best = [[0] * (columns + 1) for _ in range(rows + 1)]
        for i in range(rows - 1, -1, -1):
            best[i][columns] = best[i + 1][columns] + self._size(one[i])
        for j in range(columns - 1, -1, -1):
            best[rows][j] = best[rows][j + 1] + self._size(other[j])
        for i in range(rows - 1, -1, -1):
            for j in range(columns - 1, -1, -1):
                best[i][j] = min(
                    best[i + 1][j + 1] + self.cost(one[i], other[j]),
                    best[i + 1][j] + self._size(one[i]),
                    best[i][j + 1] + self._size(other[j]),
                )
        i = j = 0
        beside: list[tuple[int | None, int | None]] = []
        while i < rows or j < columns:
            if i < rows and j < columns and best[i][j] == best[i + 1][j + 1] + self.cost(one[i], other[j]):
                beside.append((i, j))
                i, j = i + 1, j + 1
            elif i < rows and best[i][j] == best[i + 1][j] + self._size(one[i]):
                beside.append((i, None))
                i += 1
            else:
                beside.append((None, j))
                j += 1
        return best[0][0], beside

    def _compare(self, old: ast.AST, new: ast.AST, line: int) -> None:
        self.pairs.append((old, new))
        line = behind = getattr(old, "lineno", line)
        for name, one, other in _fields(old, new):
            if isinstance(one, list) and _aligned(one, other):
                self._lists(old, name, one, other, behind)
            elif isinstance(one, list) and _pairwise(one, other):
                for index, (a, b) in enumerate(zip(one, other, strict=True)):
                    self._nodes(old, name, index, a, b, line)
            elif isinstance(one, ast.AST) and isinstance(other, ast.AST):
                self._nodes(old, name, 0, one, other, line)
            elif not _same(one, other):
                changed = max(1, _size_of(one) + _size_of(other))
                self._add("set", old, name, 0, one, other, changed, line)
            if name in _BLOCKS and isinstance(one, list) and one:
                # What an `else` lacks stands behind what comes before it.
                behind = one[-1].end_lineno or behind

    def _nodes(self, owner: ast.AST, name: str, index: int, old: ast.AST, new: ast.AST, line: int) -> None:
        if self._key(old) == self._key(new):
            self._same_pairs(old, new)
            return
        whole = self._size(old) + self._size(new)
        if type(old) is type(new) and (self.cost(old, new) < whole or isinstance(old, ast.stmt)):
            self._compare(old, new, line)
        else:
            self._add("replace", owner, name, index, old, new, whole, getattr(old, "lineno", line))

    def _same_pairs(self, old: ast.AST, new: ast.AST) -> None:
        self.pairs.extend(zip(ast.walk(old), ast.walk(new), strict=True))

    def _lists(
        self, owner: ast.AST, name: str, one: list[ast.stmt], other: list[ast.stmt], line: int
    ) -> None:
        before = line
        last = 0
        for i, j in self._align(one, other)[1]:
            if i is not None and j is not None:
                self._nodes(owner, name, i, one[i], other[j], before)
            elif i is not None:
                self._add("delete", owner, name, i, one[i], None, self._size(one[i]), one[i].lineno)
            elif j is not None:
                self._add("insert", owner, name, last, None, other[j], self._size(other[j]), before)
            if i is not None:
                last = i + 1
                before = one[i].end_lineno or one[i].lineno

    def _add(
        self, kind: Kind, owner: ast.AST, field: str, index: int, old: Any, new: Any, changed: int, line: int
    ) -> None:
        self.edits.append(Edit(kind, owner, field, index, old, new, changed, line))


def applied(tree: ast.AST, edits: Iterable[Edit]) -> ast.AST:
    """A copy of `tree` in which `edits`, of a Difference that began with it, are made."""
    at: dict[tuple[int, str], list[Edit]] = {}
    for edit in edits:
        at.setdefault((id(edit.owner), edit.field), []).append(edit)
    return _copy(tree, at)


def _copy(node: ast.AST, at: dict[tuple[int, str], list[Edit]]) -> ast.AST:
    made = type(node)()
    for name, value in ast.iter_fields(node):
        here = at.get((id(node), name), [])
        setattr(
            made, name, _copied_list(value, here, at) if isinstance(value, list) else _copied(value, here, at)
        )
    for name in ("body",):
        if isinstance(node, ast.stmt) and getattr(node, name, None) and not getattr(made, name):
            setattr(made, name, [ast.Pass()])
    return ast.copy_location(made, node) if hasattr(node, "lineno") else made


def _copied(value: Any, here: list[Edit], at: dict[tuple[int, str], list[Edit]]) -> Any:
    if here:
        return here[0].new
    return _copy(value, at) if isinstance(value, ast.AST) else value


def _copied_list(items: list[Any], here: list[Edit], at: dict[tuple[int, str], list[Edit]]) -> list[Any]:
    whole = [edit for edit in here if edit.kind == "set"]
    if whole:
        return list(whole[0].new)
    inserted: dict[int, list[Any]] = {}
    replaced: dict[int, Edit] = {}
    for edit in here:
        if edit.kind == "insert":
            inserted.setdefault(edit.index, []).append(edit.new)
        else:
            replaced[edit.index] = edit
    made: list[Any] = []
    for index, item in enumerate(items):
        made += inserted.get(index, [])
        if index not in replaced:
            made.append(_copy(item, at) if isinstance(item, ast.AST) else item)
        elif replaced[index].kind == "replace":
            made.append(replaced[index].new)
    return made + inserted.get(len(items), [])


def total(edits: Collection[Edit]) -> int:
    """The size of all of them."""
    return sum(edit.size for edit in edits)


def _fields(old: ast.AST, new: ast.AST) -> Iterable[tuple[str, Any, Any]]:
    for name in old._fields:
        one, other = getattr(old, name, None), getattr(new, name, None)
        if not isinstance(one, ast.expr_context) and name not in ("type_comment", "kind"):
            yield name, one, other


def _aligned(one: list[Any], other: list[Any]) -> bool:
    """Whether these are lists of statements."""
    return any(isinstance(each, ast.stmt) for each in (*one, *other))


def _pairwise(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(isinstance(each, ast.AST) for each in (*one, *other))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, ast.AST) and isinstance(other, ast.AST):
        return key(one) == key(other)
    return type(one) is type(other) and bool(one == other)


def _size_of(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_size_of, value))
    return size(value) if isinstance(value, ast.AST) else 0
