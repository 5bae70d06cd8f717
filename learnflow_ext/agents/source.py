"""Student code as data: found in messages, parsed without trust, never run."""

from __future__ import annotations

import ast
import re
import warnings

from learnflow_ext.contracts.help import MAX_CELL_CHARS

MAX_DEPTH = 60
"""Deeper nesting than any person writes; it would only exhaust the walkers' stack."""
MAX_NODES = 12_000
"""About a thousand lines: no cell that a person asks about."""

_FENCE = re.compile(
    r"^[ \t]*(`{3,}+|~{3,}+)[^\n]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_MAGIC = re.compile(r"^(\s*)(?:[%!?]|\w[\w.]*\?{1,2}\s*$).*$", re.MULTILINE)
_CELL_MAGIC = re.compile(r"^\s*%%(\w+)")
_LINE_ASKED = re.compile(r"\b(?:lines?|ln|zeile)\s*(?:number|no\.?|nr\.?|#)?\s*(\d{1,4})\b", re.IGNORECASE)


def fenced(text: str) -> tuple[str, str]:
    """The message without its fenced blocks, and the blocks' code, joined; either may be empty."""
    blocks = [match.group(2).rstrip() for match in _FENCE.finditer(text)]
    return _FENCE.sub("\n", text).strip(), "\n".join(blocks)


def line_asked_about(text: str) -> int | None:
    """The line a message names ("what does line 3 mean?"), from 1; None when it names none."""
    found = _LINE_ASKED.search(text)
    return int(found.group(1)) if found and int(found.group(1)) else None


def without_magics(code: str) -> str:
    """IPython's `%magic`, `!shell` and `name?` lines made `pass`, every line in its place."""
    if _CELL_MAGIC.match(code):
        first, _, rest = code.partition("\n")
        return f"pass  # {first.strip()}\n{rest}"
    return _MAGIC.sub(r"\1pass", code)


def parse(code: str) -> ast.Module | None:
    """The tree of a cell; None when it cannot be read, is too long, or nests deeper than people write."""
    tree = parse_or_error(code)
    return tree if isinstance(tree, ast.Module) else None


def parse_or_error(code: str) -> ast.Module | SyntaxError | None:
    """The tree; the SyntaxError when Python cannot read the cell; None when we will not try."""
    if len(code) > MAX_CELL_CHARS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(without_magics(code))
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return None
    return tree if _is_handy(tree) else None


def written(node: ast.AST) -> str:
    """The tree's code in one layout; an ellipsis for the few trees that Python cannot write down again."""
    try:
        return ast.unparse(ast.fix_missing_locations(node))
    except (ValueError, RecursionError):
        return "…"


def _is_handy(tree: ast.AST) -> bool:
    """Whether the tree is neither deeper nor larger than people write; counted without recursion."""
    depth = nodes = 0
    level: list[ast.AST] = [tree]
    while level and depth <= MAX_DEPTH and nodes <= MAX_NODES:
        nodes += len(level)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return not level
