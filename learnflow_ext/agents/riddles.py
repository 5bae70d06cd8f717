"""Texts that nobody reads as they stand: solved where that can be done, and known for what they are where
not.

The readings here are for what `disguises` undoes no better: letters under other names, texts in pieces, words
agreed on beforehand, slips made on purpose. A reading that makes no sense does no harm.
"""

from __future__ import annotations

import ast
import base64
import binascii
import bz2
import lzma
import re
import unicodedata
import zlib
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise

from learnflow_ext.agents.source import parse

MAX_TEXT = 6_000
MOST_UNPACKED = 20_000
"""Bytes of what is packed; more is no beginner's program."""
KEYWORDS = frozenset(
    "return def for while import lambda print append range len elif else if in not and or".split()
)
_WORD = re.compile(r"\w+")
_CHR = re.compile(r"(?:chr\(\s*\d{1,3}\s*\)[\s+,]*){6,}", re.IGNORECASE)
_LETTERS_NAMED = re.compile(r"\bLETTER (?:SMALL CAPITAL |CAPITAL |TURNED |SMALL )*([A-Z])$")
_ACCENTED = re.compile(r"[^\W\d_a-zA-Z]")
_INSIDE = re.compile(r"(?<=\w)(?:\*{2,3}|__|~~|</?\w{1,8}>)(?=[\w(.\[])")
_MARKS = re.compile(r"\*{2,3}|__|~~|</?\w{1,8}>")
_TAGS = re.compile(r"</?\w{1,10}(?:\s[^<>\n]{0,60})?>")
_SPAN = re.compile(r"`([^`\n]+)`")
_MEANS = re.compile(
    r"[`'\"]?\b(\w{2,20})\b[`'\"]?\s+"
    r"(?:(?:means|stands for|is short for|stands in for|is our word for|reads)\s+[`'\"]?"
    r"|(?:is|for)\s+[`'\"])([A-Za-z]{2,8})\b"
)
_LEET = str.maketrans("013457@$", "oleastas")
_MIXED = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])\w+\b")
_HEAD = re.compile(r"^(\s*)(\w+)\b(.*?)(:?)\s*$")
_OPENS = frozenset({"def", "for", "while", "if", "elif", "else", "with", "try", "except", "class"})
_OTHER_WORDS = sorted({*KEYWORDS, "continue", "break", "True", "False", "None", "yield"})
_MORSE = re.compile(r"[.\-]{1,6}")
_RUN = re.compile(r"[A-Za-z0-9]+")
_ATOM = re.compile(r"[A-Za-z]{1,2}|[A-Z]?[a-z]+|\d+[a-z]?|[a-z]\d")
_COMMAND = re.compile(r"\\[A-Za-z]+")
"""Of LaTeX."""
_TITLE = re.compile(r"^[ \t]*[A-Za-z][\w ,'-]{0,40}:[ \t]+", re.MULTILINE)
_DICTATED = re.compile(
    r"\b(?:first(?:ly)?|then|next|after that|followed by|you (?:write|type|put)|write|type|put|comes?|an?"
    r"|and(?= an? (?:colon|comma|dot|open|clos|minus|plus|equal|times))|the"
    r" (?:word|name|sign|letter)|(?:one )?(?:space|blank))\b[ ,;]*",
    re.IGNORECASE,
)
_NEXT_LINE = re.compile(
    r"[,;.]?\s*(?:and |then )?(?:on (?:a|the) (?:new|next) line|new line|next line|line break)\b[,:;.]?\s*",
    re.IGNORECASE,
)


def solved(text: str) -> Iterator[str]:
    """The readings of a text."""
    if len(text) > MAX_TEXT:
        return
    if _CHR.search(text):
        yield _CHR.sub(lambda found: "".join(map(_character, re.findall(r"\d+", found[0]))), text)
    for table in (_ROT47, _ATBASH):
        turned = text.translate(table)
        if speaks_python(turned):
            yield turned
            # A word before it, such as `rot47:`, would make one line of it and the code.
            yield _TITLE.sub("", text).translate(table)
    if not text.isascii() and _ACCENTED.search(text):
        yield "".join(map(_plain_letter, text))
    if _MIXED.search(text):
        plain = _MIXED.sub(lambda found: found[0].translate(_LEET), text)
        if speaks_python("\n".join(set(plain.split()) - set(text.split()))):
            yield plain
    if _INSIDE.search(text):
        yield _MARKS.sub("", text)
    if "<" in text and _TAGS.search(text):
        yield _TAGS.sub("", text)
    spans = _SPAN.findall(text)
    if len(spans) > 2:
        yield "".join(spans)
        yield re.sub(r"\\n|\u23ce|\u21b5", "\n", "".join(spans))
    yield from _in_agreed_words(text)
    if (mended := _without_slips(text)) != text:
        yield mended
    yield from _dictated(text)
    yield from _joined(text)


