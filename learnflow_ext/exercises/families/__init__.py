"""The families of exercises by topic, one module each."""

from __future__ import annotations

from learnflow_ext.exercises.families import basics, control_flow, data_structures, functions
from learnflow_ext.exercises.families.making import Family

FAMILIES: dict[str, tuple[Family, ...]] = {
    "basics": basics.FAMILIES,
    "control_flow": control_flow.FAMILIES,
    "data_structures": data_structures.FAMILIES,
    "functions": functions.FAMILIES,
}
"""In teaching order."""
