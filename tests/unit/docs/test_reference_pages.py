"""What the reference pages say is what the code says, and nothing is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from traitlets.config import Configurable

from learnflow_ext import reference
from learnflow_ext.settings import CLASSES


@pytest.fixture(scope="module")
def classes() -> dict[str, list[type[Configurable]]]:
    return reference.configurable()


def test_settings_are_found_and_put_where_they_belong(classes: dict[str, list[type[Configurable]]]) -> None:
    where = {cls.__name__: place for place, group in classes.items() for cls in group}
    assert where["LearnFlowTutor"] == where["ConfinedSpawner"] == where["LearnFlowRunner"] == reference.HUB
    assert where["SandboxProvisioner"] == where["LearnFlowExtension"] == reference.SERVER
    assert where["TrustedExecute"] == reference.GRADER
    assert {cls.__name__ for cls in CLASSES} <= set(where)
    page = reference.settings_page(classes)
    for name in ("LearnFlowTutor.policy", "LearnFlowHub.idle_minutes", "TrustedExecute.memory_mb"):
        assert f"#### `c.{name}`" in page


def test_no_default_tells_of_this_machine(classes: dict[str, list[type[Configurable]]]) -> None:
    page = reference.settings_page(classes)
    assert str(reference.ROOT) not in page
    assert str(Path.home()) + "/" not in page


def test_every_setting_has_a_help_that_teaches(classes: dict[str, list[type[Configurable]]]) -> None:
    for group in classes.values():
        for cls in group:
            for name, trait in reference.own_traits(cls).items():
                assert len(trait.help.split()) > 3, f"{cls.__name__}.{name}"


def test_writing_makes_them(tmp_path: Path) -> None:
    reference.write(tmp_path)
    assert (tmp_path / reference.HTTP).read_text(encoding="utf-8").count("`api/") > 10
