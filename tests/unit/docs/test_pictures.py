"""Each picture in the documentation is one that a browser test makes, and is shown somewhere."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
IMAGES = ROOT / "docs" / "images"
PAGES = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "tests" / "pictures.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for folder in ("MADE", "SHOWN"):
        monkeypatch.setattr(module, folder, tmp_path / folder)
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def test_every_picture_is_made_by_a_test(pictures: ModuleType) -> None:
    assert {path.name for path in IMAGES.glob("*.png")} == set(pictures.PICTURES)


def test_make_pictures_runs_a_test_that_makes_it_and_copies_no_old_one(pictures: ModuleType) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^pictures:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe is not None
    clears, tests, _ = recipe[1].splitlines()
    folders = {made.partition("/")[0] for made in pictures.PICTURES.values()}
    assert set(clears.split()) == {"rm", "-rf", *(f"test-results/{folder}" for folder in folders)}
    named = [name for test in re.findall(r"tests/\S+\.py", tests) for name in shots(ROOT / test)]
    for made in pictures.PICTURES.values():
        assert any(re.fullmatch(name, Path(made).stem) for name in named), made


def shots(test: Path) -> Iterator[str]:
    """Patterns of the names of the pictures that are taken in a file of tests."""
    for node in ast.walk(ast.parse(test.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("shot", "screenshot"):
            for given in (*node.args, *(keyword.value for keyword in node.keywords)):
                yield from (text.removesuffix(r"\.png") for text in texts(given))


def texts(node: ast.AST) -> Iterator[str]:
    """Each string in an expression as a pattern, in which what is put in may be anything."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values
        )
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    else:
        for child in ast.iter_child_nodes(node):
            yield from texts(child)


def test_every_picture_is_shown_and_says_what_is_on_it() -> None:
    shown: dict[str, str] = {}
    for page in PAGES:
        for words, name in re.findall(
            r"!\[([^\]]*)\]\([^)]*images/([\w-]+\.png)\)", page.read_text(encoding="utf-8")
        ):
            shown[name] = words
    assert set(shown) == {path.name for path in IMAGES.glob("*.png")}
    assert all(len(words) > 20 for words in shown.values())


def test_all_are_copied(pictures: ModuleType) -> None:
    for made in pictures.PICTURES.values():
        path = pictures.MADE / made
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(made.encode())
    assert pictures.main() == 0
    assert {path.name: path.read_bytes().decode() for path in pictures.SHOWN.iterdir()} == pictures.PICTURES


def test_none_is_copied_when_a_test_did_not_run(
    pictures: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures.MADE / "e2e").mkdir()
    (pictures.MADE / "e2e" / "explain.png").write_bytes(b"new")
    assert pictures.main() == 1
    assert list(pictures.SHOWN.iterdir()) == []
    assert "e2e/dashboard.png" in capsys.readouterr().err
