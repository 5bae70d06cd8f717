"""Fits `predictor.Fitted` to answers of a class, offline and reproducibly (pure numpy).

Logistic loss, weight decay, Adam (Kingma and Ba 2015) with a step that falls to nothing; three small networks
that begin differently are averaged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from learnflow_ext.progress import knowledge_fit
from learnflow_ext.progress.history import NAMES, History, SkillFacts
from learnflow_ext.progress.predictor import SHARE_DOUBT, USUAL_SHARE, Fitted, Layer

MEMBERS = 3
HIDDEN = 32
PASSES = 10
BATCH = 256
STEP = 3e-3
DECAY = 0.02
RELATED = 12
"""Other skills that are asked about each skill."""
LEAST_RELATED = 0.02
SAME = 1e-9
"""A spread below this is none."""
MOST_SKILLS = 1_000
"""With the most answers, of which each is held against each; the others are taken for average ones.

Who gives the number of the question as its skill has ten thousands: a table of all of them fits no memory.
"""
AT_ONCE = 4_096
"""Students whose answers stand in a table at a time."""

Row = tuple[str, str, bool]
Floats = NDArray[np.float64]


def fit(rows: Sequence[Row]) -> Fitted:
    """A predictor from `rows` (student, skill, correct) in time order; with none it knows only the usual."""
    return fit_with_histories(rows)[0]


def fit_with_histories(rows: Sequence[Row]) -> tuple[Fitted, dict[str, History]]:
    """As `fit`, and each student's history up to the last row, for who predicts what they do next."""
    sequences: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for student, skill, correct in rows:
        sequences[skill][student].append(correct)
    often = _most_answered(sequences)
    parameters, pooled = knowledge_fit.fit({skill: list(by.values()) for skill, by in often.items()})
    share = sum(correct for *_, correct in rows) / len(rows) if rows else USUAL_SHARE
    counts = {
        skill: (sum(map(sum, by.values())), sum(map(len, by.values()))) for skill, by in sequences.items()
    }
    shares = {
        skill: (right + SHARE_DOUBT * share) / (seen + SHARE_DOUBT) for skill, (right, seen) in counts.items()
    }
    related = _related(often, shares)
    facts = {
        skill: SkillFacts(shares[skill], parameters.get(skill, pooled), related.get(skill))
        for skill in shares
    }
    unknown = SkillFacts(share, pooled)
    features, places, histories = _table(rows, facts)
    right = np.array([correct for *_, correct in rows], dtype=float)
    if not len(features):
        nothing = np.zeros(len(NAMES))
        plain = Layer(
            constant=float(np.log(share / (1 - share))),
            linear=nothing,
            mixed=np.zeros((len(NAMES), 1)),
            shift=np.zeros(1),
            strength=np.zeros(1),
            skills=np.zeros(1),
        )
        return Fitted({}, unknown, nothing, nothing + 1, [plain]), histories
    mean, spread = features.mean(axis=0), features.std(axis=0)
    # What was always the same taught nothing: where it is otherwise for once it must not shout all else down.
    scale = np.where(spread > SAME, spread + 1e-6, 1.0)
    inputs = (features - mean) / scale
    layers = [_train(inputs, right, places, len(facts) + 1, seed) for seed in range(MEMBERS)]
    return Fitted(facts, unknown, mean, scale, layers), histories


def _table(
    rows: Sequence[Row], facts: dict[str, SkillFacts]
) -> tuple[Floats, NDArray[np.int64], dict[str, History]]:
    place = {skill: number for number, skill in enumerate(facts)}
    histories: dict[str, History] = defaultdict(History)
    found = np.zeros((len(rows), len(NAMES)))
    places = np.zeros(len(rows), dtype=np.int64)
    for number, (student, skill, correct) in enumerate(rows):
        history = histories[student]
        found[number] = history.features(skill, facts[skill])
        places[number] = place[skill]
        history.add(skill, correct, facts[skill])
    return found, places, dict(histories)


def _most_answered(sequences: dict[str, dict[str, list[bool]]]) -> dict[str, dict[str, list[bool]]]:
    """The `MOST_SKILLS` of them, in the order in which they are."""
    if len(sequences) <= MOST_SKILLS:
        return sequences
    seen = {skill: sum(map(len, by.values())) for skill, by in sequences.items()}
    chosen = set(sorted(seen, key=lambda skill: -seen[skill])[:MOST_SKILLS])
    return {skill: by for skill, by in sequences.items() if skill in chosen}


