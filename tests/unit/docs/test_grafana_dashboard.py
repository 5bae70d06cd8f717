"""The dashboard for Grafana fits what Grafana documents of a classic dashboard, and asks for what there is.

No Grafana runs here. The structs below hold the fields of its page *Dashboard JSON model* that ours has: a
field that Grafana does not know, or of another kind than it says, fails.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from learnflow_ext import reference
from learnflow_ext.service.metrics import Metrics

COLUMNS = 24
FILE = reference.ROOT / "hub_config" / "grafana" / "learnflow.json"
FUNCTIONS = {"histogram_quantile", "increase", "max", "min", "rate", "sum"}
"""Of PromQL, that we use."""
SUFFIXES = ("_bucket", "_total", "_count", "_sum")
RISING = re.compile(r"\b(?:rate|increase)\((\w+)\[\d+[smhdw]\]\)")
LABELS = re.compile(r"\bby \(([\w, ]+)\)")

Text = Annotated[str, Meta(min_length=1)]


class Model(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Nothing else is in it."""


class Source(Model):
    """Which data source: here the one that the reader chose."""

    type: Literal["prometheus"]
    uid: Text


class Place(Model):
    """In a grid of 24 columns."""

    h: Annotated[int, Meta(ge=1)]
    w: Annotated[int, Meta(ge=1, le=COLUMNS)]
    x: Annotated[int, Meta(ge=0, lt=COLUMNS)]
    y: Annotated[int, Meta(ge=0)]

    def overlaps(self, other: Place) -> bool:
        """Whether one of the two would hide a part of the other."""
        beside = self.x + self.w <= other.x or other.x + other.w <= self.x
        return not (beside or self.y + self.h <= other.y or other.y + other.h <= self.y)


class Target(Model):
    """A question to Prometheus."""

    refId: Annotated[str, Meta(pattern="^[A-Z]$")]
    datasource: Source
    expr: Text
    legendFormat: Text


class Defaults(Model):
    """How values are written."""

    unit: Literal["short", "s", "reqps"]
    """Of the names that Grafana has for units, those we use."""


class Fields(Model):
    """For all series of a panel, and for single ones."""

    defaults: Defaults
    overrides: list[object]


class Panel(Model):
    """One picture."""

    id: Annotated[int, Meta(ge=1)]
    title: Text
    type: Literal["stat", "timeseries"]
    """Panels that each Grafana since 8 brings along."""
    datasource: Source
    gridPos: Place
    fieldConfig: Fields
    targets: Annotated[list[Target], Meta(min_length=1)]


class Variable(Model):
    """What the reader chooses at the top: of a data source the query is its kind."""

    name: Annotated[str, Meta(pattern=r"^\w+$")]
    label: str
    type: Literal["datasource"]
    query: Literal["prometheus"]


class Templating(Model):
    """All that can be chosen."""

    variables: list[Variable] = msgspec.field(name="list")


class Span(Model):
    """What is shown at first."""

    from_: Annotated[str, Meta(pattern=r"^now-\d+[mhd]$")] = msgspec.field(name="from")
    to: Literal["now"]


class Dashboard(Model):
    """All of it."""

    title: Text
    uid: Annotated[str, Meta(min_length=8, max_length=40, pattern=r"^[\w-]+$")]
    schemaVersion: Annotated[int, Meta(ge=16)]
    """From 16 on panels have a place in a grid."""
    tags: list[str]
    time: Span
    refresh: Annotated[str, Meta(pattern=r"^\d+[smh]$")]
    editable: bool
    templating: Templating
    panels: Annotated[list[Panel], Meta(min_length=1)]


@pytest.fixture(scope="module")
def dashboard() -> Dashboard:
    return msgspec.json.decode(FILE.read_bytes(), type=Dashboard)


def questions(dashboard: Dashboard) -> list[tuple[Panel, Target]]:
    return [(panel, target) for panel in dashboard.panels for target in panel.targets]


def test_panels_lie_within_the_grid_and_none_hides_another(dashboard: Dashboard) -> None:
    places = [panel.gridPos for panel in dashboard.panels]
    assert [place for place in places if place.x + place.w > COLUMNS] == []
    assert [pair for pair in combinations(places, 2) if pair[0].overlaps(pair[1])] == []


def test_panels_and_their_questions_can_be_told_apart(dashboard: Dashboard) -> None:
    assert len({panel.id for panel in dashboard.panels}) == len(dashboard.panels)
    assert len({panel.title for panel in dashboard.panels}) == len(dashboard.panels)
    for panel in dashboard.panels:
        assert len({target.refId for target in panel.targets}) == len(panel.targets), panel.title


def test_each_question_goes_to_the_source_that_the_reader_chose(dashboard: Dashboard) -> None:
    chosen = {f"${{{variable.name}}}" for variable in dashboard.templating.variables}
    for panel, target in questions(dashboard):
        assert {panel.datasource.uid, target.datasource.uid} <= chosen, panel.title


def test_each_figure_is_one_of_the_documented_ones(dashboard: Dashboard) -> None:
    told = {sample.name for family in Metrics().registry.collect() for sample in family.samples}
    page = reference.metrics_page(Metrics())
    for panel, target in questions(dashboard):
        asked = re.findall(r"learnflow_\w+", target.expr)
        assert len(asked) == 1, f"{panel.title}: one figure a line"
        assert asked[0] in told, panel.title
        names = {asked[0], *(asked[0].removesuffix(suffix) for suffix in SUFFIXES)}
        assert any(f"| `{name}` |" in page for name in names), panel.title


def test_figures_are_asked_for_in_the_way_of_their_kind(dashboard: Dashboard) -> None:
    """A counter says nothing by its height, a gauge nothing by its rate, and a quantile needs the buckets."""
    kinds = {sample.name: family.type for family in Metrics().registry.collect() for sample in family.samples}
    for panel, target in questions(dashboard):
        (asked,) = re.findall(r"learnflow_\w+", target.expr)
        rising = RISING.findall(target.expr) == [asked]
        assert rising == (kinds[asked] in ("counter", "histogram")), panel.title
        quantile = "histogram_quantile(" in target.expr
        assert quantile == asked.endswith("_bucket") == ("by (le)" in target.expr), panel.title
        assert target.expr.count("(") == target.expr.count(")"), panel.title
        functions = set(re.findall(r"\b([a-z_]+)(?= by \(|\()", target.expr)) - {"by"}
        assert functions <= FUNCTIONS, panel.title


def test_lines_are_named_by_labels_that_the_answer_has(dashboard: Dashboard) -> None:
    labels: dict[str, set[str]] = {}
    for family in Metrics().registry.collect():
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    for panel, target in questions(dashboard):
        (asked,) = re.findall(r"learnflow_\w+", target.expr)
        kept = {label.strip() for each in LABELS.findall(target.expr) for label in each.split(",")}
        assert kept <= labels[asked], panel.title
        assert set(re.findall(r"{{\s*(\w+)\s*}}", target.legendFormat)) == kept - {"le"}, panel.title
