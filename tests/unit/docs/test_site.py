"""Everybody finds every page, and no link in the repository leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = [*PAGES, *sorted(ROOT.glob("*.md"))]
FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.M | re.S)
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")


def prose(page: Path) -> str:
    """Its text without code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text(encoding="utf-8")))


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """File and heading ("" for none) of each link of `page` to something in the repository."""
    for target in LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", target):
            path, _, heading = target.partition("#")
            yield (page.parent / path).resolve() if path else page, heading


def headings(page: Path) -> set[str]:
    """Their anchors, as GitHub and MyST make them."""
    found = set()
    for title in re.findall(r"^#+ +(.+?)\s*$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "").lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def trees(page: Path) -> Iterator[Path]:
    """The pages that its tables of contents name."""
    for body in re.findall(r"^```\{toctree\}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S):
        for line in body.splitlines():
            if line and not line.startswith(":"):
                yield (page.parent / f"{line}.md").resolve()


def test_every_page_is_reached_from_the_first() -> None:
    reached: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += trees(page)
    assert reached == set(PAGES)


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_links_lead_somewhere(page: Path) -> None:
    for target, heading in links(page):
        assert target.exists(), f"{target.relative_to(ROOT)} is not there"
        assert not heading or heading in headings(target), f"no heading #{heading} in {target.name}"


def test_every_picture_of_the_docs_is_shown_and_said_in_words() -> None:
    shown = {
        (page.parent / path).resolve(): words
        for page in TEXTS
        for words, path in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    }
    assert set((DOCS / "images").iterdir()) <= set(shown)
    assert all(len(words.split()) > 4 for words in shown.values())


def test_every_setting_that_a_page_names_is_on_the_page_of_settings() -> None:
    settings = (DOCS / "settings.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^#### `c\.(\w+\.\w+)`", settings, re.M))
    classes = "|".join({name.partition(".")[0] for name in known})
    for page in (*PAGES, ROOT / "README.md"):
        named = set(re.findall(rf"\bc\.((?:{classes})\.\w+)", page.read_text(encoding="utf-8")))
        assert named <= known, f"{page.name}: {named - known}"
