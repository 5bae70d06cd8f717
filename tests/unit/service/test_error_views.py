"""Errors of a class, put together by exercise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.service.views.errors import anonymiser, by_exercise, cells_in, cells_of, messages
from learnflow_ext.store.courses import AssignmentInfo, ExerciseInfo
from learnflow_ext.store.errors import CellErrors, Example

CELLS = {("a1", "cell-1"): "test-sum", ("a1", "cell-2"): "test-sum", ("a1", "cell-3"): "test-mean"}


def met(
    cell: str, students: str, error: str = "NameError", *, runs: int = 2, assignment: str = "a1"
) -> CellErrors:
    return CellErrors(
        assignment=assignment,
        notebook=f"c/{assignment}/{assignment}.ipynb",
        cell_id=cell,
        error=error,
        runs=runs,
        students=frozenset(students),
        message=f"in {cell}",
    )


def test_cells_of_one_exercise_are_one_line_and_nobody_counts_twice() -> None:
    [one] = by_exercise([met("cell-1", "xy"), met("cell-2", "yz", runs=5)], CELLS)
    assert (one.place, one.students, one.runs, one.message) == ("sum in a1", 3, 7, "in cell-2")


def test_other_cells_are_the_rest_of_their_notebook() -> None:
    found = by_exercise([met("mine", "x"), met("yours", "x"), met("cell-3", "xy")], CELLS)
    assert [(one.place, one.students) for one in found] == [("mean in a1", 2), ("rest of a1", 1)]
    assert cells_in(CELLS, "a1", "test-sum") == ["cell-1", "cell-2"]
    assert cells_in(CELLS, "a1", "") == ["cell-1", "cell-2", "cell-3"]


def test_graded_cells_go_by_their_name_too() -> None:
    info = AssignmentInfo(
        course="c",
        assignment="a2",
        title="A",
        exercises=(ExerciseInfo(notebook="a2", name="test-last", max_score=1),),
    )
    [one] = by_exercise([met("test-last", "x", assignment="a2")], cells_of([info], CELLS))
    assert one.exercise == "test-last"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["cell-1", "cell-2", "cell-3", "other"]),
            st.sets(st.sampled_from("abcdef"), min_size=1),
        )
    )
)
def test_no_run_is_lost_and_the_most_met_comes_first(given_: list[tuple[str, set[str]]]) -> None:
    found = by_exercise([met(cell, "".join(who)) for cell, who in given_], CELLS)
    assert sum(one.runs for one in found) == 2 * len(given_)
    assert [one.students for one in found] == sorted((one.students for one in found), reverse=True)
    assert all(one.students <= 6 for one in found)


def test_names_are_left_out_whatever_their_case_and_only_whole() -> None:
    anonymous = anonymiser(["ada", "adam", "x", "maria.k"])
    assert (
        anonymous("Ada and ADAM met maria.k in Adana; x = 3")
        == "someone and someone met someone in Adana; x = 3"
    )
    assert anonymiser([])("ada") == "ada"
    merged = messages([Example(text="name 'ada'", runs=1), Example(text="name 'Adam'", runs=4)], anonymous)
    assert [(one.text, one.runs) for one in merged] == [("name 'someone'", 5)]
