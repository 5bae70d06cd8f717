"""What a mail says, and what its form takes."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from learnflow_ext.contracts.alerts import Finding
from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.mail import MailWish
from learnflow_ext.service.handlers.mail import wish_in
from learnflow_ext.service.views import mail
from learnflow_ext.store.mail import Item

WISH = MailWish(course="py", user="t", time_zone="Europe/Berlin")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GOOD = {
    "pace": "at_once", "address": "t@school.org", "trigger": "same_error", "time_zone": "Europe/Berlin",
    "quiet_from": "20", "quiet_until": "7",
}  # fmt: skip


def item(student: str = "ada", **finding: str) -> Item:
    found = Finding(
        trigger="same_error", at=0.0, failures=4, question="my secret", code="x = 1",
        assignment=finding.get("assignment", "02-loops"), error=finding.get("error", "NameError"),
    )  # fmt: skip
    return Item(student=student, raised_at=NOON, finding=found)


def test_a_sentence_with_evidence_in_the_teachers_own_time_and_a_link() -> None:
    text = mail.body([item()], "Python basics", WISH, "https://hub.example/services/learnflow/")
    assert (
        "- Ada has run into the same error again and again in 02-loops (NameError, 4 failures in a row), "
        "Tue 13:00." in text
    )
    assert "again and again in Loops and lists (" in mail.body(
        [item()], "Python basics", WISH, "", {"02-loops": "Loops and lists"}
    )
    assert "https://hub.example/services/learnflow/courses/py/alerts" in text
    assert "my secret" not in text and "x = 1" not in text


def test_the_subject_names_nobody_and_stays_on_one_line() -> None:
    assert mail.subject([item(), item()], "Python") == "A student may need you in Python"
    assert (
        mail.subject([item(), item("bob")], "Py\r\nBcc: x@y.z") == "2 students may need you in Py Bcc: x@y.z"
    )


def test_what_a_students_server_claims_becomes_no_link_and_no_line() -> None:
    text = mail.body(
        [item("a\nb", error="https://evil.example/E", assignment="evil.example\n- Bob"), item()],
        "P",
        WISH,
        "",
    )
    assert "evil" not in text and text.count("\n- ") == 2
    assert "under Who is stuck" in text


def test_a_flood_fits_in_one_mail() -> None:
    text = mail.body([item(f"s{number}") for number in range(400)], "P", WISH, "")
    assert "and 375 more" in text and len(text) < 5_000


def test_a_good_form() -> None:
    wish = wish_in(urlencode(GOOD), "py", "t", ("school.org",))
    assert (wish.address, wish.triggers, wish.quiet_from) == ("t@school.org", ("same_error",), 20)
    off = wish_in(urlencode({**GOOD, "pace": "off", "address": ""}), "py", "t", ())
    assert off.pace == "off"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pace", "hourly"),
        ("address", ""),
        ("address", "t@school.org, x@evil.example"),
        ("address", "t@school.org\nBcc: x@evil.example"),
        ("address", "json://127.0.0.1/x@school.org"),
        ("address", "t@evil.example"),
        ("trigger", "else"),
        ("time_zone", "../../etc/passwd"),
        ("quiet_from", "24"),
        ("quiet_until", "\u0663"),
    ],
)
def test_a_form_that_cannot_be(name: str, value: str) -> None:
    with pytest.raises(BadRequest, match=r"\w+ \w+"):
        wish_in(urlencode({**GOOD, name: value}), "py", "t", ("school.org",))