def speaks_python(text: str) -> bool:
    """Whether words of Python's stand in a text, as many as do by no accident."""
    return sum(len(word) for word in KEYWORDS.intersection(_WORD.findall(text)) if len(word) > 2) >= 6


def unpacked(data: bytes) -> bytes:
    """What was compressed, by zlib, gzip, bz2 or xz; empty for anything else, and for what is too much."""
    for unpack in (
        zlib.decompressobj(47),
        zlib.decompressobj(-15),
        bz2.BZ2Decompressor(),
        lzma.LZMADecompressor(),
    ):
        try:
            found: bytes = unpack.decompress(data, MOST_UNPACKED)
        except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError):
            continue
        if found:
            return found
    return b""


def is_opaque(text: str) -> bool:
    """Whether something in it can be read only by a machine, or after long work: no help for a beginner.

    One long token without a word in it, several short ones of the kind that base64 is cut into, or Morse
    code.
    """
    strange = _strange(text)
    if any(len(each) >= 20 for each in strange):
        return True
    if len(strange) >= 3 and sum(map(len, strange)) >= 32:
        return True
    signs = [each for each in text.split() if _MORSE.fullmatch(each)]
    return len(signs) >= 10 and sum({".", "-"} <= set(each) for each in signs) >= 4


def is_strange(text: str) -> bool:
    """Whether it has a piece of what may be such a thing."""
    return bool(_strange(text))


def _strange(text: str) -> list[str]:
    return [
        bare
        for run in text.split()
        if len(bare := run.strip("`*\"'()[]{}<>.,;:!?|#")) >= 4 and _is_strange(bare) and not _is_plain(run)
    ]


def _is_plain(run: str) -> bool:
    """Whether what looks strange is a formula in LaTeX, or a row of numbers and of single letters."""
    bare = run.strip("`*.,;:!?|")
    if (bare.startswith("$") and bare.endswith("$")) or re.search(r"\\[A-Za-z]{2}", bare):
        return all(map(_ATOM.fullmatch, _RUN.findall(_COMMAND.sub(" ", bare))))
    tree = parse(bare)
    only = tree.body[0] if tree is not None and len(tree.body) == 1 else None
    row = only.value if isinstance(only, ast.Expr) else None
    return isinstance(row, (ast.List, ast.Tuple, ast.Set, ast.Dict)) and all(map(_is_short, ast.walk(row)))


def _is_short(node: ast.AST) -> bool:
    """Whether a part of a row is a number or a text of one letter, or only holds such."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        return not node.value or (len(node.value) == 1 and node.value.isalnum())
    holds = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Constant, ast.UnaryOp, ast.USub, ast.Load)
    return isinstance(node, holds)


@lru_cache(maxsize=8192)
def _is_strange(token: str) -> bool:
    if re.fullmatch(r"[A-Za-z0-9+/=_-]+", token):
        bare = token.rstrip("=")
        if re.fullmatch(
            r"(?:[A-Z]?[a-z]+(?:[-_/]?[A-Z]?[a-z]+)*|[A-Z]+(?:[-_/+][A-Za-z]+)*)(?:[-_]?\d{1,3})?|[\d+/=_-]+"
            r"|\d+[A-Za-z]{1,3}|[a-z]{1,3}\d+|[a-z]+(?:_[a-z0-9]+)*|(?:[a-z]\d?[-+/=])+[a-z]?\d?"
            r"|[a-z]+\d{0,3}(?:[-+/=][a-z]+\d{0,3})+|0[box][0-9A-Fa-f]{1,8}",
            bare,
        ):
            return False
        kinds = [
            ("d" if char.isdigit() else "u" if char.isupper() else "l") for char in bare if char.isalnum()
        ]
        turns = sum(one != other for one, other in pairwise(kinds))
        return len(kinds) >= 6 and 4 * turns >= len(kinds)
    if len(token) >= 6 and re.fullmatch(r"[A-Za-z0-9!#$%&*+\-;<=>?@^_{|}~]+", token):
        signs = sum(not char.isalnum() for char in token)
        mixed = any(map(str.isupper, token)) and any(char.islower() or char.isdigit() for char in token)
        if signs > 1 and mixed and parse(token) is None:
            return True
    if len(token) < 32 or sum(char.isalpha() for char in token) < 8 or "://" in token:
        return False
    words = re.findall(r"(?=[A-Za-z]*[aeiouyAEIOUY])(?:[A-Z]?[a-z]{3,}|[A-Z]{5,})", token)
    return 3 * sum(map(len, words)) < len(re.sub(r"\d", "", token)) and parse(token) is None


def _character(code: str) -> str:
    return chr(int(code)) if 8 < int(code) < 0x180 else ""


def _plain_letter(char: str) -> str:
    """Letters with accents, in rings and squares, upside down or as small capitals, without all that."""
    if char.isascii():
        return char
    bare = unicodedata.normalize("NFKD", char)[0]
    if bare.isascii():
        return bare
    named = _LETTERS_NAMED.search(unicodedata.name(char, ""))
    return named[1].lower() if named else char


_ROT47 = {code: 33 + (code - 33 + 47) % 94 for code in range(33, 127)}
_ATBASH = {
    ord(a): ord(z) for a, z in zip("abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", strict=True)
}


def _in_agreed_words(text: str) -> Iterator[str]:
    """`apple` for `def` and `pear` for `return`: the code in its own words again."""
    agreed = {
        found[1]: found[2]
        for found in _MEANS.finditer(text)
        if (found[2] in KEYWORDS or found[2] in ("max", "min", "sum", "sorted", "str", "int"))
        and found[1] not in KEYWORDS
        and len(found[1]) > 2
    }
    if agreed:
        yield re.sub(r"\b(?:" + "|".join(map(re.escape, agreed)) + r")\b", lambda word: agreed[word[0]], text)


def _without_slips(text: str) -> str:
    """Code with the colons that were left out, and with Python's words as they are spelt."""
    return "\n".join(
        _mended(line) if line.startswith((" ", "\t")) or _is_head(line) else line for line in text.split("\n")
    )


