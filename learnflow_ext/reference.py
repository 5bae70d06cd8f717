"""The pages of `docs/` that are made from the code: `python -m learnflow_ext.reference` writes them.

A test fails while a page is not what the code says.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from traitlets import TraitType
from traitlets.config import Configurable

from learnflow_ext.service.handlers.table import TABLE
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.routes import Route

ROOT = Path(__file__).parents[1]
SETTINGS = "docs/settings.md"
HTTP = "docs/http.md"
METRICS = "docs/metrics.md"

HUB = "For `jupyterhub_config.py`, before `setup_learnflow(c)`."
SERVER = (
    "For `jupyter_server_config.py` of students' servers, in a folder that students cannot write to, such as "
    "`/etc/jupyter`."
)
GRADER = "For `nbgrader_config.py`, where LearnFlow's grading is used outside of a classroom."
WHERE = {"learnflow_ext.server": SERVER, "learnflow_kernels": SERVER, "learnflow_grading": GRADER}
"""Where the settings of a package's classes belong, if not in the hub's file."""
HUBS_OWN = ("LearnFlowRunner",)
"""Classes of those packages that the service reads all the same."""
PACKAGES = (
    "hub_config/learnflow_hub",
    "learnflow_ext",
    "kernels/learnflow_kernels",
    "grading/learnflow_grading",
)


def configurable(root: Path = ROOT) -> dict[str, list[type[Configurable]]]:
    """Every class of ours with settings, by the file they belong in. The sources are searched for them."""
    found: dict[str, list[type[Configurable]]] = {HUB: [], SERVER: [], GRADER: []}
    for package in PACKAGES:
        base = (root / package).parent
        for file in sorted((root / package).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if ".tag(config=True)" not in text or file == Path(__file__):
                continue
            module = ".".join(file.relative_to(base).with_suffix("").parts)
            for node in ast.parse(text).body:
                if isinstance(node, ast.ClassDef) and ".tag(config=True)" in ast.unparse(node):
                    found[_where(module, node.name)].append(
                        getattr(importlib.import_module(module), node.name)
                    )
    return found


def _where(module: str, name: str) -> str:
    if name in HUBS_OWN:
        return HUB
    return next((where for package, where in WHERE.items() if module.startswith(package)), HUB)


def files(root: Path = ROOT) -> dict[Path, str]:
    """Each page's text by its path."""
    return {
        root / SETTINGS: settings_page(configurable()),
        root / HTTP: http_page(TABLE),
        root / METRICS: metrics_page(Metrics()),
    }


def settings_page(classes: Mapping[str, Iterable[type[Configurable]]]) -> str:
    """Every setting of our own: name, type, default, and its help."""
    lines = [
        "# Settings",
        "",
        "Made from the code by `python -m learnflow_ext.reference`; do not edit it here.",
        "",
        'A setting is a line such as `c.LearnFlowTutor.policy = "concepts"`. What is in',
        "`jupyterhub_config.py` is read by the hub, the service and the command line alike, and counts from",
        "the next start of the hub. The first chapter is all that most classrooms ever need.",
    ]
    for where, group in classes.items():
        lines += ["", f"## {where.split('`')[1]}", "", where]
        for cls in group:
            lines += ["", f"### {cls.__name__}", "", _first_paragraph(cls)]
            for name, trait in own_traits(cls).items():
                lines += [
                    "",
                    f"#### `c.{cls.__name__}.{name}`",
                    "",
                    f"{type(trait).__name__}, default `{trait.default_value_repr()}`.",
                    "",
                    _paragraph(trait.help),
                ]
    return "\n".join(lines) + "\n"


def own_traits(cls: type[Configurable]) -> dict[str, TraitType[Any, Any]]:
    """The settings that `cls` itself brings, by name, in the order of the code."""
    traits = cls.class_own_traits(config=True)
    return {name: traits[name] for name in vars(cls) if name in traits}


def http_page(table: Iterable[Route]) -> str:
    """Every address, who may call it, and how."""
    lines = [
        "# Addresses of the service",
        "",
        "Made from the code by `python -m learnflow_ext.reference`; do not edit it here.",
        "",
        "All are below `/services/learnflow/`. A request says who sends it with a token of the hub",
        "(`Authorization: token …`), or with the cookie of a browser that signed in. Who may do what is said",
        "by hub groups: `formgrade-<course>` teaches, `assistant-<course>` grades and releases nothing,",
        "`nbgrader-<course>` studies. A hub's admin has no right to a course.",
        "",
        "| method | address | who | |",
        "|---|---|---|---|",
    ]
    for route in table:
        for method in route.methods:
            summary = (
                route.operations[method].summary
                if method in route.operations
                else inspect.cleandoc(route.handler.__doc__ or "").splitlines()[0].rpartition("`: ")[2]
            )
            said = (summary[:1].upper() + summary[1:]).replace("|", "\\|")
            lines.append(f"| {method} | `{route.path or '/'}` | {route.who.value} | {said} |")
    return "\n".join(lines) + "\n"


def metrics_page(metrics: Metrics) -> str:
    """Every figure that Prometheus gets, with its labels and their values."""
    lines = [
        "# Metrics",
        "",
        "Made from the code by `python -m learnflow_ext.reference`; do not edit it here.",
        "",
        "What `GET /services/learnflow/metrics` tells Prometheus. Each figure is there, at zero, from the",
        "service's start, so that an alarm can be set before the first failure. Each replica tells its own.",
        "`hub_config/grafana/learnflow.json` is a dashboard of them for Grafana: *Dashboards*, *Import*.",
        "",
        "| name | kind | labels | |",
        "|---|---|---|---|",
    ]
    for family in metrics.registry.collect():
        name = family.name + ("_total" if family.type == "counter" else "")
        values: dict[str, list[str]] = {}
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label != "le" and value not in values.setdefault(label, []):
                    values[label].append(value)
        labels = "; ".join(f"`{label}`: {', '.join(found)}" for label, found in values.items())
        lines.append(f"| `{name}` | {family.type} | {labels} | {family.documentation} |")
    return "\n".join(lines) + "\n"


def _first_paragraph(cls: type) -> str:
    return _paragraph(inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0])


def _paragraph(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split())


def write(root: Path = ROOT) -> None:
    """Write every page below `root`."""
    for path, text in files(root).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
