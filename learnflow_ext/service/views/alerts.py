"""Who is stuck and why, in sentences and tables."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from learnflow_ext.contracts.alerts import Alert, Precision
from learnflow_ext.service import words
from learnflow_ext.service.tables import NO_TITLES, Cell, Field, Sheet
from learnflow_ext.service.views.cells import number_of, percent, student

TRIGGER_NAMES = {
    "asked_teacher": "Asked for you",
    "said_stuck": "Says they are stuck",
    "low_quiz": "Quiz below half",
    "same_error": "Same error again and again",
    "failing_runs": "Many failing runs in a row",
    "no_progress": "No progress",
    "wheel_spinning": "Many attempts, not right",
    "failing_early": "Several failures in a row",
}
VERDICTS = {"helpful": "helpful", "false": "false alarm"}
STATES = {"held": "waits for room"}
JUDGED = {"": "", "helpful": "helpful", "false": "false alarms", "yes": "judged by a teacher"}
"""What may be asked for, and how it reads after the name of a rule."""


def trigger_name(trigger: str) -> str:
    """A rule as a teacher reads it."""
    return TRIGGER_NAMES.get(trigger, trigger)


def _failures(alert: Alert) -> Cell:
    """Nothing for who asked, and failed at nothing."""
    failures = alert.finding.failures
    return number_of(failures, alert.student) if failures else Cell("")


ALERTS = Sheet[Alert](
    name="alerts",
    title="Alerts",
    empty="No alerts yet: one comes when a student asks for you, says they are stuck, or keeps failing.",
    fields=(
        Field("Student", lambda alert: student(alert.student)),
        Field("Raised", lambda alert: alert.raised_at, "time"),
        Field("Why", lambda alert: trigger_name(alert.finding.trigger)),
        Field("Where", lambda alert: alert.finding.assignment, "assignment"),
        Field("Error", lambda alert: alert.finding.error, "error"),
        Field("Failures", _failures, "number"),
        Field("State", lambda alert: STATES.get(alert.state, alert.state)),
        Field("Judged", lambda alert: VERDICTS.get(alert.verdict, "")),
        Field("By", lambda alert: words.shown_name(alert.marked_by)),
    ),
)

PRECISION = Sheet[Precision](
    name="precision",
    title="How often each rule was right",
    empty="Nothing to judge yet: say of an alert whether it was helpful, and it counts here.",
    fields=(
        Field("Rule", lambda one: trigger_name(one.trigger)),
        Field("Alerts", lambda one: Cell(str(one.raised), _raised(one)), "number"),
        Field("Helpful", lambda one: Cell(str(one.helpful), _raised(one, "helpful")), "number"),
        Field("False alarms", lambda one: Cell(str(one.false), _raised(one, "false")), "number"),
        Field("Right, %", lambda one: Cell(percent(one.share), _raised(one, "yes")), "number"),
    ),
)

FOR_ADMINS = Sheet[tuple[str, Precision]](
    name="precision",
    title="How often each rule about who is stuck was right",
    empty="No alerts were raised yet.",
    fields=(
        Field("Course", lambda row: row[0]),
        Field("Rule", lambda row: trigger_name(row[1].trigger)),
        Field("Alerts", lambda row: str(row[1].raised), "number"),
        Field("Helpful", lambda row: str(row[1].helpful), "number"),
        Field("False alarms", lambda row: str(row[1].false), "number"),
        Field("Right, %", lambda row: percent(row[1].share), "number"),
    ),
)
"""Numbers without links: who is an administrator sees no student of a course."""


def _raised(one: Precision, judged: str = "") -> str:
    return f"alerts/raised?{urlencode({'rule': one.trigger, **({'judged': judged} if judged else {})})}"


def for_teacher(alert: Alert) -> str:
    """Why there is an alert; continues the sentence that the name begins."""
    finding = alert.finding
    said = words.WHY.get(finding.trigger, "seems stuck")
    in_a_row = "" if said.endswith("in a row") else " in a row"
    failures = f"{finding.failures} failures{in_a_row}" if finding.failures > 1 else ""
    evidence = ", ".join(part for part in (finding.error, failures) if part)
    return f"{said} ({evidence})" if evidence else said


def for_student(alert: Alert, titles: Mapping[str, str] = NO_TITLES) -> str:
    """What a student reads of an alert about them: kind, and nothing hidden."""
    called = titles.get(alert.finding.assignment, alert.finding.assignment)
    where = f" in {called}" if called else ""
    if alert.finding.trigger == "asked_teacher":
        return f"Your question{where} is on your teacher\u2019s page."
    return f"Your teacher was told that you may want some help{where}."
