"""What a test says, with what of the set-up cells before it its names lead to."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from .names import bound, mutated, used

_ARRAYS = re.compile(r"\b(np|numpy|pd|pandas|allclose|isclose)\b")
_LOOPS = re.compile(r"\b(for|while|all|any|map|zip|filter)\b")
_BY_TEXT = frozenset({"globals", "locals", "vars", "eval", "exec"})
"""With these a test may use whatever there is."""


@dataclass(frozen=True)
class _Statement:
    text: str
    about: set[str]
    """Names that it binds, or whose values it changes; that it uses, where it does neither."""
    uses: set[str]


class Prepared:
    """The set-up cells so far."""

    def __init__(self) -> None:
        self._statements: list[_Statement] = []

    def learn(self, code: str) -> None:
        """One more of them. SyntaxError for what is no Python."""
        for statement in ast.parse(code).body:
            uses = used(statement)
            about = bound([statement]) | mutated(ast.Module([statement], []))
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                # Whatever it is that it binds.
                about |= {"*"}
            self._statements.append(_Statement(ast.unparse(statement), about or uses, uses))

    def behind(self, code: str) -> str:
        """`code`, and the statements that make what it uses. SyntaxError where `code` is no Python."""
        wanted = used(ast.parse(code)) | {"*"}
        left = self._statements
        if not wanted & _BY_TEXT:
            left = []
            todo = self._statements
            while todo:
                chosen = [each for each in todo if each.about & wanted]
                todo = [each for each in todo if not each.about & wanted] if chosen else []
                wanted = wanted.union(*(each.uses for each in chosen))
                left += chosen
        return "\n".join([*(each.text for each in left), code])


def of_arrays(text: str) -> bool:
    """Whether it has to do with arrays or tables: what is empty agrees with them, element by element."""
    return bool(_ARRAYS.search(text))


def of_loops(text: str) -> bool:
    """Whether it goes through something."""
    return bool(_LOOPS.search(text))
