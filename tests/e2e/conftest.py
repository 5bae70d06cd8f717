"""One classroom and one browser for all browser tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from classroom import ARTIFACTS, Classroom, chromium
from playwright.sync_api import Browser, expect

# Nothing here measures speed: on a busy machine a first run takes more than the usual five seconds.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """`learnflow demo` as a user starts it."""
    room = Classroom.start(tmp_path_factory.mktemp("demo") / "state")
    try:
        yield room
    finally:
        room.stop()
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        (ARTIFACTS / "demo.log").write_text(room.log())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with chromium() as browser:
        yield browser
