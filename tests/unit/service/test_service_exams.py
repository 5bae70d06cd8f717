"""Exams, and more time in them for one student."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.service import policies, terms
from learnflow_ext.service.exams import ExtraTime, Window, more_time, moved

BEGINS = datetime(2026, 11, 24, 9, tzinfo=UTC)
ENDS = BEGINS + timedelta(minutes=90)
YAML = b"""
late: {percent_a_day: 10, days: 0}
assignments:
  - {name: test, due: 2026-11-24T10:30:00Z, feedback: after_deadline}
  - {name: homework, due: 2026-11-24T10:00:00Z}
exams:
  - {from: 2026-11-24T09:00:00Z, until: 2026-11-24T10:30:00Z, assignments: [test]}
extensions:
  - {student: dan, assignment: test, days: 1}
extra_time:
  - {student: ada, percent: 20}
  - {student: ben, minutes: 10, assignment: test}
  - {student: ben, minutes: 50, assignment: homework}
  - {student: '007', minutes: 5}
"""
NAMES = st.sampled_from(["ada", "ben"])
MINUTES = st.integers(0, 300)
EXTRA = st.builds(
    ExtraTime,
    student=NAMES,
    minutes=st.floats(0, 500),
    percent=st.floats(0, 400),
    assignment=st.sampled_from(["", "test", "homework"]),
)
WINDOWS = st.builds(
    lambda begin, length, only: Window(
        begins=BEGINS + timedelta(minutes=begin),
        ends=BEGINS + timedelta(minutes=begin + length),
        assignments=only,
    ),
    MINUTES,
    st.integers(1, 300),
    st.sampled_from([(), ("test",), ("homework",), ("test", "homework")]),
)


def at(**more: float) -> datetime:
    return ENDS + timedelta(**more)


@pytest.mark.parametrize(("student", "minutes"), [("ada", 18), ("ben", 10), ("007", 5), ("eve", 0)])
class TestAStudent:
    def test_sits_the_exam_until_their_own_end(self, student: str, minutes: int) -> None:
        found = policies.parse(YAML)
        assert found.at("test", at(minutes=minutes, seconds=-1), "hints", student) == "off"
        assert found.at("test", at(minutes=minutes), "hints", student) == "hints"
        assert found.at("homework", at(minutes=-1), "hints", student) == "hints"

    def test_hands_in_until_their_own_deadline(self, student: str, minutes: int) -> None:
        theirs = terms.parse(YAML).of("test", student)
        assert theirs.due == at(minutes=minutes)
        assert theirs.refusal(at(minutes=minutes), 0) == ""
        assert theirs.penalty(at(minutes=minutes)) == 0
        assert "closed on" in theirs.refusal(at(minutes=minutes, seconds=2), 0)

    def test_hands_in_homework_with_everybody(self, student: str, minutes: int) -> None:
        assert terms.parse(YAML).of("homework", student).due == at(minutes=-30)


def test_nobody_is_watched_or_told_answers_before_the_last_one_is_done() -> None:
    found = policies.parse(YAML)
    assert found.in_exam(at(minutes=17))
    assert not found.in_exam(at(minutes=18))
    assert terms.parse(YAML).withholds("test", at(hours=23))
    without = terms.parse(YAML.replace(b"student: dan, assignment: test, days: 1", b"student: dan"))
    assert without.withholds("test", at(minutes=17))
    assert not without.withholds("test", at(minutes=19))


def test_a_deadline_inside_an_exam_of_the_whole_course_moves_and_a_later_one_does_not() -> None:
    text = YAML.replace(b", assignments: [test]", b"")
    found = terms.parse(text)
    assert found.of("homework", "ada").due == at(minutes=-12)
    late = terms.parse(text.replace(b"T10:00:00Z", b"T12:00:00Z"))
    assert late.of("homework", "ada").due == at(minutes=90)


def test_who_has_more_is_said_in_words() -> None:
    assert terms.parse(YAML).room() == {
        "dan": "1 day more in test",
        "ada": "20 % more in exams",
        "ben": "10 minutes more in the exam test; 50 minutes more in the exam homework",
        "007": "5 minutes more in exams",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"extra_time: 5", "is a list"),
        (b"extra_time: [5]", "names its student"),
        (b"extra_time: [{minutes: 5}]", "names its student"),
        (b"extra_time: [{student: ada, minuts: 5}]", "has student, minutes or percent"),
        (b"extra_time: [{student: ada, minutes: -5}]", "from 0 to"),
        (b"extra_time: [{student: ada, percent: .nan}]", "from 0 to"),
        (b"extra_time: [{student: ada, minutes: many}]", "has student, minutes or percent"),
        (b"exams: [{from: 9999-12-31T10:00:00Z, until: 9999-12-31T11:00:00Z}]", "too far away"),
    ],
)
def test_a_mistake_is_said_in_a_sentence_to_both_readers(text: bytes, words: str) -> None:
    for parse in (policies.parse, terms.parse):
        with pytest.raises(ValueError, match=words):
            parse(text)


@given(st.lists(EXTRA, max_size=5), st.lists(WINDOWS, max_size=4), MINUTES, NAMES)
def test_extra_time_never_takes_and_more_of_it_never_gives_less(
    extra: list[ExtraTime], windows: list[Window], minutes: int, student: str
) -> None:
    due = BEGINS + timedelta(minutes=minutes)
    theirs = moved(due, windows, extra, "test", student)
    assert theirs >= due
    assert moved(due, windows, extra[1:], "test", student) <= theirs
    # What others have is nothing to them.
    own = [each for each in extra if each.student == student]
    assert moved(due, windows, own, "test", student) == theirs
    assert all(more_time(extra, student, each) >= timedelta() for each in windows)


@given(st.lists(EXTRA, max_size=5), WINDOWS, st.integers(-10, 2000), NAMES)
def test_an_exam_that_runs_for_the_others_runs_for_everybody(
    extra: list[ExtraTime], window: Window, minutes: int, student: str
) -> None:
    exam = policies.Exam(begins=window.begins, ends=window.ends, assignments=window.assignments)
    found = policies.CoursePolicy(exams=(exam,), extra_time=tuple(extra))
    now = window.begins + timedelta(minutes=minutes)
    if found.running(now, "somebody else"):
        assert found.running(now, student)
    if found.running(now, student):
        assert found.in_exam(now)
