"""`learnflow mastery`: how likely each answer was to be right, from the answers before it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from learnflow_ext.cli.attempts import ADDED, attempts

if TYPE_CHECKING:
    from learnflow_ext.progress.history import History
    from learnflow_ext.progress.learning import Row


def mastery(
    file: Annotated[
        Path, typer.Argument(metavar="ATTEMPTS.csv", help="Rows of student,skill,correct in time order.")
    ],
    fit: Annotated[
        Path | None,
        typer.Option(
            metavar="TRAIN.csv",
            help="Answers of others, in the same form, to learn from first. Default: learn while going.",
        ),
    ] = None,
) -> None:
    """Print the same rows with p_correct: the chance, before each attempt, that it will be right.

    Only earlier rows are looked at; with --fit, only earlier rows of the same student.
    """
    # Late: the other commands do without.
    from learnflow_ext.progress.learning import Learning
    from learnflow_ext.progress.predictor import CHUNK

    with attempts(file) as read:
        predict = _fitted(fit) if fit is not None else Learning().predict
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow([*read.columns, ADDED])
        rows = iter(read)
        while chunk := list(islice(rows, CHUNK)):
            chances = predict([(row.student, row.skill, row.correct) for row in chunk])
            out.writerows([*row.cells, f"{chance:.6f}"] for row, chance in zip(chunk, chances, strict=True))


def _fitted(file: Path) -> Callable[[Sequence[Row]], list[float]]:
    """Predicts row after row by what the answers in `file` taught."""
    from learnflow_ext.progress.predictor_fit import fit

    with attempts(file) as read:
        model = fit([(row.student, row.skill, row.correct) for row in read])
    histories: dict[str, History] = {}
    return lambda rows: model.predict(rows, histories)
