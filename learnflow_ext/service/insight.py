"""What the teacher's pages say: rows of the store turned into tables and sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urlencode

from learnflow_ext.contracts.alerts import Alert, Precision
from learnflow_ext.contracts.progress import TopicProgress
from learnflow_ext.service import words
from learnflow_ext.service.standing import Standings
from learnflow_ext.service.tables import Cell, Column, Table
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.eventlog import LogEntry
from learnflow_ext.store.insight import AtWork, ErrorOf, ErrorPattern, Queued, Turn
from learnflow_ext.store.patterns import Pattern

TRIGGER_NAMES = {
    "said_stuck": "Says they are stuck",
    "low_quiz": "Quiz below half",
    "same_error": "Same error again and again",
    "failing_runs": "Many failing runs in a row",
    "no_progress": "No progress",
    "wheel_spinning": "Many attempts, not right",
    "failing_early": "Several failures in a row",
}
STATUS_NAMES = {"queued": "waiting", "grading": "being graded", "failed": "not graded", "graded": "graded"}


def student_link(name: str) -> str:
    """The page of one student, below the course's address."""
    return f"students/{quote(name, safe='')}"


def _student(name: str) -> Cell:
    return Cell(name, student_link(name))


def file_name(path: str) -> str:
    """`02-loops` of `x/02-loops.ipynb`."""
    return path.rpartition("/")[2].removesuffix(".ipynb")


def now_table(working: Iterable[AtWork]) -> Table:
    """Who works on what."""
    return Table(
        name="now",
        title="At work in the last 15 minutes",
        columns=(
            Column("Student"),
            Column("Works on"),
            Column("Latest run"),
            Column("Runs", "number"),
            Column("Failed", "number"),
            Column("When", "time"),
        ),
        rows=tuple(
            (
                _student(one.student),
                Cell(file_name(one.exercise) or one.assignment),
                Cell("went well" if one.ok else one.error or "failed"),
                Cell(str(one.runs), student_link(one.student)),
                Cell(str(one.failed), student_link(one.student)),
                Cell(one.at),
            )
            for one in working
        ),
        empty="Nobody has run anything in the last 15 minutes.",
    )


def heat_table(course_topics: Sequence[AssignmentInfo], standings: Mapping[str, Standings]) -> Table:
    """Students x topics: mastery in percent."""
    return Table(
        name="progress",
        title="Mastery by topic, in percent",
        columns=(
            Column("Student"),
            *(Column(topic.title, "share") for topic in course_topics),
            Column("Streak, days", "number"),
        ),
        rows=tuple(
            (
                _student(name),
                *(_share(topic, name) for topic in standing.topics),
                Cell(str(standing.streak.current)),
            )
            for name, standing in standings.items()
        ),
        empty="No students are in this course yet.",
    )


def _share(topic: TopicProgress, student: str) -> Cell:
    if topic.mastery is None:
        return Cell("")
    band = ("Beginner", "Learning", "Proficient", "Mastered").index(topic.level or "Beginner")
    return Cell(f"{100 * topic.mastery:.0f}", f"{student_link(student)}#topics", band)


def topics_table(standing: Standings) -> Table:
    """What each topic's mastery of one student is made of."""
    return Table(
        name="topics",
        title="Topics",
        columns=(
            Column("Topic"),
            Column("Level"),
            Column("Mastery, %", "share"),
            Column("P(known), %", "number"),
            Column("Made of"),
        ),
        rows=tuple(
            (
                Cell(topic.title),
                Cell(topic.level or ""),
                _share(topic, "")
                if topic.mastery is None
                else Cell(_share(topic, "").text, "", _band(topic)),
                Cell("" if topic.known is None else f"{100 * topic.known:.0f}"),
                Cell(", ".join(f"{name} {100 * share:.0f} %" for name, share in topic.parts.items())),
            )
            for topic in standing.topics
        ),
        empty="There are no topics in this course yet.",
    )


