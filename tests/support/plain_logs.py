"""Logs in tests: as structlog writes them where nobody configured it, with plain tracebacks.

Its default draws each frame with all that its names stand for. Under coverage that takes seconds in which the
event loop stands still, and connections that are being made time out.
"""

from __future__ import annotations

import structlog


def use() -> None:
    """From now on in this process, also in place of what a test configured."""
    structlog.reset_defaults()
    drawing = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], drawing])
