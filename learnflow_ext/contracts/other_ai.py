"""Other AI in a student's server: the ways to it that an admin may open, and how the hub tells a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

Door = Literal["personas", "magics", "mcp", "keys"]
DOORS: tuple[Door, ...] = get_args(Door)
OTHER_AI_ENV = "LEARNFLOW_OTHER_AI"
"""Variable of a student's server with an `OtherAi` as JSON; without it everything is shut."""


class ToolServer(msgspec.Struct, frozen=True, kw_only=True):
    """An MCP server whose tools other assistants may use."""

    name: str
    url: str


class OtherAi(msgspec.Struct, frozen=True, kw_only=True):
    """What the admin lets in."""

    allow: tuple[Door, ...] = ()
    magics: tuple[str, ...] = ()
    """IPython extensions that kernels load."""
    mcp_servers: tuple[ToolServer, ...] = ()


class OtherAiStanding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether it may be used at this moment."""

    exam: bool
    """An exam runs for whoever asks, or nobody can read whether one does."""
    unreadable: bool = False
    """No exam is known to run, but a course's `course.yaml` cannot be read, where one might stand."""


def told(environment: Mapping[str, str]) -> OtherAi:
    """What the hub told this server. Nothing is open where it told nothing, or what cannot be read."""
    try:
        return msgspec.json.decode(environment.get(OTHER_AI_ENV, "{}"), type=OtherAi)
    except msgspec.DecodeError:
        return OtherAi()
