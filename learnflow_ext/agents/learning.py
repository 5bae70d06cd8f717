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
    import numpy as np  # only to learn: who asks for a route should not wait for it

    labels = tuple(sorted({label for label, _ in examples}))
    read = [(labels.index(label), message(text)) for label, text in examples]
    often = Counter(feature for _, each in read for feature in _features(each))
    names = sorted(name for name, times in often.items() if times > 1)
    place_of = {name: place for place, name in enumerate(names)}
    data = [(label, _known(each, often)) for label, each in read]
    weights = np.zeros((len(names), len(labels)))
    sizes = np.full_like(weights, 0.01)
    later = np.zeros_like(weights)
    looks = {
        look: LOOKS.get(look, 0.0) for look in sorted({x for _, m in data for p in m.parts for x in p.looks})
    }
    look_steps = dict.fromkeys(looks, 1.0)
    later_looks = dict.fromkeys(looks, 0.0)
    shuffled = random.Random(SEED)  # noqa: S311 -- an order, not a secret
    for turn in range(ROUNDS):
        shuffled.shuffle(data)
        for right, each in data:
            share = shares(each, looks)
            found, scale = joined(each, share)
            rows = [place_of[name] for name in found]
            values = np.array(list(found.values()))[:, np.newaxis]
            own = weights[rows]
            misses = np.array(softmax((own * values).sum(axis=0).tolist()))
            misses[right] -= 1
            pulls = dict(zip(found, (own * misses).sum(axis=1).tolist(), strict=True))
            slopes = _look_slopes(each, share, pulls, scale)
            slope = misses * values + DECAY * own
            size = sizes[rows] + slope * slope
            sizes[rows] = size
            weights[rows] = own - STEP * slope / np.sqrt(size)
            for look, look_slope in slopes.items():
                look_slope += LOOK_DECAY * looks[look]
                look_steps[look] += look_slope * look_slope
                looks[look] -= LOOK_STEP * look_slope / math.sqrt(look_steps[look])
        if turn >= ROUNDS // 2:
            later += weights
            for look, weight in looks.items():
                later_looks[look] += weight
    mean = SCALE / (ROUNDS - ROUNDS // 2)
    whole = np.rint(later * mean).astype(int).tolist()
    rounded = {name: tuple(row) for name, row in zip(names, whole, strict=True)}
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


def _look_slopes(
    read: Message, share: Sequence[float], pulls: Mapping[str, float], scale: float
) -> dict[str, float]:
    """By look, how the loss grows with its weight; empty for a short message, whose one part is all of it.

    `pulls` has by feature how the loss grows with its value.
    """
    if len(read.parts) == 1:
        return {}
    grown = [scale * sum(value * pulls[name] for name, value in p.features.items()) for p in read.parts]
    mean = sum(part * each for part, each in zip(share, grown, strict=True))
    slopes: dict[str, float] = defaultdict(float)
    for part, own, each in zip(read.parts, share, grown, strict=True):
        for look in sorted(part.looks):
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