def _band(topic: TopicProgress) -> int | None:
    return _share(topic, "").band


def errors_table(patterns: Iterable[ErrorPattern]) -> Table:
    """What the class keeps getting wrong."""
    return Table(
        name="errors",
        title="Errors of the last seven days",
        columns=(
            Column("Exercise"),
            Column("Error"),
            Column("Students", "number"),
            Column("Runs", "number"),
            Column("For example", "long"),
        ),
        rows=tuple(
            (
                Cell(file_name(one.notebook) or one.assignment or "?"),
                Cell(one.error or "an error"),
                Cell(str(one.students), _who(one)),
                Cell(str(one.runs), _who(one)),
                Cell(words.quote(one.message)),
            )
            for one in patterns
        ),
        empty="No errors in the last seven days.",
    )


def patterns_table(patterns: Iterable[Pattern]) -> Table:
    """Patterns of errors that were asked about, and which hint got people on."""
    return Table(
        name="patterns",
        title="What was asked about, by pattern",
        columns=(
            Column("Pattern"),
            Column("Called"),
            Column("Explained"),
            Column("Students", "number"),
            Column("Asked", "number"),
            Column("Went on, %", "number"),
            Column("Hint by hint", "long"),
        ),
        rows=tuple(
            (
                Cell(pattern_text(one)),
                Cell(one.name),
                Cell("by a rule" if one.known else "by nothing yet"),
                Cell(str(one.students)),
                Cell(str(one.asked)),
                Cell(f"{100 * one.went_on / one.asked:.0f}" if one.asked else ""),
                Cell(
                    ", ".join(
                        f"{f'step {rung}' if rung else 'no step'}: {tried.went_on} of {tried.told}"
                        for rung, tried in sorted(one.rungs.items())
                    )
                ),
            )
            for one in patterns
        ),
        empty="Nobody has asked about an error in the last seven days.",
    )


def pattern_text(pattern: Pattern) -> str:
    """A pattern in a few words: class, message without anybody's names, kind of statement."""
    where = f" ({pattern.construct})" if pattern.construct not in ("", "other") else ""
    return f"{pattern.exception or 'an error'}: {words.quote(pattern.message)}{where}"


def _who(pattern: ErrorPattern) -> str:
    return "errors/students?" + urlencode({"notebook": pattern.notebook, "error": pattern.error})


def error_students_table(found: Iterable[ErrorOf]) -> Table:
    """Who met one error."""
    return Table(
        name="error-students",
        title="Who met it in the last seven days",
        columns=(
            Column("Student"),
            Column("Runs", "number"),
            Column("Last", "time"),
            Column("Message", "long"),
        ),
        rows=tuple(
            (_student(one.student), Cell(str(one.runs)), Cell(one.at), Cell(words.quote(one.message)))
            for one in found
        ),
        empty="Nobody did.",
    )


def conversations_table(turns: Iterable[Turn]) -> Table:
    """What was asked and answered, word by word."""
    return Table(
        name="conversations",
        title="Conversations with the tutor",
        columns=(
            Column("Student"),
            Column("Asked", "time"),
            Column("Question", "long"),
            Column("Agent"),
            Column("Answer", "long"),
            Column("Hint", "number"),
            Column("Held back"),
        ),
        rows=tuple(
            (
                _student(turn.student),
                Cell(turn.at),
                Cell(turn.question or "(pressed Explain)"),
                Cell(turn.agent),
                Cell(turn.answer),
                Cell(str(turn.rung) if turn.rung else ""),
                Cell("yes" if turn.withheld else "no"),
            )
            for turn in turns
        ),
        empty="Nobody has asked anything yet.",
    )