def _related(
    sequences: dict[str, dict[str, list[bool]]], shares: dict[str, float]
) -> dict[str, dict[str, float]]:
    """For each skill the others in which the same students surprise alike: shrunk correlations."""
    skills = list(sequences)
    surprises: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for column, skill in enumerate(skills):
        for student, answers in sequences[skill].items():
            surprises[student].append((column, sum(a - shares[skill] for a in answers) / (len(answers) + 2)))
    if not surprises:
        return {}
    students = sorted(surprises)
    together, products = np.zeros((2, len(skills), len(skills)))
    squares = count = 0.0
    for start in range(0, len(students), AT_ONCE):
        some = students[start : start + AT_ONCE]
        surprise = np.zeros((len(some), len(skills)))
        there = np.zeros_like(surprise)
        for row, student in enumerate(some):
            for column, much in surprises[student]:
                surprise[row, column], there[row, column] = much, 1
        together += (surprise**2).T @ there
        products += surprise.T @ surprise
        squares += float((surprise**2).sum())
        count += float(there.sum())
    usual = squares / count
    alike = products / (np.sqrt(together * together.T) + 20 * usual + 1e-12)
    np.fill_diagonal(alike, 0)
    found: dict[str, dict[str, float]] = {}
    for column, skill in enumerate(skills):
        best = np.argsort(-alike[column], kind="stable")[:RELATED]
        found[skill] = {
            skills[other]: float(alike[column, other])
            for other in best
            if alike[column, other] > LEAST_RELATED
        }
    return found


def _train(inputs: Floats, right: Floats, places: NDArray[np.int64], skills: int, seed: int) -> Layer:
    random = np.random.default_rng(seed)
    width = inputs.shape[1]
    values: dict[str, Floats] = {
        "mixed": random.normal(0, width**-0.5, (width, HIDDEN)),
        "shift": np.zeros(HIDDEN),
        "strength": random.normal(0, 0.1, HIDDEN),
        "linear": np.zeros(width),
        "constant": np.zeros(1),
        "skills": np.zeros(skills),
    }
    first = {name: np.zeros_like(value) for name, value in values.items()}
    second = {name: np.zeros_like(value) for name, value in values.items()}
    batch = min(BATCH, len(inputs))
    steps = PASSES * (len(inputs) // batch)
    done = 0
    for _ in range(PASSES):
        order = random.permutation(len(inputs))
        for start in range(0, len(inputs) - batch + 1, batch):
            chosen = order[start : start + batch]
            done += 1
            slopes = _slopes(values, inputs[chosen], right[chosen], places[chosen])
            step = STEP * (1 - done / (steps + 1))
            for name, slope in slopes.items():
                first[name] = 0.9 * first[name] + 0.1 * slope
                second[name] = 0.999 * second[name] + 0.001 * slope**2
                towards = first[name] / (1 - 0.9**done)
                size = np.sqrt(second[name] / (1 - 0.999**done)) + 1e-8
                values[name] = values[name] - step * (towards / size + DECAY * values[name])
    return Layer(
        constant=float(values["constant"][0]),
        linear=values["linear"],
        mixed=values["mixed"],
        shift=values["shift"],
        strength=values["strength"],
        skills=values["skills"],
    )


def _slopes(
    values: dict[str, Floats], inputs: Floats, right: Floats, places: NDArray[np.int64]
) -> dict[str, Floats]:
    """Of the mean logistic loss, by each weight."""
    hidden = np.tanh(inputs @ values["mixed"] + values["shift"])
    total = (
        hidden @ values["strength"]
        + inputs @ values["linear"]
        + values["constant"][0]
        + values["skills"][places]
    )
    error = (1 / (1 + np.exp(-np.clip(total, -30, 30))) - right) / len(inputs)
    inner = np.outer(error, values["strength"]) * (1 - hidden**2)
    return {
        "mixed": inputs.T @ inner,
        "shift": inner.sum(axis=0),
        "strength": hidden.T @ error,
        "linear": inputs.T @ error,
        "constant": np.array([error.sum()]),
        "skills": np.bincount(places, weights=error, minlength=len(values["skills"])),
    }
