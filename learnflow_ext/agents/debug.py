"""The debug agent: from a failed cell to the place, the cause, and one question that leads on. Never the
correction."""

from __future__ import annotations

import re

import msgspec

from learnflow_ext.agents import code_checks, markdown
from learnflow_ext.agents.course_index import CourseIndex, Section
from learnflow_ext.agents.examples import analogous
from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.reply import Reply, fitting
from learnflow_ext.agents.source import fenced, parse_or_error
from learnflow_ext.contracts.help import CellError, Citation, Diagnosis, HelpRequest, Variable
from learnflow_ext.diagnosis import diagnose_text

MAX_VARIABLES = 3

_LAST_LINE = re.compile(
    r"^\s*((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Iteration))(?::\s*(.*))?\s*$", re.M
)

# By concept where the diagnosis names one, otherwise by exception. Each leads to the place, none says what
# to write.
_QUESTIONS = {
    "NameError": (
        "Where in your notebook did this name first get a value, and is it spelt exactly like that there?"
    ),
    "UnboundLocalError": (
        "Which line inside the function gives this name its first value, and has it run by then?"
    ),
    "TypeError": "What kind of value stands on each side here, and do these two kinds go together?",
    "ValueError": (
        "Which value arrives here, and would you, as a person, be able to do with it what the line asks?"
    ),
    "IndexError": "How many items are there at that moment, and which numbers do their places have?",
    "KeyError": "Which keys does it have at that moment, letter by letter?",
    "AttributeError": "What kind of value stands before the dot, and what can that kind of value do?",
    "ZeroDivisionError": (
        "Which name below the division line is 0 at that moment, and how did it get to be 0?"
    ),
    "SyntaxError": (
        "When you go through this line and the one above it sign by sign, where would a careful reader stop?"
    ),
    "IndentationError": "How many spaces stand before this line, and which line above does it belong to?",
    "TabError": "Which lines begin with tabs and which with spaces?",
    "AssertionError": (
        "What did the check expect, and what does your code give when you print it for that input?"
    ),
    "NotImplementedError": (
        "Which line is still the placeholder, and what should your own code do in its place?"
    ),
    "RecursionError": "For which input should the function stop calling itself, and does it ever get there?",
    "KeyboardInterrupt": (
        "What does the loop's comparison look at, and which line inside the loop changes it?"
    ),
    "ModuleNotFoundError": "How is that module's name spelt, letter by letter, and does this course use it?",
    "ImportError": "Does that module really have something with exactly this name?",
    "FileNotFoundError": "In which folder does Python look for the file, and what is it called there?",
    "EOFError": "How often does your program ask for input, and how often was there some?",
}
# A SyntaxError has many causes, so the cause picks the question.
_SYNTAX_QUESTIONS = (
    ("colon", "Which other lines in your notebook open a block, and which sign do they all end with?"),
    ("quot", "Where does the text begin, where should it end, and is it the same sign at both ends?"),
    ("bracket", "When you count them, how many brackets open in this line, and how many close?"),
    ("parenthes", "When you count them, how many brackets open in this line, and how many close?"),
    ("comma", "How do you tell Python where one value ends and the next begins?"),
    ("=", "Does this line ask whether two values are equal, or does it give a name a value?"),
)
_ANY_QUESTION = "If you print the names of this line just before it, which one surprises you?"

_CONCEPT_WORDS = {
    "NameError": "names",
    "UnboundLocalError": "names",
    "TypeError": "types",
    "ValueError": "type conversion",
    "IndexError": "indexing",
    "ZeroDivisionError": "division",
    "SyntaxError": "syntax",
    "IndentationError": "indentation",
    "TabError": "indentation",
    "KeyboardInterrupt": "endless loops",
    "NotImplementedError": "functions",
    "AttributeError": "types",
}


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


