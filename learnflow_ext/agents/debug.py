"""The debug agent: from a failed cell to the place, the cause, and one question that leads on. Never the
correction."""

from __future__ import annotations

import re

import msgspec

from learnflow_ext.agents import around, code_checks, endless_words, markdown, no_error
from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex, Section
from learnflow_ext.agents.error_words import CONCEPTS, general, named_error, question
from learnflow_ext.agents.examples import analogous
from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.reply import Reply, fitting
from learnflow_ext.agents.source import fenced, parse_or_error
from learnflow_ext.contracts.help import CellError, Citation, Diagnosis, HelpRequest, Variable
from learnflow_ext.contracts.progress import Level
from learnflow_ext.diagnosis import diagnose_text

MAX_VARIABLES = 3
_MISSING = re.compile(r"name '(\w+)' is not defined")
SHORT, LONG = 40, 75
"""Words of a cause, for who is far and for all others."""
_NONE = re.compile(r"\bnone\b", re.IGNORECASE)

_LAST_LINE = re.compile(
    r"^\s*((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Iteration))(?::\s*(.*))?\s*$", re.M
)


class DebugFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What the analysis came to."""

    diagnosis: Diagnosis | None
    """None when there is no error to see."""
    variables: tuple[Variable, ...] = ()
    sections: tuple[Section, ...] = ()
    code: str = ""
    suspicion: Remark | None = None
    """Without an error: the likeliest slip in the code, or None."""
    named: str = ""
    """Without an error: the kind that the student speaks of; empty for none."""
    none: bool = False
    """Without an error: the student wonders where a `None` comes from."""
    level: Level | None = None
    """Of the student in this assignment: who has just begun gets more words, who is far fewer."""
    known_from: Section | None = None
    """Where the student learnt the idea behind it, when they have mastered it: that need not be read
    again."""
    elsewhere: str = ""
    """The name that has no value here, and that another cell of the notebook makes; empty for none."""
    endless: bool = False
    """Without an error: the student says that the code does not end."""


def analyse(request: HelpRequest, index: CourseIndex, context: HelpContext | None = None) -> DebugFindings:
    """Look at the failed cell, or at an error quoted in the message, or else at the code alone.

    Without a `context` all of the course may be quoted, and nobody knows how far the student is.
    """
    context = context or HelpContext()
    released = context.released
    error = request.error or quoted_error(request.text, request.code)
    code = request.code or fenced(request.text)[1]
    if error is None:
        error = _unreadable(code)
    if error is None:
        return _without(request.text, code, index, released)
    diagnosis = error.diagnosis or diagnose_text(
        error.exception,
        error.message,
        error.code or code,
        error.traceback,
        line=error.line,
        variables=error.variables,
    )
    sections = index.about(topic(diagnosis), released=released) or index.search(
        f"{topic(diagnosis)} {diagnosis.exception}", limit=1, released=released
    )
    to_read = tuple(each for each in sections if each.assignment not in context.mastered)
    return DebugFindings(
        diagnosis=diagnosis,
        variables=error.variables[:MAX_VARIABLES],
        sections=to_read,
        known_from=sections[0] if sections and not to_read else None,
        level=context.level_in(request.assignment),
        elsewhere=_made_elsewhere(diagnosis, request),
        code=error.code or code,
    )


def _made_elsewhere(diagnosis: Diagnosis, request: HelpRequest) -> str:
    missing = _MISSING.search(diagnosis.message) if diagnosis.exception == "NameError" else None
    cells = around.others(request)
    return missing[1] if missing is not None and around.made_elsewhere(missing[1], cells) else ""


def _without(text: str, code: str, index: CourseIndex, released: frozenset[str] | None) -> DebugFindings:
    """No error to look at: perhaps one is named, or `None` came out where a value should."""
    named = named_error(text)
    goes_on = not named and endless_words.says_endless(text) and endless_words.may_go_on(code)
    about = CONCEPTS.get(named, "errors") if named else "endless loops" if goes_on else "return functions"
    sections: list[Section] = []
    none = not named and not goes_on and _NONE.search(text) is not None
    if named or none or goes_on:
        sections = index.about(about, released=released) or index.search(about, limit=1, released=released)
    return DebugFindings(
        diagnosis=None,
        code=code,
        suspicion=(endless_words.why(code) if goes_on else None) or code_checks.likeliest_slip(code),
        named=named,
        none=none,
        endless=goes_on,
        sections=tuple(sections),
    )


def topic(diagnosis: Diagnosis) -> str:
    """The concept to look up in the course; empty when unknown."""
    return diagnosis.concept or CONCEPTS.get(markdown.identifier(diagnosis.exception), "")


def quoted_error(text: str, code: str) -> CellError | None:
    """The error whose output a message quotes, or only names ("NameError: name 'x' is not defined");
    None without."""
    found = list(_LAST_LINE.finditer(text))
    if not found:
        return None
    last = found[-1]
    return CellError(
        exception=last.group(1), message=last.group(2) or "", code=code, traceback=text[: last.end()]
    )


def _unreadable(code: str) -> CellError | None:
    """The SyntaxError of code that never ran; None when it reads well or there is none."""
    error = parse_or_error(code) if code.strip() else None
    if not isinstance(error, SyntaxError):
        return None
    name = type(error).__name__
    return CellError(
        exception=name,
        message=error.msg or "",
        line=error.lineno,
        code=code,
        traceback=f'  File "<cell>", line {error.lineno}\n{name}: {error.msg}',
    )


def compose(findings: DebugFindings, rung: int = 0) -> Reply:
    """What went wrong, and the hint that is due.

    That the error is understood is no hint yet, so every rung has its cause. Rung 1 names the idea, 2 points
    at the place, 3 asks a guiding question, 4 shows the like on other data. 0, outside of exercises, is as 3.
    """
    diagnosis = findings.diagnosis
    if diagnosis is None:
        return no_error.reply(
            findings.code,
            rung,
            named=findings.named,
            none=findings.none,
            endless=findings.endless,
            suspicion=findings.suspicion,
            reading=read_more(findings.sections),
            citations=tuple(section.citation for section in findings.sections),
        )
    name = markdown.identifier(diagnosis.exception)
    line = diagnosis.line
    title = f"**{name} in line {line}**" if line is not None and 0 < line < 100_000 else f"**{name}**"
    far = findings.level in ("Proficient", "Mastered")
    cause = markdown.plain(diagnosis.cause, max_words=SHORT if far else LONG)
    cause = "\n\n".join(filter(None, (cause, _other_cell(findings.elsewhere))))
    place, reading = _place(diagnosis), reading_for(findings)
    begins = general(name) if findings.level == "Beginner" and general(name) not in cause else ""
    climb = "" if far else _CLIMB
    values = _values(findings.variables, cause)
    asked = f"**Ask yourself:** {question(name, diagnosis.cause)}"
    idea = Reply(paragraphs=_some(title, general(name), reading), rung=1)
    pointing = Reply(paragraphs=_some(title, place, reading), rung=2, weaker=idea)
    asking = Reply(paragraphs=_some(title, cause, place, values, asked, reading), rung=3, weaker=pointing)
    example = analogous(name, topic(diagnosis))
    match rung:
        case 1:
            named = f"**The idea behind it:** {topic(diagnosis) or 'reading what Python says'}."
            reply = Reply(paragraphs=_some(title, cause, begins, named, reading, climb), rung=1, weaker=idea)
        case 2:
            reply = Reply(
                paragraphs=_some(title, cause, begins, place, reading, climb), rung=2, weaker=pointing
            )
        case 4 if example:
            shown = f"**The like, with other data:**\n\n```python\n{example}\n```"
            kept = fitting(_some(title, cause, place, shown, asked, reading))
            reply = Reply(paragraphs=kept, rung=4, weaker=asking)
        case _:
            reply = asking
    return _citing(reply, tuple(section.citation for section in findings.sections))


_CLIMB = "Change something and run it again: if it still fails, my next hint says more."


def _other_cell(name: str) -> str:
    """Nothing runs by itself: a cell that made a name before may not have run since Python began anew."""
    if not name:
        return ""
    return (
        f"Another cell of this notebook makes {markdown.code(name, 30)}. Python knows it once that cell has "
        "run: after a restart none has."
    )


def reading_for(findings: DebugFindings) -> str:
    """Where to read on; for who has mastered it, where they know it from. Empty where the course says
    nothing."""
    if findings.known_from is not None:
        place = findings.known_from.notebook_title
        return f"You have mastered this idea already, in *{place}*: what did you do there?"
    return read_more(findings.sections)


def _some(*paragraphs: str) -> tuple[str, ...]:
    return tuple(filter(None, paragraphs))


def _citing(reply: Reply, citations: tuple[Citation, ...]) -> Reply:
    """The reply and all that stand behind it, with the same citations."""
    weaker = _citing(reply.weaker, citations) if reply.weaker is not None else None
    return msgspec.structs.replace(reply, citations=citations, weaker=weaker)


def compose_idea(findings: DebugFindings) -> Reply:
    """Where a teacher allows ideas only: the kind of error, and nothing about the student's code."""
    note = "For this work I may only explain ideas, so I have not looked at your code."
    if findings.diagnosis is None:
        return Reply(
            paragraphs=(note, "Which idea would you like explained: names, types, lists, loops?"), rung=1
        )
    name = markdown.identifier(findings.diagnosis.exception)
    return Reply(
        paragraphs=tuple(filter(None, (f"**{name}**", general(name), read_more(findings.sections), note))),
        citations=tuple(section.citation for section in findings.sections),
        rung=1,
    )


def read_more(sections: tuple[Section, ...]) -> str:
    """Where the course explains it, in words; empty without a section."""
    if not sections:
        return ""
    places = " and ".join(f"*{section.title}* in *{section.notebook_title}*" for section in sections)
    return f"Read again: {places}."


def _place(diagnosis: Diagnosis) -> str:
    shown = f": {markdown.code(diagnosis.source_line)}" if diagnosis.source_line.strip() else ""
    if diagnosis.line is None or diagnosis.line < 1:
        return f"Python stopped here{shown}." if shown else ""
    return (
        f"Look at line {diagnosis.line}{shown}." if shown else f"Look at line {diagnosis.line} of the cell."
    )


def _values(variables: tuple[Variable, ...], said: str) -> str:
    """What the names meant, but those that `said` has with their values."""
    known = [
        f"{markdown.code(each.name, 30)} was {markdown.code(each.value, 40)} ({markdown.code(each.type, 20)})"
        for each in variables
        if not (each.name in said and each.value and each.value in said)
    ]
    return f"At that moment {', '.join(known)}." if known else ""
