"""The piece of code that was running when it failed, and what its names meant."""

from __future__ import annotations

import ast
import builtins
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from learnflow_ext.diagnosis.pieces import PIECES, piece, values_of_pieces
from learnflow_ext.diagnosis.place import Place
from learnflow_ext.diagnosis.reading import MAX_SOURCE, tree_of, without_magics
from learnflow_ext.diagnosis.values import Value, kind, value_of

_LITERALS = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set)
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")

Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True)
class Scene:
    """What is known about the failing line beside its text."""

    node: ast.AST | None = None
    """Exactly what was running; None when only the line is known."""
    statement: tuple[ast.AST, ...] = ()
    """The parts of the statement on that line, without the lines that belong to it; empty when unknown."""
    values: Mapping[str, Value] = field(default_factory=dict)
    function: str = ""
    """The student's function that was running; empty outside of any."""
    tree: ast.Module | None = None
    """All of the cell; None when it cannot be read."""
    line: int | None = None
    """Where it failed, counted as in `tree`."""
    raised_here: bool = True
    """Whether that line itself failed, rather than something it called."""
    called: ast.Call | None = None
    """The call in which it failed, where the line itself did not; None when that is not known."""

    def the(self, kind: type[Node], fits: Callable[[Node], bool] = lambda _: True) -> Node | None:
        """The piece of this kind that failed; None when it is not known or could be several."""
        if self.node is not None:
            return self.node if isinstance(self.node, kind) and fits(self.node) else None
        found = [
            node
            for part in self.statement
            for node in ast.walk(part)
            if isinstance(node, kind) and fits(node)
        ]
        return found[0] if len(found) == 1 else None

    def value(self, node: ast.AST | None) -> Value | None:
        """What a name, a literal, or a piece that was looked at stands for; None for all else."""
        if isinstance(node, ast.Name):
            return self.values.get(node.id)
        if not isinstance(node, _LITERALS):
            return self.values.get(piece(node)) if isinstance(node, PIECES) else None
        try:
            return value_of(ast.literal_eval(node))
        except (ValueError, TypeError, RecursionError):
            return None


def live_scene(place: Place, source: str, filename: str, namespace: Mapping[str, object] | None) -> Scene:
    """From a running frame: the exact piece, and the values of its names."""
    step = place.step
    if step is None:
        return Scene()
    frame, tree = step.tb_frame, _tree_run(source, filename)
    name = frame.f_code.co_name
    function = "" if name.startswith("<") else name
    if tree is None:
        return Scene(function=function, line=step.tb_lineno)
    span = next(islice(frame.f_code.co_positions(), step.tb_lasti // 2, None), (None,) * 4)
    node = _spanning(tree, span)
    if not place.raised_here:
        called = node if isinstance(node, ast.Call) else None
        return Scene(function=function, tree=tree, line=step.tb_lineno, called=called, raised_here=False)
    statement = tuple(_statement(tree, step.tb_lineno))
    parts = (*statement, *([node] if node is not None else []))
    known = (frame.f_locals, frame.f_globals, namespace or {})
    objects = {
        each: next(names[each] for names in known if each in names)
        for each in _names(*parts)
        if any(each in names for names in known)
    }
    values = {name: value_of(thing) for name, thing in objects.items()}
    values.update(values_of_pieces(parts, objects))
    return Scene(node, statement, values, function, tree, step.tb_lineno)


def text_scene(code: str, place: Place, values: Mapping[str, Value]) -> Scene:
    """From text alone: the statement on the line."""
    tree = tree_of(without_magics(code)) if place.line is not None else None
    if tree is None or place.line is None:
        return Scene()
    function = _function_at(tree, place.line)
    if not place.raised_here:
        return Scene(function=function, tree=tree, line=place.line, raised_here=False)
    return Scene(None, tuple(_statement(tree, place.line)), values, function, tree, place.line)


def _names(*parts: ast.AST) -> set[str]:
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}


def _tree_run(source: str, filename: str) -> ast.Module | None:
    """The tree of what really ran: IPython turns magics into calls, and drops blank lines."""
    run = "".join(linecache.getlines(filename)) or source
    return tree_of(run) if len(run) <= MAX_SOURCE else None


def _spanning(tree: ast.Module, span: Iterable[int | None]) -> ast.AST | None:
    """The innermost node of exactly this place; columns count bytes, as Python's do."""
    line, end_line, column, end_column = span
    if column is None:
        return None
    found = None
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.expr, ast.stmt))
            and node.lineno == line
            and (node.end_lineno, node.col_offset, node.end_col_offset) == (end_line, column, end_column)
        ):
            found = node
    return found


def _statement(tree: ast.Module, line: int) -> Iterator[ast.AST]:
    """The parts of the innermost statement that covers `line`, without the blocks inside it."""
    best: ast.stmt | None = None
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.stmt)
            and node.lineno <= line <= (node.end_lineno or node.lineno)
            and (best is None or node.lineno >= best.lineno)
        ):
            best = node
    if best is None or isinstance(best, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    if not any(name in _BODIES for name in best._fields):
        yield best
        return
    for name, part in ast.iter_fields(best):
        if name not in _BODIES:
            pieces = part if isinstance(part, list) else [part]
            yield from (each for each in pieces if isinstance(each, ast.AST))


def _function_at(tree: ast.Module, line: int) -> str:
    found = ""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno < line <= (
            node.end_lineno or node.lineno
        ):
            found = node.name
    return found


def own_builtin(name: str) -> bool:
    """Whether Python itself has something of this name."""
    return hasattr(builtins, name)


def own_value(scene: Scene, name: str) -> bool:
    """Whether the student gave a name of Python's own another value, as in `sum = 0`."""
    value = scene.values.get(name)
    return value is not None and value.type not in ("type", "builtin_function_or_method")


def known_as(node: ast.AST | None, scene: Scene) -> str:
    """The piece with its value: ``n` is `5`, an integer (`int`)`; empty when either is unknown."""
    value = scene.value(node)
    if node is None or value is None or not value.text or "`" in value.text or not (said := piece(node)):
        return ""
    if isinstance(node, ast.Constant):
        return f"{said} is {kind(value.type)}"
    return f"{said} is `{value.text}`, {kind(value.type)}" if value.text != "None" else f"{said} is `None`"


def here(text: str) -> str:
    """`Here …`, for an explanation's end; empty for nothing."""
    return f"Here {text}" if text else ""