def analyse(
    request: HelpRequest, index: CourseIndex, released: frozenset[str] | None = None
) -> DebugFindings:
    """Look at the failed cell, or at an error quoted in the message, or else at the code alone."""
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
    return DebugFindings(
        diagnosis=diagnosis,
        variables=error.variables[:MAX_VARIABLES],
        sections=tuple(
            index.about(topic(diagnosis), released=released)
            or index.search(f"{topic(diagnosis)} {diagnosis.exception}", limit=1, released=released)
        ),
        code=error.code or code,
    )


def _without(text: str, code: str, index: CourseIndex, released: frozenset[str] | None) -> DebugFindings:
    """No error to look at: perhaps one is named, or `None` came out where a value should."""
    named = named_error(text)
    about = _CONCEPT_WORDS.get(named, "errors") if named else "return functions"
    sections: list[Section] = []
    none = not named and _NONE.search(text) is not None
    if named or none:
        sections = index.about(about, released=released) or index.search(about, limit=1, released=released)
    return DebugFindings(
        diagnosis=None,
        code=code,
        suspicion=code_checks.likeliest_slip(code),
        named=named,
        none=none,
        sections=tuple(sections),
    )


def named_error(text: str) -> str:
    """The kind of error that a message speaks of ("it says nameerror"); empty without one we know."""
    found = _NAMED.search(text)
    if found is None:
        return ""
    wanted = re.sub(r"\W|_", "", found.group(0)).lower()
    return next(name for name in _GENERAL if name.lower() == wanted)


def topic(diagnosis: Diagnosis) -> str:
    """The concept to look up in the course; empty when unknown."""
    return diagnosis.concept or _CONCEPT_WORDS.get(markdown.identifier(diagnosis.exception), "")


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
        return _without_error(findings, rung)
    name = markdown.identifier(diagnosis.exception)
    line = diagnosis.line
    title = f"**{name} in line {line}**" if line is not None and 0 < line < 100_000 else f"**{name}**"
    cause = markdown.plain(diagnosis.cause, max_words=75)
    place, reading = _place(diagnosis), read_more(findings.sections)
    values = _values(findings.variables, cause)
    question = f"**Ask yourself:** {_question(name, diagnosis.cause)}"
    idea = Reply(paragraphs=_some(title, _general(name), reading), rung=1)
    pointing = Reply(paragraphs=_some(title, place, reading), rung=2, weaker=idea)
    asking = Reply(paragraphs=_some(title, cause, place, values, question, reading), rung=3, weaker=pointing)
    example = analogous(name, topic(diagnosis))
    match rung:
        case 1:
            named = f"**The idea behind it:** {topic(diagnosis) or 'reading what Python says'}."
            reply = Reply(paragraphs=_some(title, cause, named, reading, _CLIMB), rung=1, weaker=idea)
        case 2:
            reply = Reply(paragraphs=_some(title, cause, place, reading, _CLIMB), rung=2, weaker=pointing)
        case 4 if example:
            shown = f"**The like, with other data:**\n\n```python\n{example}\n```"
            kept = fitting(_some(title, cause, place, shown, question, reading))
            reply = Reply(paragraphs=kept, rung=4, weaker=asking)
        case _:
            reply = asking
    return _citing(reply, tuple(section.citation for section in findings.sections))


_CLIMB = "Change something and run it again: if it still fails, my next hint says more."


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
        paragraphs=tuple(filter(None, (f"**{name}**", _general(name), read_more(findings.sections), note))),
        citations=tuple(section.citation for section in findings.sections),
        rung=1,
    )


def read_more(sections: tuple[Section, ...]) -> str:
    """Where the course explains it, in words; empty without a section."""
    if not sections:
        return ""
    places = " and ".join(f"*{section.title}* in *{section.notebook_title}*" for section in sections)
    return f"Read again: {places}."


def _question(name: str, cause: str) -> str:
    """What leads on from here."""
    if name == "SyntaxError":
        said = cause.lower()
        fitting = (question for word, question in _SYNTAX_QUESTIONS if word in said)
        return next(fitting, _QUESTIONS[name])
    return _QUESTIONS.get(name, _ANY_QUESTION)


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


