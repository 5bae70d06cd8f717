"""Events in a teacher's words, and times as people say them. Pure; escaping is the template's job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote as percent

import msgspec

from learnflow_ext.contracts.grades import CodeReview
from learnflow_ext.store.eventlog import LogEntry

Tone = Literal["question", "answer", "trouble", "work", "grade", "note"]

_MAX_QUOTE = 160
_DAY = len("2026-11-30")
_BUTTON = "Explain the error in "
"""How the question begins that the Explain button asks in the student's name."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the feed."""

    who: str
    text: str
    """Continues the sentence that `who` begins."""
    tone: Tone
    """Picks the mark in front of the line; never the only carrier of meaning."""


def shown_name(name: str) -> str:
    """A hub user name as it reads in a sentence: `ada` is shown as "Ada"."""
    return name[:1].upper() + name[1:]


def quote(text: str, limit: int = _MAX_QUOTE) -> str:
    """`text` on one line, cut with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def points(value: float) -> str:
    """7 rather than 7.0, at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def many(count: int, one: str, more: str = "") -> str:
    """`count` with its noun: "1 run", "2 runs"; `more` is the plural of nouns that do not take an s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def code_said(review: CodeReview) -> str:
    """What a review saw: "nothing to change in 12 lines", "in 12 lines, could be clearer: unused name"."""
    lines = many(review.lines, "line")
    found = [
        f"{said}: {_kinds(kinds)}"
        for said, kinds in (
            ("perhaps a mistake", review.mistakes),
            ("could be clearer", review.remarks),
        )
        if kinds
    ]
    return f"in {lines}, {'; '.join(found)}" if found else f"nothing to change in {lines}"


def _kinds(kinds: Iterable[str]) -> str:
    """`unused-name` twice is "unused name (2)"; the most frequent first."""
    return ", ".join(
        kind.replace("-", " ") + (f" ({count})" if count > 1 else "")
        for kind, count in Counter(sorted(kinds)).most_common()
    )


_TEACHERS_ALONE: Mapping[str, tuple[str, ...]] = {
    # How much more time somebody has may tell of an illness.
    "org.learnflow.allowance.changed.v1": ("room",),
    # What a student and the tutor write to each other.
    "org.learnflow.help.asked.v1": ("text",),
    "org.learnflow.help.answered.v1": ("text",),
}
"""Fields of events that no assistant reads, by type."""


def for_assistants(entry: LogEntry) -> LogEntry:
    """`entry` without what is for the course's teachers alone."""
    fields = _TEACHERS_ALONE.get(entry.type)
    if fields is None:
        return entry
    return msgspec.structs.replace(entry, data={**entry.data, **dict.fromkeys(fields, "")})


def titled(entry: LogEntry, titles: Mapping[str, str]) -> LogEntry:
    """`entry` as `line` says it with the titles of a course's assignments, by name. Not for what goes by
    their names.
    """
    name, notebook = _text(entry.data, "assignment"), _notebook(entry.data)
    if notebook in titles:
        return msgspec.structs.replace(
            entry, data={**entry.data, "assignment": titles[notebook], "notebook": ""}
        )
    if name in titles:
        return msgspec.structs.replace(entry, data={**entry.data, "assignment": titles[name]})
    return entry


def line(kind: str, student: str, data: Mapping[str, object]) -> Line | None:
    """The event of type `kind` in words; None for events that say nothing to a teacher beyond another's."""
    say = _SAYINGS.get(kind)
    said = say(data) if say else None
    return Line(who=shown_name(student), text=said[0], tone=said[1]) if said else None


_Said = tuple[str, Tone] | None


def _text(data: Mapping[str, object], key: str) -> str:
    return str(data.get(key) or "")


def _number(data: Mapping[str, object], key: str) -> float:
    value = data.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


def _asked(data: Mapping[str, object]) -> _Said:
    text, error = quote(_text(data, "text")), _text(data, "exception")
    agent = _text(data, "agent") or "tutor"
    whom = "the tutor" if agent == "tutor" else f"the {agent} agent"
    if error and text.startswith(_BUTTON):
        return f"pressed Explain on {_a(error)}{_where(data)}", "question"
    if text:
        return f"asked {whom}: “{text}”", "question"
    return (f"asked {whom} about {error}" if error else f"asked {whom} for help"), "question"


def _answered(data: Mapping[str, object]) -> _Said:
    if data.get("withheld"):
        return "got a hint; an answer that gave too much away was held back", "answer"
    return None


