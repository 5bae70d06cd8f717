"""A correction told as a change: "replace `=` by `+=` in line 4", "leave out line 3", "indent line 5 once
more"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from learnflow_ext.agents import disguises

MOST = 16
"""Programs for one reply."""
MAX_LINES = 60
_QUOTED = r"(?:`([^`\n]{1,80})`|['\"\u201c]([^'\"\u201c\u201d\n]{1,80})['\"\u201d]|([^\s`'\",.;A-Za-z]{1,8}))"
_LITTLE = r"(?:(?:the|an?|your|sign|word|name|number|operator|value|part)\s+)*"
_BY = re.compile(
    rf"\b(?:replace|change|swap|turn|exchange|substitute|correct|make)\s+{_LITTLE}{_QUOTED}"
    rf"[^.`'\"\n]{{0,40}}?\s(?:by|with|to|into|for|a|an)\s+{_LITTLE}{_QUOTED}",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    rf"{_QUOTED}[^.`'\"\n]{{0,40}}?\s"
    r"(?:instead of|rather than|in place of|where (?:you have|it says|now stands)|and not)"
    rf"\s+{_LITTLE}{_QUOTED}",
    re.IGNORECASE,
)
_LINE = re.compile(r"\blines? (\d{1,3})\b", re.IGNORECASE)
_WITHOUT = re.compile(
    r"\b(?:delete|remove|drop|erase|leave out|take out|comment out|throw away)\s+"
    r"(?:the\s+)?(?:whole\s+)?line (\d{1,3})\b",
    re.IGNORECASE,
)
_DEEPER = re.compile(
    r"\b(?:indent line (\d{1,3})"
    r"|(?:move|shift|push) line (\d{1,3}) [^.\n]{0,20}(?:to the right|inwards?|deeper|in by))",
    re.IGNORECASE,
)
_OUT = re.compile(
    r"\b(?:(?:un|de|out)-?indent line (\d{1,3})"
    r"|(?:move|shift|pull) line (\d{1,3}) [^.\n]{0,20}(?:to the left|outwards?|back|out))",
    re.IGNORECASE,
)


def programs(text: str, own_code: str) -> list[str]:
    """The student's cell with each change that is told; empty where none is. At most `MOST`."""
    lines = own_code.splitlines()
    if not own_code.strip() or len(lines) > MAX_LINES:
        return []
    return list(_programs(text, own_code))


@lru_cache(maxsize=512)
def _programs(text: str, own_code: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for change in _changed(disguises.readings(text)[0], own_code.splitlines()):
        if change != own_code:
            found.setdefault(change)
        if len(found) >= MOST:
            break
    return tuple(found)


def _changed(text: str, lines: list[str]) -> Iterator[str]:
    pairs = [(old, new) for old, new in map(_pair, _BY.finditer(text))]
    pairs += [(old, new) for new, old in map(_pair, _INSTEAD.finditer(text))]
    named = [int(each) - 1 for each in _LINE.findall(text)]
    for old, new in dict.fromkeys(pairs):
        places = [place for place, line in enumerate(lines) if old in line]
        for place in sorted(places, key=lambda each: each not in named):
            line = lines[place]
            for changed in dict.fromkeys((_swapped(line, old, new), line.replace(old, new, 1))):
                yield "\n".join([*lines[:place], changed, *lines[place + 1 :]])
        if len(places) > 1:
            yield "\n".join(_swapped(line, old, new) for line in lines)
    together = lines
    for old, new in dict.fromkeys(pairs):
        together = [_swapped(line, old, new) for line in together]
    if len(pairs) > 1:
        yield "\n".join(together)
    for place in _places(_WITHOUT, text, lines):
        yield "\n".join([*lines[:place], *lines[place + 1 :]])
    for place in _places(_DEEPER, text, lines):
        yield "\n".join([*lines[:place], f"    {lines[place]}", *lines[place + 1 :]])
    for place in _places(_OUT, text, lines):
        yield "\n".join([*lines[:place], lines[place].removeprefix("    "), *lines[place + 1 :]])


def _pair(found: re.Match[str]) -> tuple[str, str]:
    first, second = found.groups()[:3], found.groups()[3:]
    return next(each for each in first if each), next(each for each in second if each)


def _swapped(line: str, old: str, new: str) -> str:
    """With `new` for each `old` that is no part of a longer sign or name."""
    before = r"(?<!\w)" if old[0].isalnum() or old[0] == "_" else r"(?<![=<>!+\-*/%])"
    after = r"(?!\w)" if old[-1].isalnum() or old[-1] == "_" else r"(?![=<>!+\-*/%])"
    return re.sub(before + re.escape(old) + after, lambda _: new, line)


def _places(pattern: re.Pattern[str], text: str, lines: list[str]) -> Iterator[int]:
    for found in pattern.finditer(text):
        place = int(next(filter(None, found.groups()))) - 1
        if 0 <= place < len(lines):
            yield place
