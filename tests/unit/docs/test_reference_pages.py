"""What the reference pages say is what the code says, and nothing is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Configurable

from learnflow_ext import reference, settings
from learnflow_ext.service.metrics import Metrics
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


def test_the_service_explains_every_setting_of_the_deployment() -> None:
    """`python -m learnflow_ext.service --help-all` lists these."""
    declared = {
        cls for cls in vars(settings).values() if isinstance(cls, type) and issubclass(cls, Configurable)
    }
    assert {cls for cls in declared if cls.__module__.startswith(f"{settings.__name__}.")} == set(CLASSES)


def test_no_default_tells_of_this_machine(classes: dict[str, list[type[Configurable]]]) -> None:
    page = reference.settings_page(classes)
    assert str(reference.ROOT) not in page
    assert str(Path.home()) + "/" not in page


def test_every_setting_has_a_help_that_teaches(classes: dict[str, list[type[Configurable]]]) -> None:
    for group in classes.values():
        for cls in group:
            for name, trait in reference.own_traits(cls).items():
                assert len(trait.help.split()) > 3, f"{cls.__name__}.{name}"


def test_every_figure_is_there_before_anything_happened() -> None:
    page = reference.metrics_page(Metrics())
    for family in Metrics().registry.collect():
        assert family.samples, f"{family.name} comes only once something has happened"
        assert all(sample.value == 0 for sample in family.samples if not sample.name.endswith("_created"))
        assert f"| `{family.name}" in page
        assert family.documentation.endswith(".")


def test_grafanas_dashboard_asks_for_figures_that_there_are() -> None:
    text = (reference.ROOT / "hub_config" / "grafana" / "learnflow.json").read_text(encoding="utf-8")
    told = {sample.name for family in Metrics().registry.collect() for sample in family.samples}
    asked = set(re.findall(r"learnflow_\w+", "".join(_expressions(json.loads(text)))))
    assert len(asked) > 12
    assert asked - told == set()
    panels = json.loads(text)["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)


def _expressions(dashboard: dict[str, Any]) -> Iterator[str]:
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield f"{target['expr']} "


def test_writing_makes_them(tmp_path: Path) -> None:
    reference.write(tmp_path)
    assert (tmp_path / reference.HTTP).read_text(encoding="utf-8").count("`api/") > 10
