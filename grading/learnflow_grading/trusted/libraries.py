"""Whether a notebook needs libraries at all: a sandbox without them is forked in half the time."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

_FROM = re.compile(r"\bfrom\s+([\w.]+)\s+import\b")
_IMPORT = re.compile(r"\bimport\b([^\n;#]*)")
_LOADS = re.compile(
    r"^[^\S\n]*[%!]|get_ipython|__import__|__loader__|import_module|importlib|find_spec|\b(?:run|exec)_module",
    re.MULTILINE,
)
"""Magics and calls that may load something."""


def needs_libraries(texts: Iterable[str], files: Mapping[str, str]) -> bool:
    """Whether some of `texts`, or a module among `files` (base64 by path), may load more than Python's own.

    It reads words, not programs: a comment that speaks of importing counts. Code that hides from it an import
    of numpy waits for numpy to load, out of its own time; nothing else is different.
    """
    programs = {name: data for name, data in files.items() if name.endswith(".py")}
    # A folder of data that is called numpy is none of them.
    own = {part.removesuffix(".py") for name in programs for part in PurePosixPath(name).parts}
    known = sys.stdlib_module_names | own
    modules = (base64.b64decode(data).decode("utf-8", "replace") for data in programs.values())
    return any(not _imported(text) <= known for each in (texts, modules) for text in each)


def _imported(text: str) -> set[str]:
    """The first parts of the names of what a text imports; an empty name for what cannot be told."""
    if _LOADS.search(text):
        return {""}
    found = {name.partition(".")[0] for name in _FROM.findall(text)}
    for names in _IMPORT.findall(_FROM.sub("", text)):
        found |= {each.strip().partition(" ")[0].partition(".")[0] for each in names.split(",")}
    return found
