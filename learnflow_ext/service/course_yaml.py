"""A course's `course.yaml`, which its teachers write by hand: reading its keys and its times. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

LAST_YEAR = 9000
MOST_VALUES = 100_000
"""In one file. A few lines that repeat each other by `*` may stand for billions."""


def keys_in(text: bytes) -> dict[str, Any]:
    """The keys of the file; none where it is empty. ValueError, with a sentence for the teacher."""
    try:
        found = msgspec.yaml.decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(f"course.yaml cannot be read: {error}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError("course.yaml must be a list of keys and values.")
    left = MOST_VALUES
    inside: list[Any] = [found]
    while inside:
        value = inside.pop()
        if isinstance(value, dict | list):
            left -= len(value)
            inside.extend(value.values() if isinstance(value, dict) else value)
        if left < 0:
            raise ValueError(f"course.yaml has more than {MOST_VALUES:,} values.")
    return found


def moment(value: Any, what: str) -> datetime:
    """In UTC; without an offset it is this machine's local time. ValueError, a sentence about `what`."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise ValueError(f"{what} is a date with a time, such as 2026-11-24 18:00:00+01:00.")
    try:
        found = value.astimezone(UTC)
    except (OverflowError, ValueError):
        found = datetime.max.replace(tzinfo=UTC)
    if found.year > LAST_YEAR:
        # Days and minutes are added to it later.
        raise ValueError(f"{what} is too far away.")
    return found
