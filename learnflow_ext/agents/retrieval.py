"""Ranking short texts by the words of a question: BM25, with light stemming and a forgiving eye for
typing errors. Python's signs are words as well, where a question is about them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise

import msgspec

_TOKEN = re.compile(r"[a-z][a-z0-9_]*")
_QUOTES = "`'\"\u2018\u2019\u201c\u201d\u00ab\u00bb"
_SIGN = r"(?:\*\*=?|//=?|[=!<>+\-*/%]=|\[\s*\]|\{\s*\}|[=<>+\-*/%:#&])"
_PARTS = re.compile(
    rf"(?<![^\s(,{_QUOTES}])(?P<sign>{_SIGN})(?=[\s),.?!;{_QUOTES}]|$)"
    rf"|(?P<word>[^\W\d_]\w*)|(?P<other>[^\s,.?!();{_QUOTES}]+)"
)
_TELLING = re.compile(
    r"(?<![*\w:/])(?:\*\*|//)=?(?![*\w/])|(?<=[\w)\]])(?:\*\*|//)(?=[\w(])"
    r"|(?<![=!<>])[=!<>]=(?!=)|[+\-*/%]=(?!=)|(?<!%)(?<!\d)%(?!%|[A-Za-z])|(?<=\d)%(?=\s*\d)"
)
"""Signs that nobody writes but in Python: they count inside of an expression, too."""
_MAGIC = re.compile(r"^\s*%.*$", re.MULTILINE)
_BLOCK = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_MEANT = {
    "=": "assignment",
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), "comparisons"),
    **dict.fromkeys(("+=", "-=", "*=", "/=", "//=", "**=", "%="), "accumulating result"),
    "[]": "lists square brackets",
    "{}": "dictionaries curly brackets",
    ":": "colon",
    "#": "comment",
}
"""What courses call that which a sign is for."""
_BEFORE = frozenset(
    """a about an and are as between by called can colon do does double equals explain for from is it like
    mean meaning means my not of one operator operators or put s sign signs single symbol symbols t than that
    the these this those to two type use used using versus vs what whats when why with write wrote
    bedeutet das der die ist macht oder und was zeichen zwischen el entre es hace que significa y
    est et le signifie""".split()
)
_AFTER = frozenset(
    """again and are as at behind called differ different do does doing end everywhere for from good here in
    instead is mark mean meaning means not operator operators or rather sign signs stand stands symbol symbols
    than the thing used versus vs when with work works
    bedeutet ist macht oder und es hace o significa y est et ou signifie""".split()
)
_JOINING = frozenset(
    """a an and by do i double just not one or sign single the to two use versus vs when
    et o oder ou und y""".split()
)
"""Between two signs these words are no question about `and` or `not`."""
_LITTLE = frozenset({"and", "or", "not", "in", "for"})
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
    """What a question is about: the signs it asks for, with what they mean, and its words, stemmed.

    A sign inside of an expression counts without a meaning, and only where it is none of everyday life's.
    Where nothing else is there it is what is asked for.
    """
    lowered = text.lower()
    asked, rest = _asked_for(lowered)
    used = [sign for sign in _TELLING.findall(lowered) if sign not in asked]
    words = _words(rest)
    if not (asked or used or words):
        asked = [_bare(found["sign"]) for found in _PARTS.finditer(lowered) if found["sign"]]
    return [*(term for sign in asked for term in (sign, *_meaning(sign))), *used, *words]


def indexed(text: str) -> list[str]:
    """The same of a text of the course, in Markdown. A sign in a code span of its own counts several
    times."""
    blocks = [each.removeprefix("```python") for each in _BLOCK.findall(text)]
    spans = _SPAN.findall(_BLOCK.sub(" ", text))
    named = [_bare(span) for span in spans if re.fullmatch(_SIGN, span.strip())]
    code = "\n".join([*blocks, *(span for span in spans if _bare(span) not in named)])
    used = _TELLING.findall(_MAGIC.sub("", code))
    return [*_words(text.lower()), *used, *(named * Ranking.NAMED_WEIGHT)]


def _words(lowered: str) -> list[str]:
    found = _TOKEN.findall(re.sub(r"\bf[- ]strings?\b", "fstring", lowered))
    return [
        stem(part)
        for token in found
        if len(token) > 1 and (token not in _STOP or token in _KEEP)
        for part in re.findall(r"[a-z0-9_]+", _SYNONYMS.get(token, token))
    ]


def _meaning(sign: str) -> list[str]:
    return _words(_MEANT.get(sign, ""))


def _bare(sign: str) -> str:
    """`[ ]` as `[]`."""
    return "".join(sign.split())


def _asked_for(text: str) -> tuple[list[str], str]:
    """The signs that a question asks for, each once, and the text without the words that join them."""
    parts = list(_PARTS.finditer(text))
    places = [place for place, part in enumerate(parts) if part["sign"] and _is_meant(text, parts, place)]
    joining = {near for place in places for near in (place - 1, place + 1)}
    for one, other in pairwise(places):
        between = range(one + 1, other)
        if all(parts[place]["word"] in _JOINING for place in between):
            joining.update(between)
    rest = text
    for place in joining.intersection(range(len(parts))):
        if parts[place]["word"] in _LITTLE:
            start, end = parts[place].span()
            rest = f"{rest[:start]}{' ' * (end - start)}{rest[end:]}"
    return list(dict.fromkeys(_bare(parts[place]["sign"]) for place in places)), rest


def _is_meant(text: str, parts: Sequence[re.Match[str]], place: int) -> bool:
    """Whether a sign is what the question is about, and no dash, nor part of a line of code."""
    sign = parts[place]
    quotes = text[max(0, sign.start() - 1) : sign.start()], text[sign.end() : sign.end() + 1]
    if all(each and each in _QUOTES for each in quotes):
        return True
    before = parts[place - 1] if place else None
    after = parts[place + 1] if place + 1 < len(parts) else None
    if sign["sign"] == "/" and before and after and {before["word"], after["word"]} == {"and", "or"}:
        return False
    return (before is None or bool(before["sign"]) or before["word"] in _BEFORE) and (
        after is None or bool(after["sign"]) or after["word"] in _AFTER
    )


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
    NAMED_WEIGHT = 4
    MAX_TERMS = 30
    FEW = 20

    def __init__(self, headings: Sequence[str], bodies: Sequence[str]) -> None:
        """Empty sequences are fine: nothing is ever found."""
        self._heads = [set(terms(heading)) for heading in headings]
        self._counts: list[Counter[str]] = []
        for head, body in zip(self._heads, bodies, strict=True):
            counts = Counter(indexed(body))
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
            elif term in _MEANT:
                yield from (meant for meant in _meaning(term) if meant in self._documents)
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
