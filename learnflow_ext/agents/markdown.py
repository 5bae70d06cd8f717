"""Putting text that a student controls into Markdown, so that it stays text.

Names, values and messages go into code spans: no renderer reads markup, links, HTML or formulas inside of
one, and the text stays exactly as the student wrote it.
"""

from __future__ import annotations

import re
import unicodedata

_SPECIAL = frozenset("\\`*_{}[]<>#|~$&^")
_LINK = re.compile(r"://|^www\.|@|&\w+;|\w:\w|\w\.\w", re.IGNORECASE)
_QUOTED = re.compile(r"(?<![\w`])(?:`([^`\n]{1,120})`|'([^'\n]{1,120})'|\"([^\"\n]{1,120})\")(?![\w`])")
_TRAILING = ".,;:!?)"
_LIST_START = re.compile(r"^(\d+)([.)])(?=\s|$)")
_BULLETS = "-+=*"
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def one_line(text: str) -> str:
    """`text` with line breaks and runs of blanks made one blank, and without control or direction
    characters."""
    visible = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return " ".join(visible.split())


def clip(text: str, length: int) -> str:
    """At most `length` characters, the last an ellipsis where something was cut."""
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + "…"


def code(text: str, length: int = 80) -> str:
    """`text` as a code span of at most `length` characters; `(empty)` in plain words when nothing is
    visible."""
    content = clip(one_line(text), length)
    if not content:
        return "(empty)"
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if content[0] == "`" or content[-1] == "`" else ""
    return f"{fence}{pad}{content}{pad}{fence}"


def _word(word: str) -> str:
    """One word of prose; as a code span where a renderer could read more into it than letters."""
    if not (any(char in _SPECIAL for char in word) or _LINK.search(word)):
        return word
    body = word.rstrip(_TRAILING)
    return (code(body) if body else "") + word[len(body) :]


def _prose(text: str) -> str:
    # A run of blanks at the edges separates this piece from the code span beside it.
    start = " " if text[:1].isspace() else ""
    end = " " if text[-1:].isspace() and text.strip() else ""
    return start + " ".join(_word(word) for word in text.split()) + end


def plain(text: str, max_words: int = 80) -> str:
    """A sentence that may quote the student, as one Markdown paragraph that shows nothing but that text.

    Quoted pieces and everything with a special character in it become code spans. Longer texts lose whole
    sentences from the end, then words.
    """
    flat = _shorten(one_line(text), max_words)
    parts: list[str] = []
    at = 0
    for quoted in _QUOTED.finditer(flat):
        parts.append(_prose(flat[at : quoted.start()]))
        parts.append(code(next(group for group in quoted.groups() if group is not None)))
        at = quoted.end()
    parts.append(_prose(flat[at:]))
    return _calm_start(_apart(parts).strip())


def _apart(parts: list[str]) -> str:
    """The parts in a row; backticks that would touch, and so make one fence of two, kept apart by a blank."""
    row = ""
    for part in parts:
        row += f" {part}" if row.endswith("`") and part.startswith("`") else part
    return row


def _shorten(text: str, max_words: int) -> str:
    if len(text.split()) <= max_words:
        return text
    kept = ""
    for sentence in _SENTENCE.split(text):
        longer = f"{kept} {sentence}".strip()
        if len(longer.split()) > max_words:
            break
        kept = longer
    return kept or " ".join(text.split()[:max_words]) + " …"


def _calm_start(paragraph: str) -> str:
    """Without a first sign that would make the paragraph a list, a rule or a heading."""
    numbered = _LIST_START.sub(r"\1\\\2", paragraph)
    return "\\" + numbered if numbered[:1] in _BULLETS and numbered else numbered


def identifier(text: str, otherwise: str = "Error") -> str:
    """A class name such as `NameError`, for bold print; `otherwise` when it is no plain name of at most
    60 letters."""
    last = text.rsplit(".", 1)[-1]
    return last if re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,59}", last) else otherwise
