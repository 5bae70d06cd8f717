"""Gives tests that failed beside the others one more chance, alone: `again.py .pytest_cache STATUS`.

STATUS is what pytest ended with. Tests with real parts (a hub, a broker, a browser) wait for these, and on a
machine that is busy with other tests a wait can run out that is long enough on any other day. What is broken
fails here too. What passes here is named, because it is a test, or a wait, to look at. A unit test waits for
nothing, so it has no second chance; nor have more than a few failures at once, which are no accident.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MOST = 3
"""More failures than this are no accident."""
WITH_REAL_PARTS = ("tests/integration/", "tests/e2e/")


def deserve_it(failed: Sequence[str]) -> bool:
    """Whether these tests, by their node ids, may be run again. False for none."""
    return 0 < len(failed) <= MOST and all(test.startswith(WITH_REAL_PARTS) for test in failed)


SOME_FAILED = 1
"""pytest's status for it. Any other says that it did not get through all the tests."""


def main(cache: Path, status: int) -> int:
    """The exit status: 0 when all that failed passes alone."""
    if status != SOME_FAILED:
        return status
    try:
        failed = sorted(json.loads((cache / "v/cache/lastfailed").read_text()))
    except (OSError, ValueError):
        failed = []
    if not deserve_it(failed):
        return 1
    print("\nFailed beside the others, so run again alone:", *failed, sep="\n  ", flush=True)
    # Each in a process of its own: a browser's loop that still runs would stop the next test's.
    alone = ["coverage", "run", "-m", "pytest", "-p", "no:cacheprovider"]
    if any([subprocess.run([*alone, test]).returncode for test in failed]):
        return 1
    print("\nUNSTEADY: failed beside the others, passed alone. Find out why:", *failed, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
