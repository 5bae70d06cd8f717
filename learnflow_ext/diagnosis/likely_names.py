"""What a name that Python does not know was perhaps meant to be."""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Iterable

_FAMILIAR_MODULES = frozenset(
    "collections copy csv datetime decimal fractions functools itertools json math matplotlib numpy"
    " os pandas pathlib"
    " random re statistics string sys time turtle unicodedata np pd plt tkinter".split()
)
_OTHER_LANGUAGES = {
    "true": "True",
    "false": "False",
    "none": "None",
    "null": "None",
    "nil": "None",
    "elseif": "elif",
    "string": "str",
    "integer": "int",
    "length": "len",
    "Print": "print",
    "Input": "input",
}
_PYTHONS_NAMES = tuple(
    name for name in dir(builtins) if name[0].islower() or name in ("True", "False", "None")
)


def similar_name(message: str, names: Iterable[str]) -> str:
    """A sentence with the name most like the unknown one, from those in use and Python's own.

    Empty when none is like it.
    """
    found = re.search(r"name '(\w+)' is not defined", message)
    if found is None:
        return ""
    if found[1] in _OTHER_LANGUAGES:
        return f"Did you mean `{_OTHER_LANGUAGES[found[1]]}`?"
    others = sorted({name for name in names if name != found[1] and len(name) < 80})[:2000]
    # The student's own names come first; one letter alone is like too many others.
    for known, cutoff in ((others, 0.75), (_PYTHONS_NAMES, 0.78)):
        close = difflib.get_close_matches(found[1], known, n=1, cutoff=cutoff) if len(found[1]) > 1 else []
        if close:
            return f"Did you mean `{close[0]}`?"
    if found[1] in _FAMILIAR_MODULES and found[1] not in others:
        return f"Did you forget to import `{found[1]}`?"
    return ""


def far_fetched(exception: str, cause: str, source: str = "") -> bool:
    """Whether `cause` names something a beginner has hardly heard of, or that is hardly alike."""
    if exception != "NameError":
        return False
    if "square root of `-1`" in cause and re.search(r"\bfor\b", source):
        return True  # in a cell that counts, `j` is a counter
    alike = re.search(r"^Did you mean `(\w+)`.*?`(\w+)`.* The Python builtin `\1` has", cause)
    if alike and difflib.SequenceMatcher(None, alike[1].lower(), alike[2].lower()).ratio() < 0.75:
        return True
    named = re.findall(r"(?:import|found in module) `(?:from )?(\w+)", cause)
    return any(name not in _FAMILIAR_MODULES for name in named)
