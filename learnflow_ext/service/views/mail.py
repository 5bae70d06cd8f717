"""A mail to a teacher in words: plain text, short, and nothing that a student wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote as percent
from zoneinfo import ZoneInfo

from learnflow_ext.contracts.mail import MailWish
from learnflow_ext.service import words
from learnflow_ext.service.tables import NO_TITLES, Field, Sheet
from learnflow_ext.service.views.alerts import trigger_name
from learnflow_ext.service.views.cells import student
from learnflow_ext.store.mail import Item, Mailed

MOST = 25
"""Students in one mail; the dashboard has them all."""
_NAME = re.compile(r"[\w-]+(?: [\w-]+)*")
"""What a student's server claims is named only when no mail program can take it for an address."""

STATES = {
    "waiting": "waits",
    "sending": "is being sent",
    "sent": "sent",
    "failed": "could not be delivered",
    "dropped": "not needed any more",
}

MAILED = Sheet[Mailed](
    name="mails",
    title="Mail of the last month",
    empty="No mail yet.",
    fields=(
        Field("When", lambda one: one.at, "time"),
        Field("About", lambda one: student(one.student) if one.student else ""),
        Field("Why", lambda one: trigger_name(one.trigger) if one.trigger else ""),
        Field("State", lambda one: STATES.get(one.state, one.state)),
    ),
)


def subject(items: Sequence[Item], title: str) -> str:
    """Says how many, and never who: subjects are read over shoulders."""
    students = len({item.student for item in items})
    who = "A student" if students == 1 else f"{students} students"
    return f"{who} may need you in {words.quote(title, 80)}"


def body(
    items: Sequence[Item],
    title: str,
    wish: MailWish,
    dashboard: str,
    titles: Mapping[str, str] = NO_TITLES,
) -> str:
    """Who, why, where and when, a line each; `dashboard` ends in `/`, and is empty when not known. `titles`
    are those of the course's assignments."""
    zone = ZoneInfo(wish.time_zone)
    lines = [_line(item, zone, titles) for item in items[:MOST]]
    if len(items) > MOST:
        lines.append(f"- and {len(items) - MOST} more")
    course = f"{dashboard}courses/{percent(wish.course, safe='')}"
    more = f"{course}/alerts" if dashboard else "on LearnFlow's dashboard, under Who is stuck"
    fewer = f"{course}/mail" if dashboard else "on the page Mail"
    return "\n".join(
        (
            f"In {words.quote(title, 80)}:",
            "",
            *lines,
            "",
            "A kind word is often enough. What it rests on, and the code:",
            more,
            "",
            f"Other hours, or no mail: {fewer}",
        )
    )


def _line(item: Item, zone: ZoneInfo, titles: Mapping[str, str]) -> str:
    finding = item.finding
    said = words.WHY.get(finding.trigger, "seems stuck")
    error = finding.error.rpartition(".")[2]
    parts = [error if _NAME.fullmatch(error) else ""]
    parts.append(f"{finding.failures} failures in a row" if finding.failures > 1 else "")
    evidence = ", ".join(part for part in parts if part)
    called = finding.assignment if _NAME.fullmatch(finding.assignment) else ""
    called = words.quote(titles.get(finding.assignment, called), 80)
    where = f" in {called}" if called else ""
    when = item.raised_at.astimezone(zone).strftime("%a %H:%M")
    who = words.quote(words.shown_name(item.student), 80)
    return f"- {who} {said}{where}{f' ({evidence})' if evidence else ''}, {when}."
