"""The instructions that a model gets: files of this package, whose names carry their version."""

from __future__ import annotations

from functools import cache
from importlib import resources

from learnflow_ext.contracts.help import AgentName

VERSION = "1"
"""Raised with every change of a text: it is kept with what was sent."""
SPOKEN_BY: frozenset[AgentName] = frozenset({"debug", "concepts", "review"})
"""The agents that a model may speak for."""


@cache
def system(agent: AgentName) -> str:
    """The instruction for an agent of `SPOKEN_BY`."""
    folder = resources.files("learnflow_ext.agents.llm").joinpath("prompts")
    parts = [folder.joinpath(f"{name}-{VERSION}.md").read_text(encoding="utf-8") for name in ("tutor", agent)]
    return "\n".join(parts).strip()
