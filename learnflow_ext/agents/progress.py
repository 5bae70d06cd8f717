"""The progress agent: where the student stands, in words. It reports what was graded, and promises
nothing."""

from __future__ import annotations

import msgspec

from learnflow_ext.agents import markdown
from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex, visible
from learnflow_ext.agents.reply import Reply, fitting
from learnflow_ext.contracts.progress import AssignmentProgress

MAX_LISTED = 8


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment of the student's, with the title people know it by."""

    title: str
    """As Markdown."""
    progress: AssignmentProgress


class ProgressFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say."""

    known: bool
    """False when the service had nothing about this student."""
    standings: tuple[Standing, ...] = ()
    """Assignments with any activity, in course order."""
    untouched: tuple[str, ...] = ()
    """Titles of visible assignments without any, as Markdown."""


def analyse(index: CourseIndex, context: HelpContext) -> ProgressFindings:
    """Put the numbers beside the course's titles."""
    if context.progress is None:
        return ProgressFindings(known=False)
    titles = {
        section.assignment: f"*{section.notebook_title}*"
        for section in reversed(index.sections)
        if visible(section, context.released)
    }
    order = {
        name: place
        for place, name in enumerate(dict.fromkeys(section.assignment for section in index.sections))
    }
    active = [
        each
        for each in context.progress.assignments
        if each.runs or each.submissions or each.best_score is not None
    ]
    active.sort(key=lambda each: (order.get(each.assignment, len(order)), each.assignment))
    started = {each.assignment for each in active}
    return ProgressFindings(
        known=True,
        standings=tuple(
            Standing(title=titles.get(each.assignment) or markdown.code(each.assignment), progress=each)
            for each in active
        ),
        untouched=tuple(
            titles[name] for name in sorted(titles, key=lambda name: order[name]) if name not in started
        ),
    )


def compose(findings: ProgressFindings) -> Reply:
    """A list of assignments, and the next step."""
    if not findings.known:
        return Reply(paragraphs=("I cannot see your results right now. Try again in a minute.",))
    if not findings.standings:
        first = f" {findings.untouched[0]} is a good place to start." if findings.untouched else ""
        return Reply(
            paragraphs=(
                f"There is nothing to report yet: run a first cell, and I have something to tell.{first}",
            )
        )
    lines = [f"- {each.title}: {_words(each.progress)}" for each in findings.standings[:MAX_LISTED]]
    parts = ["**This is how far you are:**", "\n".join(lines), _next(findings)]
    if any(each.progress.failed_runs for each in findings.standings):
        parts.append("Runs that end in an error are part of the work, and cost no points.")
    return Reply(paragraphs=fitting(tuple(filter(None, parts))))


def _words(progress: AssignmentProgress) -> str:
    runs = "1 run" if progress.runs == 1 else f"{progress.runs} runs"
    if progress.best_score is None or progress.max_score is None:
        return (
            f"{runs} so far, handed in, not graded yet"
            if progress.submissions
            else f"{runs} so far, not handed in yet"
        )
    level = f" ({progress.level})" if progress.level else ""
    return f"**{progress.best_score:g} of {progress.max_score:g} points**{level}, {runs}"


def _next(findings: ProgressFindings) -> str:
    waiting = next((each for each in findings.standings if not each.progress.submissions), None)
    if waiting is not None:
        return f"Next: finish {waiting.title}, and hand it in from the assignment list."
    improvable = next(
        (
            each
            for each in findings.standings
            if each.progress.best_score is not None
            and each.progress.max_score is not None
            and each.progress.best_score < each.progress.max_score
            and each.progress.level != "Mastered"
        ),
        None,
    )
    if improvable is not None:
        how = "read its feedback, mend one thing, and hand in again"
        return f"There are points left in {improvable.title}: {how}."
    if findings.untouched:
        return f"Next: {findings.untouched[0]}."
    if any(each.progress.level == "Mastered" and not _has_all(each.progress) for each in findings.standings):
        return "You have mastered all that is graded. Well done!" if _all_graded(findings) else ""
    return "Everything that is graded has full marks. Well done!" if _all_graded(findings) else ""


def _has_all(progress: AssignmentProgress) -> bool:
    return progress.best_score is not None and progress.best_score == progress.max_score


def _all_graded(findings: ProgressFindings) -> bool:
    return all(each.progress.best_score is not None for each in findings.standings)
