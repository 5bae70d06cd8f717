"""Which agent answers. A button, a name or a traceback decides at once; clear phrases next; then the
classifier.

When none of them is sure, `unsure` is true, and the tutor asks one question instead of guessing.
"""

from __future__ import annotations

import re
from functools import cache
from typing import cast

import msgspec

from learnflow_ext.agents import learning, smalltalk
from learnflow_ext.agents.asking import ASKING, sentences
from learnflow_ext.agents.classifier import LONG, Classifier
from learnflow_ext.agents.source import fenced
from learnflow_ext.agents.word_kinds import simplified
from learnflow_ext.contracts.help import AgentName, CellError, Intent

SURE = 0.5
"""A lower probability is no answer."""
MARGIN = 0.12
"""Nor is one that leads the second-best by less."""

AGENT_OF: dict[Intent, AgentName] = {
    "concept": "concepts",
    "debug": "debug",
    "review": "review",
    "exercise": "exercise",
    "progress": "progress",
    "off_topic": "tutor",
    "solution_request": "tutor",
}
INTENT_OF: dict[AgentName, Intent] = {agent: intent for intent, agent in AGENT_OF.items() if agent != "tutor"}

_BUTTON = re.compile(r"^explain the error\b")
_CODE_SPAN = re.compile(r"`[^`\n]+`")
_MENTION = re.compile(r"^\s*@(tutor|debug|concepts?|review|exercises?|progress)\b[\s:,]*", re.IGNORECASE)
_TRACEBACK = re.compile(
    r"Traceback \(most recent call last\)|^\s*-{2,}>\s*\d+ |^\s*[A-Z]\w*(?:Error|Exception|Interrupt)\s*:",
    re.MULTILINE,
)
# Tried in this order, on `simplified` text. Each is meant to be right nearly always; doubt is the
# classifier's.
_RULES: tuple[tuple[Intent, re.Pattern[str]], ...] = tuple(
    (cast(Intent, intent), re.compile(pattern))
    for intent, pattern in (
        (
            "solution_request",
            r"\b(ignore|forget|disregard)\b.*\b(instructions?|rules|prompt)|\bhidden tests?\b"
            r"|\breference (solution|answer|implementation)\b|\bmodel (answer|solution)\b|\banswer key\b",
        ),
        (
            "off_topic",
            r"^\W*(hi+|hiya|hey+|hello+|yo|thx|ty|thanks?( you)?|thank you|ok(ay)?|cool|bye+|lol|danke"
            r"|merci)\W*$",
        ),
        ("off_topic", smalltalk.ANY),
        (
            "off_topic",
            r"^(?!.*\b(code|functions?|print\w*|program\w*|python|errors?|loops?|lists?|strings?|variables?|exercise)\b)"
            r".*\b(weather|essay|poem|joke|football|soccer|pizza|girlfriend|boyfriend|movie|president|horoscope)\b",
        ),
        (
            "exercise",
            r"(?<!is it )(?<!is that )(?<!is this )"
            r"\b(another|more|new|next|extra|harder|easier|different|some|an|a)\b (\w+ )?"
            r"(exercises?|practi[cs]e|tasks?|challenges?|problems?)\b"
            r"(?!.*\b(solution|answer|for me|wrong|error))"
            r"|\bquiz me\b|\bwhat (should|can|shall|do) i (do|learn|try|practi[cs]e) (next|now)\b",
        ),
        (
            "solution_request",
            r"\b(give|tell|show|send|write|post|gimme|want|need|have|print|get|see|reveal|paste|provide)\b"
            r"( \w+){0,4} (answers?|solutions?|solutoin|anwser|awnser|((full|whole|complete|finished|correct|"
            r"right|final|missing|working|actual) (code|function|program|cell))|((the|teh) code))\b"
            r"(?! (do|is|gives?|of my|i have|mean))"
            r"|\bjust (write|do|solve|fix|finish|complete|answer|code) (it|this|that|my|the|me)\b"
            r"|\b(write|do|solve|fix|finish|complete|code|make|correct|implement)\b"
            r"(?! (\w+ ){0,4}(test|quiz|task|challenge|puzzle)\b)( \w+){0,5} for me\b"
            r"|\bdo my (python |coding |programming )?(homework|exercise|assignment|task|work)\b"
            r"|^(please |pls |plz )?(do|make|finish) (the )?(exercise|question|task|number) \w+"
            r"|\bsolve (it|this|that|the|exercise|question|task|number)\b"
            r"|\bwhat( i|')?s (the )?(right |correct )?(answer|solution)\b"
            r"|\b(is|isnt) (the answer|it) ([a-d]|option [a-d])\b"
            r"|\bwhich (letter|option|answer) is (right|correct|it)\b"
            r"|\b(can|could|would|will) (you|u) (please |just |pls )?"
            r"(write|solve|implement|code|complete|finish|fill in) "
            r"(?!(it|this|that) (the same|like|differently|better|again)|(my|a|me a|an|the) (?!(\w+ )?"
            r"(code|function|program|class|loop|exercise|task|solution|cell|rest|line|part|question)))"
            r"|^(the )?(ans|answers?|solution)( pls| plz| please| now)?$",
        ),
        (
            "progress",
            r"\bmy (current |final |total |last )?(progress|scores?|grades?|points|marks|results?|level)\b"
            r"|\bhow am i doing\b|\bhow (many|much) (points|marks)\b|\bdid i pass\b",
        ),
        (
            "review",
            r"\b(review|feedback|improve|critique|look over)\b.*\b(code|function|program|this|it|style)\b"
            r"|^(code )?(review|feedback)\b"
            r"|\bit (all )?works?\b.*\b(better|good|nicer|improve|shorter|cleaner)\b",
        ),
        (
            "debug",
            r"\bwhy (do|am|did|does) (i|it|he|my code) (get|getting|got|say|says|show|give|fail|crash)"
            r"|\b(doesn?t|dosn?t|does not|isnt|is not|not|wont|dont) (work|wrok|run|stop|working)\b"
            r"|\bnot ?implemented ?error\b"
            r"|\bwhats? (is )?wrong (with|here|in)\b|\bwhat does (this|that|the|my) (error|red|message)\b",
        ),
    )
)
_IDEA = re.compile(
    r"\b(what (is|are|does|do) (an?|the)? ?(?!error|problem|wrong)\w+|difference between"
    r"|how (do|does|to|can)|explain (?!pls|please|me\b|why)\w+)\b"
)
_THIS_CELL = re.compile(
    r"\b(this|it|my|error|wrong|why|line|here|fail\w*|fix|mistake|problem|happened|broken|bug|that|message)\b"
)


