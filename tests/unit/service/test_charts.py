"""Pictures have the numbers of their tables, and a true sentence."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.service.charts import MARKS, Chart
from learnflow_ext.service.over_time import MOST_DAYS, over_time
from learnflow_ext.service.standing import stand
from learnflow_ext.service.views import classroom, errors, grading, mastery
from learnflow_ext.service.weeks import SHOWN, monday
from learnflow_ext.store.courses import AssignmentInfo, ExerciseInfo
from learnflow_ext.store.evidence import Checked, Step
from learnflow_ext.store.gradesheet import Counted
from learnflow_ext.store.insight import Slot
from learnflow_ext.store.quizzes import Share

NOW = datetime(2026, 3, 2, 11, 7, tzinfo=UTC)
EXERCISES = tuple(ExerciseInfo(notebook="n", name=f"test-{name}", max_score=2.0) for name in "xy")
LOOPS, LISTS = (
    AssignmentInfo(course="c", assignment=name, title=name.title(), exercises=EXERCISES)
    for name in ("loops", "lists")
)


def column(chart: Chart, title: str) -> list[str]:
    """What the chart's table has below `title`."""
    assert chart.table is not None and chart.table.name == chart.name
    place = [one.title for one in chart.table.columns].index(title)
    return [row[place].text for row in chart.table.rows]


def pattern(exercise: str, error: str, runs: int, students: int = 1) -> errors.Pattern:
    return errors.Pattern(
        assignment="a", notebook="", exercise=exercise, error=error, students=students, runs=runs, message=""
    )


def counted(score: float, max_score: float = 10.0, student: str = "ada") -> Counted:
    return Counted(
        student=student,
        assignment="loops",
        submitted_at=NOW,
        raw_score=score,
        score=score,
        max_score=max_score,
        needs_review=False,
    )


class TestWeeks:
    BERLIN = ZoneInfo("Europe/Berlin")

    def slot(self, monday: datetime, students: int, runs: int = 10) -> Slot:
        return Slot(begin=int(monday.timestamp()), runs=runs, failed=4, students=students)

    def test_begin_on_mondays_of_the_class_also_when_clocks_change(self) -> None:
        now = datetime(2026, 4, 1, 8, tzinfo=UTC)
        assert monday(now, self.BERLIN) == datetime(2026, 3, 29, 22, tzinfo=UTC)
        slots = [
            # Counted in steps of seven days from the first week, whose clock was another.
            self.slot(datetime(2026, 3, 15, 23, tzinfo=UTC), 5),
            self.slot(datetime(2026, 3, 29, 22, tzinfo=UTC), 7),
        ]
        chart = classroom.weeks(slots, now, self.BERLIN)
        assert chart is not None
        assert column(chart, "Week of") == ["30 Mar 2026", "16 Mar 2026"], "the latest first"
        assert column(chart, "Students") == ["7", "5"]
        assert chart.says == (
            "In the last 8 weeks the class ran 20 cells; 8 of these runs failed. Most students, 7, worked in "
            "the week of 30 Mar 2026."
        )
        assert len(chart.spec["encoding"]["x"]["scale"]["domain"]) == SHOWN, "quiet weeks are shown as quiet"

    def test_without_a_run_there_is_no_chart(self) -> None:
        assert classroom.weeks([], NOW, self.BERLIN) is None


class TestActivity:
    def begin(self, minutes: int) -> int:
        """When the bar begins that holds what was `minutes` ago."""
        at = int((NOW - timedelta(minutes=minutes)).timestamp())
        return at - at % classroom.SPAN_S

    def test_quiet_minutes_are_shown_as_quiet(self) -> None:
        slots = [
            Slot(begin=self.begin(65), runs=5, failed=2, students=3),
            Slot(begin=self.begin(0), runs=1, failed=1, students=1),
        ]
        chart = classroom.activity(slots, NOW)
        assert chart is not None
        assert chart.says == "The class ran 6 cells in the last three hours; 3 of these runs failed."
        assert len(chart.rows) == 2 * 18, "three hours by ten minutes, what went well and what failed"
        runs = Counter[str]()
        for row in chart.rows:
            runs[str(row["kind"])] += int(row["runs"])
        assert runs == {classroom.WELL: 3, classroom.FAILED: 3}
        assert column(chart, "Runs") == ["1", "5"], "the latest first, without the quiet ones"
        assert column(chart, "Failed") == ["1", "2"]

    def test_a_bar_leads_to_who_worked_then(self) -> None:
        begin = self.begin(65)
        chart = classroom.activity([Slot(begin=begin, runs=5, failed=2, students=3)], NOW)
        assert chart is not None and chart.table is not None
        link = f"now/worked?since={begin}&until={begin + classroom.SPAN_S}"
        assert {cell.href for row in chart.table.rows for cell in row[1:]} == {link}
        assert link in [row["href"] for row in chart.rows]

    def test_the_bar_under_way_is_the_last_and_none_is_cut(self) -> None:
        first = classroom.first_span(NOW)
        assert (first.hour, first.minute) == (8, 10)
        chart = classroom.activity([Slot(begin=int(first.timestamp()), runs=1, failed=0, students=1)], NOW)
        assert chart is not None
        assert chart.says.startswith("The class ran 1 cell in")
        assert chart.rows[0]["from"] == first.timestamp() * 1000
        assert chart.rows[-1]["to"] == self.begin(0) * 1000 + classroom.SPAN_S * 1000

    def test_nothing_to_see_is_no_picture(self) -> None:
        assert classroom.activity([], NOW) is None
        assert classroom.activity([Slot(begin=self.begin(300), runs=4, failed=0, students=1)], NOW) is None


