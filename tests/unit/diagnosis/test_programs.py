"""Several hundred programs as beginners write them: each is explained, by its own names and values."""

from __future__ import annotations

import io
import linecache
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from learnflow_ext.contracts.help import Diagnosis
from learnflow_ext.diagnosis import diagnose

NOT_FOR_BEGINNERS = re.compile(
    r"I have no rule|I cannot tell why|informative message|no additional information|\{op\}|``|Traceback"
)


RIGHT_SINCE = {"fstring_quotes": (3, 12), "n_fstring_quote": (3, 12)}
"""Programs that newer Pythons take: the same quotes may stand inside of an f-string."""
RAISES = {"val_randint_float": ((3, 12), "TypeError"), "re_bad": ((3, 13), "PatternError")}
"""What newer Pythons raise in place of what is written there."""
NOT_NAMED = {
    # A comprehension's names are gone with it.
    "int_input_list": ((3, 12), "n"),
    # The other error is explained without it.
    "val_randint_float": ((3, 12), "randint"),
    # Where it happened is told more narrowly.
    "list_in_list": ((3, 13), "x"),
}
"""What newer Pythons do not lead to."""


class Program(NamedTuple):
    name: str
    exception: str
    line: int
    pieces: tuple[str, ...]
    source: str


def programs() -> list[Program]:
    text = Path(__file__).with_name("programs.txt").read_text(encoding="utf-8")
    found = []
    for block in re.split(r"^#### ", text, flags=re.MULTILINE)[1:]:
        head, _, source = block.partition("\n")
        name, exception, line, pieces = head.split(" | ")
        version, here = RAISES.get(name, ((4,), exception))
        since, gone = NOT_NAMED.get(name, ((4,), ""))
        named = (each for each in pieces.strip().split(" ; ") if sys.version_info < since or each != gone)
        if sys.version_info < RIGHT_SINCE.get(name, (4,)):
            exception = exception if sys.version_info < version else here
            found.append(Program(name, exception, int(line), tuple(filter(None, named)), source))
    return found


def explained(source: str, monkeypatch: pytest.MonkeyPatch) -> Diagnosis:
    namespace = ModuleType("__main__").__dict__
    filename = "<cell 1>"
    lines = source.splitlines(keepends=True)
    monkeypatch.setitem(linecache.cache, filename, (len(source), None, lines, filename))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    try:
        exec(compile(source, filename, "exec", dont_inherit=True), namespace)
    except Exception as error:
        return diagnose(error, source, namespace=namespace, filename=filename)
    raise AssertionError("it does not fail")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", programs(), ids=lambda program: program.name)
def test_it_is_explained(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    found = explained(program.source, monkeypatch)
    assert (found.exception, found.line) == (program.exception, program.line)
    assert found.known
    missing = [piece for piece in program.pieces if f"`{piece}`" not in found.cause]
    assert missing == [], found.cause
    assert not NOT_FOR_BEGINNERS.search(found.cause), found.cause
    assert len(found.cause) < 900
