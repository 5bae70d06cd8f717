"""A cell's text as Python sees it: read within bounds, and never run."""

from __future__ import annotations

import ast
import re
import warnings

MAX_SOURCE = 20_000
MAX_DEPTH = 60
"""Deeper nesting than any person writes; it would only exhaust the compiler's stack."""
MAX_NODES = 12_000

_MAGIC = re.compile(r"^(\s*)(?:[%!?]|\w[\w.]*\?{1,2}\s*$).*$", re.MULTILINE)
_CELL_MAGIC = re.compile(r"^\s*%%(\w+)")


def without_magics(code: str) -> str:
    """IPython's `%magic`, `!shell` and `name?` lines made `pass`, every line in its place."""
    if _CELL_MAGIC.match(code):
        first, _, rest = code.partition("\n")
        return f"pass  # {first.strip()}\n{rest}"
    return _MAGIC.sub(r"\1pass", code)


def tree_of(code: str) -> ast.Module | None:
    """The tree of `code`; None when Python cannot read it, or nobody writes anything so large or deep."""
    found = _read(code)
    return found if isinstance(found, ast.Module) else None


def syntax_error_of(code: str, filename: str) -> SyntaxError | None:
    """Python's own complaint about `code`, with its place; None when it has none or we will not look.

    Finds what the parser refuses, and what only the compiler does (`return` outside a function).
    """
    found = _read(code)
    if isinstance(found, SyntaxError):
        found.filename = filename
        return found
    if found is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(found, filename, "exec", dont_inherit=True)
    except SyntaxError as error:
        return error
    except (ValueError, OverflowError, RecursionError, MemoryError):
        pass
    return None


def _read(code: str) -> ast.Module | SyntaxError | None:
    if len(code) > MAX_SOURCE:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except SyntaxError as error:
        return error
    except (ValueError, OverflowError, RecursionError, MemoryError):
        return None
    return tree if is_handy(tree) else None


def is_handy(tree: ast.AST) -> bool:
    """Whether the tree is neither deeper nor larger than people write; counted without recursion."""
    depth = nodes = 0
    level: list[ast.AST] = [tree]
    while level and depth <= MAX_DEPTH and nodes <= MAX_NODES:
        nodes += len(level)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return not level
