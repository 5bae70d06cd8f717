"""The concepts agent: explains ideas in the words of the course's own notebooks, and reads lines of code
aloud."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

import msgspec

from learnflow_ext.agents import markdown
from learnflow_ext.agents.around import made_in
from learnflow_ext.agents.course_index import CourseIndex, Section, visible
from learnflow_ext.agents.debug import read_more
from learnflow_ext.agents.line_reader import describe, read_line
from learnflow_ext.agents.reply import MAX_WORDS, Reply, words
from learnflow_ext.agents.retrieval import indexed
from learnflow_ext.agents.source import fenced, line_asked_about, parse
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.progress import Level

MAX_LINES_READ = 4
SHORT_WORDS = 60
SHORT_VERSION = "You have mastered this already, so that is the short version."
TRY_IT = "**Try it:** change one value in the example, say what will come out, and then run it."
_EXERCISE = re.compile(
    r"\b(?:exercise|question|task|aufgabe|ex)\s*(?:number|no\.?|nr\.?|#)?\s*(\d{1,2})\b", re.IGNORECASE
)
_THIS_CODE = re.compile(
    r"\b(this|my|the|that)\s+(\w+\s+)?(code|cell|program|function|loop|snippet|script)\b", re.IGNORECASE
)


class ConceptFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to explain."""

    sections: tuple[Section, ...] = ()
    """Of the course, best first; empty when it says nothing about the question."""
    following: tuple[str, ...] = ()
    """Paragraphs that come after the best section under the same heading."""
    asked: frozenset[str] = frozenset()
    """The question's words, as the course spells them."""
    exercise: Section | None = None
    """The exercise the question names."""
    line: int | None = None
    """The line the question names."""
    read: tuple[tuple[int, str], ...] = ()
    """(line, what it does) of code that was read."""
    has_code: bool = False
    topics: tuple[str, ...] = ()
    """What the course does explain: for a question it has no answer to."""
    mastered: frozenset[str] = frozenset()
    """Assignments whose topic the student has mastered: about these fewer words do."""
    level: Level | None = None
    """In the assignment at hand."""
    made: tuple[str, str] | None = None
    """A name that the question asks about and a cell of the notebook makes, and what its line does."""

    @property
    def concept(self) -> str:
        """What it came to, for the record; empty when unknown."""
        if not self.sections:
            return ""
        first = self.sections[0]
        return first.concepts[0] if first.concepts else first.title


def analyse(
    request: HelpRequest,
    index: CourseIndex,
    released: frozenset[str] | None = None,
    *,
    look_at_code: bool = True,
    mastered: frozenset[str] = frozenset(),
    level: Level | None = None,
) -> ConceptFindings:
    """Find the line, exercise or idea that is meant. Without `look_at_code` only ideas and exercises.

    `mastered` and `level` are the student's: they change how much is said, not what.
    """
    prose, pasted = fenced(request.text)
    code = (pasted or request.code) if look_at_code else ""
    line = line_asked_about(prose) if look_at_code else None
    topics = tuple(
        dict.fromkeys(
            section.title
            for section in index.sections
            if section.kind == "lesson" and section.concepts and visible(section, released)
        )
    )
    if line is not None:
        sentence = read_line(code, line)
        return ConceptFindings(
            line=line,
            read=((line, sentence),) if sentence else (),
            has_code=bool(code.strip()),
            sections=tuple(index.search(_kind_of_line(code, line), limit=1, released=released)),
            topics=topics,
        )
    exercise = _named_exercise(prose, request.assignment, index, released)
    if exercise is not None:
        found = index.search(" ".join(exercise.concepts), limit=2, released=released)
        return ConceptFindings(exercise=exercise, sections=tuple(found), topics=topics)
    sections = tuple(index.search(prose, limit=3, released=released))
    if (
        code.strip()
        and (pasted or _THIS_CODE.search(prose))
        and not (sections and index.topical(prose) and not pasted)
    ):
        return ConceptFindings(read=_read(code), has_code=True, topics=topics)
    after = index.after(sections[0]) if sections else None
    return ConceptFindings(
        mastered=mastered,
        level=level,
        made=_made_elsewhere(prose, request.nearby) if look_at_code and not sections else None,
        sections=sections,
        following=after.paragraphs if after is not None else (),
        asked=index.asked(prose),
        has_code=bool(code.strip()),
        topics=topics,
    )