def _is_head(line: str) -> bool:
    first, _, rest = line.strip(" `>*").partition(" ")
    return bool(rest) and len(first) < 8 and first.isalpha() and first.islower()


@lru_cache(maxsize=4096)
def _mended(line: str) -> str:
    found = _HEAD.match(line.rstrip("` "))
    if found is None or _is_curly(found[3].rstrip()):
        return line
    word = found[2]
    # `retrun [a, b][0]` and `retrun (a)` can be read, and mean something else.
    if parse(line.strip()) is not None and not re.match(r"\s+[\[(]", found[3]):
        return line
    if word not in _OTHER_WORDS and len(word) > 2:
        word = next(iter(get_close_matches(word, _OTHER_WORDS, 1, 0.75)), word)
    rest = re.sub(
        r"\b(?:retrun|retunr|rnage|pritn|apend|lenght|fro|esle|improt)\b",
        lambda slip: next(iter(get_close_matches(slip[0], [*_OTHER_WORDS, "length"], 1, 0.5)), slip[0]),
        found[3],
    )
    colon = ":" if word in _OPENS else found[4]
    return f"{found[1]}{word}{rest}{colon}"


def _is_curly(rest: str) -> bool:
    """Whether a line is of a language with brackets for depth."""
    return rest.endswith(("{", ";")) or (rest.endswith("}") and rest.count("{") != rest.count("}"))


def _dictated(text: str) -> Iterator[str]:
    """ "First write def, then a blank, then the name f, then an opening bracket …"."""
    if len(re.findall(r"\b(?:then|followed by|after that)\b", text, re.IGNORECASE)) < 5:
        return
    lines = _NEXT_LINE.sub("\n", text)
    bare = re.sub(r"[ ,;.]*,[ ,;.]*|(?<=\w)\. +", " ", _DICTATED.sub(" ", lines))
    yield re.sub(r"[ \t]+", " ", bare)


def _joined(text: str) -> Iterator[str]:
    """A code in pieces, which nobody can undo piece by piece."""
    pieces = [each.rstrip("=") for each in _strange(text) if re.fullmatch(r"[A-Za-z0-9+/=_-]+", each)]
    # Beside them those that look like words by accident, where they stand in the same way.
    spans = [each for each in _SPAN.findall(text) if re.fullmatch(r"[A-Za-z0-9+/=_-]{2,}", each)]
    for row in (pieces, spans):
        whole = "".join(row)
        if len(row) > 1 and len(whole) >= 16:
            yield from _decoded_whole(whole)


def _decoded_whole(whole: str) -> Iterator[str]:
    bare = whole.replace("=", "").translate(str.maketrans("-_", "+/"))
    for decode, size in ((base64.b64decode, 4), (base64.b32decode, 8), (bytes.fromhex, 2)):
        try:
            data = decode(bare + "=" * (-len(bare) % size) if size > 2 else bare)
            text = (unpacked(data) or data).decode("utf-8")
        except (ValueError, binascii.Error):
            continue
        if text.isprintable() or "\n" in text:
            yield text
