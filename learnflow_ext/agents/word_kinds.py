"""Words that mean alike, in several languages: what lets the classifier follow words it never learnt."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources

_REPEATED = re.compile(r"(.)\1{2,}")
_FOLDED = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "\u0131": "i", "æ": "ae", "œ": "oe"})


def simplified(text: str) -> str:
    """Lower case, no accents, no apostrophes, `heeeelp` as `heelp`."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_FOLDED)
    return _REPEATED.sub(r"\1\1", bare.replace("'", "").replace("’", ""))  # noqa: RUF001 -- phones type it


def kinds_of(words: list[str]) -> frozenset[str]:
    """The kinds of the words, for instance `trouble`; empty for words that nobody listed.

    `words` are lower case and without accents, in order: some entries (`for-me`) are two or three in a row.
    """
    exact, beginnings = _listed()
    found: set[str] = set()
    for size in (1, 2, 3):
        for start in range(len(words) - size + 1):
            found |= exact.get("-".join(words[start : start + size]), frozenset())
    for word in words:
        for size in range(3, len(word) + 1):
            found |= beginnings.get(word[:size], frozenset())
    return frozenset(found)


@cache
def _listed() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Kinds by whole word, and by beginning."""
    text = resources.files("learnflow_ext.agents").joinpath("triage_words.txt").read_text(encoding="utf-8")
    exact: dict[str, set[str]] = {}
    beginnings: dict[str, set[str]] = {}
    for kind, words in re.findall(r"^([a-z-]+): (.+)$", simplified(text), re.MULTILINE):
        for word in words.split():
            table = beginnings if word.endswith("*") else exact
            table.setdefault(word.strip("*"), set()).add(kind)
    return (
        {word: frozenset(kinds) for word, kinds in exact.items()},
        {word: frozenset(kinds) for word, kinds in beginnings.items()},
    )
