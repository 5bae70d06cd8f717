"""Which hint is told, given what came of the earlier ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.progress.hint_choice import ENOUGH, better_rung, lower_bound

COUNTS = st.integers(0, 200).flatmap(lambda told: st.tuples(st.just(told), st.integers(0, told)))


def test_what_surely_helps_more_is_told() -> None:
    assert better_rung(1, {1: (40, 4), 2: (40, 30)}) == 2
    assert better_rung(3, {3: (40, 4), 2: (40, 30)}) == 2


def test_a_few_answers_say_nothing() -> None:
    assert better_rung(1, {1: (ENOUGH - 1, 0), 2: (500, 500)}) == 1
    assert better_rung(1, {1: (500, 0), 2: (ENOUGH - 1, ENOUGH - 1)}) == 1
    assert better_rung(2, {}) == 2


def test_a_small_difference_is_none() -> None:
    assert better_rung(1, {1: (40, 20), 2: (40, 23)}) == 1


def test_nobody_jumps_up_the_ladder() -> None:
    assert better_rung(1, {1: (40, 1), 4: (40, 40)}) == 1


def test_outside_of_the_ladder_nothing_changes() -> None:
    assert better_rung(0, {0: (40, 1), 1: (40, 40)}) == 0


@given(due=st.integers(0, 4), outcomes=st.dictionaries(st.integers(0, 4), COUNTS))
def test_always_a_rung_that_may_be_told(due: int, outcomes: dict[int, tuple[int, int]]) -> None:
    rung = better_rung(due, outcomes)
    assert rung == due or 1 <= rung <= min(due + 1, 4)


@given(COUNTS)
def test_the_bound_is_a_share_below_the_measured_one(counts: tuple[int, int]) -> None:
    told, well = counts
    assert 0 <= lower_bound(well, told) <= (well / told if told else 0) + 1e-9