class Triage(msgspec.Struct, frozen=True, kw_only=True):
    """One route."""

    intent: Intent
    """The likeliest, also where `unsure`."""
    confidence: float
    """0 to 1."""
    agent: AgentName
    unsure: bool = False
    """True where the tutor should ask one question rather than let an agent guess."""


def triage(
    text: str, error: CellError | str | None = None, *, agent: AgentName = "tutor", code: str = ""
) -> Triage:
    """Route one message.

    `error` is the failed cell, or a traceback as text; None or empty when there is none. `agent` is whom the
    message
    was addressed to by button or picker; a leading `@Name` in the text counts as well.
    """
    named, message = addressed(text)
    agent = named if agent == "tutor" else agent
    prose, pasted = fenced(message)
    quoted = bool(_TRACEBACK.search(message))
    # What stands in a code span is quoted, not asked for.
    words = simplified(_CODE_SPAN.sub(" it ", _first_lines(prose)))

    if agent != "tutor":
        return _addressed(agent, words)
    ruled = _rule(words)
    if error or quoted:
        return _with_error(words, ruled, fresh=quoted or isinstance(error, str))
    if ruled is not None:
        return _sure(ruled, 0.95)
    if smalltalk.PLEA.search(words):
        return Triage(intent="debug", confidence=0.4, agent="tutor", unsure=True)
    if not re.search(r"\w", words):
        # Code without a word may want reading or mending; nothing at all may want anything.
        return Triage(
            intent="review" if pasted or code else "off_topic", confidence=0.3, agent="tutor", unsure=True
        )
    return _classified(words)


def addressed(text: str) -> tuple[AgentName, str]:
    """Whom a message names at its beginning (`@Debug why?`), and the message without that; `tutor` for
    nobody."""
    found = _MENTION.match(text)
    if not found:
        return "tutor", text
    name = found.group(1).lower()
    plural = {"concept": "concepts", "exercises": "exercise"}
    return cast(AgentName, plural.get(name, name)), text[found.end() :]


def _first_lines(prose: str) -> str:
    """Enough of a long message to know what is wanted; questions stand at the beginning or at the end."""
    return prose if len(prose) <= 1200 else f"{prose[:800]} {prose[-400:]}"


def _sure(intent: Intent, confidence: float) -> Triage:
    return Triage(intent=intent, confidence=confidence, agent=AGENT_OF[intent])


def _rule(words: str) -> Intent | None:
    """What the clear phrases say; None when there is none.

    In a story most of them may belong to the background: there a plea for the solution counts wherever it
    stands, the others where the last sentence asks, and small talk not at all.
    """
    if len(words.split()) <= LONG:
        return next((intent for intent, pattern in _RULES if pattern.search(words)), None)
    if any(intent == "solution_request" and pattern.search(words) for intent, pattern in _RULES):
        return "solution_request"
    told, _ = sentences(words)
    if not told or not told[-1].looks & ASKING:
        return None
    last = told[-1].text
    return next((i for i, pattern in _RULES if i != "off_topic" and pattern.search(last)), None)


def _addressed(agent: AgentName, words: str) -> Triage:
    """The one who was asked answers, within their role; a plea for the solution is known as one."""
    asks_for_it = _rule(words) == "solution_request"
    return Triage(intent="solution_request" if asks_for_it else INTENT_OF[agent], confidence=1.0, agent=agent)


def _with_error(words: str, ruled: Intent | None, *, fresh: bool) -> Triage:
    """An error is there, so it is the subject, unless the words plainly speak of something else.

    `fresh` says that the error stands in the message itself. Otherwise it came along because it was the last
    thing
    that happened in the notebook, and a greeting is still a greeting.
    """
    if _BUTTON.match(words) or not re.search(r"\w", words):
        return _sure("debug", 1.0)
    if ruled in ("solution_request", "progress", "exercise") or (ruled is not None and not fresh):
        return _sure(ruled, 0.95)
    (intent, share) = _best(words)[0]
    if intent == "concept" and _IDEA.search(words) and not _THIS_CELL.search(words):
        return _sure("concept", 0.8)
    if not fresh and intent in ("off_topic", "progress", "exercise") and share >= 0.75:
        return _sure(intent, round(share, 3))
    return _sure("debug", 0.99)


def _classified(words: str) -> Triage:
    (intent, share), (_, second) = _best(words)[:2]
    if share < SURE or share - second < MARGIN:
        return Triage(intent=intent, confidence=round(share, 3), agent="tutor", unsure=True)
    return _sure(intent, round(share, 3))


def _best(words: str) -> list[tuple[Intent, float]]:
    return cast("list[tuple[Intent, float]]", _classifier().rank(words))


@cache
def _classifier() -> Classifier:
    return learning.load().classifier()
