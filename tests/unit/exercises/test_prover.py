"""The program inside the sandbox that counts which tests pass, run here without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.exercises.prover import TASK
from learnflow_ext.exercises.proving import Asserts, Outcome

RUN = "from pathlib import Path\nfrom learnflow_ext.exercises.prover import main\nmain(Path('.'))"
TESTS = "import math\nassert f(1) == 2\nassert f(2) == 3, 'no'\n"


def verdicts(
    folder: Path, *programs: str, seconds: float = 0.3, all_seconds: float = 20, **more: bool
) -> list[str]:
    task = {
        **more,
        "programs": programs,
        "tests": Asserts(TESTS).statements,
        "imports": ["math", "no_such_module"],
        "seconds": seconds,
        "all_seconds": all_seconds,
    }
    (folder / TASK).write_text(json.dumps(task))
    done = subprocess.run([sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [said for said, _ in json.loads(done.stdout)]


def test_each_program_is_judged_by_itself(tmp_path: Path) -> None:
    assert verdicts(
        tmp_path,
        "def f(x): return x + 1",
        "def f(x): return 2",
        "f = None",
        "this is no program",
        "def f(x):\n    while True: pass",
        "import os\nos._exit(0)",
        "import sys\nprint('noise')\ndef f(x):\n    print(x); sys.exit()",
        "def f(x):\n    try:\n        while True: pass\n    except Exception: return 2",
    ) == ["11", "10", "00", "00", "TT", "00", "00", "TT"]


def test_what_the_time_does_not_reach_has_no_verdict(tmp_path: Path) -> None:
    assert verdicts(tmp_path, "def f(x): return x", all_seconds=-1) == [""]


def test_outcomes_say_what_happened() -> None:
    assert Outcome("11").passes and not Outcome("10").passes and not Outcome("").passes
    assert Outcome("1T").endless and Outcome("101").passed == 2


@pytest.mark.parametrize("source", ["", "x = 1", "assert (", "import math"])
def test_tests_without_a_test_are_refused_with_a_sentence(source: str) -> None:
    with pytest.raises(BadRequest, match=r"tests?\b"):
        Asserts(source)


@pytest.mark.parametrize(
    ("statement", "is_test"),
    [
        ("assert f(1) == 2", True),
        ("for each in (1, 2):\n    assert f(each) == each + 1", True),
        ("try:\n    f('')\nexcept TypeError:\n    pass\nelse:\n    raise AssertionError('no')", True),
        ("unittest.TestCase().assertEqual(f(1), 2)", True),
        ("import math", False),
        ("def check(x):\n    assert x", False),
        ("numbers = [1, 2]", False),
    ],
)
def test_what_may_fail_is_a_test_wherever_its_assert_stands(statement: str, is_test: bool) -> None:
    asserts = Asserts(f"{statement}\nassert True")
    assert asserts.count == 1 + is_test


@pytest.mark.parametrize("together", [False, True])
def test_after_the_first_that_passes_none_is_run(tmp_path: Path, together: bool) -> None:
    programs = ["f = None", "def f(x): return x + 1", "def f(x): return x + 1", "f = None"]
    assert verdicts(tmp_path, *programs, first=True, together=together) == ["00", "11", "", ""]


@pytest.mark.parametrize("together", [False, True])
def test_after_a_test_that_fails_none_is_run(tmp_path: Path, together: bool) -> None:
    programs = ["def f(x): return 3", "def f(x): return x + 1"]
    assert verdicts(tmp_path, *programs, stop=True, together=together) == ["00", "11"]


class TestProgramsOfOneProcess:
    def test_each_has_its_own_names_and_its_own_time(self, tmp_path: Path) -> None:
        assert verdicts(
            tmp_path,
            "def f(x): return x + 1",
            "def g(x): return x",
            "def f(x):\n    while True: pass",
            "def f(x):\n    return f(x)",
            "this is no program",
            "raise SystemExit",
            "f = lambda x: x + 1",
            together=True,
        ) == ["11", "00", "TT", "00", "00", "00", "11"]

    def test_one_that_cannot_be_stopped_by_words_is_ended_and_the_next_goes_on(self, tmp_path: Path) -> None:
        swallows = (
            "def f(x):\n    while True:\n        try:\n            while True: pass\n        except: pass"
        )
        good = "def f(x): return x + 1"
        assert verdicts(tmp_path, good, swallows, good, seconds=0.1, together=True) == ["11", "TT", "11"]

    def test_one_that_takes_much_memory_leaves_it_to_nobody(self, tmp_path: Path) -> None:
        fat = "kept = list(range(3_000_000))\ndef f(x): return x + len(kept[:1])"
        assert verdicts(tmp_path, fat, "f = None", fat, together=True) == ["11", "00", "11"]

    @pytest.mark.parametrize("fatal", ["import os\nos._exit(0)", "import os\nos.kill(os.getpid(), 9)"])
    def test_one_that_ends_the_process_fails_alone(self, tmp_path: Path, fatal: str) -> None:
        good = "def f(x): return x + 1"
        assert verdicts(tmp_path, good, fatal, good, together=True) == ["11", "00", "11"]
