"""A student's value that no test may use."""

from __future__ import annotations

from typing import Any

from .declared import SPECIAL
from .student import CannotCheck


class Refused:
    """Stands for a student's value that is of no kind a test may use."""

    def __init__(self, why: str) -> None:
        object.__setattr__(self, "_why", why)

    def __getattribute__(self, name: str) -> Any:
        if name == "refuse":
            return object.__getattribute__(self, name)
        raise CannotCheck(object.__getattribute__(self, "_why"))

    def refuse(self, *_: object) -> Any:
        """What any use of it comes to."""
        raise CannotCheck(object.__getattribute__(self, "_why"))


for _name in SPECIAL | {"__str__", "__repr__", "__format__", "__setattr__"}:
    setattr(Refused, _name, Refused.refuse)
