"""Leaves out a library that costs more than a second of every start, and that grading never asks anything.

jsonschema loads it where it is installed, to check addresses with letters of all alphabets, and it builds
its whole grammar at once.
"""

from __future__ import annotations

import sys
from typing import Any, cast

NEVER_ASKED = ("rfc3987_syntax",)


def start_lean() -> None:
    """Before the first import of nbformat, for a process that only grades."""
    for name in NEVER_ASKED:
        # As Python does it for what cannot be imported; jsonschema goes on without.
        cast("dict[str, Any]", sys.modules).setdefault(name, None)
