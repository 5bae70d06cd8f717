"""Texts in disguise: what a reply says once encodings, look-alike letters and invisible signs are undone."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote

from learnflow_ext.agents import foreign, notations, riddles

MOST = 24
"""Readings of one text, or of one paragraph of a text that has more."""
MOST_ALL = 120
"""Of all paragraphs of a text together; a reply with more riddles than that is no help to anybody."""
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһᴦкмтвнАЕОРСУХІЈЅКМТВНαοενρτυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡ“”‘’‚„−–—∗×÷＝；：⁼≤≥≠",  # noqa: RUF001
    "aeopcyxijsdhrkmtbhAEOPCYXIJSKMTBHaoevptuikABEZHIKMNOPTYXg\"\"''''---**/=;:=≤≥≠",
)
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {127: None}
_SIGNS = {"≤": "<=", "≥": ">=", "≠": "!=", "←": "=", "→": " "}
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4}[ \t]*\n?){4,}[A-Za-z0-9+/_-]{0,3}={0,2}")
_BASE32 = re.compile(r"[A-Z2-7]{16,}={0,6}")
_HEX = re.compile(r"(?:(?:0x|\\x|%)?[0-9a-fA-F]{2}[\s,:;]*){10,}")
_CODES = re.compile(r"(?:\b\d{2,3}\b[\s,;]*){10,}")
_BITS = re.compile(r"(?:\b[01]{7,8}\b[\s,]*){8,}")
_ESCAPED = re.compile(r"(?:\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{3})){2,}")
_DIFF = re.compile(r"^[ \t>]*[+] ?(?=\S|  )", re.MULTILINE)
_MINUS = re.compile(r"^[ \t>]*-(?! ).*$", re.MULTILINE)
_DOTTED = re.compile(r"\w([.\-_|*])(?:\w\1){4,}\w")
_WORD = re.compile(r"\w+")
_TELLING = frozenset("return def for while import lambda print append range len elif if in".split())
_COMMENT = re.compile(r"^(\s*)(?:#+|//|--)[ \t]?", re.MULTILINE)
_MARKUP = re.compile(r"</?(?:code|pre|p|br|span|div|b|i|em|strong|kbd|tt)\b[^>\n]{0,80}>", re.IGNORECASE)


def clean(text: str) -> str:
    """`text` as a reader sees it: nothing invisible, plain letters for their look-alikes, entities undone."""
    text = html.unescape(text) if "&" in text else text
    text = _MARKUP.sub(" ", text) if "<" in text else text
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Mn", "Cs", "Co"})
        text = text.translate(_LOOKALIKES)
        for sign, plain in _SIGNS.items():
            text = text.replace(sign, plain)
    text = text.translate(_CONTROLS)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")


@lru_cache(maxsize=512)
def readings(text: str) -> tuple[str, ...]:
    """`text` cleaned, and after it what is hidden in it, each once. At most `MOST_ALL` of them.

    Harmless riddles do not crowd out what another paragraph hides.
    """
    whole = dict.fromkeys(_readings(text))
    if len(whole) >= MOST:
        for paragraph in dict.fromkeys(re.split(r"\n\s*\n", text)):
            whole |= dict.fromkeys(_readings(paragraph)[1:])
    elif len(text) > notations.MAX_TEXT:
        for part in _parts(text):
            whole |= dict.fromkeys(_readings(part)[1:])
    return tuple(whole)[:MOST_ALL]


def _parts(text: str) -> Iterator[str]:
    """A long talk in pieces that are short enough for every reading; those at its beginning stay the same."""
    part: list[str] = []
    size = 0
    for line in text.splitlines():
        if part and size + len(line) >= notations.MAX_TEXT:
            yield "\n".join(part)
            part, size = [], 0
        part.append(line)
        size += len(line) + 1
    yield "\n".join(part)


def are_too_many(text: str) -> bool:
    """Whether there is more hidden in `text` than is looked at."""
    found = readings(text)
    if len(found) < MOST:
        return False
    return len(found) >= MOST_ALL or any(
        len(_readings(paragraph)) >= MOST for paragraph in re.split(r"\n\s*\n", text)
    )


@lru_cache(maxsize=2048)
def _readings(text: str) -> tuple[str, ...]:
    first = clean(text)
    found = {first: None}
    # Undoing what was not meant as a disguise can break code that has it in a comment.
    found.setdefault(text.translate(_CONTROLS), None)
    for depth in range(2):
        for known in list(found)[depth:]:
            for hidden in _hidden(known):
                found.setdefault(clean(hidden), None)
                if len(found) >= MOST:
                    return tuple(found)
    return tuple(found)


def _hidden(text: str) -> Iterator[str]:
    if "#" in text or "//" in text:
        yield _COMMENT.sub(r"\1", text)
    for block in _BASE64.finditer(text):
        yield from _decoded(base64.b64decode, block.group().translate(str.maketrans("-_", "+/")))
    for block in _BASE32.finditer(text):
        yield from _decoded(base64.b32decode, block.group())
    for block in _HEX.finditer(text):
        yield from _decoded(bytes.fromhex, re.sub(r"0x|[^0-9a-fA-F]", "", block.group()))
    for block in _BITS.finditer(text):
        yield from _printable(bytes(int(each, 2) for each in re.findall("[01]{7,8}", block.group())))
    for block in _CODES.finditer(text):
        codes = [int(each) for each in re.findall(r"\d+", block.group())]
        yield from _printable(bytes(each for each in codes if each < 256))
    if _ESCAPED.search(text):
        yield _ESCAPED.sub(lambda found: codecs.decode(found.group(), "unicode_escape"), text)
    if re.search(r"(?:%[0-9a-fA-F]{2})", text):
        yield unquote(text)
    if len(_DIFF.findall(text)) > 1:
        yield re.sub(r"^[ \t>]*[+]", "", _MINUS.sub("", text), flags=re.MULTILINE)
    if any(map(_is_spaced, text.split("\n"))):
        yield "\n".join(_closed(line) if _is_spaced(line) else line for line in text.split("\n"))
    if _DOTTED.search(text):
        yield _DOTTED.sub(lambda found: found.group().replace(found.group(1), ""), text)
    yield from _turned(text)
    yield from notations.plainly(text)
    yield from foreign.as_python(text)
    yield from riddles.solved(text)


def _turned(text: str) -> Iterator[str]:
    """Backwards or shifted text is meant to be turned where turning it brings out Python's words."""
    words = Counter(_WORD.findall(text))
    plainly = sum(words[word] for word in _TELLING)

    def telling(hidden: Iterable[str]) -> bool:
        """Whether enough of Python's words come out, which look like `hidden` before.

        In a long talk they may be few beside those that stand there plainly: then they must be longer ones.
        """
        found = [word for word in hidden if word in words]
        if sum(len(word) for word in found if len(word) > 3) >= 6 and hidden is not _TELLING:
            return True
        return len(found) >= 2 and sum(words[word] for word in found) > plainly // 2

    if telling(_BACKWARDS):
        yield text[::-1]
        yield "\n".join(line[::-1] for line in text.split("\n"))
        yield re.sub(r"\S+", lambda word: word.group()[::-1], text)
    if telling(_TELLING):
        yield "\n".join(reversed(text.split("\n")))
    for hidden, table in _SHIFTED:
        if telling(hidden):
            yield text.translate(table)


