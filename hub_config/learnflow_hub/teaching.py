"""What a server is told about its owner: whether they teach, so that JupyterLab shows what teachers need."""

from __future__ import annotations

from typing import Any

from .names import teachers_group

_TEACHERS = teachers_group("")


def teaches(spawner: Any) -> str:
    """The value of `TEACHES` for a server, which the hub asks for at each start.

    `1` for whoever teaches any course as their server starts, else an empty text."""
    return "1" if any(group.name.startswith(_TEACHERS) for group in spawner.user.groups) else ""
