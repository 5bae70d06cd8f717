"""Where in a long message the request stands: a story may take ten sentences to one that asks.

Pure; works on `simplified` text. It only says what a sentence looks like; what a look counts is learnt.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_END = re.compile(r"(?<=[.!?…;])[\"”»)]*\s+|\n+")
_QUOTED = re.compile(r"[\"“„«][^\"“”„«»]{25,}[\"”“»]")
LEFT = 8
"""Words beside a quotation: with fewer it is no quotation but the message."""
STATEMENT = "quotedtask"
"""Stands for a pasted statement, whose orders are not the student's."""
_CODE = re.compile(
    r"\s*(?:(?:def|class|for|while|if|elif|with)\b.*:\s*(?:#.*)?$|(?:else|try|except\b.*|finally):"
    r"|return\b(?!.*[a-z] [a-z]+ [a-z])|(?:import|from) \w+|print\s*\("
    r"|[\w.\[\]\"', ]+\s*[-+*/]?=\s*[^=]+$|[\w.]+\([^)]*\)\s*$|pass$|\.\.\.$|#)"
)
_LOOKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("question", re.compile(r".*\?", re.DOTALL)),
    (
        "asks",
        re.compile(
            r".*(?:\b(?:can|could|would|will|may|might) (?:you|u|i|we|it|somebody|someone)\b"
            r"|\b(?:please|kindly|pls|plz)\b"
            r"|\bi (?:would|want|wish|need|should|have to|only|just|wonder|am wondering|like to)\b"
            r"|\bid (?:like|love)\b"
            r"|\b(?:tell|show|give|send|explain|write|let|gimme|lets|hit|set) (?:me|us|it)\b)",
            re.DOTALL,
        ),
    ),
    (
        "interrogative",
        re.compile(
            r"(?:so |and |but |now )?(?:what|whats|how|why|which|where|wheres|who|when|is|are|do|does|did|can"
            r"|could|would|will|may|might|shall|should|any|was|wie|warum|wieso|welche|wo|wann|kann|konn|que"
            r"|como|por que|cual|donde|cuando|cuanto|puede|qu|comment|pourquoi|quel|est-ce|peux|pourr|vous"
            r"|che|come|perche|quale|dove|quando|quanto|puo|potr|o que|qual|czy|jak|co|dlaczego|gdzie|ile|wat"
            r"|hoe|waarom|welke|waar|kun|kunt|ne|neden|nasil|hangi|nerede|kac|vad|hur|varfor|kan)\b"
        ),
    ),
    (
        "order",
        re.compile(
            r"(?:(?:so|and|but|now|just|please|then|only) )*(?:give|tell|show|send|write|put|let|list|throw"
            r"|hit|set|explain|look|check|point|post|type|skip|drop|make|do|be|open|read|say|provide|suggest"
            r"|surprise|bring|stop|paste|schreib|schick|gib|zeig|sag|erklar|nenn|dime|dame|ponme|ponlo|escrib"
            r"|mira|manda|dis|donne|fais|mets|regarde|dimmi|dammi|scriv|guard|daj|niech|napisz|geef|stuur"
            r"|maak|ver|at|yaz)\w*\b"
        ),
    ),
    (
        "wish",
        re.compile(
            r".*\b(?:would (?:like|love|want|appreciate|welcome|be)|id (?:like|love|rather|be)"
            r"|i (?:want|need|wish|wonder|hope)|want|need|wanna|grateful|obliged|appreciate|request"
            r"|ask (?:you|for)|be so (?:good|kind)|curious|mochte|hatte gern|gern|gerne|bitte|brauche?"
            r"|wusste gern|quiero|quisiera|desearia|gustaria|ruego|pido|agradec\w+|por favor|porfa|necesito"
            r"|voudrais|aimerais|pourriez|svp|besoin|merci d|vorrei|piacerebbe|chiederei|sarei grato|gostaria"
            r"|queria|preciso|agradeco|prosze|prosilbym|chcialbym|chcialabym|chce|potrzebuj\w+|wdzieczny"
            r"|graag|wil|zou|alstublieft|lutfen|isterim|istiyorum|rica|vore tacksam|snalla|please|pls"
            r"|kindly)\b",
            re.DOTALL,
        ),
    ),
    (
        "but",
        re.compile(
            r"(?:but|however|only|still|nevertheless|it(?:s| is) (?:just|only)|aber|allerdings|nur|pero"
            r"|sin embargo|mais|seulement|ma|solo|mas|so que|ale|tylko|maar|alleen|ama|fakat|men)\b"
        ),
    ),
    ("denies", re.compile(r".*\b(?:not|no|nothing|isnt|dont|never)\b", re.DOTALL)),
)
ASKING = frozenset({"question", "asks", "interrogative", "order", "wish"})
"""The looks of a sentence that wants something."""
SHORT, WORDY, BREATH = 5, 15, 40
"""Words."""


class Sentence(NamedTuple):
    """One of a message."""

    text: str
    looks: frozenset[str]
    """Some of `question asks interrogative order wish but denies`, where it stands, how long it is."""


def without_statement(text: str) -> str:
    """`text` with a word in the place of what it quotes at length; unchanged when little else is left."""
    told = _QUOTED.sub(f" {STATEMENT} ", text)
    return told if len(told.split()) >= LEFT else text


def sentences(text: str) -> tuple[list[Sentence], bool]:
    """The sentences in order, and whether there are lines of code between them, which are left out."""
    parts = [each.strip() for whole in _END.split(text) if re.search(r"\w", whole) for each in _cut(whole)]
    told = [
        Sentence(each, _looks(each, place, len(parts)))
        for place, each in enumerate(parts)
        if not _CODE.match(each)
    ]
    return told, len(told) < len(parts)


def _cut(sentence: str) -> list[str]:
    """A sentence in pieces, where it goes on and on without a stop."""
    words = sentence.split()
    if len(words) <= BREATH or _CODE.match(sentence.strip()):
        return [sentence]
    return [" ".join(words[start : start + BREATH // 2]) for start in range(0, len(words), BREATH // 2)]


def _looks(sentence: str, place: int, of: int) -> frozenset[str]:
    found = {look for look, pattern in _LOOKS if pattern.match(sentence)}
    words = len(sentence.split())
    where = {
        "first": place == 0, "last": place == of - 1, "last-but-one": place == of - 2,
        "begins": place < of / 3, "ends": place >= 2 * of / 3,
        "short": words <= SHORT, "wordy": words > WORDY,
    }  # fmt: skip
    return frozenset(found | {look for look, here in where.items() if here})