def _made_elsewhere(prose: str, cells: Mapping[str, str]) -> tuple[str, str] | None:
    """A name of the question's that a cell of the notebook makes, with what its line does; the first such."""
    asked = dict.fromkeys(re.findall(r"[A-Za-z_]\w{2,}", prose))
    for cell in cells.values():
        made = made_in(cell)
        for name in asked:
            sentence = read_line(cell, made[name]) if name in made else None
            if sentence:
                return name, sentence
    return None


def _named_exercise(
    prose: str, assignment: str, index: CourseIndex, released: frozenset[str] | None
) -> Section | None:
    """The exercise that a question names by its number: of the assignment at hand, else the only one so
    numbered."""
    asked = _EXERCISE.search(prose)
    if asked is None:
        return None
    numbered = [
        section
        for section in index.exercises
        if visible(section, released)
        and re.search(rf"\b{int(asked.group(1))}\b", section.title.split(":")[0])
    ]
    here = [section for section in numbered if section.assignment == assignment]
    return here[0] if here else numbered[0] if len(numbered) == 1 else None


_KINDS: tuple[tuple[type, str], ...] = (
    (ast.For, "for loops"),
    (ast.While, "while loops"),
    (ast.If, "conditions"),
    (ast.FunctionDef, "functions"),
    (ast.Return, "return functions"),
    (ast.List, "lists"),
    (ast.Subscript, "indexing"),
    (ast.JoinedStr, "f-strings"),
    (ast.BinOp, "arithmetic"),
    (ast.Assign, "names assignment"),
    (ast.Call, "print functions"),
)


def _kind_of_line(code: str, line: int) -> str:
    """What the course calls the thing on that line; empty when unknown."""
    tree = parse(code)
    if tree is None:
        return ""
    here = {type(node) for node in ast.walk(tree) if getattr(node, "lineno", None) == line}
    return next((name for kind, name in _KINDS if kind in here), "")


def _read(code: str) -> tuple[tuple[int, str], ...]:
    """The first statements of a cell, read aloud, inner ones in their place; empty when it cannot be read."""
    tree = parse(code)
    if tree is None:
        return ()
    statements = sorted(
        (node for node in ast.walk(tree) if isinstance(node, ast.stmt)), key=lambda node: node.lineno
    )
    read = []
    for statement in statements:
        sentence = describe(statement)
        if sentence is not None:
            read.append((statement.lineno, sentence))
    return tuple(read[:MAX_LINES_READ])


def compose(findings: ConceptFindings) -> Reply:
    """The explanation, then where it comes from."""
    if findings.line is not None:
        return _compose_line(findings)
    if findings.read:
        lines = [f"- **Line {line}:** {sentence}" for line, sentence in findings.read]
        more = "Ask me about a line by its number, for instance: *what does line 2 mean?*"
        return Reply(paragraphs=_trimmed(("Line by line:", *lines, more)))
    if findings.exercise is not None:
        return _compose_exercise(findings, findings.exercise)
    if findings.sections:
        return _compose_section(findings)
    if findings.made is not None:
        name, sentence = findings.made
        return Reply(
            paragraphs=(
                f"{markdown.code(name, 30)} is a name that a cell of this notebook makes. There: {sentence}",
                f"**Ask yourself:** what does {markdown.code(name, 30)} stand for by now? `print` shows it.",
            )
        )
    return _compose_nothing(findings)


def _compose_line(findings: ConceptFindings) -> Reply:
    if not findings.has_code:
        return Reply(
            paragraphs=(
                f"I would like to explain line {findings.line}, but I cannot see the code. Run the cell and "
                "ask again, or paste it here between two lines of three backticks.",
            )
        )
    if not findings.read:
        return Reply(
            paragraphs=(
                f"I have no good words for line {findings.line} of this cell: perhaps there is no such "
                "line, or Python cannot read it yet. Run the cell: if it fails, press **Explain** below it.",
            )
        )
    (line, sentence), *_ = findings.read
    return Reply(
        paragraphs=tuple(filter(None, (f"**Line {line}.** {sentence}", read_more(findings.sections)))),
        citations=tuple(section.citation for section in findings.sections),
    )


