"""The families of exercises by topic, one module each, and a second one where a topic needs more variety."""

from __future__ import annotations

from learnflow_ext.exercises.families import (
    basics,
    control_flow,
    data_structures,
    errors,
    files,
    functions,
    libraries,
    objects,
)
from learnflow_ext.exercises.families.abstractions import ABSTRACTIONS
from learnflow_ext.exercises.families.machines import MACHINES
from learnflow_ext.exercises.families.making import Family
from learnflow_ext.exercises.families.pipelines import PIPELINES
from learnflow_ext.exercises.families.rules import RULES

FAMILIES: dict[str, tuple[Family, ...]] = {
    "basics": (*basics.FAMILIES, MACHINES),
    "control_flow": (*control_flow.FAMILIES, RULES),
    "data_structures": (*data_structures.FAMILIES, PIPELINES),
    "functions": (*functions.FAMILIES, ABSTRACTIONS),
    "objects": objects.FAMILIES,
    "files": files.FAMILIES,
    "errors": errors.FAMILIES,
    "libraries": libraries.FAMILIES,
}
"""In teaching order."""
