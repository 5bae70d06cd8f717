"""Whether code leaves nothing behind in the process that runs it, seen from its tree alone; runs nothing.

Programs of which this is certain may share a process, one after the other, each with a namespace of its own:
none can change what the next one meets. Only what is known to be harmless counts; whoever writes an
underscore too many gets a process to themselves.
"""

from __future__ import annotations

import ast
import builtins

_PYTHONS_OWN = frozenset(dir(builtins))
_HARMLESS = frozenset(
    """abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate
    filter float format frozenset hash hex id int isinstance issubclass iter len list map max min next object
    oct ord pow print property range repr reversed round set slice sorted staticmethod str sum super tuple
    type zip True False None NotImplemented Ellipsis""".split()
) | {
    name
    for name in _PYTHONS_OWN
    if isinstance(getattr(builtins, name), type) and issubclass(getattr(builtins, name), BaseException)
}
_MODULES = frozenset({"math", "itertools", "collections"})
"""Without a state of their own, and without a way to anything that has one."""
_INNER = ("_", "gi_", "cr_", "ag_", "f_", "tb_", "co_", "func_")
"""How the names of those attributes begin that lead into the interpreter."""
_CHANGING = frozenset({"abc", "register"})


def traceless(tree: ast.AST) -> bool:
    """Whether it is certain. It may still fail, and may never end, and use up memory while it runs."""
    return all(map(_harmless, ast.walk(tree)))


def _harmless(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name, ctx=context):
            known = name not in _PYTHONS_OWN or name in _HARMLESS or isinstance(context, ast.Store)
            return known and "__" not in name
        case ast.Attribute(attr=name, ctx=context):
            return isinstance(context, ast.Load) and not name.startswith(_INNER) and name not in _CHANGING
        case ast.Constant(value=str(text)):
            return "__" not in text
        case ast.Import(names=names):
            return all(each.name in _MODULES and _plain(each.asname) for each in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            harmless = (_plain(each.asname) and not each.name.startswith(_INNER) for each in names)
            return (
                level == 0
                and module in _MODULES
                and all(harmless)
                and _CHANGING.isdisjoint(each.name for each in names)
            )
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return _plain(name)
        case ast.arg(arg=name) | ast.keyword(arg=name) | ast.ExceptHandler(name=name):
            return _plain(name)
        case ast.Global(names=listed) | ast.Nonlocal(names=listed):
            return all(map(_plain, listed))
        case ast.MatchClass() | ast.MatchMapping():
            # Patterns read attributes by name.
            return False
    return True


def _plain(name: str | None) -> bool:
    return name is None or "__" not in name
