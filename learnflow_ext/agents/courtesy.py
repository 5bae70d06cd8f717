"""What the tutor says in its own voice: a kind no, a greeting, one question back, or that it is switched
off."""

from __future__ import annotations

import re

import msgspec

from learnflow_ext.agents import concepts, debug, smalltalk
from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.reply import Reply
from learnflow_ext.agents.source import parse
from learnflow_ext.agents.word_kinds import simplified
from learnflow_ext.contracts.help import Citation, HelpRequest

_GREETING = re.compile(
    r"^\W*(hi+|hiya|hey+|hello+|yo|good (morning|evening|afternoon|day)|hallo|hola|salut|moin)\b"
)
_THANKS = re.compile(
    r"\b(thanks?|thx|thank you|danke|gracias|merci|ty|cheers)\b|^\W*(ok(ay)?|cool|great|nice)\W*$"
)
_BYE = re.compile(r"^\W*(bye+|goodbye|see (you|ya)|cya|ciao|tschuss)\b")

_NO = (
    "I will not write the solution for you: what you find yourself, you keep. But I gladly take the next "
    "step with you."
)
_STEPS = (
    "**Start small:** take the example from the exercise, and solve it by hand, on paper. Write down each "
    "step in plain words. Which of these steps can you already say in Python?",
    "Write that one line, run it, and tell me what you see.",
)


class Courtesy(msgspec.Struct, frozen=True, kw_only=True):
    """A reply of the tutor's own, ready to be said."""

    reply: Reply


def compose(courtesy: Courtesy) -> Reply:
    """As it is."""
    return courtesy.reply


def switched_off(context: HelpContext) -> Courtesy:
    """The teacher has turned the tutor off."""
    where = f" for *{context.assignment_title}*" if context.assignment_title else " here"
    return _say(
        f"The tutor is switched off{where}. Your teacher decided that, and it is nothing you did. If you "
        "are stuck, please ask your teacher."
    )


def no_review() -> Courtesy:
    """Ideas only: no look at the code."""
    return _say(
        "For this work I may only explain ideas, so I cannot look at your code. Ask me about an idea, for "
        "instance: *what is a good name?* or *what does return do?*"
    )


def refusal(
    request: HelpRequest, index: CourseIndex, context: HelpContext, *, ideas_only: bool = False
) -> Courtesy:
    """No solution, but a hint: from the error that is there, from the exercise named, or how to begin."""
    if request.error is not None and not ideas_only:
        hint = debug.compose(debug.analyse(request, index, context))
        # The pointing version is short enough to stand beside the refusal.
        pointing = hint.weaker or hint
        return Courtesy(
            reply=Reply(
                paragraphs=(_NO, *pointing.paragraphs),
                citations=pointing.citations,
                rung=pointing.rung,
                weaker=Reply(paragraphs=(_NO, *_STEPS), rung=1),
            )
        )
    found = concepts.analyse(request, index, context.released, look_at_code=False)
    sections = found.sections if found.exercise is not None or index.topical(request.text) else ()
    reading = debug.read_more(sections[:1])
    citations: tuple[Citation, ...] = tuple(section.citation for section in sections[:1])
    return Courtesy(
        reply=Reply(
            paragraphs=tuple(filter(None, (_NO, *_STEPS, reading))),
            citations=citations,
            rung=1,
        )
    )


def redirect(request: HelpRequest, context: HelpContext) -> Courtesy:
    """Back to the course, without a sermon."""
    words = simplified(request.text)
    course = f"*{context.course_title}*" if context.course_title else "your Python course"
    if smalltalk.DOWNHEARTED.search(words):
        return _say(
            "Being stuck is no sign that you cannot do it: everybody who programs is stuck several times a "
            "day, and it is how this is learnt. Let us make it smaller. Which line did you write last, and "
            "what did you expect it to do? If a cell fails, press **Explain** below it."
        )
    if smalltalk.HANDING_IN.search(words):
        return _say(
            "Save your notebook with **Ctrl + S**. Then open *Assignments* (on the start page, or in the "
            "*Help* menu), and press **Submit** beside its name. Your points appear a few seconds later, "
            "and you may hand in again."
        )
    if smalltalk.DEADLINE.search(words):
        return _say("I do not know the date: your teacher does. You may hand in early, and again later.")
    if smalltalk.WHO.search(words):
        return _say(
            f"I am the tutor of {course}: a program, not a person. I explain ideas, find out why a cell "
            "fails, look over code that works, and suggest exercises. I do not write solutions."
        )
    if _THANKS.search(words):
        return _say("You are welcome! Go on with the next cell, and call me when something looks odd.")
    if _BYE.search(words):
        return _say("See you soon! Save your notebook with **Ctrl + S** before you go.")
    if _GREETING.search(words):
        return _say(
            f"Hello! I help with {course}. Ask me about an idea (*what is a list?*), press **Explain** "
            "below a cell that fails, or ask how far you are."
        )
    return _say(
        f"That is outside of what I know: I am here for {course}. Shall we go back to it? I can explain an "
        "idea, look at an error, look over code that works, or find you an exercise."
    )


def question(request: HelpRequest) -> Courtesy:
    """One question, with answers to choose from."""
    if request.code.strip() or "```" in request.text:
        broken = parse(request.code) is None and bool(request.code.strip())
        first = "I see code that Python cannot read yet. " if broken else "I see your code. "
        return _say(
            f"{first}What would you like: that I **explain** what it does, find out why it **does not "
            "work**, or say what could be **better**?"
        )
    return _say(
        "Gladly, but tell me a little more. Do you want an **idea** explained, does something **not work**, "
        "shall I **look over** your code, or would you like an **exercise**?"
    )


def _say(text: str) -> Courtesy:
    return Courtesy(reply=Reply(paragraphs=(text,)))
