"""The feed's words, and times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.contracts import events
from learnflow_ext.service import words
from learnflow_ext.store.eventlog import LogEntry

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def said(event: type[events.Event], **data: object) -> str | None:
    line = words.line(event.TYPE, "ada", data)
    return f"{line.who} {line.text}" if line else None


class TestFeed:
    def test_questions(self) -> None:
        assert said(events.HelpAsked, text="what is\n a loop?", agent="tutor") == (
            "Ada asked the tutor: “what is a loop?”"
        )
        assert said(events.HelpAsked, text="", exception="NameError", agent="tutor") == (
            "Ada asked the tutor about NameError"
        )
        assert said(events.HelpAsked, text="why?", agent="debug") == "Ada asked the debug agent: “why?”"
        assert said(events.HelpAsked) == "Ada asked the tutor for help"

    def test_the_explain_button(self) -> None:
        text = "Explain the error in the cell `x = 1` of first.ipynb: NameError"
        asked = said(events.HelpAsked, text=text, exception="NameError", notebook="c/a/first.ipynb")
        assert asked == "Ada pressed Explain on a NameError in first"

    def test_a_long_question_is_cut(self) -> None:
        line = said(events.HelpAsked, text="word " * 200)
        assert line is not None
        assert line.endswith("…”")
        assert len(line) < 200

    def test_runs(self) -> None:
        assert said(events.RunFinished, ok=True) is None
        assert said(events.RunFinished, ok=False, exception="NameError", notebook="c/a/first.ipynb") == (
            "Ada ran into a NameError in first"
        )
        assert said(events.RunFinished, ok=False, assignment="01") == "Ada ran into an error in 01"
        assert said(events.RunFinished, ok=False) == "Ada ran into an error"
        assert said(events.RunFinished, ok=False, exception="IndexError") == "Ada ran into an IndexError"
        stopped = said(events.RunFinished, ok=False, exception="KeyboardInterrupt", assignment="01")
        assert stopped == "Ada stopped a cell that was running in 01"

    def test_work_and_grades(self) -> None:
        assert said(events.AssignmentSubmitted, assignment="01") == "Ada submitted 01"
        graded = {"assignment": "01", "status": "graded", "max_score": 10}
        assert said(events.SubmissionGraded, **graded, score=7) == "Ada scored 7/10 in 01"
        assert said(events.SubmissionGraded, **graded, score=7.25) == "Ada scored 7.25/10 in 01"
        late = said(events.SubmissionGraded, **graded, score=7, penalty=1.5)
        assert late == "Ada scored 7/10 in 01, 1.5 taken off for lateness"
        review = said(events.SubmissionGraded, **graded, score=0, needs_review=True)
        assert review == "Ada scored 0/10 in 01; a person should look at it"
        failed = said(events.SubmissionGraded, assignment="01", status="failed")
        assert failed == "Ada submitted 01, which could not be graded: please look at it"

    def test_points_by_hand(self) -> None:
        part = {"assignment": "01", "part": "why", "max_score": 4.0}
        given = said(events.PointsGiven, **part, before=None, after=3.0)
        assert given == "Ada has 3/4 by hand for why of 01"
        taken = said(events.PointsGiven, **part, before=3.0, after=None)
        assert taken == "Ada has no points by hand any more for why of 01"
        extra = said(events.PointsGiven, **part, before=None, after=None, extra_after=1.5)
        assert extra == "Ada has 1.5 extra points by hand for why of 01"

    def test_what_repeats_another_line_is_left_out(self) -> None:
        assert said(events.DebugRequested) is None
        assert said(events.HelpAnswered, text="a hint") is None
        assert said(events.ProgressChanged, level="Learning") is None
        assert words.line("org.learnflow.unheard.of.v9", "ada", {}) is None

    def test_what_matters_is_not(self) -> None:
        assert said(events.HelpAnswered, withheld=True) == (
            "Ada got a hint; an answer that gave too much away was held back"
        )
        assert said(events.ProgressChanged, level="Mastered", assignment="01") == "Ada reached Mastered in 01"

    def test_titles_stand_for_the_names_of_assignments(self) -> None:
        titles = {"02": "Loops"}

        def told(kind: type[events.Event], **data: object) -> str:
            entry = LogEntry(
                sequence=1, id="1", time="", type=kind.TYPE, topic="", course="c", student="ada", data=data
            )
            line = words.line(kind.TYPE, "ada", words.titled(entry, titles).data)
            assert line is not None
            return line.text

        assert told(events.AssignmentSubmitted, assignment="02") == "submitted Loops"
        assert told(events.AssignmentSubmitted, assignment="03") == "submitted 03"
        ran = events.RunFinished
        assert told(ran, exception="E", assignment="02", notebook="c/02/02.ipynb") == "ran into an E in Loops"
        assert told(ran, exception="E", assignment="02", notebook="c/02/b.ipynb") == "ran into an E in b"

    @given(
        st.sampled_from(sorted(events.EVENT_TYPES)),
        st.text(),
        st.dictionaries(
            st.sampled_from(
                ["text", "agent", "ok", "score", "assignment", "status", "notebook", "exception"]
            ),
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
        ),
    )
    def test_no_event_breaks_the_feed(self, kind: str, student: str, data: dict[str, object]) -> None:
        line = words.line(kind, student, data)
        assert line is None or line.text


class TestTimes:
    @pytest.mark.parametrize(
        ("before", "expected"),
        [
            (timedelta(seconds=5), "just now"),
            (timedelta(seconds=-30), "just now"),
            (timedelta(seconds=50), "1 min ago"),
            (timedelta(minutes=7), "7 min ago"),
            (timedelta(hours=3), "3 h ago"),
            (timedelta(days=4), "4 days ago"),
            (timedelta(days=40), "23 Jan 2026"),
        ],
    )
    def test_ago(self, before: timedelta, expected: str) -> None:
        assert words.ago((NOW - before).isoformat(), NOW) == expected

    def test_no_time(self) -> None:
        assert words.ago("", NOW) == words.absolute("") == words.ago("soon", NOW) == ""

    def test_absolute_is_in_utc(self) -> None:
        assert words.absolute("2026-03-04T13:05:00+02:00") == "Wed 04 Mar 2026, 11:05 UTC"
        assert words.absolute("2026-03-04T13:05:00") == "Wed 04 Mar 2026, 13:05 UTC"

    def test_names_and_points(self) -> None:
        assert words.shown_name("ada") == "Ada"
        assert words.shown_name("") == ""
        assert [words.points(value) for value in (0, 7.0, 7.5, 0.333, 10)] == ["0", "7", "7.5", "0.33", "10"]


class TestAGradeAfterARegrade:
    KIND = "org.learnflow.submission.graded.v1"

    def test_says_what_it_was_before(self) -> None:
        said = words.line(
            self.KIND, "ada", {"assignment": "a", "score": 8.0, "max_score": 10.0, "before": 5.0}
        )
        assert said is not None
        assert (said.who, said.text) == ("Ada", "has 8/10 in a now, 5 before it was graded again")

    def test_that_changed_nothing_is_no_news(self) -> None:
        data = {"assignment": "a", "score": 5.0, "max_score": 10.0, "before": 5.0}
        assert words.line(self.KIND, "ada", data) is None
        said = words.line(self.KIND, "ada", {**data, "needs_review": True})
        assert said is not None
        assert said.tone == "trouble"
