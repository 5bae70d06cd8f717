"""One person's names for another's: which variable of a correct program plays which part in a student's."""

from __future__ import annotations

import ast
import builtins
import copy
from collections import Counter
from collections.abc import Mapping

from learnflow_ext.exercises.edits import Difference

_PYTHONS_OWN = frozenset(dir(builtins))
_VOTE = 3
"""What standing at the same place counts against being used alike."""


def local_names(part: ast.AST) -> list[str]:
    """Names that `part` itself binds, in order of appearance: arguments, targets, loop variables."""
    found: dict[str, None] = {}
    for node in ast.walk(part):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.ExceptHandler(name=str(name)):
                found.setdefault(name)
    return list(found)


def arguments(part: ast.AST) -> list[str]:
    """A function's own parameters in order; empty for anything else."""
    if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return []
    each = part.args
    return [arg.arg for arg in (*each.posonlyargs, *each.args, *each.kwonlyargs)]


def uses(part: ast.AST) -> dict[str, Counter[str]]:
    """How each name is used: below which kinds of nodes, and in which of their fields."""
    found: dict[str, Counter[str]] = {}
    for parent in ast.walk(part):
        for field, value in ast.iter_fields(parent):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.Name):
                    kind = type(parent).__name__
                    detail = ""
                    if isinstance(parent, ast.Assign) and field == "targets":
                        detail = type(parent.value).__name__
                    elif isinstance(parent, (ast.BinOp, ast.AugAssign)):
                        detail = type(parent.op).__name__
                    found.setdefault(child.id, Counter())[f"{kind}.{field}.{detail}"] += 1
    return found


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """1 for the same uses, 0 for none in common."""
    either = sum((one | other).values())
    return sum((one & other).values()) / either if either else 0.0


def _votes(correct: ast.AST, own: ast.AST) -> Counter[tuple[str, str]]:
    """How often a name of `correct` stands where a name of `own` does."""
    votes: Counter[tuple[str, str]] = Counter()
    for mine, theirs in Difference(own, correct).pairs:
        if isinstance(mine, ast.Name) and isinstance(theirs, ast.Name):
            votes[theirs.id, mine.id] += 1
    return votes


def matched(correct: ast.AST, own: ast.AST) -> dict[str, str]:
    """For names that `correct` binds: the names of `own` that play their part, each given once.

    Parameters go by their place. The others go in order of likeness: how they are used, and once a first
    match is made, how often they stand at the same place.
    """
    first = _by_likeness(correct, own, Counter())
    renamed = renamed_tree(correct, safe(first, correct, own))
    votes = _votes(renamed, own)
    back = {new: old for old, new in safe(first, correct, own).items()}
    return _by_likeness(correct, own, Counter({(back.get(a, a), b): n for (a, b), n in votes.items()}))


def _by_likeness(correct: ast.AST, own: ast.AST, votes: Counter[tuple[str, str]]) -> dict[str, str]:
    found = dict(zip(arguments(correct), arguments(own), strict=False))
    theirs, mine = uses(correct), uses(own)
    left = [name for name in local_names(correct) if name not in found]
    free = [name for name in local_names(own) if name not in found.values()]
    nothing: Counter[str] = Counter()
    scored = sorted(
        (
            (
                _likeness(theirs.get(a, nothing), mine.get(b, nothing))
                + _VOTE * votes[a, b]
                + (0.5 if a == b else 0),
                a,
                b,
            )
            for a in left
            for b in free
        ),
        key=lambda each: (-each[0], each[1], each[2]),
    )
    for score, a, b in scored:
        if score > 0 and a not in found and b not in found.values():
            found[a] = b
    return found


def safe(found: Mapping[str, str], correct: ast.AST, own: ast.AST) -> dict[str, str]:
    """`found`, with fresh names for what has no match and would otherwise collide with a name of `own`."""
    taken = set(local_names(own)) | {n.id for n in ast.walk(own) if isinstance(n, ast.Name)}
    complete = dict(found)
    for name in local_names(correct):
        if name not in complete and (name in taken or name in complete.values()):
            number = 2
            while f"{name}_{number}" in taken:
                number += 1
            complete[name] = f"{name}_{number}"
            taken.add(complete[name])
    return complete


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.generic_visit(node)
        node.arg = self._names.get(node.arg, node.arg)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        if node.name:
            node.name = self._names.get(node.name, node.name)
        return node

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> ast.AST:
        node.names = [self._names.get(name, name) for name in node.names]
        return node

    visit_Nonlocal = visit_Global


def renamed_tree(tree: ast.AST, names: Mapping[str, str]) -> ast.AST:
    """A copy of `tree` in which every name in `names` is another; Python's own names stay."""
    fitting = {old: new for old, new in names.items() if old not in _PYTHONS_OWN or old in local_names(tree)}
    made: ast.AST = _Renamed(fitting).visit(copy.deepcopy(tree))
    return made
