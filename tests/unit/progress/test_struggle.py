"""Who is stuck, what is told of it, and what a whole class's log comes to."""

from __future__ import annotations

import random
from collections import Counter

import msgspec
import pytest
from class_log import class_log, struggling
from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.contracts.alerts import Candidate, Finding, Moment, Told
from learnflow_ext.progress.quiet import Rules, choose
from learnflow_ext.progress.replay import replay
from learnflow_ext.progress.struggle import Limits, ends_with_points, findings, says_stuck

NOW = 100_000.0
MINUTE = 60.0
STRICT = Limits(failing_early=0)
"""The rules of the design alone."""


def run(minutes_ago: float, error: str = "NameError", *, exercise: str = "e", ok: bool = False) -> Moment:
    return Moment(
        id=f"{exercise}-{minutes_ago}-{ok}",
        at=NOW - minutes_ago * MINUTE,
        kind="run",
        assignment="a",
        exercise=exercise,
        ok=ok,
        error="" if ok else error,
    )


def triggers(*moments: Moment, limits: Limits = STRICT) -> list[str]:
    return [finding.trigger for finding in findings(moments, NOW, limits)]


class TestTriggers:
    def test_the_same_error_three_times_running_on_one_exercise(self) -> None:
        assert triggers(run(3), run(2), run(1)) == ["same_error"]
        assert triggers(run(3), run(2), run(1, "TypeError")) == []
        assert triggers(run(3), run(2, exercise="f"), run(1)) == []

    def test_five_failing_runs_in_a_row(self) -> None:
        errors = ["NameError", "TypeError"] * 3
        assert triggers(*(run(5 - n, errors[n]) for n in range(5))) == ["failing_runs"]
        assert triggers(*(run(5 - n, errors[n]) for n in range(4))) == []

    def test_no_progress_for_ten_minutes_after_a_first_failure(self) -> None:
        assert triggers(run(10.1)) == ["no_progress"]
        assert triggers(run(9.9)) == []
        assert triggers(run(20), run(11, ok=True), run(1)) == []

    def test_a_quiz_below_half(self) -> None:
        quiz = Moment(id="q", at=NOW - 5, kind="quiz", assignment="a", share=0.49)
        assert triggers(quiz) == ["low_quiz"]
        assert triggers(msgspec.structs.replace(quiz, share=0.5)) == []

    def test_wheel_spinning(self) -> None:
        wheel = [run(12 - n / 2, "NameError", ok=n % 2 == 0) for n in range(10)]
        assert triggers(*wheel) == ["wheel_spinning"]
        assert triggers(*wheel[2:]) == []
        learnt = [*(run(20 - n, ok=True) for n in range(3)), *wheel]
        assert triggers(*learnt) == []
        assert triggers(*learnt, limits=Limits(failing_early=0, right_in_a_row=5)) == ["wheel_spinning"]

    def test_somebody_not_reported_lately_is_found_earlier(self) -> None:
        mixed = (run(3), run(2, "TypeError"), run(1, "ValueError"))
        assert triggers(*mixed, limits=Limits()) == ["failing_early"]

    @pytest.mark.parametrize(
        "text",
        [
            "I'm stuck",
            "i am so lost here",
            "I don\u2019t understand why this fails",
            "I dont get it",
            "help, I'm completely confused",
            "no idea what to do",
            "Ich verstehe das nicht",
        ],
    )
    def test_words_of_somebody_stuck(self, text: str) -> None:
        assert says_stuck(text)
        asked = Moment(id="1", at=NOW - 5, kind="question", assignment="a", exercise="e", text=text)
        (finding,) = findings([asked], NOW)
        assert (finding.trigger, finding.question) == ("said_stuck", text)

    @pytest.mark.parametrize(
        "text", ["What is a loop?", "I'm no longer stuck, thanks", "What if I'm stuck later?", ""]
    )
    def test_words_of_somebody_who_is_not(self, text: str) -> None:
        assert not says_stuck(text)


class TestEvidence:
    def test_a_finding_carries_runs_error_and_the_last_question(self) -> None:
        asked = Moment(id="q", at=NOW - 90, kind="question", assignment="a", exercise="e", text="Why?")
        (finding,) = findings([run(3), run(2), asked, run(1)], NOW)
        assert (finding.failures, finding.error, finding.question) == (3, "NameError", "Why?")
        assert [moment.at for moment in finding.moments] == sorted(moment.at for moment in finding.moments)
        assert len(finding.moments) == 3

    def test_it_carries_a_dozen_steps_at_most(self) -> None:
        (finding,) = findings([run(n / 4) for n in range(1, 80)], NOW)
        assert len(finding.moments) == 12


