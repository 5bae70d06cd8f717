"""What we use of other projects that begins with an underscore is as we use it, and all of it is listed.

When one of these fails after an upgrade: read what the other project changed, change our side, then
`tests/support/their_privates.py`.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import their_privates
from their_privates import ATTRIBUTE, PRIVATES, changed

ROOT = Path(__file__).parents[3]
PACKAGES = {
    "learnflow_ext": ROOT,
    "learnflow_kernels": ROOT / "kernels",
    "learnflow_grading": ROOT / "grading",
    "learnflow_hub": ROOT / "hub_config",
}
THEIRS = re.compile(r"(jupyter|nbgrader|nbconvert|nbclient|ipykernel|IPython|nativeauth|tornado|traitlets)")
LISTED = {name for names in PRIVATES.values() for name in names}


@pytest.mark.parametrize(
    ("owner", "name", "expected"),
    [(owner, name, expected) for owner, names in PRIVATES.items() for name, expected in names.items()],
    ids=lambda each: each.rpartition(".")[2] if isinstance(each, str) else "",
)
def test_it_is_as_we_use_it(owner: str, name: str, expected: str) -> None:
    assert not (said := changed(owner, name, expected)), said


class Theirs:
    """Somebody else's class, in a version that we have not seen."""

    _kept = 0

    def _turned(self, when: int) -> None:
        """As ever."""


class TestAnotherVersion:
    @pytest.fixture(autouse=True)
    def found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(their_privates, "owner_of", lambda dotted: Theirs)

    def test_what_is_the_same_is_no_news(self) -> None:
        assert changed("theirs.Theirs", "_turned", "self, when") == ""
        assert changed("theirs.Theirs", "_kept", ATTRIBUTE) == ""

    def test_a_parameter_more_is_named(self) -> None:
        assert changed("theirs.Theirs", "_turned", "self") == (
            "theirs.Theirs._turned takes (self, when) now; LearnFlow counts on (self)."
        )

    def test_what_is_gone_is_named(self) -> None:
        said = changed("theirs.Theirs", "_taken", "self")
        assert said == "theirs.Theirs has no _taken any more, which LearnFlow calls or overrides."

    def test_a_value_that_is_gone_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(their_privates, "owner_of", lambda dotted: ast.NodeVisitor)
        said = changed("ast.NodeVisitor", "_kept_by_nobody", ATTRIBUTE)
        assert said == "ast.NodeVisitor has no _kept_by_nobody any more, which LearnFlow uses."


def classes() -> Iterator[tuple[str, ast.ClassDef, type]]:
    """Each class of ours that comes from one of theirs, as text and as it is."""
    for package, folder in PACKAGES.items():
        for path in sorted((folder / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if path.stem == "__main__" or "migrations" in path.parts:
                continue
            if not re.search(rf"^ *(from|import) {THEIRS.pattern}", text, re.M):
                continue
            found = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.bases]
            if not found:
                continue
            name = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
            module = importlib.import_module(name)
            for node in found:
                yield f"{name}.{node.name}", node, getattr(module, node.name)


def private_names(node: ast.ClassDef) -> set[str]:
    """What the class defines, or asks of itself, that begins with one underscore."""
    names = set()
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(each.name)
        elif isinstance(each, ast.Attribute) and ast.unparse(each.value) in ("self", "cls", "super()"):
            names.add(each.attr)
    return {name for name in names if re.match(r"_[a-z]", name)}


@cache
def own_names(module: str) -> dict[str, set[str]]:
    """By class of that module: what it sets on itself."""
    found: dict[str, set[str]] = {}
    path = inspect.getsourcefile(importlib.import_module(module))
    tree = ast.parse(Path(path).read_text(encoding="utf-8")) if path else ast.Module([], [])
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = {
                each.attr
                for each in ast.walk(node)
                if isinstance(each, ast.Attribute)
                and isinstance(each.ctx, ast.Store)
                and ast.unparse(each.value) == "self"
            }
    return found


def belongs_to(bases: list[type], name: str) -> bool:
    """Whether one of their classes has it, or sets it on itself."""
    return any(
        name in base.__dict__ or name in own_names(base.__module__).get(base.__name__, ()) for base in bases
    )


def test_all_that_we_inherit_is_listed() -> None:
    seen = 0
    for said, node, cls in classes():
        bases = [base for base in cls.__mro__ if THEIRS.match(base.__module__)]
        for name in private_names(node):
            if bases and belongs_to(bases, name):
                seen += 1
                assert name in LISTED, f"{said} uses {name} of {bases[0].__qualname__}: list it"
    assert seen > 20
