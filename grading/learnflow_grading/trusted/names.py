"""What Python text binds, uses and declares, read from its syntax alone."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator

from .declared import SPECIAL, Declared

BUILTINS = frozenset(dir(builtins))
_MUTABLE_CALLS = frozenset(
    "append extend insert remove pop clear sort reverse update add discard setdefault popitem drop fillna"
    " rename seed".split()
)


_DRAWN = re.compile(r"\A(\s*)(?=%%visualize[^\S\n]*(?:\n|\Z))")


def undrawn(code: str) -> str:
    """A cell whose first line is `%%visualize` as the same cell without; every line stays in its place.

    It only draws the run, which nobody sees here, and what it is written above is meant as it stands.
    """
    return _DRAWN.sub(r"\1# ", code)


def parsed(code: str) -> ast.Module | None:
    """The syntax tree of a cell, magics included; None when it is not Python."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return ast.parse(TransformerManager().transform_cell(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def python(code: str) -> str:
    """A cell with its magics as calls; unchanged when it cannot be transformed."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        try:
            return str(TransformerManager().transform_cell(code))
        except (SyntaxError, ValueError):
            return code
    return code


def used(node: ast.AST) -> set[str]:
    """All names that are read anywhere in it."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} | {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Del)
    }


def in_strings(node: ast.AST) -> set[str]:
    """Names in its text constants: what `"x" in globals()` and `eval("f(2)")` ask for."""
    found: set[str] = set()
    for constant in ast.walk(node):
        if (
            isinstance(constant, ast.Constant)
            and isinstance(constant.value, str)
            and len(constant.value) < 500
        ):
            try:
                found |= used(ast.parse(constant.value.strip()))
            except (SyntaxError, ValueError, RecursionError):
                continue
    return found


def bound(statements: Iterable[ast.stmt]) -> set[str]:
    """Names that these statements bind at their own level (not inside functions and classes), imports too."""
    return set().union(*(_bound(statement) for statement in statements), set())


def _bound(node: ast.AST) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(a.asname or a.name.split(".")[0]) for a in node.names if a.name != "*"}
    found: set[str] = set()
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        found.add(node.id)
    if isinstance(node, ast.ExceptHandler) and node.name:
        found.add(node.name)
    for child in ast.iter_child_nodes(node):
        found |= _bound(child)
    return found


def imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Its import statements, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def mutated(tree: ast.Module) -> set[str]:
    """Names whose objects the text may change at its top level, as `x[0] = 1` and `x.append(2)` do."""
    found: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
                found |= _root(node)
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and (node.func.attr in _MUTABLE_CALLS or any(k.arg == "inplace" for k in node.keywords))
            ):
                found |= _root(node.func)
    return found


def _root(node: ast.AST) -> set[str]:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def globals_of(tree: ast.Module) -> set[str]:
    """Names that functions declare `global`."""
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def classes(tree: ast.Module) -> dict[str, Declared]:
    """What its classes declare."""
    found: dict[str, Declared] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found[node.name] = _declared(node)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if ast.unparse(node.value.func).split(".")[-1] in ("namedtuple", "NamedTuple", "Enum", "IntEnum"):
                found |= {name: Declared(frozenset(), frozenset()) for name in bound([node])}
    return found


def _declared(node: ast.ClassDef) -> Declared:
    names = {n for n in bound(node.body)}
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Attribute)
            and isinstance(part.ctx, ast.Store)
            and isinstance(part.value, ast.Name)
        ):
            names.add(part.attr)
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            names.add(part.target.id)
    specials = {name for name in names if name in SPECIAL}
    for decorator in node.decorator_list:
        text = ast.unparse(decorator)
        if "dataclass" in text:
            specials |= {"__eq__"}
            if "order" in text:
                specials |= {"__lt__", "__le__", "__gt__", "__ge__"}
            if "frozen" in text:
                specials |= {"__hash__"}
        if "total_ordering" in text:
            specials |= {"__lt__", "__le__", "__gt__", "__ge__"}
    if "__eq__" in specials:
        specials.add("__ne__")
    return Declared(frozenset(names), frozenset(specials))
