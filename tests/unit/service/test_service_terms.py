"""Deadlines, lateness, attempts and extensions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.terms import CourseTerms, Extension, Late, Terms, parse

DUE = datetime(2026, 12, 1, 18, tzinfo=UTC)
TERMS = Terms(due=DUE, late=Late(percent_a_day=10, grace_minutes=15, days=3), attempts=2)
YAML = b"""
title: Python
attempts: 5
late: {percent_a_day: 20}
assignments:
  - name: one
    title: One
    due: 2026-12-01 19:00:00+01:00
  - name: two
    due: 2026-12-01T18:00:00Z
    late: {percent_a_day: 10, grace_minutes: 15, days: 3}
    attempts: 2
  - name: three
extensions:
  - {student: ada, days: 2}
  - {student: ada, assignment: two, due: 2026-12-20T18:00:00Z, attempts: 1}
  - {student: 007, assignment: two, attempts: 3}
"""
LAUGHS = b"a0: &a0 [x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b",".join(10 * [b"*a%d" % (n - 1)])) for n in range(1, 12)
)
"""Each line repeats the one before ten times: a message that quotes the last would never be written."""


def after(**span: float) -> datetime:
    return DUE + timedelta(**span)


class TestLateness:
    @pytest.mark.parametrize(
        ("at", "days"),
        [
            (after(days=-1), 0),
            (DUE, 0),
            (after(milliseconds=999), 0),
            (after(minutes=15), 0),
            (after(minutes=15, seconds=1), 1),
            (after(days=1), 1),
            (after(days=1, seconds=1), 2),
        ],
    )
    def test_each_day_begun_counts_and_the_deadlines_own_second_is_in_time(
        self, at: datetime, days: int
    ) -> None:
        assert TERMS.days_late(at) == days
        assert TERMS.penalty(at) == pytest.approx(days / 10)

    def test_no_more_than_all_is_taken_off(self) -> None:
        assert Terms(due=DUE, late=Late(percent_a_day=60)).penalty(after(days=30)) == 1

    def test_without_a_deadline_nothing_is_late(self) -> None:
        terms = Terms(late=Late(percent_a_day=100, days=0))
        assert (terms.penalty(after(days=999)), terms.refusal(after(days=999), 99)) == (0, "")

    @given(st.floats(0, 100), st.floats(0, 5000), st.floats(-1e6, 1e8), st.floats(0, 1e6))
    def test_who_comes_later_never_pays_less(
        self, percent: float, grace: float, seconds: float, more: float
    ) -> None:
        terms = Terms(due=DUE, late=Late(percent_a_day=percent, grace_minutes=grace))
        sooner, later = after(seconds=seconds), after(seconds=seconds + more)
        assert 0 <= terms.penalty(sooner) <= terms.penalty(later) <= 1


class TestRefusal:
    def test_after_the_last_day_with_the_date(self) -> None:
        assert TERMS.refusal(after(days=3), 0) == ""
        assert "closed on 4 December 2026, 18:00 UTC" in TERMS.refusal(after(days=3, seconds=1), 0)

    def test_after_the_last_attempt_with_the_number(self) -> None:
        assert TERMS.refusal(DUE, 1) == ""
        assert "handed this in twice" in TERMS.refusal(DUE, 2)


class TestWords:
    def test_everything_is_one_sentence(self) -> None:
        assert TERMS.sentence(1) == (
            "Due 1 December 2026, 18:00 UTC; later costs 10 % of the points for each day begun; nothing is"
            " taken after 4 December 2026, 18:00 UTC; it may be handed in twice, and was once so far."
        )
        assert Terms().sentence(3) == ""

    def test_beside_a_grade(self) -> None:
        assert TERMS.remark(DUE) == ""
        assert TERMS.remark(after(days=1, hours=1)) == (
            "Handed in on day 2 after the deadline, so 20 % of the points are off."
        )
        assert "costs nothing" in Terms(due=DUE).remark(after(days=1))


class TestCourseFile:
    def test_what_an_assignment_says_goes_before_what_the_course_says(self) -> None:
        terms = parse(YAML)
        assert terms.of("one", "bob") == Terms(due=DUE, late=Late(percent_a_day=20), attempts=5)
        assert terms.of("two", "bob") == TERMS
        assert terms.of("three", "bob").due is None
        assert terms.of("unheard of", "bob") == Terms(late=Late(percent_a_day=20), attempts=5)

    def test_extensions_are_one_students(self) -> None:
        terms = parse(YAML)
        assert terms.of("one", "ada").due == after(days=2)
        assert (terms.of("two", "ada").due, terms.of("two", "ada").attempts) == (after(days=19), 3)
        # A student number is a name, however YAML reads it.
        assert terms.of("two", "7").attempts == 5

    def test_an_extension_never_takes_anything_away(self) -> None:
        terms = CourseTerms(
            assignments={"a": TERMS},
            extensions=(Extension(student="ada", due=after(days=-5)),),
        )
        assert terms.of("a", "ada") == TERMS

    def test_holidays_are_days_and_spans_of_days(self) -> None:
        text = b"holidays:\n- 2026-10-03\n- {first: 2026-12-30, last: 2027-01-02}\n- '2027-05-01'\n"
        days = ("2026-10-03", "2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02", "2027-05-01")
        assert parse(text).holidays == tuple(map(date.fromisoformat, days))

    @pytest.mark.parametrize("text", [b"", b"title: x", b"assignments:\nextensions:\n", b"late:\n"])
    def test_a_file_that_says_nothing_of_it(self, text: bytes) -> None:
        assert parse(text).of("a", "ada") == Terms()

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (b"- 1", "keys and values"),
            (b"a: [", "cannot be read"),
            (b"late: 5", "late of the course"),
            (b"late: {percent: 5}", "late of the course"),
            (b"late: {percent_a_day: 500}", "at most 100 percent"),
            (b"late: {percent_a_day: .nan}", "from 0 upwards"),
            (b"late: {days: -1}", "from 0 upwards"),
            (b"attempts: none", "whole number"),
            (b"attempts: 0", "whole number"),
            (b"cell_seconds: soon", "from 0.5 to 600"),
            (b"cell_seconds: 0", "from 0.5 to 600"),
            (b"cell_seconds: true", "from 0.5 to 600"),
            (b"feedback: later", "at_once, after_deadline or by_hand"),
            (b"assignments: [{name: a, feedback: [by_hand]}]", "feedback of assignment a"),
            (b"attempts: true", "whole number"),
            (b"assignments: [{name: a, due: soon}]", "due of assignment a"),
            (b"assignments: [{name: a, due: 7}]", "due of assignment a"),
            (b"extensions: [ada]", "names its student"),
            (b"extensions: 5", "extensions is a list"),
            (b"holidays: 2026-12-24", "holidays is a list"),
            (b"holidays: [christmas]", "holidays are days"),
            (b"holidays: [2026-12-24 18:00:00]", "holidays are days"),
            (b"holidays: [{first: 2026-12-24}]", "holidays are days"),
            (b"holidays: [{first: 2026-12-24, last: 2026-12-01}]", "within a year"),
            (b"holidays: [{first: 2026-12-24, last: 9999-12-31}]", "within a year"),
            (b"holidays:\n" + 20 * b"- {first: 2026-01-01, last: 2026-12-31}\n", "at most 5,000 days"),
            (LAUGHS + b"holidays: [*a11]", "more than 100,000 values"),
            (b"a: &a [*a]", "more than 100,000 values"),
            (b"assignments: 5", "assignments is a list"),
            (b"extensions: [{student: ada, until: 5}]", "An extension has"),
            (b"extensions: [{student: ada, days: -1}]", "less than nothing"),
        ],
    )
    def test_what_does_not_fit_is_told_to_the_teacher(self, text: bytes, sentence: str) -> None:
        with pytest.raises(ValueError, match=sentence):
            parse(text)


class TestFileThatCannotBeRead:
    async def test_it_holds_nobody_up(self, tmp_path: Path) -> None:
        (tmp_path / "course.yaml").write_text("late: 5")
        deadlines = Deadlines({"python": tmp_path / "course.yaml", "new": tmp_path / "none.yaml"})
        for course in ("new", "unknown"):
            assert await deadlines.of(course, "a", "ada") == Terms()
        # Nobody can say whether results may be seen, so nobody sees them.
        assert await deadlines.of("python", "a", "ada") == Terms(feedback="by_hand", blind=True)

    async def test_a_change_counts_at_once(self, tmp_path: Path) -> None:
        file = tmp_path / "course.yaml"
        deadlines = Deadlines({"python": file})
        for attempts in (1, 2):
            file.write_text(f"attempts: {attempts}")
            assert (await deadlines.of("python", "a", "ada")).attempts == attempts


class TestFeedback:
    def test_after_the_deadline_waits_for_the_last_one_that_anybody_has(self) -> None:
        terms = parse(
            b"feedback: after_deadline\n"
            b"assignments:\n- {name: one, due: 2026-12-01T18:00:00Z}\n- {name: open}\n"
            b"- {name: now, feedback: at_once}\n"
            b"- {name: hand, feedback: by_hand, due: 2026-12-01T18:00:00Z}\n"
            b"extensions: [{student: ada, assignment: one, days: 2}]\n"
        )
        assert "3 December 2026, 18:00 UTC" in terms.withholds("one", after(days=1))
        assert terms.withholds("one", after(days=2))
        assert terms.withholds("one", after(days=2, seconds=1)) == ""
        assert terms.withholds("now", after(days=-9)) == ""
        for name in ("hand", "open", "unheard of"):
            assert "Your teacher gives out" in terms.withholds(name, after(days=99))
        assert "points and feedback come once" in terms.of("one", "ada").sentence(0)


class TestBlindGrading:
    def test_holds_results_back_until_a_teacher_gives_them_out(self) -> None:
        found = parse(b"feedback: at_once\nassignments:\n- {name: a, blind: true}\n- {name: b}")
        assert [found.blind(name) for name in ("a", "b", "other")] == [True, False, False]
        assert "Your teacher gives out" in found.withholds("a", datetime.now(UTC))
        assert not found.withholds("b", datetime.now(UTC))

    def test_of_a_course_has_exceptions(self) -> None:
        found = parse(b"blind: true\nassignments:\n- {name: a, blind: false, feedback: at_once}")
        assert [found.blind(name) for name in ("a", "other")] == [False, True]
        assert not found.withholds("a", datetime.now(UTC))

    @pytest.mark.parametrize("text", ["blind: maybe", "blind: 1", "{blind: true, feedback: at_once}"])
    def test_what_makes_no_sense_is_a_sentence(self, text: str) -> None:
        with pytest.raises(ValueError, match="blind"):
            parse(text.encode())
