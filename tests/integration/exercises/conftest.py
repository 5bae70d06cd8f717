"""A runner on real sandboxes for all tests of hints."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from learnflow_kernels.warm.runner import WarmRunner


@pytest_asyncio.fixture
async def runner() -> AsyncIterator[WarmRunner]:
    """Warm sandboxes without libraries."""
    made = WarmRunner(parallel=1, ready=1, preload=())
    yield made
    await made.close()
