"""How well the classifier does on authors and topics that it never learnt from:
`python -m learnflow_ext.agents.strangers`, which learns sixteen times and takes some minutes.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

from learnflow_ext.agents import labelled
from learnflow_ext.agents.learning import learn


def macro_f1(wanted: Sequence[str], got: Sequence[str]) -> float:
    """The mean of F1 over the labels that were wanted, 0 to 1; those hardly ever asked for count as much."""
    want, find = Counter(wanted), Counter(got)
    hits = Counter(one for one, other in zip(wanted, got, strict=True) if one == other)
    return sum(2 * hits[label] / (want[label] + find[label]) for label in want) / max(len(want), 1)


def guessed(fold: labelled.Fold) -> list[str]:
    """The likeliest intent of each story of a fold, by what is learnt from the rest."""
    classifier = learn(fold.learnt, "").classifier()
    return [classifier.rank(each.text)[0][0] for each in fold.asked]


def main() -> None:
    """Print the figure."""
    wanted: list[str] = []
    got: list[str] = []
    for fold in labelled.folds():
        wanted += [each.intent for each in fold.asked]
        got += guessed(fold)
    sys.stdout.write(
        f"{len(wanted)} stories by strangers about new topics: macro-F1 {macro_f1(wanted, got):.3f}\n"
    )


if __name__ == "__main__":
    main()
