from __future__ import annotations

import sys
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from learnflow_kernels import tutor
from learnflow_kernels.tutor import cell_error
from traitlets.config import Config

from learnflow_ext.contracts.help import ERROR_MIME, MAX_CELL_CHARS, MAX_TRACEBACK_CHARS, CellError


class Shell:
    """An IPython shell with the tutor, and what it published."""

    def __init__(self) -> None:
        shell: Any = InteractiveShell
        self.ip = shell(config=Config({"HistoryManager": {"enabled": False}}))
        self.published: list[dict[str, Any]] = []
        self.ip.display_pub.publish = self.published.append
        tutor.load_ipython_extension(self.ip)

    def run(self, code: str) -> list[CellError]:
        self.published.clear()
        self.ip.run_cell(code, store_history=True)
        assert all(bundle["text/plain"] == "" for bundle in self.published)
        return [msgspec.convert(bundle[ERROR_MIME], CellError) for bundle in self.published]


@pytest.fixture(scope="module")
def shell() -> Shell:
    return Shell()


def test_a_failing_cell_is_explained_once(shell: Shell) -> None:
    (found,) = shell.run("\nx = [1]\nx[3]")
    assert (found.exception, found.line) == ("IndexError", 3)
    assert found.diagnosis is not None
    assert found.diagnosis.known
    assert "Line 3\n    x[3]" in found.traceback
    assert found.variables[0].value == "[1]"


def test_a_syntax_error_too(shell: Shell) -> None:
    (found,) = shell.run("\n\nif x == 3\n    print(x)")
    assert (found.exception, found.line, found.variables) == ("SyntaxError", 3, ())
    assert "Line 3\n    if x == 3" in found.traceback


def test_a_cell_that_went_well_says_nothing(shell: Shell) -> None:
    assert shell.run("1 + 1") == []


def test_a_loop_that_had_to_be_stopped_is_explained(shell: Shell) -> None:
    (found,) = shell.run("n = 3\nwhile n > 0:\n    if n == 3:\n        raise KeyboardInterrupt")
    assert (found.exception, found.line) == ("KeyboardInterrupt", 4)
    assert found.diagnosis is not None
    assert "as long as `n > 0` is true" in found.diagnosis.cause


def test_the_body_of_a_cell_magic_keeps_its_lines(shell: Shell) -> None:
    (found,) = shell.run("%%time\ny = 1\n1 / 0")
    assert (found.line, found.diagnosis and found.diagnosis.source_line) == (3, "1 / 0")


def test_a_long_recursion_is_shortened(shell: Shell) -> None:
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(240)  # a thousand calls take the measuring of coverage a quarter of a minute
    try:
        (found,) = shell.run("def f(n):\n    return f(n + 1)\nf(0)")
    finally:
        sys.setrecursionlimit(usual)
    assert found.line == 2
    assert "more …" in found.traceback
    assert found.diagnosis is not None
    assert "calling itself" in found.diagnosis.cause


def test_library_steps_name_the_module_only(shell: Shell) -> None:
    (found,) = shell.run("import json\njson.loads('{')")
    assert "Module json.decoder, in " in found.traceback
    assert "/" not in found.traceback


def test_a_failure_of_the_tutor_stays_its_own(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(tutor, "cell_error", broken)
    assert shell.run("1 / 0") == []
    assert shell.run("1 + 1") == []


class Unspeakable(Exception):
    """It cannot even say what happened."""

    def __str__(self) -> str:
        raise ValueError("no")


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_an_error_that_cannot_be_printed() -> None:
    found = cell_error(raised(Unspeakable()), "raise", {})
    assert (found.exception, found.message) == ("Unspeakable", "")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(message=st.text(max_size=300), repeat=st.integers(1, 2000), source=st.text(max_size=200))
def test_whatever_happens_it_stays_small(message: str, repeat: int, source: str) -> None:
    found = cell_error(raised(ValueError(message * repeat)), source * repeat, {})
    assert len(found.code) <= MAX_CELL_CHARS
    assert len(found.traceback) <= MAX_TRACEBACK_CHARS
    assert len(found.message) <= 1000
    assert found.diagnosis is not None
    assert 0 < len(found.diagnosis.cause) <= 1000
    assert len(msgspec.json.encode(found)) < 250_000
