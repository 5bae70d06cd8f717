"""Learns the classifier's weights from the labelled messages: `python -m learnflow_ext.agents.learning`.

Run it after every change of `triage_examples.txt` or `triage_words.txt`; a test says when it was forgotten.
It always comes to the same weights, within seconds, and writes them to `triage_weights.json`.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import msgspec

from learnflow_ext.agents.classifier import Classifier, softmax, vector

WEIGHTS = "triage_weights.json"
ROUNDS = 12
STEP = 0.2
DECAY = 0.0002
SEED = 1
SCALE = 1000
"""Weights are kept as whole thousandths."""


class Learnt(msgspec.Struct, frozen=True):
    """What the file holds."""

    digest: str
    """Of what it was learnt from."""
    labels: tuple[str, ...]
    weights: dict[str, tuple[int, ...]]
    """By feature, one a label, in thousandths."""

    def classifier(self) -> Classifier:
        """Ready for use."""
        scaled = {name: [each / SCALE for each in row] for name, row in self.weights.items()}
        return Classifier(self.labels, scaled)


def learn(examples: Sequence[tuple[str, str]], digest: str) -> Learnt:
    """Logistic regression with AdaGrad on (label, message) pairs; at least two labels."""
    labels = tuple(sorted({label for label, _ in examples}))
    data = [(labels.index(label), vector(message)) for label, message in examples]
    often = Counter(feature for _, found in data for feature in found)
    data = [(label, {name: each for name, each in found.items() if often[name] > 1}) for label, found in data]
    weights = {name: [0.0] * len(labels) for name, times in often.items() if times > 1}
    steps = {name: [0.01] * len(labels) for name in weights}
    shuffled = random.Random(SEED)  # noqa: S311 -- an order, not a secret
    for _ in range(ROUNDS):
        shuffled.shuffle(data)
        for right, found in data:
            scores = [0.0] * len(labels)
            for name, value in found.items():
                for place, weight in enumerate(weights[name]):
                    scores[place] += weight * value
            for place, share in enumerate(softmax(scores)):
                miss = share - (place == right)
                if abs(miss) < 0.001:
                    continue
                for name, value in found.items():
                    row, size = weights[name], steps[name]
                    slope = miss * value + DECAY * row[place]
                    size[place] += slope * slope
                    row[place] -= STEP * slope / math.sqrt(size[place])
    rounded = {name: tuple(round(each * SCALE) for each in row) for name, row in sorted(weights.items())}
    return Learnt(digest, labels, rounded)


def digest() -> str:
    """Of the examples, the lists of words and the code that makes features of them."""
    whole = hashlib.sha256()
    for name in (
        "triage_examples.txt",
        "triage_words.txt",
        "asking.py",
        "classifier.py",
        "word_kinds.py",
        "learning.py",
    ):
        whole.update(resources.files("learnflow_ext.agents").joinpath(name).read_bytes())
    return whole.hexdigest()


def load() -> Learnt:
    """What ships with the package."""
    data = resources.files("learnflow_ext.agents").joinpath(WEIGHTS).read_bytes()
    return msgspec.json.decode(data, type=Learnt)


def main() -> None:
    """Learn and write."""
    from learnflow_ext.agents.triage import examples

    learnt = learn(examples(), digest())
    rows = ",\n".join(
        f"{msgspec.json.encode(name).decode()}:{msgspec.json.encode(row).decode()}"
        for name, row in learnt.weights.items()
    )
    head = msgspec.json.encode({"digest": learnt.digest, "labels": learnt.labels}).decode()
    Path(__file__).with_name(WEIGHTS).write_text(
        f'{head[:-1]},"weights":{{\n{rows}\n}}}}\n', encoding="utf-8"
    )


if __name__ == "__main__":
    main()
