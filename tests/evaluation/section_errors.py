"""`explain` on failing programs whose exception, line and cause are known.

Reads `errors*.json`: `cases`, each with `id`, `source`, `exception`, `line` and the phrases of a good
explanation (`all_of`, `any_of`, `none_of`). Phrases are compared by letter, but for case and quotes, so a
miss may be a good explanation in other words: read it. The explanation is all that `learnflow explain` says
of the error: its class, Python's message and the cause, as some of the data's phrases are the message's;
`cause alone` counts the phrases in the cause itself. A case whose `line` is 0 has no line in its program, and
does not count for lines.
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
    counted = dict.fromkeys(
        ("class", "line", "explanation", "cause alone", "wrong cause", "no rule", "four rungs"), 0
    )
    misses = []
    for case, got in zip(cases, found, strict=True):
        cause = _plain(got["cause"])
        said = f"{_plain(got['exception'] or '')}: {_plain(got['message'])} {cause}"
        right_class = got["exception"] == case["exception"]
        right_line = got["line"] == case["line"] or not case["line"]
        missing, of_cause = _missing(case, said), _missing(case, cause)
        wrong = [phrase for phrase in case["none_of"] if _plain(phrase) in cause]
        counted["class"] += right_class
        counted["line"] += right_line and bool(case["line"])
        counted["explanation"] += not missing and not wrong
        counted["cause alone"] += not of_cause and not wrong
        counted["wrong cause"] += bool(wrong)
        counted["no rule"] += "i have no rule for this" in cause or "i cannot tell why" in cause
        counted["four rungs"] += len({rung for rung in got["rungs"] if rung.strip()}) == 4
        if not (right_class and right_line) or missing or wrong:
            misses.append(
                f"{case['id']}: {case['exception']} line {case['line']}, phrase {wrong or missing};"
                f" got {got['exception']} line {got['line']}: {got['cause']}"
            )
    with_line = sum(bool(case["line"]) for case in cases)
    rows = tuple(
        (name, share(hits, with_line if name == "line" else len(cases))) for name, hits in counted.items()
    )
    return Table(f"explain: {file.name}", ("figure", "programs"), rows, tuple(misses))


def _missing(case: dict[str, Any], said: str) -> list[str]:
    """The phrases that a text lacks."""
    missing = [phrase for phrase in case["all_of"] if _plain(phrase) not in said]
    if case["any_of"] and not any(_plain(phrase) in said for phrase in case["any_of"]):
        missing.append(" | ".join(case["any_of"]))
    return missing


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