def _compose_exercise(findings: ConceptFindings, exercise: Section) -> Reply:
    parts = [f"**{exercise.title}** asks for this:"]
    parts += [paragraph for paragraph in exercise.paragraphs if not paragraph.startswith("```")][:2]
    source = f"This is from *{exercise.title}* in *{exercise.notebook_title}*."
    steps = (
        "Say in your own words: what goes in, and what should come out? Then try the example of the "
        "exercise on paper."
    )
    return Reply(
        paragraphs=_trimmed((*parts, steps), tail=f"{source} {read_more(findings.sections)}".strip()),
        citations=(exercise.citation, *(section.citation for section in findings.sections)),
        rung=1,
    )


def _compose_section(findings: ConceptFindings) -> Reply:
    best, *others = findings.sections
    elsewhere = next(
        (
            section
            for section in others
            if section.title != best.title and section.assignment not in findings.mastered
        ),
        None,
    )
    source = f"This is from *{best.title}* in *{best.notebook_title}*."
    if elsewhere is not None:
        there = "" if elsewhere.notebook == best.notebook else f" in *{elsewhere.notebook_title}*"
        source += f" See also *{elsewhere.title}*{there}."
    paragraphs = best.paragraphs + findings.following
    room = MAX_WORDS - words(source) - words(best.title)
    if best.assignment in findings.mastered:
        source = f"{SHORT_VERSION} {source}"
        told = _around_the_answer(paragraphs, findings.asked, min(room, SHORT_WORDS)) or paragraphs[:1]
    else:
        begins = findings.level == "Beginner"
        told = _around_the_answer(paragraphs, findings.asked, room - begins * words(TRY_IT))
        if begins and any(each.startswith("```") for each in told):
            told = (*told, TRY_IT)
    citations = tuple(section.citation for section in (best, elsewhere) if section is not None)
    weaker = Reply(
        paragraphs=(f"**{best.title}**", "Read this section again, and run its example.", source),
        citations=citations,
        rung=1,
    )
    return Reply(paragraphs=(f"**{best.title}**", *told, source), citations=citations, weaker=weaker)


def _around_the_answer(paragraphs: tuple[str, ...], asked: frozenset[str], room: int) -> tuple[str, ...]:
    """The leading paragraphs that fit; where a later one has more of what was asked, fewer, and that one."""
    told = _whole(paragraphs, room)

    def fit(paragraph: str) -> int:
        return 0 if paragraph.startswith("```") else len(asked.intersection(indexed(paragraph)))

    rest = paragraphs[len(told) :]
    best = max(rest, key=fit, default="")
    if fit(best) <= max(map(fit, told), default=0):
        return told
    answer = _whole(rest[rest.index(best) :], room)
    return _whole(told, room - sum(map(words, answer))) + answer


def _whole(paragraphs: tuple[str, ...], room: int) -> tuple[str, ...]:
    """The leading paragraphs within `room` words, and no heading of a list that is not there."""
    kept: list[str] = []
    for paragraph in paragraphs:
        if sum(map(words, kept)) + words(paragraph) > room:
            break
        kept.append(paragraph)
    while kept and (kept[-1].endswith(":") or re.fullmatch(r"\*\*[^*]+\*\*", kept[-1])):
        kept.pop()
    return tuple(kept)


def _compose_nothing(findings: ConceptFindings) -> Reply:
    if not findings.topics:
        return Reply(
            paragraphs=("I answer from your course's notebooks, and they have nothing for me to read yet.",)
        )
    shown = "".join(f"\n- {topic}" for topic in findings.topics[:8])
    return Reply(
        paragraphs=(
            "I answer from your course's notebooks, and I find nothing about that in them. They explain:",
            shown.strip(),
            "Which of these is nearest to what you mean? Or ask your teacher.",
        )
    )


def _trimmed(paragraphs: tuple[str, ...], *, tail: str = "") -> tuple[str, ...]:
    """The leading paragraphs that fit, and `tail` always; a first paragraph that is too long loses its
    end."""
    room = MAX_WORDS - words(tail)
    kept: list[str] = []
    for paragraph in filter(None, paragraphs):
        if sum(map(words, kept)) + words(paragraph) <= room:
            kept.append(paragraph)
    return (*kept, tail) if tail else tuple(kept)
