"""What a process that is only a service sets for itself once it is up."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from learnflow_ext.service import app


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)
    gc.unfreeze()


def test_a_thread_that_computes_soon_gives_way_to_who_waits_for_the_database() -> None:
    app.settle()
    assert sys.getswitchinterval() == pytest.approx(app.SWITCH_S)
    assert gc.get_freeze_count() > 0
