"""Lines of code that may have lost their indentation, and how they may have stood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

MAX_LINES = 60
"""Of a piece of code, or of a student's cell, that is looked at."""
_OPENS = re.compile(r"^(?:def|for|while|if|elif|else|with|try|except|finally|class)\b.*:$|^else:$|^try:$")
_LEAVES = re.compile(r"(?:return|break|continue|raise)\b")
_CONTINUES = re.compile(r"(?:elif|else|except|finally)\b")
MOST_LAYOUTS = 12
"""Ways in which the same lines may have stood."""


def indented(lines: Iterable[str]) -> Iterator[str]:
    """Lines that may have lost their indentation, with the likeliest ones first; at most `MOST_LAYOUTS`.

    After a colon a line stands deeper, else beside the one before, or after a `return` one step further out.
    Layouts with more and more exceptions to that follow.
    """
    row = [line.strip() for line in lines if line.strip()]
    heads = {def_name(line): place for place, line in enumerate(row)}
    # The head of a function that comes again below is the beginning of something else, such as a quotation.
    row = [line for place, line in enumerate(row) if not def_name(line) or heads[def_name(line)] == place]
    # Of a long talk the newest lines.
    row = row[-MAX_LINES:]
    last = max((place for place, line in enumerate(row) if def_name(line)), default=0)
    if last:
        yield from indented(row[last:])
    if not row:
        return
    if len(row) == 1:
        yield row[0]
        return
    made = 0
    for exceptions in range(4):
        for depths in _layouts(row, exceptions):
            yield "\n".join("    " * depth + line for depth, line in zip(depths, row, strict=True))
            made += 1
            if made >= MOST_LAYOUTS:
                return


def def_name(line: str) -> str:
    """Name of the function whose head this line is; empty for any other line."""
    return line.removeprefix("def ").partition("(")[0].strip() if line.startswith("def ") else ""


def _layouts(row: list[str], exceptions: int) -> Iterator[list[int]]:
    """Depths of the lines with just so many exceptions to what is usual."""
    stack: list[tuple[list[int], int]] = [([0], exceptions)]
    tried = 0
    while stack and tried < 2_000:
        tried += 1
        depths, left = stack.pop()
        if len(depths) == len(row):
            if left == 0:
                yield depths
            continue
        before, line = row[len(depths) - 1], row[len(depths)]
        if _OPENS.match(before):
            options = [depths[-1] + 1]
        elif _CONTINUES.match(line):
            options = _openers(row, depths)
        else:
            outer = sorted({row_depth for row_depth in depths if row_depth <= depths[-1]}, reverse=True)
            step = 1 if _LEAVES.match(before) else 0
            step = max(step, 1) if line.startswith("return") and depths[-1] > 1 else step
            usual = outer[min(step, len(outer) - 1)]
            options = [usual, *(each for each in outer if each != usual)]
            if line.startswith("def "):
                options = [0]
        for place, option in reversed(list(enumerate(options))):
            if bool(place) <= left:
                stack.append(([*depths, option], left - bool(place)))


def _openers(row: list[str], depths: list[int]) -> list[int]:
    """Where an `else` may stand: below what opened a block, the innermost first."""
    found = [
        depth for depth, line in zip(depths, row, strict=False) if _OPENS.match(line) and depth < depths[-1]
    ]
    return sorted(set(found), reverse=True) or [0]
