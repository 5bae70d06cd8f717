"""How a whole run of the tests is shared out: complete, together what belongs together, browsers last."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from turns import BROWSER, ENGINE, FIRST, LONGEST_IN_BROWSER, TOGETHER, Turns, in_turn, scope_of

ROOT = Path(__file__).parents[3]
FOUND = [
    *(f"tests/unit/a/test_{file}.py::test_{number}" for file in range(6) for number in range(3)),
    *(f"{file}::test_{number}" for file in TOGETHER for number in range(3)),
    *(f"tests/integration/a/test_{file}.py::test" for file in range(3)),
    *(f"{FIRST[0]}::test_{number}" for number in range(2)),
    *(f"{file}::test_{number}" for file in ("tests/e2e/test_a.py", LONGEST_IN_BROWSER) for number in "ab"),
]


def test_every_file_that_is_named_is_there() -> None:
    for place in (*TOGETHER, *FIRST, BROWSER, LONGEST_IN_BROWSER):
        assert place == ENGINE or (ROOT / place).exists(), place


def test_a_file_stays_together_and_so_does_what_shares_an_engine() -> None:
    assert scope_of("tests/unit/a/test_b.py::TestC::test_d[x::y]") == "tests/unit/a/test_b.py"
    assert {scope_of(f"{file}::test") for file in TOGETHER} == {ENGINE}


def test_long_ones_come_first_browsers_last_and_who_waits_comes_between_who_computes() -> None:
    order = list(dict.fromkeys(map(scope_of, in_turn(FOUND))))
    assert order[:2] == [FIRST[0], ENGINE]
    assert order[-2:] == [LONGEST_IN_BROWSER, "tests/e2e/test_a.py"]
    kinds = "".join(scope.split("/")[1][0] for scope in order[2:-2])
    assert kinds == "uiuuiuuiu"
    assert sorted(in_turn(FOUND)) == sorted(FOUND)
    assert [test for test in in_turn(FOUND) if scope_of(test) == ENGINE] == FOUND[18:33]


class Worker:
    """Notes what it is told to run."""

    shutting_down = False
    gateway = SimpleNamespace(id="one of them")

    def __init__(self, tests: list[str]) -> None:
        self.tests, self.told = tests, list[str]()

    def send_runtest_some(self, places: list[int]) -> None:
        self.told += [self.tests[place] for place in places]

    def shutdown(self) -> None:
        self.shutting_down = True


def test_workers_get_all_of_it_once() -> None:
    tests = in_turn(FOUND)
    workers: list[Any] = [Worker(tests) for _ in range(2)]
    option = SimpleNamespace(loadscopereorder=False)
    config: Any = SimpleNamespace(option=option, getvalue=lambda name: ["popen"] * 2)
    schedule = Turns(config)
    for worker in workers:
        schedule.add_node(worker)
        schedule.add_node_collection(worker, tests)
    schedule.schedule()
    done = [0, 0]
    while not schedule.tests_finished:
        for place, worker in enumerate(workers):
            if done[place] < len(worker.told):
                schedule.mark_test_complete(worker, tests.index(worker.told[done[place]]))
                done[place] += 1
    assert sorted(workers[0].told + workers[1].told) == sorted(tests)
    of_each = [{scope_of(test) for test in worker.told} for worker in workers]
    assert not of_each[0] & of_each[1], "what belongs together is in one worker"
