"""Who is stuck and why, in sentences and tables."""

from __future__ import annotations

from learnflow_ext.contracts.alerts import Alert, Precision
from learnflow_ext.service import words
from learnflow_ext.service.tables import Cell, Field, Sheet
from learnflow_ext.service.views.cells import percent, student

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


def trigger_name(trigger: str) -> str:
    """A rule as a teacher reads it."""
    return TRIGGER_NAMES.get(trigger, trigger)


ALERTS = Sheet[Alert](
    name="alerts",
    title="Alerts",
    empty="No alerts yet.",
    fields=(
        Field("Student", lambda alert: student(alert.student)),
        Field("Raised", lambda alert: alert.raised_at, "time"),
        Field("Why", lambda alert: trigger_name(alert.finding.trigger)),
        Field("Where", lambda alert: alert.finding.assignment),
        Field("Error", lambda alert: alert.finding.error),
        Field("Failures", lambda alert: str(alert.finding.failures), "number"),
        Field("State", lambda alert: alert.state),
        Field("Judged", lambda alert: VERDICTS.get(alert.verdict, "")),
        Field("By", lambda alert: words.shown_name(alert.marked_by)),
    ),
)

PRECISION = Sheet[Precision](
    name="precision",
    title="How often each rule was right",
    empty="No alerts were raised yet.",
    fields=(
        Field("Rule", lambda one: trigger_name(one.trigger)),
        Field("Alerts", lambda one: Cell(str(one.raised), "alerts"), "number"),
        Field("Helpful", lambda one: Cell(str(one.helpful), "alerts"), "number"),
        Field("False alarms", lambda one: Cell(str(one.false), "alerts"), "number"),
        Field("Right, %", lambda one: percent(one.share), "number"),
    ),
)


def for_teacher(alert: Alert) -> str:
    """Why there is an alert; continues the sentence that the name begins."""
    finding = alert.finding
    said = words.WHY.get(finding.trigger, "seems stuck")
    in_a_row = "" if said.endswith("in a row") else " in a row"
    failures = f"{finding.failures} failures{in_a_row}" if finding.failures > 1 else ""
    evidence = ", ".join(part for part in (finding.error, failures) if part)
    return f"{said} ({evidence})" if evidence else said


def for_student(alert: Alert) -> str:
    """What a student reads of an alert about them: kind, and nothing hidden."""
    where = f" in {alert.finding.assignment}" if alert.finding.assignment else ""
    if alert.finding.trigger == "asked_teacher":
        return f"Your question{where} is on your teacher\u2019s page."
    return f"Your teacher was told that you may want some help{where}."
