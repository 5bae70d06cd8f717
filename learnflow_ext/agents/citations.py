"""Whether the places that an answer names exist, may be seen, and hold what is quoted from them."""

from __future__ import annotations

from collections.abc import Iterator

from learnflow_ext.agents.course_index import CourseIndex, Section, visible
from learnflow_ext.agents.reply import Reply
from learnflow_ext.contracts.help import Citation

MIN_QUOTE = 25
"""Characters from which on a paragraph that is also the course's counts as a quotation, not as chance."""


def under(citation: Citation, index: CourseIndex, released: frozenset[str] | None = None) -> list[Section]:
    """What stands under the heading that is cited, its cell first; empty when there is no such place, or not
    for a student who sees the `released` assignments."""
    for place, section in enumerate(index.sections):
        if section.citation == citation and visible(section, released):
            same = (section.notebook, section.title)
            return [each for each in index.sections[place:] if (each.notebook, each.title) == same]
    return []


def founded(
    citations: tuple[Citation, ...], index: CourseIndex, released: frozenset[str] | None = None
) -> tuple[Citation, ...]:
    """Those whose place exists for this student, each once."""
    return tuple(each for each in dict.fromkeys(citations) if under(each, index, released))


def trouble(
    reply: Reply, index: CourseIndex, released: frozenset[str] | None = None
) -> Iterator[tuple[str, str]]:
    """(what is wrong, the place or the words); nothing for a reply whose quotations all have their place.

    `no such place` for a citation, `unnamed` for one whose notebook and heading the text does not name, and
    `uncited` for a paragraph of the course's that none of the places holds.
    """
    cited: list[Section] = []
    for citation in reply.citations:
        found = under(citation, index, released)
        cited += found
        if not found:
            yield "no such place", citation.title
        elif found[0].title not in reply.text or found[0].notebook_title not in reply.text:
            yield "unnamed", citation.title
    held = {paragraph for section in cited for paragraph in section.paragraphs}
    everywhere = {paragraph for section in index.sections for paragraph in section.paragraphs}
    for paragraph in reply.paragraphs:
        if len(paragraph) >= MIN_QUOTE and paragraph in everywhere - held:
            yield "uncited", paragraph
