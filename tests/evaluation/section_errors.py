"""`explain` on failing programs whose exception, line and cause are known.

Reads `errors*.json`: `cases`, each with `id`, `source`, `exception`, `line` and the phrases of a good
explanation (`all_of`, `any_of`, `none_of`). Phrases are compared by letter, but for case and quotes, so a
miss may be a good explanation in other words: read it.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from section import Section, Table, learnflow, share

AT_A_TIME = 50
"""Programs to one start of the command."""


def evaluate(file: Path) -> Table:
    """Class, line and cause, counted."""
    cases = json.loads(file.read_text(encoding="utf-8"))["cases"]
    found = [
        each for start in range(0, len(cases), AT_A_TIME) for each in _explained(cases[start:][:AT_A_TIME])
    ]
    counted = dict.fromkeys(("class", "line", "cause", "wrong cause", "no rule", "four rungs"), 0)
    misses = []
    for case, got in zip(cases, found, strict=True):
        said = _plain(got["cause"])
        right_class = got["exception"] == case["exception"]
        right_line = got["line"] == case["line"]
        missing = [phrase for phrase in case["all_of"] if _plain(phrase) not in said]
        if case["any_of"] and not any(_plain(phrase) in said for phrase in case["any_of"]):
            missing.append(" | ".join(case["any_of"]))
        wrong = [phrase for phrase in case["none_of"] if _plain(phrase) in said]
        counted["class"] += right_class
        counted["line"] += right_line
        counted["cause"] += not missing and not wrong
        counted["wrong cause"] += bool(wrong)
        counted["no rule"] += "i have no rule for this" in said or "i cannot tell why" in said
        counted["four rungs"] += len({rung for rung in got["rungs"] if rung.strip()}) == 4
        if not (right_class and right_line) or missing or wrong:
            misses.append(
                f"{case['id']}: {case['exception']} line {case['line']}, phrase {missing or wrong};"
                f" got {got['exception']} line {got['line']}: {got['cause']}"
            )
    rows = tuple((name, share(hits, len(cases))) for name, hits in counted.items())
    return Table(f"explain: {file.name}", ("figure", "programs"), rows, tuple(misses))


def _explained(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, case in enumerate(cases):
            # Numbers keep two of one name apart, and no name of the data becomes a path here.
            path = Path(folder, f"program_{number}.py")
            path.write_text(case["source"], encoding="utf-8")
            files.append(str(path))
        return [json.loads(line) for line in learnflow("explain", "--json", *files).splitlines()]


def _plain(text: str) -> str:
    return " ".join(re.sub("[`'\"]", "", text).lower().split())


SECTION = Section("errors", ("errors*.json",), evaluate)
