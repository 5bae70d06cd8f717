"""Fails when a package's branch coverage is below the floor: `python tests/coverage_gate.py .coverage.json`.

A total hides a part that nobody tests; so each package, and each subpackage of `learnflow_ext`, counts alone.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

FLOOR = 80.0
"""Percent of lines and branches together."""
PACKAGES = ("learnflow_ext", "learnflow_kernels", "learnflow_grading", "learnflow_hub")


def package_of(file: str) -> str | None:
    """What `file` counts for: `learnflow_ext.store`, `learnflow_hub`, …; None for what is not ours."""
    parts = PurePath(file).parts
    for index, part in enumerate(parts):
        if part in PACKAGES:
            below = parts[index + 1 : -1]
            return f"{part}.{below[0]}" if part == "learnflow_ext" and below else part
    return None


def percentages(files: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Coverage of each package in percent. `files` is what `coverage json` writes under that name."""
    covered: dict[str, int] = defaultdict(int)
    counted: dict[str, int] = defaultdict(int)
    for file, report in files.items():
        package = package_of(file)
        if package is None:
            continue
        summary = report["summary"]
        covered[package] += summary["covered_lines"] + summary.get("covered_branches", 0)
        counted[package] += summary["num_statements"] + summary.get("num_branches", 0)
    return {name: 100.0 * covered[name] / counted[name] if counted[name] else 100.0 for name in counted}


def main(arguments: Iterable[str]) -> int:
    """Print the figures; 1 when a package misses the floor or is not in the report at all."""
    (report,) = arguments
    found = percentages(json.loads(Path(report).read_text(encoding="utf-8"))["files"])
    for name, percent in sorted(found.items()):
        print(f"{name:<28} {percent:6.1f} %{'' if percent >= FLOOR else f'   below {FLOOR:.0f} %'}")
    absent = [name for name in PACKAGES if not any(key.split(".")[0] == name for key in found)]
    for name in absent:
        print(f"{name:<28} not measured")
    return 1 if absent or any(percent < FLOOR for percent in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
