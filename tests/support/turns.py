"""Which tests of a whole run share a worker, and in which order they begin.

The tests of a file stay together, as with xdist's `loadfile`. Files that share an engine for containers stay
together too, so that one worker starts it, once. What takes minutes comes first. Then files that wait for
real parts come between files that only compute, so that the processors are busy all the time. Browsers come
last: theirs keep the event loop of the worker. The longest of them begins first, so that nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdist.scheduler import LoadFileScheduling

ENGINE = "an engine for containers"
TOGETHER = {
    f"tests/integration/kernels/test_{name}.py": ENGINE
    for name in ("choosing", "hostile_runs", "hostile_tricks", "runner_limits", "student_containers")
}
"""File -> what it shares with others."""
FIRST = (
    "tests/integration/hub/test_oldest_versions.py",
    "tests/integration/hub/test_hub_demo.py",
    ENGINE,
    "tests/integration/kernels/test_ordinary_user.py",
    "tests/integration/service/test_service_insight.py",
    "tests/integration/events/test_soak.py",
    "tests/integration/exercises/test_gate.py",
)
BROWSER = "tests/e2e/"
LONGEST_IN_BROWSER = "tests/e2e/test_no_way_round.py"


def scope_of(test: str) -> str:
    """What the test with this node id belongs to: its file, or what that shares with others."""
    file = test.partition("::")[0]
    return TOGETHER.get(file, file)


def in_turn(tests: Sequence[str]) -> list[str]:
    """These node ids in the order in which they should begin; within one scope as they are."""
    scopes = list(dict.fromkeys(map(scope_of, tests)))
    browser = sorted((s for s in scopes if s.startswith(BROWSER)), key=lambda s: s != LONGEST_IN_BROWSER)
    rest = [scope for scope in scopes if scope not in FIRST and scope not in browser]
    alone = [scope for scope in rest if scope.startswith("tests/unit/")]
    waiting = [scope for scope in rest if scope not in alone]
    place = {scope: (at + 0.5) / len(kind) for kind in (alone, waiting) for at, scope in enumerate(kind)}
    order = [*(scope for scope in FIRST if scope in scopes), *sorted(rest, key=place.__getitem__), *browser]
    rank = {scope: number for number, scope in enumerate(order)}
    return sorted(tests, key=lambda test: rank[scope_of(test)])


class Turns(LoadFileScheduling):
    """Hands out what `scope_of` says belongs together."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)