class TestAllPoints:
    """What is left of a finding once its student has them."""

    def test_make_nonsense_of_runs_that_fail(self) -> None:
        mixed = (run(3), run(2, "TypeError"), run(1, "ValueError"))
        for steps in ([run(3), run(2), run(1)], [run(10.1)], mixed):
            (finding,) = findings(steps, NOW)
            assert ends_with_points(finding), finding.trigger

    def test_say_more_than_an_earlier_quiz_and_nothing_of_questions_without_points(self) -> None:
        quiz = Moment(id="q", at=NOW - 5, kind="quiz", assignment="a", share=0.25)
        assert [ends_with_points(one) for one in findings([quiz], NOW)] == [True]
        answers = msgspec.structs.replace(quiz, answered=4)
        assert [ends_with_points(one) for one in findings([answers], NOW)] == [False]

    def test_do_not_answer_who_says_to_be_stuck(self) -> None:
        asked = Moment(id="1", at=NOW - 5, kind="question", assignment="a", exercise="e", text="I'm stuck")
        (finding,) = findings([run(3), run(2), run(1), asked], NOW)
        assert not ends_with_points(finding)


class TestLateDoubledAndOutOfOrder:
    @given(st.randoms(use_true_random=False))
    @settings(max_examples=50)
    def test_order_and_doubles_do_not_matter(self, dice: random.Random) -> None:
        steps = [run(n, dice.choice(["NameError", "TypeError"]), ok=dice.random() < 0.3) for n in range(12)]
        shuffled = [*steps, *steps[:5]]
        dice.shuffle(shuffled)
        assert findings(shuffled, NOW) == findings(steps, NOW)

    def test_what_is_long_past_is_no_struggle(self) -> None:
        assert triggers(run(43), run(42), run(41)) == []

    def test_a_clock_that_is_ahead_accuses_nobody(self) -> None:
        assert triggers(run(-13), run(-12), run(-11)) == []


def told(student: str, minutes_ago: float, exercise: str = "x", *, open: bool = False) -> Told:
    return Told(student=student, assignment="a", exercise=exercise, at=NOW - minutes_ago * MINUTE, open=open)


def candidate(student: str, exercise: str = "x", **more: object) -> Candidate:
    finding = Finding(trigger="same_error", at=NOW, assignment="a", exercise=exercise)
    return Candidate(student=student, finding=msgspec.structs.replace(finding, **more))


class TestQuiet:
    def names(self, *found: Candidate, told: list[Told] | None = None, **rules: float) -> list[str]:
        chosen, _ = choose(found, (), told or [], NOW, msgspec.structs.replace(Rules(), **rules))
        return [one.student for one in chosen]

    def test_not_twice_for_the_same_thing(self) -> None:
        assert self.names(candidate("ada"), told=[told("ada", 20)], for_new=0) == []
        assert self.names(candidate("ada"), told=[told("ada", 9000, open=True)], for_new=0) == []
        assert self.names(candidate("ada"), told=[told("ada", 61)], for_new=0) == ["ada"]
        assert self.names(candidate("ada"), candidate("ada")) == ["ada"]

    def test_at_most_so_many_an_hour(self) -> None:
        crowd = [candidate(f"s{n}") for n in range(40)]
        assert len(self.names(*crowd)) == 5
        assert len(self.names(*crowd, told=[told(f"t{n}", 30) for n in range(4)])) == 1

    def test_one_student_cannot_take_all_the_room(self) -> None:
        forged = [candidate("mallory", f"e{n}") for n in range(50)]
        assert self.names(*forged, for_new=0) == ["mallory", "mallory"]
        assert self.names(*forged, candidate("ada"), for_new=0).count("ada") == 1

    def test_who_was_not_reported_lately_goes_first_and_waits_for_room(self) -> None:
        before = [told("ben", 100), *(told(f"t{n}", 10) for n in range(4))]
        raised, held = choose(
            [candidate("ben", "y"), candidate("ada"), candidate("chen")], (), before, NOW, Rules()
        )
        assert len(raised) == 1 and raised[0].student in ("ada", "chen")
        assert len(held) == 1 and held[0].student in ("ada", "chen")
        later = NOW + 3601
        assert [one.student for one in choose((), held, before, later, Rules())[0]] == [held[0].student]


class TestWholeClass:
    """Four weeks of 120 students."""

    @pytest.mark.parametrize("seed", [1, 2])
    def test_most_who_are_stuck_are_found_and_the_teacher_is_not_drowned(self, seed: int) -> None:
        log = class_log(120, 4, seed)
        stuck = struggling(log)
        raised = replay(log)
        found = {one.student for _, one in raised}
        times = sorted(at for at, _ in raised)
        busiest = max(sum(1 for at in times if start <= at < start + 3600) for start in times)
        assert len(stuck & found) / len(stuck) >= 0.8
        assert busiest <= 5
        assert found - stuck != {student for student, _ in log} - stuck, "flagging everybody is no detection"
        assert len(found - stuck) <= 0.1 * len(found)

    def test_shuffled_and_doubled_it_is_the_same(self) -> None:
        log = class_log(30, 1, 3)
        messy = [*log, *log[::3]]
        random.Random(4).shuffle(messy)
        assert replay(messy) == replay(log)
        assert Counter(one.student for _, one in replay(log))
