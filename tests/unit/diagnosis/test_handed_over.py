"""Code that is not the cell's own: a text given to `eval` or `exec`, and a file that is imported."""

from __future__ import annotations

import linecache
from pathlib import Path

import pytest

from learnflow_ext.contracts.help import Diagnosis
from learnflow_ext.diagnosis import diagnose

CELL = "<cell 1>"


def explained(source: str, monkeypatch: pytest.MonkeyPatch) -> Diagnosis:
    lines = source.splitlines(keepends=True)
    monkeypatch.setitem(linecache.cache, CELL, (len(source), None, lines, CELL))
    try:
        exec(compile(source, CELL, "exec", dont_inherit=True), {"__name__": "__main__"})
    except Exception as error:
        return diagnose(error, source, filename=CELL)
    raise AssertionError("it does not fail")


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ('rule = "2 +"\nprint(eval(rule))', 1, "The line ends with `+`"),
        ('print(1)\nprint(eval("(2 * 3"))', 2, "not closed"),
        ('code = """\nx = 1\nif x == 1\n    print(x)\n"""\nexec(code)', 3, "needs a colon"),
        ('first = "1"\nsecond = "2 *"\nprint(first, eval(second))', 2, "ends with `*`"),
    ],
)
def test_the_line_is_where_the_text_is_written(
    source: str, line: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = explained(source, monkeypatch)
    assert (found.exception, found.line) == ("SyntaxError", line)
    assert says in found.cause
    assert "hands to Python to be read as code" in found.cause


def test_a_text_from_elsewhere_fails_where_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = explained('rule = "".join(["2", " +"])\nprint(eval(rule))', monkeypatch)
    assert found.line == 2
    assert "ends with `+`" in found.cause


def test_a_file_that_cannot_be_read_as_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "helper_of_mine.py").write_text("x = 1\ndef area(:\n    pass\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = explained("width = 3\nimport helper_of_mine", monkeypatch)
    assert (found.exception, found.line) == ("SyntaxError", 2)
    assert "imports `helper_of_mine`" in found.cause
    assert "in its line 2" in found.cause
