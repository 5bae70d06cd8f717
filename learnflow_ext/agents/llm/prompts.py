"""The instructions that a model gets: files of this package, whose names carry their version."""

from __future__ import annotations

from functools import cache
from importlib import resources

from learnflow_ext.contracts.help import AgentName

VERSION = "2"
"""Raised with every change of a text: it is kept with what was sent."""
SPOKEN_BY: frozenset[AgentName] = frozenset({"debug", "concepts", "review"})
"""The agents that a model may speak for."""
AUTHOR_VERSION = "1"
"""Likewise of the instruction for writing exercises."""


@cache
def author() -> str:
    """The instruction for whoever writes exercises."""
    return _text(f"author-{AUTHOR_VERSION}")


@cache
def system(agent: AgentName) -> str:
    """The instruction for an agent of `SPOKEN_BY`."""
    return "\n".join(_text(f"{name}-{VERSION}") + "\n" for name in ("tutor", agent)).strip()


def _text(name: str) -> str:
    folder = resources.files("learnflow_ext.agents.llm").joinpath("prompts")
    return folder.joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
