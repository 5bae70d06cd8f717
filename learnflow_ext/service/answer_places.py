"""Where in an answer its reader is, so that the rest can be told by whoever has that answer. Pure.

A place is how many characters were told and what they were: also an answer that had to be begun anew, and
came out the same that far, goes on from there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator

import msgspec
from msgspec.structs import replace

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.help import ReplyChunk

HEADER = "Last-Event-ID"
"""Of who comes back: the id of the last event they have."""
ONCE_MORE = "\n\n*The connection broke, and I had to begin anew:*\n\n"
"""Told where the answer is another one by now."""
_PLACE = re.compile(r"(\d{1,7})-([0-9a-f]{16})")


class Place(msgspec.Struct, frozen=True):
    """A place in an answer."""

    characters: int = 0
    mark: str = hashlib.sha256().hexdigest()[:16]
    """Of those characters, 16 hexadecimal digits."""

    def __str__(self) -> str:
        return f"{self.characters}-{self.mark}"


def place_in(header: str) -> Place:
    """The place that an event's id stands for. BadRequest when it cannot be one of ours."""
    found = _PLACE.fullmatch(header)
    if found is None:
        raise BadRequest(f"That {HEADER} is no id of an event of this stream. Send the last one that came.")
    return Place(int(found[1]), found[2])


async def told(
    chunks: AsyncIterator[ReplyChunk], after: Place | None = None
) -> AsyncGenerator[tuple[ReplyChunk, Place]]:
    """Each piece with the place at its end; `after` a place only what comes then, without the `start`.

    The `end` is always told. An answer that is another one than what the reader has is told from its
    beginning, after a sentence about that.
    """
    digest, said = hashlib.sha256(), ""
    held: list[tuple[ReplyChunk, Place]] = []
    async for chunk in chunks:
        digest.update(chunk.text.encode(errors="replace"))
        said += chunk.text
        here = Place(len(said), digest.hexdigest()[:16])
        if after is None:
            yield chunk, here
            continue
        held.append((chunk, here))
        if len(said) < after.characters and chunk.kind not in ("end", "error"):
            continue
        if _at(said[: after.characters]) == after:
            rest = said[after.characters :]
            if chunk.kind in ("end", "error") or rest:
                yield replace(chunk, text=rest, kind="text" if chunk.kind == "start" else chunk.kind), here
        else:
            yield ReplyChunk(kind="text", text=ONCE_MORE, request_id=chunk.request_id), Place()
            for each in held:
                if each[0].kind != "start":
                    yield each
        after = None


def _at(text: str) -> Place:
    return Place(len(text), hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16])
