"""Which tests run without coverage: they compute or start much, and reach what others beside them reach.

Tracing makes Python two to four times slower, in each program that a test starts too. So sweeps, properties,
browsers and hubs run as they do for a user; `tests/coverage_gate.py` says whether what is left is enough.
"""

from __future__ import annotations

import os
import warnings

from coverage import Coverage
from coverage.exceptions import CoverageWarning

FOR_PROGRAMS = "COVERAGE_PROCESS_CONFIG"
"""What tells the programs that a test starts to measure themselves; coverage's own name."""
NOT_MEASURED = (
    "tests/e2e/",
    "tests/integration/agents/test_leak",
    "tests/integration/events/test_kill.py",
    "tests/integration/events/test_soak.py",
    "tests/integration/exercises/test_gate.py",
    "tests/integration/hub/",
    "tests/integration/kernels/test_ordinary_user.py",
    "tests/integration/many/",
    "tests/integration/service/test_service_every_page.py",
    "tests/unit/grading/test_grading_constructs.py::TestCodeMadeToBreakTheCheck",
    "tests/unit/progress/test_standing.py::test_100_000_grades_shuffled_and_doubled_come_to_the_same",
    "tests/unit/progress/test_struggle.py::TestWholeClass",
)
"""How their node ids begin."""


def is_measured(test: str, *, many: bool = False) -> bool:
    """Whether coverage is measured in the test with this node id.

    Not where the test is made of `many` examples: the tests beside it say by name what they reach.
    """
    return not many and not test.startswith(NOT_MEASURED)


class Measured:
    """Turns coverage off and on, here and for programs started from here. Does nothing where none runs."""

    def __init__(self) -> None:
        self._stopped: Coverage | None = None
        self._for_programs: str | None = None

    def turn(self, on: bool) -> None:
        """From here on measure, or do not. What a process has measured so far is kept."""
        if on and self._stopped is not None:
            with warnings.catch_warnings():
                # That what it measures was imported before is as it should be.
                warnings.simplefilter("ignore", CoverageWarning)
                self._stopped.start()
            self._stopped = None
            if self._for_programs is not None:
                os.environ[FOR_PROGRAMS] = self._for_programs
        elif not on and self._stopped is None and (running := Coverage.current()) is not None:
            running.stop()
            self._stopped = running
            self._for_programs = os.environ.pop(FOR_PROGRAMS, None)


HERE = Measured()
