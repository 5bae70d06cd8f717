"""What stands on several pages, or on a page and in the code, agrees."""

from __future__ import annotations

import re
from pathlib import Path

from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.server.extension import LearnFlowExtension
from learnflow_ext.settings import LearnFlowModel, LearnFlowTutor

ROOT = Path(__file__).parents[3]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_a_slow_models_patience_is_less_than_the_chats() -> None:
    chat, tutor = LearnFlowExtension.class_traits(), LearnFlowTutor.class_traits()
    patience = chat["answer_seconds"].default_value
    for setting in ("first_seconds", "all_seconds"):
        (said,) = re.findall(rf"^c\.LearnFlowModel\.{setting} = ([\d.]+)", page("tutor.md"), re.M)
        assert float(said) < patience
        assert LearnFlowModel.class_traits()[setting].default_value < patience
    # Several signs of life may be lost before the chat gives up.
    assert 4 * tutor["alive_seconds"].default_value < chat["silence_seconds"].default_value


def test_how_many_families_there_are() -> None:
    assert [len(families) for families in FAMILIES.values()] == [6] * 4 + [9] * 4
    assert "sixty families, six for each of the first four topics and nine for each" in page("exercises.md")


def test_the_share_of_small_mistakes_is_that_of_the_table() -> None:
    rows = re.findall(r"^\| `\w+` \|((?: \d+ \|){5})$", page("exercises.md"), re.M)
    shares = [int(share) for row in rows for share in re.findall(r"\d+", row)]
    assert len(rows) == len(FAMILIES)
    said = f"| small mistakes noticed by generated tests | {min(shares)} to {max(shares)} % |"
    assert said in page("performance.md")


def test_each_package_is_in_the_architecture() -> None:
    packages = {path.parent.name for path in (ROOT / "learnflow_ext").glob("*/__init__.py")}
    assert packages == set(re.findall(r"^\| `learnflow_ext\.(\w+)` \|", page("architecture.md"), re.M))