_GENERAL = {
    "NameError": (
        "Python meets a name that has no value yet. Names get their value with `=`, in a line that runs "
        "earlier."
    ),
    "TypeError": (
        "Something is done with a kind of value that cannot do it. Numbers, texts and lists each have "
        "their own."
    ),
    "ValueError": "The kind of value is right, but nothing can be done with this particular one.",
    "IndexError": "A list or text is asked for a place that it does not have. Places count from 0.",
    "KeyError": "A dictionary is asked for a key that it does not have.",
    "AttributeError": "A value is asked for something, after the dot, that its kind does not have.",
    "ZeroDivisionError": "A division by 0 has no result, so Python stops.",
    "SyntaxError": (
        "Python could not read the code, so nothing of it ran. Often a sign is missing: a bracket, quote "
        "or colon."
    ),
    "IndentationError": (
        "The spaces at the beginning of a line say what it belongs to, and here they do not fit."
    ),
    "AssertionError": "A check compared what your code gives with what it should give, and they differ.",
    "NotImplementedError": (
        "The line `raise NotImplementedError()` is the placeholder of an exercise. Your own code should "
        "stand in its place, and the line itself should go."
    ),
    "KeyboardInterrupt": "The cell was stopped by hand, usually because a loop did not end.",
}


_NAMED = re.compile(
    "|".join(rf"\b{re.sub(r'(?<!^)(?=[A-Z])', '[ _-]?', name)}" for name in _GENERAL), re.IGNORECASE
)
_NONE = re.compile(r"\bnone\b", re.IGNORECASE)


def _kind_only(findings: DebugFindings) -> Reply:
    """What is true of every error of this kind."""
    return Reply(
        paragraphs=tuple(
            filter(
                None,
                (
                    f"**{findings.named}**",
                    _general(findings.named),
                    f"**Ask yourself:** {_question(findings.named, '')}",
                    "I cannot see the cell. Run it and press **Explain** below it: then I can name the line.",
                    read_more(findings.sections),
                ),
            )
        ),
        citations=tuple(section.citation for section in findings.sections),
        rung=1,
    )


def _general(name: str) -> str:
    return _GENERAL.get(name, "Python met something it could not do, and stopped there.")


def _without_error(findings: DebugFindings, rung: int) -> Reply:
    if findings.named:
        return _kind_only(findings)
    if findings.none and findings.suspicion is None:
        return Reply(
            paragraphs=tuple(
                filter(
                    None,
                    (
                        '`None` means "nothing". It is what you get from a function that hands no value '
                        "back. Showing one on the screen is not handing it back.",
                        "**Ask yourself:** which line of your function hands its result back, and does "
                        "Python come past it?",
                        read_more(findings.sections),
                    ),
                )
            ),
            citations=tuple(section.citation for section in findings.sections),
            rung=3,
        )
    if not findings.code.strip():
        return Reply(
            paragraphs=(
                "I cannot see an error yet. Run the cell, and press **Explain** below it when it fails.",
                "If it runs, but gives something else than you want, tell me two things: what did you "
                "expect, and what did you get? You can paste the code between two lines of three backticks.",
                "Ideas, such as *what is a list?*, are for `@Concepts` to explain.",
            )
        )
    first = (
        "This cell shows me no error, so Python could do everything it says. Perhaps it says something "
        "else than you mean."
    )
    if findings.suspicion is not None and rung != 1:
        pointing = Reply(paragraphs=(first, f"Look at line {findings.suspicion.line} again."), rung=2)
        if rung == 2:
            return pointing
        return Reply(
            paragraphs=(
                first,
                f"Look at line {findings.suspicion.line}: {findings.suspicion.why}",
                f"**Ask yourself:** {findings.suspicion.question}",
            ),
            rung=3,
            weaker=pointing,
        )
    return Reply(
        paragraphs=(
            first,
            "Pick the smallest input you can think of, and go through the cell line by line on paper: what "
            "is each name after each line? Then put a `print` where you are least sure, and compare.",
            "**Ask yourself:** which is the first line where paper and screen differ?",
        ),
        rung=rung or 3,
    )
