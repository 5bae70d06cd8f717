"""What a run's own half says of it, and how that is put together with what was seen from outside."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from learnflow_kernels import program, results
from learnflow_kernels.program import Report

from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.help import CellError
from learnflow_ext.contracts.runner import Limit, RunLimits, RunResult


@pytest.fixture(autouse=True)
def _main_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def test_cells_run_in_a_main_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(("x = __name__", "print(x)")) == Report()
    assert capsys.readouterr().out == "__main__\n"


def test_the_first_failure_ends_it() -> None:
    report = program.run(("x = 1", "def f():\n    return y\nf()", "print('never')"))
    assert report.failed == 1
    assert report.error is not None
    assert (report.error.exception, report.error.line, report.error.code) == ("NameError", 2, "")


def test_a_limit_is_named() -> None:
    report = program.run(("raise MemoryError",))
    assert (report.limit, report.error is not None) == ("memory", True)


@pytest.mark.parametrize(("code", "failed"), [("None", None), ("0", None), ("1", 0), ("'bad'", 0)])
def test_leaving(code: str, failed: int | None) -> None:
    assert program.run((f"import sys; sys.exit({code})",)).failed == failed


@pytest.mark.parametrize("source", ["\0", "def", "raise KeyboardInterrupt"])
def test_what_cannot_even_run_is_a_failure(source: str) -> None:
    assert program.run((source,)).failed == 0


def test_an_error_that_cannot_be_looked_at_is_still_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def trouble(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr("learnflow_kernels.tutor.cell_error", trouble)
    report = program.run(("1 / 0",))
    assert report.error is not None
    assert report.error.exception == "ZeroDivisionError"


def test_files_and_their_folders(tmp_path: Path) -> None:
    program.place_files((CourseFile(path="a/b/c.txt", content=b"x"),), tmp_path)
    assert (tmp_path / "a/b/c.txt").read_bytes() == b"x"


def ended(
    status: int = 0, *, stopped: Limit | None = None, oom: bool = False, report: Report | None = None
) -> RunResult:
    seen = results.Ended(status, stopped, oom, report)
    return results.result_of(seen, ("a", "b"), RunLimits(), "", "", 7)


class TestSeenFromOutside:
    def test_what_was_seen_wins_over_what_was_said(self) -> None:
        said = Report(limit="disk", message="x", failed=0, error=CellError(exception="E", message=""))
        assert (ended(-9, stopped="time", report=said).limit, ended(152, report=None).limit) == (
            "time",
            "time",
        )
        found = ended(-9, stopped="output", report=said)
        assert (found.limit, found.error) == ("output", None)

    def test_memory(self) -> None:
        assert ended(137, oom=True).limit == "memory"
        assert ended(0, oom=True, report=Report()).limit is None, "a child of its own was stopped"

    def test_death_without_a_word(self) -> None:
        found = ended(139)
        assert found.error is not None
        assert (found.error.exception, found.limit) == ("ProgramEnded", None)

    def test_nonsense_in_a_report(self) -> None:
        error = CellError(exception="E", message="", code="mine")
        for place in (-1, 2, 10**9):
            found = ended(report=Report(failed=place, error=error, limit="everything", message="x"))
            assert found.error is not None
            assert (found.error.code, found.limit, found.message) == ("a", None, "")
