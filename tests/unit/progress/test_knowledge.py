"""Knowledge tracing, its fit, and the predictor above it."""

from __future__ import annotations

import random
import tracemalloc
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.progress import knowledge, knowledge_fit, learning, predictor_fit
from learnflow_ext.progress.history import NAMES, History, SkillFacts
from learnflow_ext.progress.knowledge import SENSIBLE, SkillParameters
from learnflow_ext.progress.learning import Learning

Row = tuple[str, str, bool]
chances = st.floats(0.01, 0.99)
parameters = st.builds(
    SkillParameters, known=chances, learn=chances, guess=st.floats(0.01, 0.5), slip=st.floats(0.01, 0.4)
)


def simulated(students: int, skill: SkillParameters, seed: int, length: int = 12) -> list[list[bool]]:
    """Answers of students who are as `skill` says."""
    dice = random.Random(seed)
    found = []
    for _ in range(students):
        knows, answers = dice.random() < skill.known, []
        for _ in range(length):
            answers.append(dice.random() < (1 - skill.slip if knows else skill.guess))
            knows = knows or dice.random() < skill.learn
        found.append(answers)
    return found


def lesson(students: int, seed: int) -> list[Row]:
    """Attempts of students with an ability each, at skills with a difficulty each, mixed in time."""
    dice = random.Random(seed)
    skills = {f"skill {number}": dice.gauss(0, 1) for number in range(6)}
    rows: list[Row] = []
    for number in range(students):
        ability = dice.gauss(0, 1.3)
        practice: defaultdict[str, int] = defaultdict(int)
        for _ in range(30):
            skill = dice.choice(list(skills))
            chance = knowledge_like(ability - skills[skill] + 0.15 * practice[skill])
            practice[skill] += 1
            rows.append((f"student {number}", skill, dice.random() < chance))
    return rows


def knowledge_like(logit: float) -> float:
    return float(1 / (1 + 2.718281828**-logit))


class TestTracing:
    @given(chances, parameters)
    def test_a_right_answer_speaks_for_knowing_and_a_wrong_one_against(
        self, known: float, skill: SkillParameters
    ) -> None:
        right, wrong = knowledge.after(known, True, skill), knowledge.after(known, False, skill)
        assert 0 <= wrong <= right <= 1
        assert 0 <= knowledge.p_correct(known, skill) <= 1

    def test_by_hand(self) -> None:
        skill = SkillParameters(known=0.5, learn=0.1, guess=0.2, slip=0.1)
        seen = 0.45 / 0.55
        assert knowledge.trace([True], skill) == pytest.approx(seen + (1 - seen) * 0.1)
        assert knowledge.trace([], skill) == 0.5


class TestFit:
    def test_finds_what_made_the_answers(self) -> None:
        true = SkillParameters(known=0.3, learn=0.2, guess=0.15, slip=0.08)
        found = knowledge_fit.fit_one(simulated(1500, true, 1), SENSIBLE)
        for name in true.__struct_fields__:
            assert getattr(found, name) == pytest.approx(getattr(true, name), abs=0.05), name

    def test_without_answers_it_is_sensible(self) -> None:
        assert knowledge_fit.fit({}) == ({}, SENSIBLE)

    def test_few_answers_stay_near_the_average(self) -> None:
        true = SkillParameters(known=0.3, learn=0.2, guess=0.15, slip=0.08)
        found, pooled = knowledge_fit.fit({"big": simulated(800, true, 2), "small": [[False, False]]})
        assert found["small"].guess == pytest.approx(pooled.guess, abs=0.03)
        assert found["small"].slip == pytest.approx(pooled.slip, abs=0.03)

    @given(st.lists(st.lists(st.booleans(), max_size=8), max_size=12))
    def test_never_degenerate(self, students: list[list[bool]]) -> None:
        found = knowledge_fit.fit_one(students, SENSIBLE)
        assert found.guess + found.slip < 1
        assert all(0 < getattr(found, name) < 1 for name in found.__struct_fields__)


class TestHistory:
    def test_says_as_many_things_as_it_has_names_for(self) -> None:
        facts = SkillFacts(0.6, SENSIBLE, {"other": 0.5})
        history = History()
        for correct in (True, False, True):
            history.add("one", correct, facts)
            history.add("other", correct, facts)
            assert len(history.features("one", facts)) == len(NAMES) == len(set(NAMES))


