"""Removing folders that hostile code has written to."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

_WITHIN_S = 120


def remove_tree(path: Path) -> bool:
    """Remove a folder and all in it, links unfollowed; whether it is gone. Blocks.

    Python's own way goes down a call and an open file for each level, so that a few thousand folders inside
    one another would stop it, and with it whoever clears up. `rm` goes down any number.
    """
    with contextlib.suppress(RecursionError):
        shutil.rmtree(path, ignore_errors=True)
    if os.path.lexists(path):
        quiet = subprocess.DEVNULL
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            command = ["rm", "-rf", "--", os.fspath(path)]
            subprocess.run(command, stdout=quiet, stderr=quiet, check=False, timeout=_WITHIN_S)
    return not os.path.lexists(path)
