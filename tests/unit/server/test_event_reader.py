"""Server-sent events, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.server.sse import MAX_EVENT_BYTES, EventReader

STREAM = (
    b': hello\n\ndata: {"a": 1}\n\nevent: x\r\ndata:two\r\ndata: lines\r\n\r\n\n\ndata: last\n\ndata: cut'
)
EVENTS = [b'{"a": 1}', b"two\nlines", b"last"]


@settings(deadline=None)
@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_cut_gives_the_same_events(cuts: list[int]) -> None:
    reader, found, places = EventReader(), [], [0, *sorted(cuts), len(STREAM)]
    for start, end in pairwise(places):
        found += reader.feed(STREAM[start:end])
    assert found == EVENTS


def test_the_place_is_that_of_the_last_whole_event() -> None:
    reader = EventReader()
    places = []
    for piece in (
        b"data: a\n\n",
        b"id: 1-x\nda",
        b"ta: b\n",
        b"\n: alive\n\n",
        b"data: c\n\nid: 2-y\ndata: d",
    ):
        reader.feed(piece)
        places.append(reader.last_id)
    assert places == ["", "", "", "1-x", "1-x"]


def test_an_event_without_end_is_refused() -> None:
    reader = EventReader()
    with pytest.raises(ValueError, match="too large"):
        for _ in range(100):
            reader.feed(b"data: " + b"x" * (MAX_EVENT_BYTES // 50) + b"\n")
