"""`learnflow mastery`: how likely each answer was to be right, from the answers before it."""

from __future__ import annotations

import csv
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from learnflow_ext.progress.predictor import Fitted

from learnflow_ext.cli.attempts import ADDED, attempts


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
    from learnflow_ext.progress.history import History
    from learnflow_ext.progress.predictor import CHUNK, Learning

    with attempts(file) as read:
        model: Fitted | Learning = _fitted(fit) if fit is not None else Learning()
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow([*read.columns, ADDED])
        histories: dict[str, History] = {}
        rows = iter(read)
        while chunk := list(islice(rows, CHUNK)):
            chances = model.predict([(row.student, row.skill, row.correct) for row in chunk], histories)
            out.writerows([*row.cells, f"{chance:.6f}"] for row, chance in zip(chunk, chances, strict=True))


def _fitted(file: Path) -> Fitted:
    """A predictor from the answers in `file`."""
    from learnflow_ext.progress.predictor_fit import fit

    with attempts(file) as read:
        return fit([(row.student, row.skill, row.correct) for row in read])
