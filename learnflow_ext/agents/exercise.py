"""The exercise agent: what to do next in the course, and why."""

from __future__ import annotations

import re

import msgspec

from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex, Section, visible
from learnflow_ext.agents.reply import Reply, fitting
from learnflow_ext.agents.retrieval import terms
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.progress import AssignmentProgress


class ExerciseFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What is suggested."""

    section: Section | None = None
    """None when there is nothing to suggest."""
    topic_found: bool = False
    """The student named a topic, and this exercise trains it."""
    standing: AssignmentProgress | None = None
    """In the assignment of the suggestion."""
    all_done: bool = False
    """Everything has full marks, or its topic is mastered."""
    all_full: bool = False
    """Without a suggestion: everything has full marks."""
    others: tuple[Section, ...] = ()


def analyse(request: HelpRequest, index: CourseIndex, context: HelpContext) -> ExerciseFindings:
    """An exercise on the topic asked for, else on any, where full marks are not reached yet.

    The assignment at hand comes first, then what was handed in with the smallest share of its points, then
    what was not handed in, in course order.
    """
    standings = {each.assignment: each for each in context.progress.assignments} if context.progress else {}
    open_ones = [section for section in index.exercises if visible(section, context.released)]
    wanted = [section for section in open_ones if _trains(section, request.text)]
    undone = [section for section in (wanted or open_ones) if not _learnt(standings.get(section.assignment))]
    # The sort keeps course order otherwise.
    undone.sort(
        key=lambda section: (
            section.assignment != request.assignment,
            _share(standings.get(section.assignment)),
        )
    )
    chosen = undone or wanted
    if not chosen:
        all_full = all(_full(standings.get(section.assignment)) for section in open_ones)
        return ExerciseFindings(all_done=bool(open_ones), all_full=all_full)
    return ExerciseFindings(
        section=chosen[0],
        topic_found=bool(wanted),
        standing=standings.get(chosen[0].assignment),
        all_done=not undone,
        others=tuple(chosen[1:3]),
    )


def _trains(section: Section, text: str) -> bool:
    asked = set(terms(text))
    return any(set(terms(concept)) & asked for concept in section.concepts)


def _share(standing: AssignmentProgress | None) -> float:
    """Of the points, 0 to 1; 1 where nothing was graded, so that a weak result goes first."""
    if standing is None or standing.best_score is None or not standing.max_score:
        return 1.0
    return standing.best_score / standing.max_score


def _learnt(standing: AssignmentProgress | None) -> bool:
    """Whether there is nothing more to learn there: full marks, or the topic is mastered."""
    return _full(standing) or (standing is not None and standing.level == "Mastered")


def _full(standing: AssignmentProgress | None) -> bool:
    return (
        standing is not None
        and standing.best_score is not None
        and standing.max_score is not None
        and standing.best_score >= standing.max_score
    )


def compose(findings: ExerciseFindings) -> Reply:
    """The suggestion, and what it trains. Points and statement are the course's."""
    section = findings.section
    if section is None:
        if findings.all_done:
            return Reply(
                paragraphs=(
                    f"You have {'full marks in' if findings.all_full else 'mastered'} everything there is. "
                    "Well done!",
                    "Pick your favourite exercise, and change it: other data, one rule more. Then explain "
                    "it to a friend.",
                )
            )
        return Reply(
            paragraphs=(
                "There is no exercise for you in this course yet. Ask your teacher when the first comes.",
            )
        )
    points = f" ({section.points} points)" if section.points > 1 else ""
    first = f"**Next: {section.title}**{points}, in *{section.notebook_title}*."
    trains = f"It trains {' and '.join(section.concepts[:2])}." if section.concepts else ""
    why = _why(findings)
    start = _opening(section)
    others = " and ".join(f"*{each.title}*" for each in findings.others)
    return Reply(
        paragraphs=fitting(
            tuple(
                filter(
                    None,
                    (
                        first,
                        " ".join(filter(None, (trains, why))),
                        start,
                        f"After that: {others}." if others else "",
                    ),
                )
            )
        ),
        citations=(section.citation,),
    )


def _opening(section: Section) -> str:
    """The statement's first sentences, without one that only leads over to a list."""
    text = next((text for text in section.paragraphs if not text.startswith(("```", "|", "-"))), "")
    if text.endswith(":"):
        text = " ".join(re.split(r"(?<=[.!?])\s+", text)[:-1])
    return text


def _why(findings: ExerciseFindings) -> str:
    standing = findings.standing
    if findings.all_done:
        has = "full marks there" if _full(standing) else "mastered what it trains"
        return f"You have {has} already: try to solve it again without looking."
    if standing is None or standing.best_score is None or standing.max_score is None:
        return "You have not handed this one in yet."
    best = f"{standing.best_score:g} of {standing.max_score:g} points"
    return f"Your best result there is {best}, and your feedback says where the rest is."
