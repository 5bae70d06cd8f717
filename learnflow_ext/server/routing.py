"""Who a chat message is for: a leading `@Name`, else the picker's choice, else the tutor. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LEADING = re.compile(r"\s*@([A-Za-z][\w-]*)[:,]?(?=\s|$)")


def addressed(body: str, names: Mapping[str, str], chosen: object, default: str) -> str:
    """The id of the persona that the message is for.

    `names` maps a persona's name in lower case to its id; `chosen` is what the input box's picker said, which
    may be anything. A leading `@Name` of ours wins over the picker: it is what the student wrote.
    """
    match = _LEADING.match(body)
    if match is not None and match[1].lower() in names:
        return names[match[1].lower()]
    return chosen if isinstance(chosen, str) and chosen in names.values() else default


def question(body: str, names: Mapping[str, str]) -> str:
    """The message without the address in front; stripped, maybe empty."""
    match = _LEADING.match(body)
    if match is not None and match[1].lower() in names:
        return body[match.end() :].strip()
    return body.strip()
