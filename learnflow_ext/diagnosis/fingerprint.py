"""What makes two errors the same error, and two versions of a cell the same attempt."""

from __future__ import annotations

import hashlib
import re

from learnflow_ext.contracts.help import Fingerprint
from learnflow_ext.diagnosis.plain import clean

MAX_NAME = 100
MAX_MESSAGE = 200
_QUOTED = re.compile(r"'(?:[^'\\]|\\.){0,200}'|\"(?:[^\"\\]|\\.){0,200}\"|`[^`]{0,200}`")
_KEPT = re.compile(
    r"^['\"](?:int|float|str|list|tuple|dict|set|bool|bytes|range|function|method|module|object|type|NoneType"
    r"|builtin_function_or_method|generator|[-+*/%<>=!&|^~@:;,.()\[\]{}]{1,3}|and|or|not|in|is|if|else|elif|for"
    r"|while|def|class|return|yield|break|continue|print|import|from|try|except|finally|with|as|lambda|global"
    r"|nonlocal|pass|raise|assert|del|await|async|None|True|False)['\"]$"
)
_PATH = re.compile(r"(?:/[\w.-]+){2,}")
_CALLED = re.compile(r"\b[A-Za-z_][\w.]*\(\)")
_BUILTINS = re.compile(
    r"\b(?:int|float|str|len|range|max|min|sum|input|open|round|abs|ord|chr|print|sorted)\(\)"
)
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])")
_SUGGESTION = re.compile(r"\.? Did you mean:? .*$")
_FILE_AND_LINE = re.compile(r"\s*\([^()\n]*, line \d+\)$")


def fingerprint(exception: str, message: str, source_line: str = "") -> Fingerprint:
    """The pattern of an error, from its class, its message and the line that failed (may be empty)."""
    name = clean(exception, MAX_NAME)
    said, kind = normalised(message), construct(source_line)
    whole = hashlib.sha256("\x1f".join((name, said, kind)).encode("utf-8", "replace")).hexdigest()
    return Fingerprint(key=whole[:16], exception=name, message=said, construct=kind)


def normalised(message: str) -> str:
    """A message without what is the student's own: texts and names `…`, numbers `#`, paths `…`."""
    said = _SUGGESTION.sub("", _FILE_AND_LINE.sub("", clean(message, 1_000)))
    said = _QUOTED.sub(lambda found: found[0] if _KEPT.match(found[0]) else "…", said)
    said = _PATH.sub("…", said)
    said = _CALLED.sub(lambda found: found[0] if _BUILTINS.fullmatch(found[0]) else "…()", said)
    said = _NUMBER.sub("#", said)
    return clean(" ".join(said.split()), MAX_MESSAGE)


_CONSTRUCTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("for", r"^(async\s+)?for\b"),
        ("while", r"^while\b"),
        ("condition", r"^(if|elif|else)\b"),
        ("definition", r"^(async\s+)?def\b"),
        ("class", r"^class\b"),
        ("return", r"^(return|yield)\b"),
        ("import", r"^(import|from)\b"),
        ("exception", r"^(try|except|finally|raise)\b"),
        ("check", r"^assert\b"),
        ("with", r"^with\b"),
        ("change", r"^[\w.\[\]'\"]+\s*(\+|-|\*\*?|//?|%|&|\||\^)="),
        ("item", r"^[^=!<>()]*\][ ]*=[^=]"),
        ("assignment", r"^[^=!<>(]+=[^=]"),
        ("print", r"^print\b"),
        ("call", r"^[\w.]+\("),
        ("item", r"^[\w.]+\["),
    )
)


def construct(source_line: str) -> str:
    """What kind of statement a line is, by how it begins; `other` where nobody can tell."""
    line = source_line.strip()[:300]
    return next((kind for kind, pattern in _CONSTRUCTS if pattern.search(line)), "other")


def attempt_of(code: str) -> str:
    """A short name for what `code` does, for telling a new attempt from the same one.

    Comments, blank lines and spacing do not count. Empty for code that says nothing.
    """
    lines = []
    for line in code.splitlines():
        bare = line if "'" in line or '"' in line else line.partition("#")[0]
        indent = len(line) - len(line.lstrip())
        if (words := " ".join(bare.split())) and not words.startswith("#"):
            lines.append(f"{indent} {words}")
    if not lines:
        return ""
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:16]
