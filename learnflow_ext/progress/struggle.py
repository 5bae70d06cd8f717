"""Finds out who is stuck, from what they did. Pure: steps of one student in, findings out.

Every rule has a name, so that teachers can tell which ones help. Nothing here is shown to a student, and
nothing counts for a grade: runs are claims of the student's own server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from learnflow_ext.contracts.alerts import Finding, Moment, Trigger

SHOWN = 12
"""Steps that a finding carries."""
_STUCK = re.compile(
    r"\b(i'?m|i am|am|still|so|completely|totally|really) (so |completely |totally |really )?"
    r"(stuck|lost|confused)\b"
    r"|^\W*(stuck|lost)\b|\bgiv(e|ing) up\b|\bno idea\b|\bmakes no sense\b"
    r"|\b(do not|don'?t|dont|cannot|can'?t|cant) (really |at all )?"
    r"(understand|get (it|this|why|how|what)|figure|follow|know (what|how) (to|I))"
    r"|\bich (verstehe?|komme) .{0,30}\b(nicht|nichts)\b"
    r"|\bje (suis (bloqu|perdu)|ne comprends)|\b(no entiendo|estoy (atascad|perdid))",
    re.IGNORECASE,
)
_NOT_STUCK = re.compile(
    r"\b(no longer|not|isn'?t|was|if i'?m|if i am|what if|when i'?m) (so )?(stuck|lost)\b", re.IGNORECASE
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """From where on it is struggle; the traits of `LearnFlowStruggle` say what each is for."""

    same_error: int = 3
    failing_runs: int = 5
    no_progress_s: float = 600.0
    low_quiz: float = 0.5
    quiz_answers: int = 3
    attempts: int = 10
    right_in_a_row: int = 3
    failing_early: int = 3
    fresh_s: float = 1800.0


def says_stuck(text: str) -> bool:
    """Whether a question says that its author is at their wits' end."""
    head = text[:500].replace("\u2019", "'")
    return bool(_STUCK.search(head)) and not _NOT_STUCK.search(head)


def in_order(moments: Iterable[Moment]) -> list[Moment]:
    """By time, each once, however they came."""
    return sorted({moment.id: moment for moment in moments}.values(), key=lambda one: (one.at, one.id))


def findings(moments: Iterable[Moment], now: float, limits: Limits | None = None) -> tuple[Finding, ...]:
    """What holds at `now` (seconds since the epoch) of one student in one course; at most one an exercise.

    The gravest rule speaks for an exercise. What ended well, or lies further back than `fresh_s`, is no
    struggle any more; neither is what a wrong clock puts into the future.
    """
    limits = limits or Limits()
    steps = [moment for moment in in_order(moments) if moment.at <= now + 60]
    question = next((step.text for step in reversed(steps) if step.kind == "question" and step.text), "")
    runs: dict[tuple[str, str], list[Moment]] = {}
    for step in steps:
        if step.kind == "run":
            runs.setdefault((step.assignment, step.exercise), []).append(step)
    found: dict[tuple[str, str], Finding] = {}
    for place, mine in runs.items():
        if (finding := _on_exercise(mine, now, limits, question)) is not None:
            found[place] = finding
    for step in steps:
        if step.at < now - limits.fresh_s:
            continue
        if (
            step.kind == "quiz"
            and step.share < limits.low_quiz
            and (step.answered is None or step.answered >= limits.quiz_answers)
        ):
            found[step.assignment, ""] = Finding(
                trigger="low_quiz", at=step.at, assignment=step.assignment, moments=(step,), question=question
            )
        elif step.kind == "question" and says_stuck(step.text):
            place = (step.assignment, step.exercise)
            before = found.get(place)
            around = _around(runs.get(place, []), step)
            if not (around and around[-1].kind == "run" and around[-1].ok and around[-1].at > step.at):
                found[place] = Finding(
                    trigger="said_stuck",
                    at=step.at,
                    assignment=step.assignment,
                    exercise=step.exercise,
                    failures=before.failures if before else 0,
                    error=before.error if before else step.error,
                    moments=around[-SHOWN:],
                    question=step.text,
                )
    return tuple(sorted(found.values(), key=lambda finding: finding.at))


def ends_with_points(finding: Finding) -> bool:
    """Whether nothing is left of it once its student has all points of its assignment.

    What somebody says themselves stands, and so do first answers to a notebook's questions, for which there
    are no points.
    """
    if finding.trigger == "low_quiz":
        return all(step.answered is None for step in finding.moments)
    return finding.trigger not in ("said_stuck", "asked_teacher")


def _around(runs: Sequence[Moment], question: Moment) -> tuple[Moment, ...]:
    return tuple(sorted([*runs, question], key=lambda one: (one.at, one.id)))


def _on_exercise(runs: Sequence[Moment], now: float, limits: Limits, question: str) -> Finding | None:
    last = runs[-1]
    if last.ok or last.at < now - limits.fresh_s:
        return None
    failing = _failing_in_a_row(runs)
    alike = _alike(failing)
    trigger: Trigger
    if alike >= limits.same_error:
        trigger, at = "same_error", failing[-1].at
    elif len(failing) >= limits.failing_runs:
        trigger, at = "failing_runs", failing[-1].at
    elif now - failing[0].at >= limits.no_progress_s:
        trigger, at = "no_progress", max(failing[0].at + limits.no_progress_s, failing[-1].at)
    elif len(runs) >= limits.attempts and not _right(runs, limits.right_in_a_row):
        trigger, at = "wheel_spinning", last.at
    elif 0 < limits.failing_early <= len(failing):
        trigger, at = "failing_early", last.at
    else:
        return None
    return Finding(
        trigger=trigger,
        at=at,
        assignment=last.assignment,
        exercise=last.exercise,
        failures=len(failing),
        error=last.error,
        moments=tuple(runs[-SHOWN:]),
        question=question,
    )


def _failing_in_a_row(runs: Sequence[Moment]) -> list[Moment]:
    """The failing runs since the last one that went well; not empty when the last one failed."""
    failing: list[Moment] = []
    for run in reversed(runs):
        if run.ok:
            break
        failing.append(run)
    return failing[::-1]


def _alike(failing: Sequence[Moment]) -> int:
    """How many of the latest failures have the same type of error; without a type they are all alike."""
    count = 0
    for run in reversed(failing):
        if run.error != failing[-1].error:
            break
        count += 1
    return count


def _right(runs: Sequence[Moment], wanted: int) -> bool:
    """Whether so many went well in a row: wheel-spinning (Beck and Gong 2013) ends with three."""
    row = 0
    for run in runs:
        row = row + 1 if run.ok else 0
        if row >= wanted:
            return True
    return False
