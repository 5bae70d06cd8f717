"""A model's words on their way to the student: whole sentences, nothing that could be loaded or followed."""

from __future__ import annotations

import re
import unicodedata

_FENCE_LINE = re.compile(r"^\s*(`{3,}|~{3,})")
_END = re.compile(r"(?<=[.!?…])[)\"'*_”’]*\s+|\n+")  # noqa: RUF001 -- models write these
_SPAN = re.compile(r"(`+)(?!`)([^`\n]+)\1(?!`)")
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\s*[(\[][^)\]\n]*[)\]]?")
_LINK = re.compile(r"\[([^\]\n]*)\]\s*\([^)\n]*\)?")
_ADDRESS = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,15}:)?//[^\s<>)\]]+|\bwww\.[^\s<>)\]]+|\b(?:javascript|data|vbscript|mailto):\S*",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?=[a-zA-Z/!?])[^>\n]{0,300}>?")
_DEFINITION = re.compile(r"^\s*\[[^\]\n]+\]:.*$", re.MULTILINE)
_HEADING = re.compile(r"^\s*#{1,6}\s+", re.MULTILINE)
_STRANGE = {"Cc", "Cs", "Co", "Cn"}
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]")
"""Nobody sees them, and whole texts can be written in them."""
_JOINERS = re.compile("(?<=[\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]{2,}")
"""Two more, which some languages need, one between letters of theirs."""


class Sentences:
    """Cuts a stream of pieces into sentences; a fenced block comes as one."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, piece: str) -> list[str]:
        """What is whole by now."""
        self._rest += piece
        found = []
        while (end := self._cut()) is not None:
            found.append(self._rest[:end])
            self._rest = self._rest[end:]
        return found

    def rest(self) -> str:
        """What has not come to its end."""
        left, self._rest = self._rest, ""
        return left

    def _cut(self) -> int | None:
        fence = _FENCE_LINE.match(self._rest)
        if fence:
            close = re.compile(rf"\n[ \t]*{re.escape(fence.group(1)[:3])}[^\n]*\n")
            found = close.search(self._rest, fence.end())
            return found.end() if found else None
        found = _END.search(self._rest)
        if found is None or (found.end() == len(self._rest) and "\n" not in found.group()):
            return None
        return found.end()


def harmless(sentence: str) -> str:
    """The sentence without pictures, links, addresses, tags, formulas and signs that nobody sees; code keeps
    its text."""
    sentence = _JOINERS.sub("", _UNSEEN.sub("", sentence))
    if _FENCE_LINE.match(sentence):
        lines = [line for line in sentence.strip().splitlines() if not _FENCE_LINE.match(line)]
        return "```python\n" + "\n".join(lines) + "\n```\n\n"
    pieces: list[str] = []
    at = 0
    for span in _SPAN.finditer(sentence):
        pieces += [_plain(sentence[at : span.start()]), f"`{span.group(2).strip()}`"]
        at = span.end()
    pieces.append(_plain(sentence[at:]))
    return "".join(pieces)


def _plain(text: str) -> str:
    text = "".join(
        c for c in text if c == "\n" or (unicodedata.category(c) not in _STRANGE and c != "\u202e")
    )
    text = _DEFINITION.sub("", text)
    text = _IMAGE.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _ADDRESS.sub("(address left out)", text)
    text = _TAG.sub("", text)
    text = _HEADING.sub("", text)
    text = text.replace("`", "").replace("~~~", "")
    text = re.sub(r"\\+(?=[(\[\]){}a-zA-Z])", "", text).replace("$", r"\$").replace("<", "&lt;")
    # What is left of half a construction, so that no two halves make a whole: last, for what went may have
    # stood between them.
    return re.sub(r"!+\[", "[", re.sub(r"\]\s*([(\[:])", r"] \1", text))


def makes_sense(text: str) -> bool:
    """Whether it can be somebody's words: no binary, no endless word, mostly letters."""
    if not text.strip():
        return True
    bare = re.sub(r"\s+", "", _SPAN.sub("", text))
    strange = sum(c == "\ufffd" or unicodedata.category(c) in _STRANGE for c in bare)
    letters = sum(c.isalnum() or c in ".,;:!?'\"()-" for c in bare)
    longest = max((len(word) for word in text.split()), default=0)
    return strange * 20 <= len(bare) and (len(bare) < 12 or letters * 10 >= 6 * len(bare)) and longest <= 120
