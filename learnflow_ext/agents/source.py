"""Student code as data: found in messages, parsed without trust, never run."""

from __future__ import annotations

import ast
import re
import warnings

from learnflow_ext.contracts.help import MAX_CELL_CHARS
from learnflow_ext.diagnosis.reading import is_handy, without_magics

_FENCE = re.compile(
    r"^[ \t]*(`{3,}+|~{3,}+)[^\n]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_LINE_ASKED = re.compile(r"\b(?:lines?|ln|zeile)\s*(?:number|no\.?|nr\.?|#)?\s*(\d{1,4})\b", re.IGNORECASE)


def fenced(text: str) -> tuple[str, str]:
    """The message without its fenced blocks, and the blocks' code, joined; either may be empty."""
    blocks = [match.group(2).rstrip() for match in _FENCE.finditer(text)]
    return _FENCE.sub("\n", text).strip(), "\n".join(blocks)


def line_asked_about(text: str) -> int | None:
    """The line a message names ("what does line 3 mean?"), from 1; None when it names none."""
    found = _LINE_ASKED.search(text)
    return int(found.group(1)) if found and int(found.group(1)) else None


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
    return tree if is_handy(tree) else None


def written(node: ast.AST) -> str:
    """The tree's code in one layout; an ellipsis for the few trees that Python cannot write down again."""
    try:
        return ast.unparse(ast.fix_missing_locations(node))
    except (ValueError, RecursionError):
        return "…"
