"""What all tests need of the process they run in."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Let Ctrl-C work again: a shell's background job ignores it, and so would each program a test starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
