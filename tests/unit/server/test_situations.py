"""What the student is looking at."""

from __future__ import annotations

from learnflow_ext.contracts.help import MAX_CELL_CHARS, MAX_NEARBY_CELLS, CellError
from learnflow_ext.server.context import FRESH_SECONDS, MAX_NOTEBOOKS, MAX_PINNED, Situation, Situations

ERROR = CellError(exception="NameError", message="no x")


def failed(notebook: str, cell: str = "c") -> Situation:
    return Situation(notebook=notebook, cell_id=cell, code="x", error=ERROR)


def test_nothing_is_known_at_first() -> None:
    assert Situations().of_message("m") == Situation()


def test_the_last_error_is_meant() -> None:
    situations = Situations()
    situations.ran(failed("a"))
    situations.ran(failed("b"))
    assert situations.of_message("m") == failed("b")
    assert situations.latest("a") == failed("a")


def test_a_good_run_of_another_cell_keeps_the_error() -> None:
    situations = Situations()
    situations.ran(failed("a", "c1"))
    situations.ran(Situation(notebook="a", cell_id="c2", code="1"))
    assert situations.latest() == failed("a", "c1")


def test_a_good_run_of_the_same_cell_clears_it() -> None:
    situations = Situations()
    situations.ran(failed("a", "c1"))
    good = Situation(notebook="a", cell_id="c1", code="1")
    situations.ran(good)
    assert situations.latest() == good


def test_an_explained_cell_is_meant_whatever_ran_since() -> None:
    situations = Situations()
    situations.pin("m", failed("a"))
    situations.ran(failed("b"))
    assert situations.of_message("m") == failed("a")
    assert situations.of_message("other") == failed("b")


def test_an_old_error_is_forgotten() -> None:
    now = [0.0]
    situations = Situations(clock=lambda: now[0])
    situations.ran(failed("a"))
    now[0] = FRESH_SECONDS + 1
    assert situations.of_message("m") == Situation()


def test_memory_is_bounded() -> None:
    situations = Situations()
    for number in range(3 * MAX_NOTEBOOKS):
        situations.ran(failed(str(number)))
    for number in range(3 * MAX_PINNED):
        situations.pin(str(number), failed("a"))
    assert situations.latest("0") is None
    assert situations.latest(str(3 * MAX_NOTEBOOKS - 1)) is not None
    assert situations.of_message("0").notebook != "a"
    situations.ran(Situation(notebook="n", code="x" * (MAX_CELL_CHARS + 5)))
    latest = situations.latest()
    assert latest is not None
    assert len(latest.code) == MAX_CELL_CHARS


class TestCellsNearby:
    """What a check refused stands in another cell, so the cells that ran go along."""

    def test_the_latest_run_of_each_cell_of_that_notebook(self) -> None:
        situations = Situations()
        for notebook, cell, code in (
            ("a", "1", "x = 1"),
            ("a", "2", "y"),
            ("b", "1", "z"),
            ("a", "1", "x = 2"),
            ("a", "", "no"),
        ):
            situations.ran(Situation(notebook=notebook, cell_id=cell, code=code))
        assert situations.cells("a") == {"2": "y", "1": "x = 2"}
        assert situations.cells("elsewhere") == {}

    def test_there_is_an_end_to_it(self) -> None:
        situations = Situations()
        for place in range(200):
            situations.ran(Situation(notebook="a", cell_id=str(place), code="x" * 900))
        situations.ran(Situation(notebook="a", cell_id="big", code="x" * 50_000))
        cells = situations.cells("a")
        assert list(cells)[-1] == "199" and "big" not in cells
        assert len(cells) <= MAX_NEARBY_CELLS and sum(map(len, cells.values())) <= MAX_CELL_CHARS
