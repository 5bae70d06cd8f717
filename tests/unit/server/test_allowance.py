from __future__ import annotations

from learnflow_ext.server.allowance import Allowance


def test_it_is_used_up_and_fills_again() -> None:
    now = [100.0]
    allowance = Allowance(10, 2, lambda: now[0])
    assert [allowance.take(size) for size in (6, 5, 4, 1)] == [True, False, True, False]
    now[0] += 1
    assert [allowance.take(size) for size in (3, 2)] == [False, True]
    now[0] += 1000
    assert [allowance.take(size) for size in (11, 10)] == [False, True]
