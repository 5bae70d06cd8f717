"""What a language model answers when it is asked for an exercise: a good one, and what to spoil in it."""

from __future__ import annotations

import json
from typing import Any

START = 'def toll(wagons):\n    """Return the toll of a ferry for so many wagons."""\n'
BODY = (
    "    if wagons <= 0:\n        return 0\n    if wagons > 12:\n        return 50 + wagons\n"
    "    return 4 * wagons\n"
)
GOOD: dict[str, Any] = {
    "title": "The toll of the ferry",
    "statement": (
        "A ferry between two islands takes trains. Complete `toll`: it gets a number of wagons and gives "
        "back the toll. Up to 12 wagons cost 4 each. More than 12 wagons cost 50 together, and 1 for each of "
        "them. "
        "Where there are no wagons, or fewer than none, the toll is 0."
    ),
    "starter": START,
    "reference": START + BODY,
    "examples": [{"call": "toll(3)", "result": "12"}, {"call": "toll(20)", "result": "70"}],
    "visible": ["assert toll(0) == 0"],
    "hidden": [
        "assert toll(12) == 48",
        "assert toll(13) == 63",
        "assert toll(-2) == 0",
        "assert toll(1) == 4",
        "assert toll(-1) == 0",
        "assert toll(40) == 90",
        "assert toll(11) == 44",
    ],
    "slips": [
        START + "    if wagons >= 12:\n        return 50 + wagons\n    return 4 * wagons\n",
        START + "    if wagons > 12:\n        return 50 + wagons\n    return 4 * wagons\n",
    ],
}


def answer(**spoilt: Any) -> str:
    """The good answer as a model sends it, with some of it spoilt."""
    return json.dumps(GOOD | spoilt)


def solved(body: str) -> dict[str, str]:
    """The answer with another solution."""
    return {"reference": START + body}