class TestErrors:
    def test_bars_are_exercises_and_lead_to_who_met_the_error(self) -> None:
        met = [
            pattern("test-x", "NameError", 4, 3),
            pattern("test-x", "", 1),
            pattern("test-y", "TypeError", 2),
        ]
        chart = errors.picture(met)
        assert chart is not None
        assert (
            chart.says
            == "7 runs failed in the last seven days, 5 of them in x in a, there mostly with NameError."
        )
        assert [(row["place"], row["kind"], row["runs"]) for row in chart.rows] == [
            ("x in a", "NameError", 4),
            ("x in a", "an error", 1),
            ("y in a", "TypeError", 2),
        ]
        assert chart.rows[0]["href"] == f"errors/students?{met[0].query}"

    def test_there_are_no_more_colours_than_can_be_told_apart_nor_more_bars_than_are_read(self) -> None:
        met = [pattern(f"test-{number}", f"Error{number}", 100 - number) for number in range(30)]
        chart = errors.picture(met)
        assert chart is not None
        kinds = chart.spec["encoding"]["color"]["scale"]["domain"]
        assert len(kinds) == len(MARKS) and kinds[-1] == errors.OTHERS
        assert {row["kind"] for row in chart.rows} == set(kinds)
        assert len({row["place"] for row in chart.rows}) == errors.MOST_PLACES
        assert "Shown are the 10 places" in chart.says

    def test_a_place_is_on_one_line_whatever_a_students_server_calls_it(self) -> None:
        rest = pattern("", "E", 1)
        names = (("a", "x/my\u2028loops\n.ipynb"), ("b\u2029c", ""), ("\u2028", ""))
        chart = errors.picture(
            [
                msgspec.structs.replace(rest, assignment=assignment, notebook=notebook)
                for assignment, notebook in names
            ]
        )
        assert chart is not None
        assert chart.spec["encoding"]["y"]["sort"] == ["rest of my loops", "rest of b c", "?"]
        assert [row["place"] for row in chart.rows] == ["rest of my loops", "rest of b c", "?"]

    def test_a_week_without_errors_is_no_picture(self) -> None:
        assert errors.picture([]) is None


class TestPoints:
    @pytest.mark.parametrize(
        ("score", "of", "name"),
        [
            (0, 10, "0\u20139"),
            (0.3, 1, "30\u201339"),
            (0.7, 1, "70\u201379"),
            (5.99, 10, "50\u201359"),
            (9.99, 10, "90\u201399"),
            (10, 10, "100"),
            (12, 10, "100"),
            (-1, 10, "0\u20139"),
        ],
    )
    def test_each_tenth_begins_where_it_says(self, score: float, of: float, name: str) -> None:
        place = grading.tenth(counted(score, of))
        assert place is not None and grading.tenth_name(place) == name

    def test_an_assignment_without_points_has_no_place(self) -> None:
        assert grading.tenth(counted(0, 0)) is None

    def test_says_how_they_are_spread(self) -> None:
        found = [counted(score) for score in (10, 10, 7, 4.9, 0)]
        chart = grading.spread(found, "loops", [LOOPS, LISTS])
        assert chart is not None and chart.choice is not None
        assert chart.says == "Of 5 students with points in Loops, 2 got all of them and 2 less than half."
        assert column(chart, "Students") == ["1", "1", "1", "2"]
        assert len(chart.rows) == 11, "also those that nobody is in"
        assert chart.rows[10]["href"] == "grading/points?assignment=loops&tenth=10"
        assert (
            chart.choice.options == (("loops", "Loops"), ("lists", "Lists"))
            and chart.choice.chosen == "loops"
        )

    def test_nobody_with_points_leaves_the_choice(self) -> None:
        chart = grading.spread([], "lists", [LOOPS, LISTS])
        assert chart is not None and chart.choice is not None
        assert (chart.says, chart.rows) == ("Nobody has points in Lists yet.", ())
        assert grading.spread([], "", []) is None

    @given(st.lists(st.tuples(st.floats(-1, 12), st.sampled_from([0.0, 1.0, 10.0]))))
    def test_nobody_is_lost(self, scores: list[tuple[float, float]]) -> None:
        found = [counted(score, of) for score, of in scores]
        chart = grading.spread(found, "loops", [LOOPS])
        assert chart is not None
        assert sum(int(row["students"]) for row in chart.rows) == sum(of > 0 for _, of in scores)


