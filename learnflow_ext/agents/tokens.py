"""How many tokens a text takes, from above, without any model's vocabulary.

Tokenisers differ, and their tables have to be fetched from elsewhere (`tiktoken` does that at its first use),
which a classroom without a network cannot. So the estimate counts what all of them have in common: words in
pieces of three letters, each digit, each sign, a blank before either, each line's end twice (it travels as
`\\n` in JSON), blanks in a row by fours, and each byte of any other writing. For the prose and code of
beginners that is more than a small model's table of 49,000 says, and it is never more than the bytes of the
text as JSON, which no tokeniser on bytes can exceed.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PIECE = re.compile(r" ?([A-Za-z]+)|(\d|\n| {2,}|\s|[^\sA-Za-z\d])")
LETTERS = 3
"""Of a word that share a token."""
BLANKS = 4
"""In a row that share one."""


@lru_cache(maxsize=1024)
def tokens(text: str) -> int:
    """An estimate from above; 0 for an empty text. A backslash for JSON is counted with its sign."""
    found = 0
    for word, other in _PIECE.findall(text):
        # A single blank goes with the word behind it.
        piece = word or other
        if piece == "\n":
            found += 2
        elif piece.isspace():
            found += -(-len(piece) // BLANKS)
        elif not piece.isascii():
            found += len(piece.encode("utf-8", "replace"))
        elif piece.isalpha():
            found += -(-len(piece) // LETTERS)
        else:
            found += 2 if piece in '"\\' else 1
    return found


def clipped(text: str, most: int) -> str:
    """The first whole lines of `text` within `most` tokens, the first line cut where it alone is longer.

    Empty where there is no room.
    """
    if most <= 0:
        return ""
    if tokens(text) <= most:
        return text
    kept, used = [], 0
    for line in text.splitlines():
        used += tokens(line) + 2
        if used > most:
            break
        kept.append(line)
    if kept:
        return "\n".join(kept)
    line = text.splitlines()[0]
    while line and tokens(line) > most:
        line = line[: len(line) * 3 // 4]
    return line
