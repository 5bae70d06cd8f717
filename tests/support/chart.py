"""The Helm chart as Helm renders it, here, without a cluster."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "hub_config" / "chart"
CHART = FOLDER / "learnflow"
SCHOOL = FOLDER / "school-values.yaml"
"""An example with everything on."""
Document = dict[str, Any]


class Refused(AssertionError):
    """Helm did not take the values; the text is what it said."""


def helm(*arguments: str) -> str:
    """What the program says. Refused when it ends with an error."""
    program = Path(sys.executable).with_name("helm")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Refused(done.stdout + done.stderr)
    return done.stdout


@functools.lru_cache
def text(*options: str) -> str:
    """All that would be installed as `learnflow` into `classroom`, hooks too."""
    return helm("template", "learnflow", str(CHART), "--namespace", "classroom", *options)


def rendered(*options: str, **values: Any) -> list[Document]:
    """The documents; `values` are set as JSON, with `__` for the dots of their paths."""
    given = [
        word
        for path, value in values.items()
        for word in ("--set-json", f"{path.replace('__', '.')}={json.dumps(value)}")
    ]
    return [each for each in yaml.safe_load_all(text(*options, *given)) if each]


def of_kind(documents: list[Document], kind: str) -> dict[str, Document]:
    """Those of one kind, by name."""
    return {each["metadata"]["name"]: each for each in documents if each["kind"] == kind}


def pods(documents: list[Document]) -> dict[str, Document]:
    """Each pod's template, by the name of what makes the pods."""
    made = [each for each in documents if each["kind"] in ("Deployment", "Job")]
    return {each["metadata"]["name"]: each["spec"]["template"] for each in made}


def picks(selector: Document, labels: dict[str, str]) -> bool:
    """Whether a label selector picks a pod with these labels."""
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    rules = {
        "In": lambda rule: labels.get(rule["key"]) in rule["values"],
        "NotIn": lambda rule: labels.get(rule["key"]) not in rule["values"],
    }
    return wanted and all(rules[rule["operator"]](rule) for rule in selector.get("matchExpressions", ()))
