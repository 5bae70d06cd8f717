"""Words that mean alike, in several languages: what lets the classifier follow words it never learnt."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources

_REPEATED = re.compile(r"(.)\1{2,}")
_FOLDED = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "\u0131": "i", "æ": "ae", "œ": "oe"})


_SLANG = {
    "u": "you", "ur": "your", "r": "are", "y": "why", "n": "and", "wat": "what", "wats": "whats",
    "wut": "what",
    "wot": "what", "da": "the", "dis": "this", "dat": "that", "dem": "them", "dese": "these", "js": "just",
    "jus": "just", "cuz": "because", "cos": "because", "bc": "because", "idk": "i dont know", "rn": "now",
    "plss": "please", "pls": "please", "plz": "please", "smth": "something", "sth": "something",
    "sumn": "something", "sumthing": "something", "nxt": "next", "any1": "anyone", "sum1": "someone",
    "wud": "would", "shud": "should", "cud": "could", "chek": "check", "btw": "between", "diff": "difference",
    "tho": "though", "hw": "how", "func": "function", "sol": "solution", "lemme": "let me",
    "gimme": "give me",
    "wanna": "want to", "gotta": "have to", "gonna": "going to", "dunno": "dont know", "thx": "thanks",
    "tysm": "thanks", "ty": "thanks", "aint": "isnt", "w": "with", "b4": "before", "2day": "today",
    "excercise": "exercise", "exersise": "exercise", "ex": "exercise", "q": "question", "prog": "program",
}  # fmt: skip
_SHORT = re.compile(rf"(?<![\w.\[(=])(?:{'|'.join(sorted(_SLANG, key=len, reverse=True))})(?![\w.\])=])")


_GREETING = re.compile(
    r"^\W*(?:dear|hello|hi|hey|hallo|hola|bonjour|salut|ciao|ola|oi|hej"
    r"|good (?:morning|day|evening|afternoon)"
    r"|guten (?:morgen|tag|abend)|buen[oa]s? \w+|greetings|sir|excuse me|sorry to bother you)"
    r"(?: (?:there|all|tutor|assistant|teacher|sir|madam|team|everyone|bot))?\s*[,.!:;-]+\s*(?=\w+\W+\w+)"
    r"|\bi hope (?:this finds you well|you are (?:well|fine))\W*(?=\w)"
)
_FAREWELL = re.compile(
    r"[.,!?]\s*(?:(?:best |kind |many )?(?:regards|thanks|wishes)|best|cheers|yours|thank you"
    r"|thanks in advance|danke|merci|gracias)\b[\s,.!]*(?:\w+)?\W*$"
)


def without_courtesies(text: str) -> str:
    """`simplified` text without the greeting before it and the name below it, which say nothing."""
    return _FAREWELL.sub("", _GREETING.sub("", _GREETING.sub("", text)))


def plain_words(text: str) -> str:
    """`simplified` text with the short forms of chats written out: `wat r u` as `what are you`."""
    return _SHORT.sub(lambda found: _SLANG[found[0]], text)


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
