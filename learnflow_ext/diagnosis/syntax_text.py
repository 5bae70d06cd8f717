"""A line of code as text: what helps the rules for syntax errors to read it."""

from __future__ import annotations

import ast
import re


def compiles(code: str) -> bool:
    """Whether `code` alone reads as Python; it is never compiled, let alone run."""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
        return False
    return True


def blank_strings(line: str) -> str:
    """`line` with the contents of its strings as spaces, and without a comment."""
    quiet = re.sub(
        r"\"[^\"\n]*\"|'[^'\n]*'", lambda found: found[0][0] + " " * (len(found[0]) - 2) + found[0][0], line
    )
    return quiet.split("#", 1)[0].rstrip()
