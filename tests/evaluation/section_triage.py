"""`triage` on labelled messages.

Reads `triage*.jsonl`: one object a line with `text`, `intent` and perhaps `traceback`; first always our own
five. Whoever looks at its misses to change triage writes a new one.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

from section import Section, Table, learnflow, share


def f1(wanted: list[str], got: list[str], intent: str) -> float:
    """Harmonic mean of precision and recall of one intent, 0 to 1; 0 for one that nobody wanted or got."""
    hits = sum(want == intent == found for want, found in zip(wanted, got, strict=True))
    return 2 * hits / max(wanted.count(intent) + got.count(intent), 1)


def evaluate(file: Path) -> Table:
    """F1 by intent, and their mean."""
    return tables([file])[0]


def tables(files: list[Path]) -> list[Table]:
    """One for each of the files; the command starts once."""
    texts = [file.read_text(encoding="utf-8").splitlines() for file in files]
    found = [[json.loads(line) for line in lines if line.strip()] for lines in texts]
    asked = "".join(
        json.dumps({"text": each["text"], "traceback": each.get("traceback")}) + "\n"
        for messages in found
        for each in messages
    )
    routes = map(json.loads, learnflow("triage", stdin=asked).splitlines())
    return [
        _table(file.name, [str(each["intent"]) for each in messages], list(islice(routes, len(messages))))
        for file, messages in zip(files, found, strict=True)
    ]


def _table(name: str, wanted: list[str], routed: list[dict[str, Any]]) -> Table:
    got = [str(each["intent"]) for each in routed]
    intents = sorted(set(wanted))
    scores = {intent: f1(wanted, got, intent) for intent in intents}
    rows = [(intent, f"{score:.3f}", str(wanted.count(intent))) for intent, score in scores.items()]
    mean = sum(scores.values()) / max(len(scores), 1)
    hits = sum(want == found for want, found in zip(wanted, got, strict=True))
    rows += [
        ("macro-F1", f"{mean:.3f}", str(len(wanted))),
        ("right", share(hits, len(wanted)), str(len(wanted))),
    ]
    misses = [
        f"{want} taken for {found['intent']} ({found['confidence']}): {found['text'][:120]!r}"
        for want, found in zip(wanted, routed, strict=True)
        if want != found["intent"]
    ]
    return Table(f"triage: {name}", ("intent", "F1", "messages"), tuple(rows), tuple(misses))


def ours() -> list[Table]:
    """Short ones, long stories of two kinds, and two lots of others that nobody tunes on."""
    names = ("triage_fresh", "triage_stories", "triage_long", "triage_unseen", "triage_later")
    return tables([Path(__file__).with_name(f"{name}.jsonl") for name in names])


SECTION = Section("triage", ("triage*.jsonl",), evaluate, ours)
