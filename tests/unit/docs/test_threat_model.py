"""Each defence on the page names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+\.py(?:::\w+)*)`", PAGE)))


def defined(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Tests and test classes, with what stands in them."""
    return {
        node.name: node.body
        for node in body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith(("Test", "test_"))
    }


def exists(name: str) -> bool:
    """Whether `file.py::Class::test`, or the first parts of that, is in one file of ours."""
    file, *parts = name.split("::")
    (path,) = (ROOT / "tests").rglob(file)
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for part in parts:
        if part not in defined(body):
            return False
        body = defined(body)[part]
    return True


@pytest.mark.parametrize("name", NAMED)
def test_it_exists(name: str) -> None:
    assert exists(name)


def test_a_name_that_is_wrong_would_be_found() -> None:
    assert not exists("test_threat_model.py::test_that_nobody_wrote")
    assert not exists("test_model.py::TestWhatLeaves::test_that_nobody_wrote")


def test_every_attack_has_one() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| attack")]
    assert len(rows) > 30
    for row in rows:
        assert re.search(r"`test_\w+\.py", row.rstrip(" |").rpartition("|")[2]), row
