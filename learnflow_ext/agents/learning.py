"""Learns the classifier's weights from the labelled messages: `python -m learnflow_ext.agents.learning`.

Run it after every change of `triage_examples.txt`, `triage_stories.txt` or `triage_words.txt`; a test says
when it was forgotten. It always comes to the same weights, within seconds, and writes `triage_weights.json`.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from learnflow_ext.agents.classifier import Classifier, Message, joined, message, shares, softmax

WEIGHTS = "triage_weights.json"
ROUNDS = 8
STEP = 0.7
DECAY = 0.001
LOOK_STEP = 0.1
LOOK_DECAY = 0.001
LOOKS = {"question": 1.0, "asks": 0.6, "interrogative": 0.5, "order": 0.5, "wish": 0.5, "last": 0.3}
"""What the looks of a sentence weigh before anything is learnt."""
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
    looks: dict[str, int]
    """By look of a sentence, in thousandths."""

    def classifier(self) -> Classifier:
        """Ready for use."""
        scaled = {name: [each / SCALE for each in row] for name, row in self.weights.items()}
        return Classifier(self.labels, scaled, {look: each / SCALE for look, each in self.looks.items()})


def learn(examples: Sequence[tuple[str, str]], digest: str) -> Learnt:
    """Logistic regression with AdaGrad on (label, message) pairs; at least two labels.

    Together with it, what the looks of a sentence weigh (attention, as in Yang and others, Hierarchical
    Attention Networks for Document Classification, NAACL 2016, with looks instead of a network). Of both the
    mean over the later rounds is taken, which depends less on the order of the messages.
    """
    labels = tuple(sorted({label for label, _ in examples}))
    read = [(labels.index(label), message(text)) for label, text in examples]
    often = Counter(feature for _, each in read for feature in _features(each))
    data = [(label, _known(each, often)) for label, each in read]
    weights = {name: [0.0] * len(labels) for name, times in often.items() if times > 1}
    steps = {name: [0.01] * len(labels) for name in weights}
    looks = {
        look: LOOKS.get(look, 0.0) for look in sorted({x for _, m in data for p in m.parts for x in p.looks})
    }
    look_steps = dict.fromkeys(looks, 1.0)
    later = {name: [0.0] * len(labels) for name in weights}
    later_looks = dict.fromkeys(looks, 0.0)
    shuffled = random.Random(SEED)  # noqa: S311 -- an order, not a secret
    for turn in range(ROUNDS):
        shuffled.shuffle(data)
        for right, each in data:
            share = shares(each, looks)
            found, scale = joined(each, share)
            misses = softmax(_scores(found, weights, len(labels)))
            misses[right] -= 1
            slopes = _look_slopes(each, share, misses, weights, scale)
            for name, value in found.items():
                row, size = weights[name], steps[name]
                for place, miss in enumerate(misses):
                    slope = miss * value + DECAY * row[place]
                    size[place] += slope * slope
                    row[place] -= STEP * slope / math.sqrt(size[place])
            for look, slope in slopes.items():
                slope += LOOK_DECAY * looks[look]
                look_steps[look] += slope * slope
                looks[look] -= LOOK_STEP * slope / math.sqrt(look_steps[look])
        if turn >= ROUNDS // 2:
            for name, row in weights.items():
                later[name] = [old + new for old, new in zip(later[name], row, strict=True)]
            for look, each_look in looks.items():
                later_looks[look] += each_look
    mean = SCALE / (ROUNDS - ROUNDS // 2)
    rounded = {name: tuple(round(each * mean) for each in row) for name, row in sorted(later.items())}
    return Learnt(digest, labels, rounded, {look: round(each * mean) for look, each in later_looks.items()})


def _features(read: Message) -> set[str]:
    return {feature for part in read.parts for feature in part.features} | read.whole.keys()


def _known(read: Message, often: Counter[str]) -> Message:
    """Without the features that occur in this message alone."""
    parts = (
        part._replace(features={name: each for name, each in part.features.items() if often[name] > 1})
        for part in read.parts
    )
    return Message(tuple(parts), {name: each for name, each in read.whole.items() if often[name] > 1})


def _scores(found: Mapping[str, float], weights: Mapping[str, Sequence[float]], labels: int) -> list[float]:
    scores = [0.0] * labels
    for name, value in found.items():
        for place, weight in enumerate(weights[name]):
            scores[place] += weight * value
    return scores


def _look_slopes(
    read: Message,
    share: Sequence[float],
    misses: Sequence[float],
    weights: Mapping[str, Sequence[float]],
    scale: float,
) -> dict[str, float]:
    """By look, how the loss grows with its weight; empty for a short message, whose one part is all of it."""
    if len(read.parts) == 1:
        return {}
    grown = [
        scale
        * sum(
            miss * score
            for miss, score in zip(misses, _scores(p.features, weights, len(misses)), strict=True)
        )
        for p in read.parts
    ]
    mean = sum(part * each for part, each in zip(share, grown, strict=True))
    slopes: dict[str, float] = defaultdict(float)
    for part, own, each in zip(read.parts, share, grown, strict=True):
        for look in part.looks:
            slopes[look] += own * (each - mean)
    return slopes


def digest() -> str:
    """Of the examples, the lists of words and the code that makes features of them."""
    whole = hashlib.sha256()
    for name in (
        "triage_examples.txt",
        "triage_stories.txt",
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
    from learnflow_ext.agents.labelled import taught

    learnt = learn(taught(), digest())
    rows = ",\n".join(
        f"{msgspec.json.encode(name).decode()}:{msgspec.json.encode(row).decode()}"
        for name, row in learnt.weights.items()
    )
    head = msgspec.json.encode(
        {"digest": learnt.digest, "labels": learnt.labels, "looks": learnt.looks}
    ).decode()
    Path(__file__).with_name(WEIGHTS).write_text(
        f'{head[:-1]},"weights":{{\n{rows}\n}}}}\n', encoding="utf-8"
    )


if __name__ == "__main__":
    main()
