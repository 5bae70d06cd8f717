"""`mastery` on students it was not fitted on, beside plain knowledge tracing and the mean of each skill.

Reads `kt*.csv`: `student,skill,correct` in time order. Each student is predicted by a model that was fitted
on the other four fifths of the students. Without `--fit` the command is given all students too, as one who
has a file and nothing else would; it learns meanwhile, and tracing keeps what it was fitted to for each part.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from section import Section, Table

from learnflow_ext.progress import knowledge, knowledge_fit

PARTS = 5
TRACED_ALL = "plain knowledge tracing, all at once"
Row = tuple[str, str, bool]


def auc(right: Sequence[bool], chances: Sequence[float]) -> float:
    """Chance that a right answer was given a higher chance than a wrong one; 0.5 where all are alike."""
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    ranks = [0.0] * len(chances)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and chances[order[end + 1]] == chances[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranks[place] = (start + end) / 2 + 1
        start = end + 1
    hits = sum(right)
    if hits in (0, len(right)):
        return 0.5
    total = sum(rank for rank, was_right in zip(ranks, right, strict=True) if was_right)
    return (total - hits * (hits + 1) / 2) / (hits * (len(right) - hits))


def rmse(right: Sequence[bool], chances: Sequence[float]) -> float:
    """Root of the mean squared error, 0 to 1."""
    squares = sum((chance - was) ** 2 for chance, was in zip(chances, right, strict=True))
    return float((squares / max(len(right), 1)) ** 0.5)


def tracing(train: Sequence[Row], test: Sequence[Row]) -> tuple[list[float], list[float]]:
    """Chances by plain knowledge tracing fitted per skill, and by the mean of each skill."""
    by_skill: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for student, skill, right in train:
        by_skill[skill][student].append(right)
    fitted, pooled = knowledge_fit.fit({skill: list(by.values()) for skill, by in by_skill.items()})
    usual = sum(right for *_, right in train) / max(len(train), 1)
    means = {skill: sum(map(sum, by.values())) / sum(map(len, by.values())) for skill, by in by_skill.items()}
    known: dict[tuple[str, str], float] = {}
    traced, mean = [], []
    for student, skill, right in test:
        parameters = fitted.get(skill, pooled)
        before = known.get((student, skill), parameters.known)
        traced.append(knowledge.p_correct(before, parameters))
        known[student, skill] = knowledge.after(before, right, parameters)
        mean.append(means.get(skill, usual))
    return traced, mean


def command(test: Sequence[Row], train: Sequence[Row] | None) -> list[float]:
    """Chances by `learnflow mastery`, with or without `--fit`."""
    with tempfile.TemporaryDirectory() as folder:
        args = []
        if train is not None:
            args = ["--fit", str(_written(Path(folder) / "train.csv", train))]
        file = _written(Path(folder) / "test.csv", test)
        done = subprocess.run(
            [sys.executable, "-m", "learnflow_ext.cli", "mastery", *args, str(file)],
            capture_output=True,
            text=True,
            check=True,
        )
    return [float(row["p_correct"]) for row in csv.DictReader(done.stdout.splitlines())]


def _written(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["student", "skill", "correct"])
        out.writerows([student, skill, int(right)] for student, skill, right in rows)
    return path


def evaluate(file: Path) -> Table:
    """AUC and RMSE of each way to predict."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = [(row["student"], row["skill"], row["correct"] == "1") for row in csv.DictReader(stream)]
    part = {student: number % PARTS for number, student in enumerate(sorted({row[0] for row in rows}))}
    found: dict[str, list[list[float]]] = defaultdict(list)
    traced_all = [0.0] * len(rows)
    for number in range(PARTS):
        train = [row for row in rows if part[row[0]] != number]
        test = [row for row in rows if part[row[0]] == number]
        if not test:
            continue
        right = [row[2] for row in test]
        traced, mean = tracing(train, test)
        places = (place for place, row in enumerate(rows) if part[row[0]] == number)
        for place, chance in zip(places, traced, strict=True):
            traced_all[place] = chance
        for name, chances in (
            ("mean of each skill", mean),
            ("plain knowledge tracing", traced),
            ("mastery", command(test, None)),
            ("mastery --fit", command(test, train)),
        ):
            found[name].append([auc(right, chances), rmse(right, chances)])
    averages = {
        name: [sum(column) / len(column) for column in zip(*values, strict=True)]
        for name, values in found.items()
    }
    plain = {name: averages.get("plain knowledge tracing", [0.5])[0] for name in averages}
    right = [row[2] for row in rows]
    for name, chances in ((TRACED_ALL, traced_all), ("mastery, all at once", command(rows, None))):
        averages[name] = [auc(right, chances), rmse(right, chances)]
        plain[name] = averages[TRACED_ALL][0]
    return Table(
        f"mastery: {file.name}, {len(rows)} answers of {len(part)} students",
        ("way", "AUC", "RMSE", "AUC above tracing"),
        tuple(
            (name, f"{area:.4f}", f"{error:.4f}", f"{area - plain[name]:+.4f}")
            for name, (area, error) in averages.items()
        ),
    )


SECTION = Section("mastery", ("kt*.csv",), evaluate)