def handed_in(days: int, share: float, topic: str = "loops") -> Step:
    return Step(at=NOW - timedelta(days=days), assignment=topic, share=share, handed_in=True)


class TestMasteryOverTime:
    STEPS = (
        handed_in(20, 0.5),
        Step(at=NOW - timedelta(days=20), assignment="loops", right=False),
        handed_in(19, 0.25),
        Step(at=NOW - timedelta(days=19), assignment="loops", right=True),
        handed_in(3, 1.0),
        handed_in(3, 0.75, "lists"),
        Step(at=NOW - timedelta(days=2), assignment="lists", practice=15.0),
    )

    def test_its_end_is_what_holds_today(self) -> None:
        days = over_time(self.STEPS, [LOOPS, LISTS], where=UTC)
        checked = Checked(
            student="ada",
            best={"loops": 1.0, "lists": 0.75},
            answers={},
            solved=frozenset(),
            submitted=tuple(step.at for step in self.STEPS if step.handed_in),
            quizzes={"loops": Share(1, 2)},
            practice={"lists": 15.0},
        )
        today = stand(checked, [LOOPS, LISTS], NOW, where=UTC)
        assert [day.at.day for day in days] == [10, 11, 27, 28]
        assert [one.mastery for one in days[-1].topics] == [one.mastery for one in today.topics]
        assert days[0].topics[1].mastery is None, "what was not begun has no mastery"
        chart = mastery.picture("ada", days, today.topics, NOW)
        assert chart is not None
        ends = {row["kind"]: row["percent"] for row in chart.rows}
        assert ends == {
            one.title: round(100 * one.mastery) for one in today.topics if one.mastery is not None
        }
        assert {row["at"] % 86_400_000 for row in chart.rows} == {0}, "whole days, and no time of handing in"
        assert column(chart, "Lists")[-2:] == ["", ""], "the oldest days last"
        assert all(f"{title} {share}\u00a0%" in chart.says for title, share in ends.items())

    def test_a_worse_attempt_takes_nothing_away(self) -> None:
        first, second = over_time([handed_in(3, 0.9), handed_in(2, 0.1)], [LOOPS], where=UTC)
        assert first.topics[0].parts["exercises"] == second.topics[0].parts["exercises"] == 0.9

    def test_many_days_and_many_topics_are_cut(self) -> None:
        steps = [handed_in(days, 0.5) for days in range(100, 0, -1)]
        days = over_time(steps, [LOOPS], where=UTC)
        assert len(days) == MOST_DAYS
        assert days[0].topics[0].mastery is not None, "what came before still counts"
        many = [
            AssignmentInfo(course="c", assignment=f"t{n}", title=f"T{n}", exercises=EXERCISES)
            for n in range(9)
        ]
        steps = [handed_in(9 - n, 0.5, f"t{n}") for n in range(9)]
        days = over_time(steps, many, where=UTC)
        chart = mastery.picture("ada", days, days[-1].topics, NOW)
        assert chart is not None and chart.table is not None
        assert {row["kind"] for row in chart.rows} == {f"T{n}" for n in range(3, 9)}
        assert len(chart.table.columns) == 10

    def test_one_day_is_no_line(self) -> None:
        days = over_time([handed_in(1, 0.5)], [LOOPS], where=UTC)
        assert mastery.picture("ada", days, days[-1].topics, NOW) is None
        assert over_time([], [LOOPS], where=UTC) == []
        assert mastery.picture("ada", [], [], NOW) is None