def _to_teacher(data: Mapping[str, object]) -> _Said:
    error, rung = quote(_text(data, "error"), 80), _number(data, "rung")
    parts = [f"“{quote(_text(data, 'text'))}”"]
    if error:
        parts.append(f"the error is {error}")
    if code := quote(_text(data, "code"), 200):
        parts.append(f"the code: {code}")
    if rung:
        parts.append(f"after hint {points(rung)} of 4")
    return f"asks for you{_where(data)}: {'; '.join(parts)}", "trouble"


def _where(data: Mapping[str, object]) -> str:
    """` in 01-first-steps`; empty when it is not known."""
    where = _notebook(data) or _text(data, "assignment")
    return f" in {where}" if where else ""


def _notebook(data: Mapping[str, object]) -> str:
    """`01-first-steps` of `x/01-first-steps.ipynb`."""
    return _text(data, "notebook").rpartition("/")[2].removesuffix(".ipynb")


def _a(exception: str) -> str:
    """An exception with its article: `a NameError`, `an IndexError`."""
    return f"{'an' if exception[:1] in 'AEIOU' else 'a'} {exception}"


def _run(data: Mapping[str, object]) -> _Said:
    if data.get("ok"):
        return None
    exception = _text(data, "exception")
    if exception == "KeyboardInterrupt":
        return f"stopped a cell that was running{_where(data)}", "trouble"
    return f"ran into {_a(exception) if exception else 'an error'}{_where(data)}", "trouble"


def _submitted(data: Mapping[str, object]) -> _Said:
    return f"submitted {_text(data, 'assignment')}", "work"


def _graded(data: Mapping[str, object]) -> _Said:
    assignment = _text(data, "assignment")
    if _text(data, "status") == "failed":
        return f"submitted {assignment}, which could not be graded: please look at it", "trouble"
    if _text(data, "status") == "cancelled":
        return f"has {assignment} out of the queue again: a teacher cancelled its grading", "note"
    score = f"scored {points(_number(data, 'score'))}/{points(_number(data, 'max_score'))} in {assignment}"
    before = data.get("before")
    if isinstance(before, int | float):
        if before == _number(data, "score"):
            return (f"{score}; a person should look at it", "trouble") if data.get("needs_review") else None
        score = f"has {score.removeprefix('scored ')} now, {points(before)} before it was graded again"
    if penalty := _number(data, "penalty"):
        score = f"{score}, {points(penalty)} taken off for lateness"
    if data.get("needs_review"):
        return f"{score}; a person should look at it", "trouble"
    return score, "grade"


def _given(data: Mapping[str, object]) -> _Said:
    part = f"{_text(data, 'part')} of {_text(data, 'assignment')}"
    after = data.get("after")
    if data.get("before") == after:
        return f"has {points(_number(data, 'extra_after'))} extra points by hand for {part}", "grade"
    if isinstance(after, int | float):
        return f"has {points(after)}/{points(_number(data, 'max_score'))} by hand for {part}", "grade"
    return f"has no points by hand any more for {part}", "grade"


def quiz_answered(data: Mapping[str, object]) -> _Said:
    """An answer to a question of a notebook's quiz."""
    right, first = bool(data.get("right")), _number(data, "attempt") <= 1
    chosen = data.get("choices")
    texts = [quote(str(each), 60) for each in chosen] if isinstance(chosen, list | tuple) else []
    said = " and ".join(f"“{text}”" for text in texts) or "nothing"
    became = "right" if right else "not right"
    again = "" if first else " again"
    question = f"“{_text(data, 'question')}” of {_text(data, 'assignment')}"
    return f"answered {question}{again} with {said}: {became}", "work" if right else "trouble"


def _first_answer(data: Mapping[str, object]) -> _Said:
    """Later ones are practice, and for the student's own time line."""
    return quiz_answered(data) if _number(data, "attempt") <= 1 else None


def _regrading(data: Mapping[str, object]) -> _Said:
    number = _number(data, "submissions")
    count = f"{points(number)} {'submission' if number == 1 else 'submissions'}"
    return f"has everything of {_text(data, 'assignment')} graded again: {count}", "note"


def _released(data: Mapping[str, object]) -> _Said:
    return f"gave out the points and feedback of {_text(data, 'assignment')}", "note"


def _names_shown(data: Mapping[str, object]) -> _Said:
    return f"has the names shown in {_text(data, 'assignment')}, which was graded blind", "note"


