"""The rest of an answer, for a reader who lost the connection at any place of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.help import ReplyChunk
from learnflow_ext.service.answer_places import ONCE_MORE, Place, place_in, told


def answer(*texts: str) -> list[ReplyChunk]:
    """An answer of these pieces."""
    return [
        ReplyChunk(kind="start", request_id="r"),
        *(ReplyChunk(kind="text", text=text) for text in texts),
        ReplyChunk(kind="end", questions_left=3),
    ]


async def each(chunks: list[ReplyChunk]) -> AsyncIterator[ReplyChunk]:
    for chunk in chunks:
        yield chunk


async def heard(chunks: list[ReplyChunk], after: Place | None = None) -> list[tuple[ReplyChunk, Place]]:
    return [pair async for pair in told(each(chunks), after)]


def words(pairs: list[tuple[ReplyChunk, Place]]) -> str:
    return "".join(chunk.text for chunk, _ in pairs)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=5), max_size=5), st.lists(st.integers(0, 30), max_size=6), st.data())
async def test_from_any_place_the_rest_comes_once(
    texts: list[str], cuts: list[int], data: st.DataObject
) -> None:
    whole = "".join(texts)
    before = await heard(answer(*texts))
    stop = data.draw(st.integers(0, len(before) - 1))
    # Made anew, the same words may come in other pieces.
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    again = [whole[a:b] for a, b in pairwise(places)]
    rest = await heard(answer(*again), place_in(str(before[stop][1])))
    assert words(before[: stop + 1]) + words(rest) == whole
    kinds = [chunk.kind for chunk, _ in rest]
    assert kinds.count("end") == 1 and kinds[-1] == "end" and "start" not in kinds
    assert rest[-1][1] == before[-1][1]


@pytest.mark.parametrize("other", [("another ", "one"), ("shor",), ("",)])
async def test_another_answer_is_told_whole_after_a_sentence(other: tuple[str, ...]) -> None:
    place = (await heard(answer("first ", "second")))[1][1]
    rest = await heard(answer(*other), place)
    assert words(rest) == ONCE_MORE + "".join(other)
    assert [chunk.kind for chunk, _ in rest] == ["text", *("text" for _ in other), "end"]
    # Who is lost once more has all of it from there.
    assert rest[0][1] == Place()


@pytest.mark.parametrize(
    "header", ["7", "7-", "-1-0123456789abcdef", "12345678-0123456789abcdef", "7-xyz", "7-0123456789ABCDEF "]
)
def test_what_is_no_place_is_refused(header: str) -> None:
    with pytest.raises(BadRequest, match="no id of an event"):
        place_in(header)
