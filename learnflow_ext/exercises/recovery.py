"""A program that Python cannot read, made readable by one small change of its text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from learnflow_ext.exercises.trees import MAX_SOURCE, parse

MAX_READINGS = 3
_HEAD = re.compile(r"^\s*(?:if|elif|else|for|while|def|class|try|except|finally|with)\b")
_ASSIGNED = re.compile(r"(?<![=!<>:+\-*/%])=(?!=)")


def readings(source: str) -> list[tuple[str, int]]:
    """Readable versions of `source`, each with the line that was changed, from 1. Empty for none.

    The lines stay where they are: what is said of a line of the reading holds for the source.
    """
    line = _trouble(source)
    if line is None or len(source) > MAX_SOURCE:
        return []
    lines = source.splitlines()
    found: dict[str, int] = {}
    for at in dict.fromkeys((line, line - 1, line + 1)):
        if 1 <= at <= len(lines):
            for text in _versions(lines[at - 1], lines[at - 2] if at > 1 else ""):
                changed = "\n".join([*lines[: at - 1], text, *lines[at:]])
                if changed not in found and parse(changed) is not None:
                    found[changed] = at
        if len(found) >= MAX_READINGS:
            break
    return list(found.items())[:MAX_READINGS]


def _trouble(source: str) -> int | None:
    """The line at which Python stops reading; None when it reads all of it, or cannot say."""
    try:
        compile(source, "<program>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return None


def _versions(line: str, before: str) -> Iterator[str]:
    """The line, written as it may have been meant; the least change first."""
    bare = line.rstrip()
    code = bare.split("#")[0].rstrip()
    if _HEAD.match(code) and not code.endswith(":"):
        yield code + ":"
        yield _ASSIGNED.sub("==", code) + ":"
    if _HEAD.match(code):
        yield _ASSIGNED.sub("==", code)
        yield code.replace(":", "", code.count(":") - 1)
    yield code + ")"
    yield code + "]"
    yield code + "'"
    yield code + '"'
    yield code + '")'
    yield code + "')"
    if code.endswith((")", "]", ":", ";")):
        yield code[:-1]
    yield re.sub(r"\belse\s+if\b", "elif", code)
    yield re.sub(r"\belseif\b|\belsif\b", "elif", code)
    yield code.replace("=>", ">=").replace("=<", "<=").replace("!==", "!=").replace("===", "==")
    yield code.replace("&&", " and ").replace("||", " or ").replace("++", " += 1")
    yield code.replace("\u201c", '"').replace("\u201d", '"').replace("\u2018", "'").replace("\u2019", "'")
    indent = len(before) - len(before.lstrip())
    for width in (indent, indent + 4, max(0, indent - 4), 0):
        yield " " * width + code.lstrip()
    yield " " * (len(code) - len(code.lstrip())) + "pass"