def _shift(by: int) -> dict[int, int]:
    """Moves each letter on in the alphabet, and around its end."""
    small, large = string.ascii_lowercase, string.ascii_uppercase
    return str.maketrans(small + large, small[by:] + small[:by] + large[by:] + large[:by])


_BACKWARDS = frozenset(word[::-1] for word in _TELLING)
_SHIFTED = [
    (frozenset(word.translate(_shift(26 - by)) for word in _TELLING), _shift(by)) for by in range(1, 26)
]
"""Python's words as they look before a table brings them out, and the table."""


def _is_spaced(line: str) -> bool:
    pieces = line.split()
    return len(pieces) > 5 and sum(len(piece) == 1 for piece in pieces) > 0.8 * len(pieces)


def _closed(letters: str) -> str:
    """`r e t u r n   x` as `return x`."""
    return " ".join(word.replace(" ", "") for word in re.split(r" {2,}", letters.strip()))


def _decoded(decode: Callable[[str], bytes], block: str) -> Iterator[str]:
    bare = re.sub(r"\s", "", block).rstrip("=")
    for padded in (bare + "=" * (-len(bare) % 4), bare + "=" * (-len(bare) % 8), bare[: len(bare) // 2 * 2]):
        try:
            data = decode(padded)
            yield from _printable(data)
            yield from _printable(riddles.unpacked(data))
            return
        except (ValueError, binascii.Error):
            continue


def _printable(data: bytes) -> Iterator[str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    if len(text) >= 6 and sum(char.isprintable() or char in "\n\t" for char in text) > 0.95 * len(text):
        yield text
