"""The text of a student's functions and classes, for tests that ask for it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .names import bound, used


class Texts:
    """What `inspect.getsource` gives for a student's things."""

    def __init__(self) -> None:
        self._by_name: dict[str, str] = {}
        self._by_number: dict[int, str] = {}
        """Of functions that a test knows by a name."""

    def learn(self, code: str) -> None:
        """Remember what a student's cell defines."""
        for name, text in definitions(code, self._by_name):
            self._by_name[name] = text

    def named(self, name: str) -> str:
        """The text of what the student's cells define under `name`; empty where they define nothing."""
        return self._by_name.get(name, "")

    def found(self, name: str, handle: int) -> None:
        """A test knows the thing with this number by `name`; its `__name__` is what the student says."""
        self._by_number[handle] = self.named(name) or self._by_number.get(handle, "")

    def patch_inspect(self, handle_of: Callable[[Any], int | None]) -> None:
        """Let `inspect.getsource` give these texts; `handle_of` gives the number of a student's thing."""
        original = inspect.getsource

        def getsource(thing: Any) -> str:
            if (handle := handle_of(thing)) is not None:
                text = self._by_number.get(handle)
                if text is None:
                    text = self.named(getattr(thing, "__name__", ""))
                if not text:
                    raise OSError("could not get source code")
                return text
            return original(thing)

        inspect.getsource = getsource  # type: ignore[assignment]


def definitions(code: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(name, text) of the functions and classes that a student's cell defines at its top.

    `known` are those from before, and what was taken from here meanwhile: for a second name of one.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            lines = code.split("\n")[first - 1 : node.end_lineno]
            yield node.name, "\n".join(lines) + "\n"
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            yield from ((name, known.get(node.value.id, "")) for name in bound([node]))
        else:
            # `total = sum` after it: its text says nothing any more.
            yield from ((name, "") for name in bound([node]) - used(node))
