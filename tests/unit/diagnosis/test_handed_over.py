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


def test_blank_lines_above_do_not_hide_an_import(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """IPython drops them before it runs the cell."""
    (tmp_path / "other_helper.py").write_text("x = (\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    source = "import other_helper\n"
    monkeypatch.setitem(linecache.cache, CELL, (len(source), None, [source], CELL))
    with pytest.raises(SyntaxError) as caught:
        exec(compile(source, CELL, "exec", dont_inherit=True), {})
    found = diagnose(caught.value, f"\n\n{source}", filename=CELL)
    assert found.line == 3
    assert "imports `other_helper`" in found.cause


def test_a_file_that_is_imported_by_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "fine_helper.py").write_text("import bad_helper\n", encoding="utf-8")
    (tmp_path / "bad_helper.py").write_text("x = 1\ny = = 2\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = explained("import fine_helper", monkeypatch)
    assert "imports `fine_helper`" in found.cause
    assert "the file `bad_helper.py`" in found.cause and "line 2" in found.cause


def test_an_error_that_the_student_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    found = explained(
        'def read(text):\n    raise SyntaxError("a bracket is missing")\nread("(")', monkeypatch
    )
    assert found.line == 2
    assert "with `raise`" in found.cause and "hands" not in found.cause
    odd = explained('raise SyntaxError("odd", ("f", 1, 1, 5))', monkeypatch)
    assert odd.exception == "SyntaxError"


def test_a_backslash_that_joins_lines_does_not_shift_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    found = explained('code = """\\\nx = 1\nif x == 1\n    y = 2\n"""\nexec(code)', monkeypatch)
    assert found.line == 3