class TestPredictors:
    def test_fitted_beats_plain_tracing_on_students_it_has_not_seen(self) -> None:
        train, test = lesson(400, 3), lesson(400, 3)[200 * 30 :]
        model = predictor_fit.fit(train[: 200 * 30])
        got = model.predict(test, {})
        known: dict[tuple[str, str], float] = {}
        traced = []
        for student, skill, right in test:
            of_skill = model.facts(skill).parameters
            before = known.get((student, skill), of_skill.known)
            traced.append(knowledge.p_correct(before, of_skill))
            known[student, skill] = knowledge.after(before, right, of_skill)
        was_right = [row[2] for row in test]
        assert brier(was_right, got) < brier(was_right, traced) - 0.005

    def test_learning_beats_the_mean(self) -> None:
        rows = lesson(300, 4)
        right = [row[2] for row in rows]
        assert brier(right, Learning().predict(rows)) < brier(right, [sum(right) / len(right)] * len(right))

    def test_a_fit_meanwhile_helps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(learning, "FIRST_FIT", 3_000)
        rows = lesson(200, 4)
        right = [row[2] for row in rows]
        assert brier(right, Learning().predict(rows)) < brier(right, learning.Steps().predict(rows))

    def test_learning_goes_on_row_by_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(learning, "FIRST_FIT", 400)
        rows = lesson(30, 12)
        one, other = Learning(), Learning()
        assert [one.predict([row])[0] for row in rows] == pytest.approx(other.predict(rows))

    def test_after_the_last_fit_nothing_more_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(learning, "FIRST_FIT", 500)
        monkeypatch.setattr(learning, "LAST_FIT", 600)
        rows, model = lesson(60, 13), Learning()
        right = [row[2] for row in rows]
        assert brier(right, model.predict(rows)) < brier(right, [sum(right) / len(right)] * len(right))
        assert model._rows == []

    @pytest.mark.parametrize("way", ["fitted", "learning"])
    def test_the_future_changes_nothing(self, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(learning, "FIRST_FIT", 400)
        rows = lesson(30, 5)
        model = predictor_fit.fit(lesson(40, 6)) if way == "fitted" else None

        def predicted(rows: list[Row]) -> list[float]:
            return model.predict(rows, {}) if model is not None else Learning().predict(rows)

        first = predicted(rows)
        # Of 900 rows: before the first fit of what is learnt, right at it and at the second, and behind them.
        for cut in (0, 1, 17, 399, 400, 450, 800, len(rows) - 1):
            flipped = [*rows[:cut], *((student, skill, not right) for student, skill, right in rows[cut:])]
            again = predicted(flipped)
            assert again[: cut + 1] == first[: cut + 1]
            assert again[cut + 1 :] != first[cut + 1 :] or cut == len(rows) - 1

    def test_fitted_looks_at_one_student_alone(self) -> None:
        rows = lesson(10, 7)
        model = predictor_fit.fit(lesson(40, 6))
        together = model.predict(rows, {})
        alone = model.predict([row for row in rows if row[0] == "student 4"], {})
        mixed = [chance for row, chance in zip(rows, together, strict=True) if row[0] == "student 4"]
        assert mixed == pytest.approx(alone)

    @pytest.mark.parametrize("right", [True, False])
    def test_what_never_differed_in_fitting_makes_nothing_certain(self, right: bool) -> None:
        """One answer each, and then somebody who gives several."""
        model = predictor_fit.fit(
            [(f"student {number}", f"skill {number % 2}", number % 3 > 0) for number in range(900)]
        )
        chances = model.predict([("ada", "skill 0", right)] * 6, {})
        assert all(0.4 < chance < 0.9 for chance in chances)

    def test_a_skill_an_answer_takes_no_more_memory_than_a_table_of_the_usual_ones(self) -> None:
        """As who gives each question's own number for its skill."""
        rows = [
            (f"student {number % 40}", f"question {number // 3}", number % 3 > 0) for number in range(6_000)
        ]
        tracemalloc.start()
        try:
            model = predictor_fit.fit(rows)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        # A table of 2,000 skills, each with each, is 32 MB, and six are held at a time.
        assert most < 90e6
        assert all(0 < chance < 1 for chance in model.predict(rows[:30], {}))

    def test_only_the_skills_with_the_most_answers_are_held_against_each_other(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = lesson(60, 14)
        rare = [(student, "rare", right) for student, _, right in rows[::100]]
        whole = predictor_fit.fit(rows + rare)
        monkeypatch.setattr(predictor_fit, "MOST_SKILLS", 6)
        cut = predictor_fit.fit(rows + rare)
        assert whole.facts("rare").parameters != cut.facts("rare").parameters
        assert (cut.facts("rare").parameters, cut.facts("rare").related) == (
            cut.facts("never seen").parameters,
            {},
        )
        assert "rare" not in cut.facts("skill 1").related
        assert cut.facts("skill 1").related and cut.facts("rare").share == whole.facts("rare").share

    def test_related_skills_are_the_same_however_many_students_stand_in_a_table(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = lesson(50, 15)
        at_once = predictor_fit.fit(rows)
        monkeypatch.setattr(predictor_fit, "AT_ONCE", 7)
        in_parts = predictor_fit.fit(rows)
        for number in range(6):
            one, other = (model.facts(f"skill {number}").related for model in (at_once, in_parts))
            assert one == pytest.approx(other)

    @pytest.mark.parametrize("count", [0, 1, 2, 5])
    def test_a_handful_of_rows_is_enough_to_fit(self, count: int) -> None:
        model = predictor_fit.fit(lesson(1, 8)[:count])
        assert all(0 < chance < 1 for chance in model.predict(lesson(2, 9), {}))

    def test_the_same_rows_give_the_same_fit(self) -> None:
        rows, asked = lesson(20, 10), lesson(3, 11)
        assert predictor_fit.fit(rows).predict(asked, {}) == predictor_fit.fit(rows).predict(asked, {})


def brier(right: list[bool], got: list[float]) -> float:
    return sum((chance - was) ** 2 for was, chance in zip(right, got, strict=True)) / len(right)
