"""Ranking short texts by the words of a question: BM25, with light stemming and a forgiving eye for
typing errors."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache

import msgspec

_TOKEN = re.compile(r"[a-z][a-z0-9_]*|[%]|//|\*\*|==")
_STOP = frozenset(
    """a about actually again all also am an and any are as at be because been but by can cant could did
    do does
    doesn doing don dont each else etc even every example explain for from get give go got had has have he
    hello help
    here hey hi how i if im in into is isnt it its just know let like line look make may me mean meaning
    means might more
    most much must my need no not now of off ok okay on one only or our out over please pls plz python
    question read really
    say see she should show since so some something tell than thank thanks that the their them then there
    these they thing
    this those to too understand up us use used using very want was way we well were what whats when where
    which who
    why will with without word work works would write you your understand difference between again please
    happens
    concept idea confused programming code""".split()
)
_KEEP = frozenset({"if", "for", "while", "and", "or", "not", "in", "return"})
_SYNONYMS = {
    "variable": "name",
    "var": "name",
    "array": "list",
    "iterate": "loop",
    "iteration": "loop",
    "repeat": "loop",
    "repeating": "loop",
    "looping": "loop",
    "infinite": "endless",
    "forever": "endless",
    "never": "endless",
    "modulo": "remainder",
    "modulus": "remainder",
    "mod": "remainder",
    "concatenate": "strings",
    "concatenation": "strings",
    "fstring": "f-strings",
    "fstrings": "f-strings",
    "def": "functions",
    "arithmetic": "arithmetic",
    "math": "arithmetic",
    "maths": "arithmetic",
    "indent": "indentation",
    "indenting": "indentation",
    "condition": "conditions",
    "conditional": "conditions",
    "traceback": "errors",
    "exception": "errors",
    "bug": "errors",
    "integer": "int",
    "decimal": "float",
    "add": "append",
    "sum": "accumulating",
    "accumulate": "accumulating",
    "accumulator": "accumulating",
    "element": "item",
    "position": "index",
    "slicing": "indexing",
}


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A word without its commonest endings: `loops` and `looping` become `loop`."""
    for ending in ("ing", "ies", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            base = word[: -len(ending)]
            if ending == "es" and not base.endswith(("x", "ch", "sh", "ss")):
                base = word[:-1]
            return base + "y" if ending == "ies" else base
    return word


def terms(text: str) -> list[str]:
    """The words of a text that carry meaning, stemmed."""
    lowered = re.sub(r"\bf[- ]strings?\b", "fstring", text.lower())
    found = _TOKEN.findall(lowered)
    return [
        stem(part)
        for token in found
        if (len(token) > 1 or not token.isalpha()) and (token not in _STOP or token in _KEEP)
        for part in re.findall(r"[a-z0-9_]+|\W+", _SYNONYMS.get(token, token))
        if part != "-"
    ]


class Hit(msgspec.Struct, frozen=True):
    """One text found: its place in the sequence given, and how well it fits (higher is better)."""

    index: int
    score: float


class Ranking:
    """Texts that can be asked. `headings` count several times as much as `bodies`; both have the same
    length."""

    K1 = 1.4
    B = 0.6
    HEADING_WEIGHT = 4
    MAX_TERMS = 30
    FEW = 20

    def __init__(self, headings: Sequence[str], bodies: Sequence[str]) -> None:
        """Empty sequences are fine: nothing is ever found."""
        self._heads = [set(terms(heading)) for heading in headings]
        self._counts: list[Counter[str]] = []
        for head, body in zip(self._heads, bodies, strict=True):
            counts = Counter(terms(body))
            for term in head:
                counts[term] += self.HEADING_WEIGHT
            self._counts.append(counts)
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean = (sum(self._lengths) / len(self._lengths)) if self._lengths else 1.0
        self._documents = Counter(term for counts in self._counts for term in counts)
        self._vocabulary = sorted(self._documents)
        self._topics = sorted({term for head in self._heads for term in head})

    def known(self, text: str) -> list[str]:
        """The question's terms that occur in the texts, misspelt ones put right, each once."""
        asked = list(dict.fromkeys(terms(text)))[: self.MAX_TERMS]
        return list(dict.fromkeys(self._put_right(asked)))

    def _put_right(self, query: Iterable[str]) -> Iterable[str]:
        for term in query:
            if term in self._documents:
                yield term
            elif len(term) >= 4:
                # Topics are few, so a bolder guess is safe there; `lsit` is a list.
                yield from get_close_matches(term, self._topics, n=1, cutoff=0.75) or get_close_matches(
                    term, self._vocabulary, n=1, cutoff=0.87
                )

    def topical(self, text: str) -> bool:
        """Whether the question names something that a heading names."""
        return any(term in self._topics for term in self.known(text))

    def search(self, text: str, limit: int) -> list[Hit]:
        """The best texts for a question, best first; empty when no word of it occurs anywhere."""
        query = self.known(text)
        scored = [Hit(index, self._score(index, query)) for index in range(len(self._counts))]
        return sorted((hit for hit in scored if hit.score > 0), key=lambda hit: (-hit.score, hit.index))[
            :limit
        ]

    def _score(self, index: int, query: Sequence[str]) -> float:
        # In a course of three sections a word of one of them is not common yet.
        counts, total = self._counts[index], max(len(self._counts), self.FEW)
        norm = self.K1 * (1 - self.B + self.B * self._lengths[index] / self._mean)
        score = 0.0
        for term in query:
            times = counts[term]
            if times:
                rarity = math.log(1 + (total - self._documents[term] + 0.5) / (self._documents[term] + 0.5))
                score += rarity * times * (self.K1 + 1) / (times + norm)
        return score