def _regrade_asked(data: Mapping[str, object]) -> _Said:
    return f"wants {_text(data, 'assignment')} graded again: “{quote(_text(data, 'reason'))}”", "trouble"


def _regrade_answered(data: Mapping[str, object]) -> _Said:
    became = "is graded again" if data.get("outcome") == "regraded" else "keeps the grade"
    return f"{became} in {_text(data, 'assignment')}: “{quote(_text(data, 'answer'))}”", "note"


def _changed(data: Mapping[str, object]) -> _Said:
    level = _text(data, "level")
    return (f"reached {level} in {_text(data, 'assignment')}", "grade") if level == "Mastered" else None


WHY: dict[str, str] = {
    "asked_teacher": "asks for you",
    "said_stuck": "says they are stuck",
    "low_quiz": "got less than half of a quiz",
    "same_error": "has run into the same error again and again",
    "failing_runs": "has one failing run after another",
    "no_progress": "has made no progress since a first failure",
    "wheel_spinning": "has tried many times without getting it right",
    "failing_early": "has failed several times in a row",
}
"""Triggers of alerts, continuing a sentence that a name begins."""


def _exercise_decided(data: Mapping[str, object]) -> _Said:
    title = quote(_text(data, "title"))
    if _text(data, "outcome") == "refused":
        return f"does not get the exercise “{title}”: “{quote(_text(data, 'reason'))}”", "note"
    return f"gets the exercise “{title}”, which a teacher read first", "note"


def _struggles(data: Mapping[str, object]) -> _Said:
    where = _text(data, "assignment")
    why = WHY.get(_text(data, "trigger"), "seems stuck")
    return f"{why}{f' in {where}' if where else ''}", "trouble"


_SAYINGS = {
    "org.learnflow.help.asked.v1": _asked,
    "org.learnflow.help.answered.v1": _answered,
    "org.learnflow.teacher.asked.v1": _to_teacher,
    "org.learnflow.run.finished.v1": _run,
    "org.learnflow.assignment.submitted.v1": _submitted,
    "org.learnflow.submission.graded.v1": _graded,
    "org.learnflow.points.given.v1": _given,
    "org.learnflow.quiz.answered.v1": _first_answer,
    "org.learnflow.regrading.started.v1": _regrading,
    "org.learnflow.results.released.v1": _released,
    "org.learnflow.names.shown.v1": _names_shown,
    "org.learnflow.regrade.asked.v1": _regrade_asked,
    "org.learnflow.regrade.answered.v1": _regrade_answered,
    "org.learnflow.exercise.decided.v1": _exercise_decided,
    "org.learnflow.progress.changed.v1": _changed,
    "org.learnflow.struggle.detected.v1": _struggles,
}


def parse_time(text: str) -> datetime | None:
    """An ISO time, aware, in UTC; None for an empty or unreadable one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moment(seconds: float) -> str:
    """Seconds since the epoch as an ISO time in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def clock(seconds: float) -> str:
    """Seconds since the epoch as hours and minutes, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M UTC")


def hours(text: str) -> str:
    """An ISO time as hours and minutes, in UTC; empty when there is no time."""
    moment = parse_time(text)
    return clock(moment.timestamp()) if moment else ""


def segment(name: str) -> str:
    """`name` as one segment of an address, slashes and all."""
    return percent(name, safe="")


def ago(text: str, now: datetime) -> str:
    """How long ago `text` was, as people say it; empty when there is no time. Of a day alone, the day."""
    moment = parse_time(text)
    if moment is None:
        return ""
    if len(text) == _DAY:
        return moment.strftime("%d %b %Y")
    seconds = (now - moment).total_seconds()
    if seconds < 45:
        return "just now"
    if seconds < 90 * 60:
        return f"{max(1, round(seconds / 60))} min ago"
    if seconds < 36 * 3600:
        return f"{round(seconds / 3600)} h ago"
    days = round(seconds / 86400)
    return f"{days} days ago" if days < 14 else moment.strftime("%d %b %Y")


def absolute(text: str) -> str:
    """`text` to the minute, in UTC; empty when there is no time. Of a day alone, the day."""
    moment = parse_time(text)
    if moment is not None and len(text) == _DAY:
        return moment.strftime("%a %d %b %Y")
    return moment.strftime("%a %d %b %Y, %H:%M UTC") if moment else ""
