"""What a form gives one student more, and what it adds to the course's terms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.service import terms
from learnflow_ext.service.more_time import due_in, exams_in, extension_of, extra_time_of, with_given
from learnflow_ext.store.allowances import Given

YAML = b"""
assignments:
  - {name: essay, due: 2026-10-24T10:00:00Z}
  - {name: test, due: 2026-11-24T10:30:00Z}
  - {name: free}
exams:
  - {from: 2026-11-24T09:00:00Z, until: 2026-11-24T10:30:00Z, assignments: [test]}
extensions:
  - {student: ada, assignment: essay, days: 3}
"""
COURSE = terms.parse(YAML)
ZONES = ("Europe/Berlin", "UTC")


def test_what_can_be_chosen_is_what_the_file_knows() -> None:
    assert list(due_in(COURSE)) == ["essay", "test"]
    assert exams_in(COURSE) == ["test"]


@pytest.mark.parametrize(
    ("due", "hours"),
    [("2026-10-24T18:00", 16), ("2026-10-25T18:00", 17), ("2026-10-25T18:00+00:00", 18)],
)
def test_a_deadline_is_by_the_clock_of_its_zone_summer_and_winter(due: str, hours: int) -> None:
    form = {"assignment": "essay", "due": due, "time_zone": "Europe/Berlin"}
    found = extension_of("ada", form, COURSE, ZONES)
    assert found.due == datetime.fromisoformat(due).replace(hour=hours, tzinfo=UTC)


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_is_taken_for_a_number_that_it_is_not(percent: str, minutes: str) -> None:
    try:
        found = extra_time_of("ada", {"percent": percent, "minutes": minutes}, COURSE)
    except BadRequest as error:
        assert "number from 0" in error.message or "Say how much" in error.message
    else:
        assert 0 <= found.percent <= 400
        assert 0 <= found.minutes <= 10_080
        assert found.percent or found.minutes


@given(st.integers(-5, 10), st.sampled_from(["ada", "ben"]), st.sampled_from(["essay", "test"]))
def test_it_only_ever_gives_and_to_nobody_else(days: int, student: str, assignment: str) -> None:
    due = due_in(COURSE)[assignment] + timedelta(days=days)
    more = with_given(COURSE, [Given(student="ada", kind="extension", assignment=assignment, due=due)])
    for name in ("essay", "test"):
        before, after = COURSE.of(name, student).due, more.of(name, student).due
        assert before is not None
        assert after == (max(before, due) if (student, name) == ("ada", assignment) else before)
