"""What is noted of what a student's functions give, without a sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from learnflow_grading.trusted.declared import Rules
from learnflow_grading.trusted.returned import Returned
from learnflow_grading.trusted.student import CannotCheck

F = frozenset({"f"})


def ours(thing: Any) -> int | None:
    """A test in which nothing is the student's."""
    return None


class TestEmptyWhereTheReferenceIsNot:
    def test_a_list_counts_and_is_still_given(self) -> None:
        returned = Returned(Rules(never_empty=F), ours)
        assert returned.called(F, []) == []
        assert (returned.hollow, returned.hollow_inside, returned.never_empty) == (1, 0, set())

    def test_one_inside_of_something_counts_apart(self) -> None:
        returned = Returned(Rules(never_empty=F), ours)
        returned.called(F, {"a": []})
        assert (returned.hollow, returned.hollow_inside) == (0, 1)

    def test_a_variable_counts_when_it_is_used_only(self) -> None:
        returned = Returned(Rules(never_empty=frozenset({"variable xs"})), ours)
        returned.found("xs", [])
        assert (returned.hollow, returned.bare) == (0, {"xs"})
        returned.found("xs", [3])
        assert returned.bare == set()


def test_where_it_may_be_empty_nothing_counts() -> None:
    returned = Returned(Rules(), ours)
    returned.called(F, [])
    returned.called(frozenset({"g"}), [1])
    assert (returned.hollow, returned.never_empty) == (0, {"g"})


def test_the_tests_own_generator_is_no_answer() -> None:
    # What the student's code took from it is gone, and `all(...)` over the rest agrees with anything.
    with pytest.raises(CannotCheck, match="f gave back the test's own generator"):
        Returned(Rules(), ours).called(F, (n for n in list[int]()))
