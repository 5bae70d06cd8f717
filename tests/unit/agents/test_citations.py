"""Each answer from the course names its place, and the place exists and holds what is quoted from it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from learnflow_ext.agents import concepts, debug, exercise
from learnflow_ext.agents.citations import founded, trouble, under
from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.reply import Reply
from learnflow_ext.contracts.help import CellError, Citation, HelpRequest

ERRORS = ("NameError", "IndentationError", "TypeError", "IndexError", "ValueError", "KeyError", "SyntaxError")
CODE = "for n in [1, 2]:\n    total = n + 1\nprint(f'{total}')\nif n == 3:\n    names = ['a'][0]\n"


def questions(index: CourseIndex) -> list[str]:
    lessons = [section for section in index.sections if section.kind == "lesson"]
    named = {section.title for section in index.sections} | {c for each in lessons for c in each.concepts}
    more = [f"explain line {line}" for line in range(1, 6)] + [f"what does exercise {n} want" for n in (1, 2)]
    return [*(f"what is {name}?" for name in sorted(named)), *more, "how do I walk through a list backwards"]


@pytest.fixture(scope="module")
def replies(index: CourseIndex) -> list[Reply]:
    """Of the agents that speak from the course, the weaker versions as well."""
    found = [
        concepts.compose(concepts.analyse(HelpRequest(text=text, code=CODE, assignment=assignment), index))
        for text in questions(index)
        for assignment in ("", "01-first-steps")
    ]
    for name in ERRORS:
        error = CellError(exception=name, message="name 'x' is not defined", line=1, code="print(x)")
        findings = debug.analyse(HelpRequest(code="print(x)", error=error), index)
        found += [debug.compose(findings, rung) for rung in range(5)]
    found.append(exercise.compose(exercise.analyse(HelpRequest(text="another"), index, HelpContext())))
    weaker = [each.weaker for each in found if each.weaker is not None]
    return [*found, *weaker]


def test_every_answer_names_places_that_hold_what_it_quotes(index: CourseIndex, replies: list[Reply]) -> None:
    assert sum(bool(reply.citations) for reply in replies) > 60
    for reply in replies:
        assert list(trouble(reply, index)) == [], reply.text


def test_places_are_those_of_the_notebooks_on_disk(replies: list[Reply], course: Path) -> None:
    """Read without our index: the cell is there, and the quoted words stand in it or below it."""
    for reply in replies:
        below: list[str] = []
        for citation in reply.citations:
            cells = json.loads((course / "source" / citation.notebook).read_text(encoding="utf-8"))["cells"]
            (place,) = [n for n, cell in enumerate(cells) if cell["id"] == citation.cell_id]
            texts = ["".join(cell["source"]) for cell in cells[place:]]
            lines = [line for cell in cells[: place + 1] for line in "".join(cell["source"]).splitlines()]
            headings = [line.lstrip("#").split(" (")[0].strip() for line in lines if line.startswith("#")]
            assert any(citation.title.endswith(f": {heading}") for heading in headings), citation
            below += texts
        if reply.citations and "This is from" in reply.paragraphs[-1]:
            flat = " ".join(" ".join(below).split())
            for paragraph in reply.paragraphs[1:-1]:
                words = " ".join(paragraph.removeprefix("```python\n").removesuffix("\n```").split())
                assert words in flat or reply.rung == 1, paragraph


class TestCourseChangedMeanwhile:
    """The teacher moved or took away what was cited."""

    def test_the_citation_is_left_out(self, index: CourseIndex) -> None:
        good = index.sections[0].citation
        moved = msgspec.structs.replace(good, cell_id="gone")
        renamed = msgspec.structs.replace(good, title="First steps: Something else")
        elsewhere = Citation(title="x: y", notebook="../../etc/passwd")
        assert founded((good, moved, renamed, elsewhere, good), index) == (good,)
        assert founded((good,), CourseIndex()) == ()

    def test_and_what_it_said_is_found_out(self, index: CourseIndex) -> None:
        reply = concepts.compose(concepts.analyse(HelpRequest(text="what is a list?"), index))
        assert {what for what, _ in trouble(reply, CourseIndex())} == {"no such place"}
        bare = msgspec.structs.replace(reply, citations=())
        assert {what for what, _ in trouble(bare, index)} == {"uncited"}
        silent = msgspec.structs.replace(reply, paragraphs=("Lists are nice.",))
        assert {what for what, _ in trouble(silent, index)} == {"unnamed"}


class TestNotReleasedYet:
    def test_is_no_place_for_this_student(self, index: CourseIndex) -> None:
        section = index.sections[-1]
        assert under(section.citation, index)
        assert under(section.citation, index, frozenset({"01-first-steps"} - {section.assignment})) == []

    @pytest.mark.parametrize("released", [frozenset[str](), frozenset({"01-first-steps"})])
    def test_is_never_cited(self, index: CourseIndex, released: frozenset[str]) -> None:
        for text in questions(index):
            reply = concepts.compose(concepts.analyse(HelpRequest(text=text, code=CODE), index, released))
            assert list(trouble(reply, index, released)) == []
