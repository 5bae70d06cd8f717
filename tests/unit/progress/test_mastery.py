"""Mastery, code quality, streaks, and what to do next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.contracts.grades import CodeReview
from learnflow_ext.progress.mastery import WEIGHTS, Evidence, level, mastery, quality, quality_of
from learnflow_ext.progress.next_step import Choice, next_best
from learnflow_ext.progress.streak import days, streak, zone

shares = st.none() | st.floats(0, 1)
MONDAY = date(2026, 3, 2)


class TestMastery:
    def test_weights_are_those_of_the_policy(self) -> None:
        assert WEIGHTS == {"exercises": 0.4, "quizzes": 0.3, "quality": 0.2, "consistency": 0.1}
        whole = Evidence(exercises=0.5, quizzes=1.0, quality=0.0, consistency=1.0)
        assert mastery(whole) == pytest.approx(0.2 + 0.3 + 0.1)
        assert level(whole) == "Learning"

    def test_parts_without_evidence_are_left_out(self) -> None:
        assert mastery(Evidence(exercises=0.9)) == pytest.approx(0.9)
        assert level(Evidence(exercises=0.9)) == "Mastered"
        assert mastery(Evidence(exercises=1.0, quizzes=0.3)) == pytest.approx((0.4 + 0.09) / 0.7)

    def test_a_streak_alone_is_no_evidence(self) -> None:
        assert mastery(Evidence(consistency=1.0)) is None
        assert level(Evidence()) is None

    @given(st.builds(Evidence, exercises=shares, quizzes=shares, quality=shares, consistency=shares))
    def test_stays_between_the_worst_and_the_best_part(self, evidence: Evidence) -> None:
        share = mastery(evidence)
        parts = [getattr(evidence, name) for name in WEIGHTS if getattr(evidence, name) is not None]
        assert share is None or min(parts) - 1e-9 <= share <= max(parts) + 1e-9

    def test_quality_falls_with_mistakes_more_than_with_remarks(self) -> None:
        assert quality(0, 0, 0) is None
        assert quality(10, 0, 0) == 1.0
        assert quality(10, 1, 0) == quality(10, 0, 4) == 0.5

    def test_quality_is_that_of_code_which_does_what_it_should(self) -> None:
        tidy, untidy = CodeReview(lines=10), CodeReview(lines=10, remarks=("unused-name",) * 4)
        assert quality_of(tidy, 1.0) == 1.0
        assert quality_of(untidy, 1.0) == 0.5
        assert quality_of(tidy, 0.0) == 0.0
        assert quality_of(None, 1.0) is None and quality_of(tidy, None) is None

    @given(
        st.builds(
            CodeReview,
            lines=st.integers(1, 500),
            mistakes=st.lists(st.just("return-in-loop"), max_size=9).map(tuple),
            remarks=st.lists(st.just("unused-name"), max_size=9).map(tuple),
        ),
        st.floats(0, 1.5),
    )
    def test_it_lifts_nobody_above_their_points(self, review: CodeReview, share: float) -> None:
        found = quality_of(review, share)
        assert found is not None and 0 <= found <= share


class TestStreak:
    def test_days_in_a_row_up_to_today_or_yesterday(self) -> None:
        worked = {MONDAY, MONDAY + timedelta(1), MONDAY + timedelta(2)}
        assert streak(worked, MONDAY + timedelta(2)).current == 3
        assert streak(worked, MONDAY + timedelta(3)).current == 3, "today is not over"
        assert streak(worked, MONDAY + timedelta(4)).current == 0
        assert streak(worked, MONDAY + timedelta(4)).longest == 3
        assert streak((), MONDAY).current == 0

    def test_holidays_break_nothing_and_count_when_worked_on(self) -> None:
        weekend = {MONDAY + timedelta(5), MONDAY + timedelta(6)}
        worked = {MONDAY + timedelta(4), MONDAY + timedelta(7)}
        assert streak(worked, MONDAY + timedelta(7), weekend).current == 2
        assert streak(worked, MONDAY + timedelta(7)).current == 1
        assert streak(worked | weekend, MONDAY + timedelta(7), weekend).current == 4

    def test_a_day_is_what_the_student_calls_one(self) -> None:
        late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
        assert days([late], zone("Europe/Berlin")) == {MONDAY + timedelta(1)}
        assert days([late], zone("America/New_York")) == {MONDAY}

    @pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "x" * 5000, "a\0b"])
    def test_a_zone_that_does_not_exist_is_utc(self, name: str) -> None:
        assert zone(name).utcoffset(datetime(2026, 7, 1)) == timedelta(0)

    @given(st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 1))))
    def test_never_longer_than_the_days_worked(self, worked: set[date]) -> None:
        found = streak(worked, date(2026, 2, 15))
        assert 0 <= found.current <= found.longest <= len(worked)


class TestNextStep:
    def choice(self, topic: str, name: str, chance: float, **more: object) -> Choice:
        return Choice(topic=topic, name=name, chance=chance, known=float(more.pop("known", 0.6)), **more)  # type: ignore[arg-type]

    def test_the_one_within_reach(self) -> None:
        found = next_best([self.choice("1", "easy", 0.95), self.choice("1", "right", 0.72)])
        assert found is not None and found.name == "right"

    def test_a_later_topic_waits_until_the_earlier_is_known(self) -> None:
        first = self.choice("1", "hard", 0.2, known=0.1)
        found = next_best([first, self.choice("2", "nice", 0.7)])
        assert found == first

    def test_nothing_when_all_is_solved(self) -> None:
        assert next_best([self.choice("1", "done", 0.9, solved=True)]) is None
        assert next_best([]) is None

    def test_what_others_knew_before_lets_nobody_pass_a_topic_they_have_not_begun(self) -> None:
        first = self.choice("1", "first", 0.95, known=0.9, begun=False)
        assert next_best([first, self.choice("2", "nice", 0.7, begun=False)]) == first
