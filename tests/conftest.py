"""What all tests need of the process they run in."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Ctrl-C works again: a shell's background job ignores it, and so would every program that a test starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