def grading_table(rows: Iterable[Queued]) -> Table:
    """What waits to be graded, and what was."""
    return Table(
        name="grading",
        title="Submissions",
        columns=(
            Column("Student"),
            Column("Assignment"),
            Column("State"),
            Column("Handed in", "time"),
            Column("Graded", "time"),
            Column("Points", "number"),
            Column("To check"),
            Column("Remark", "long"),
        ),
        rows=tuple(
            (
                _student(row.student),
                Cell(row.assignment),
                Cell(STATUS_NAMES.get(row.status, row.status)),
                Cell(row.submitted_at),
                Cell(row.finished_at),
                Cell(
                    f"{words.points(row.score)}/{words.points(row.max_score)}"
                    if row.score is not None and row.max_score is not None
                    else ""
                ),
                Cell("yes" if row.needs_review else ""),
                Cell(row.message),
            )
            for row in rows
        ),
        empty="Nothing was handed in yet.",
    )


def timeline_table(entries: Iterable[LogEntry]) -> Table:
    """What one student did and what came of it, newest first."""
    return Table(
        name="timeline",
        title="Time line",
        columns=(Column("When", "time"), Column("What", "long")),
        rows=tuple(
            (Cell(entry.time), Cell(said))
            for entry in sorted(entries, key=lambda entry: entry.sequence, reverse=True)
            if (said := _said(entry))
        ),
        empty="Nothing has happened yet.",
    )


def _said(entry: LogEntry) -> str:
    if line := words.line(entry.type, entry.student, entry.data):
        return line.text
    if entry.type == "org.learnflow.run.finished.v1":
        return (
            f"ran a cell in {file_name(str(entry.data.get('notebook') or '')) or 'a notebook'}: it went well"
        )
    if entry.type == "org.learnflow.help.answered.v1":
        return f"got an answer: \u201c{words.quote(str(entry.data.get('text') or ''))}\u201d"
    return ""


def alerts_table(alerts: Iterable[Alert]) -> Table:
    """Alerts as a table to take home."""
    return Table(
        name="alerts",
        title="Alerts",
        columns=(
            Column("Student"),
            Column("Raised", "time"),
            Column("Why"),
            Column("Where"),
            Column("Error"),
            Column("Failures", "number"),
            Column("State"),
            Column("Judged"),
            Column("By"),
        ),
        rows=tuple(
            (
                _student(alert.student),
                Cell(alert.raised_at),
                Cell(TRIGGER_NAMES.get(alert.finding.trigger, alert.finding.trigger)),
                Cell(alert.finding.assignment),
                Cell(alert.finding.error),
                Cell(str(alert.finding.failures)),
                Cell(alert.state),
                Cell(alert.verdict),
                Cell(alert.marked_by),
            )
            for alert in alerts
        ),
        empty="No alerts yet.",
    )


def precision_table(figures: Iterable[Precision]) -> Table:
    """How often each trigger was right."""
    return Table(
        name="precision",
        title="How often each rule was right",
        columns=(
            Column("Rule"),
            Column("Alerts", "number"),
            Column("Helpful", "number"),
            Column("False", "number"),
            Column("Right, %", "number"),
        ),
        rows=tuple(
            (
                Cell(TRIGGER_NAMES.get(one.trigger, one.trigger)),
                Cell(str(one.raised), "alerts"),
                Cell(str(one.helpful), "alerts"),
                Cell(str(one.false), "alerts"),
                Cell("" if one.share is None else f"{100 * one.share:.0f}"),
            )
            for one in figures
        ),
        empty="No alerts were raised yet.",
    )


def alert_sentence(alert: Alert) -> str:
    """Why there is an alert, for a teacher; continues the sentence that the name begins."""
    finding = alert.finding
    said = words.WHY.get(finding.trigger, "seems stuck")
    error = f" ({finding.error})" if finding.error else ""
    count = f", {finding.failures} failures in a row" if finding.failures > 1 else ""
    return f"{said}{error}{count}"


def alert_for_student(alert: Alert) -> str:
    """What a student reads of an alert about them: kind, and nothing hidden."""
    where = f" in {alert.finding.assignment}" if alert.finding.assignment else ""
    return f"Your teacher was told that you may want some help{where}."
