"""Grading processes that are forked from one that has loaded everything."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import nbformat
import pytest
import pytest_asyncio
from graded_by import gone, hand_to
from learnflow_grading.client import GradingWorker, environment
from learnflow_grading.course import Course
from learnflow_grading.forks import Forks
from learnflow_grading.processes import descendants
from learnflow_grading.release import Released, release
from learnflow_grading.trusted.libraries import needs_libraries
from nbformat import v4 as nbf
from nbgrader.api import Gradebook

from learnflow_ext.contracts.errors import Unavailable

from .conftest import Classroom, checks, notebook, solution, warmup, write_source

# One event loop for all: the process that they share is tied to it.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def forks() -> AsyncIterator[Forks]:
    async with Forks(environment()) as made:
        yield made


class TestForks:
    async def test_two_grade_at_the_same_time_and_share_what_is_warm(
        self, forks: Forks, classroom: Classroom, tmp_path: Path
    ) -> None:
        async with GradingWorker(forks=forks) as one, GradingWorker(forks=forks) as other:
            records = await asyncio.gather(
                hand_to(one, classroom, tmp_path / "a", classroom.solved(), "fay", cell_timeout=30),
                hand_to(other, classroom, tmp_path / "b", classroom.solved(), "gus", cell_timeout=30),
            )
            assert [record.score for record in records] == [6, 6]
            pids = {one.pid, other.pid}
            assert len(pids) == 2
            assert forks._process is not None
            children = await asyncio.to_thread(descendants, forks._process.pid)
            assert pids <= set(children)
            # What their sandboxes are forked from is below neither of them.
            assert all([not await asyncio.to_thread(descendants, pid) for pid in pids if pid])
        assert all([await gone(pid) for pid in pids if pid])


@pytest.fixture
def on_postgresql(empty_postgres_url: str, tmp_path: Path) -> Course:
    """A teacher's own course, with its gradebook on PostgreSQL; four have handed in the warm-up."""
    root = tmp_path / "python"
    write_source(root, "warmup", {"warmup": warmup()})
    settings = root / "nbgrader_config.py"
    settings.write_text(f"c = get_config()\nc.CourseDirectory.db_url = {empty_postgres_url!r}\n")
    course = Course("python", root, tmp_path / "exchange", settings_file=settings)
    release(course, "warmup")
    room = Classroom(course, Released("", (), ()), tmp_path / "exchange")
    answers = {
        "ann": room.solved(),
        "bob": room.solved(total="def total(numbers):\n    return 0"),
        "cem": room.solved(square="def square(x):\n    return 4"),
        "dee": room.handed_out(),
    }
    for student, nb in answers.items():
        folder = root / "submitted" / student / "warmup"
        folder.mkdir(parents=True)
        nbformat.write(nb, folder / "warmup.ipynb")
    return course


class TestGradebookOnPostgresql:
    async def test_two_write_into_it_at_the_same_time(self, forks: Forks, on_postgresql: Course) -> None:
        course = on_postgresql

        async def grade(worker: GradingWorker, *students: str) -> None:
            for student in students:
                await worker.grade(
                    submission_id=student,
                    course=course.name,
                    course_root=course.root,
                    assignment="warmup",
                    student=student,
                    submitted_dir=course.root / "submitted" / student / "warmup",
                    cell_timeout=30,
                    in_place=True,
                    settings_file=course.settings_file,
                )

        async with GradingWorker(forks=forks) as one, GradingWorker(forks=forks) as other:
            await asyncio.gather(grade(one, "ann", "bob"), grade(other, "cem", "dee"))
        with Gradebook(course.db_url, course.name) as gradebook:
            scores = {each.student.id: each.score for each in gradebook.assignment_submissions("warmup")}
        assert scores == {"ann": 6, "bob": 3, "cem": 4, "dee": 0}
        assert [path.name for path in course.root.glob("*.db")] == []


class TestForkIsKilledInMidGrading:
    async def test_the_op_fails_and_the_next_gets_another(
        self, forks: Forks, classroom: Classroom, tmp_path: Path
    ) -> None:
        nb = classroom.solved()
        nb.cells.insert(1, nbf.new_code_cell("while len([]) < 1: pass"))
        async with GradingWorker(forks=forks) as worker:
            task = asyncio.ensure_future(
                hand_to(worker, classroom, tmp_path / "a", nb, "hal", cell_timeout=30)
            )
            await asyncio.sleep(1)
            pid = worker.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(Unavailable, match="stopped unexpectedly"):
                await task
            assert worker.pid is None
            assert (
                await hand_to(worker, classroom, tmp_path / "a", classroom.solved(), "hal", cell_timeout=30)
            ).score == 6
            assert worker.pid not in (None, pid)


class TestForkerIsGone:
    async def test_a_process_of_its_own_grades(self, classroom: Classroom, tmp_path: Path) -> None:
        async with Forks(environment()) as forks:
            assert (await forks.look(classroom.course.root, "nothing")).code == "not_found"
            assert forks._process is not None
            async with GradingWorker(forks=forks) as worker:
                forked = worker.pid
                forks._process.kill()
                assert forked is not None and await gone(forked)
                # It loses its memory before its end is told.
                while worker.pid is not None:  # noqa: ASYNC110 - of a process nobody tells
                    await asyncio.sleep(0.05)
                with pytest.raises(Unavailable):
                    await forks.look(classroom.course.root, "warmup")
                assert (
                    await hand_to(
                        worker,
                        classroom,
                        tmp_path / "a",
                        classroom.solved(),
                        "ida",
                        cell_timeout=30,
                    )
                ).score == 6

    async def test_it_ends_with_a_request_that_it_never_read(self, classroom: Classroom) -> None:
        """As where it cannot load what it needs."""
        ends = (sys.executable, "-c", "import time; time.sleep(0.5)")
        async with Forks(environment(), command=ends) as forks:
            for _ in range(2):
                with pytest.raises(Unavailable, match="stopped unexpectedly"):
                    await forks.look(classroom.course.root, "warmup")


class TestForkerHangs:
    STUCK = "import socket, sys, time\ns = socket.socket(fileno=int(sys.argv[1]))\nwhile s.recv(9999): pass"

    async def test_who_waits_gets_the_named_fault_and_nobody_waits_again(
        self, classroom: Classroom, tmp_path: Path
    ) -> None:
        stuck = (sys.executable, "-c", self.STUCK)
        async with Forks(environment(), command=stuck, answers_within=0.3) as forks:
            for _ in range(2):
                with pytest.raises(Unavailable, match="does not answer"):
                    await forks.look(classroom.course.root, "warmup")
            with pytest.raises(Unavailable, match="does not answer"):
                await forks.fork(tmp_path)
            # A grader does without: it is a process of its own.
            async with GradingWorker(forks=forks, command=("sleep", "60")) as worker:
                assert worker.pid is not None


class TestRequestIsCancelled:
    SLOW = (
        "import socket, sys, time, json\ns = socket.socket(fileno=int(sys.argv[1]))\n"
        "while data := s.recv(9999):\n    time.sleep(0.2)\n"
        "    s.sendall(json.dumps({'course': json.loads(data)['assignment']}).encode() + b'\\n')\n"
    )

    async def test_its_answer_is_not_given_to_the_next(self, classroom: Classroom) -> None:
        async with Forks(environment(), command=(sys.executable, "-c", self.SLOW)) as forks:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await forks.look(classroom.course.root, "one")
            assert (await forks.look(classroom.course.root, "other")).course == "other"


@pytest.fixture
def vectors(tmp_path: Path) -> Course:
    """A course folder with an assignment that needs numpy, which olga has handed in."""
    course = Course("python", tmp_path / "python", tmp_path / "exchange")
    nb = notebook(
        solution("double", "def double(x):", "return 2 * x"),
        checks("test_double", 1, "import numpy as np\nassert np.isclose(double(2), 4)"),
    )
    write_source(course.root, "vectors", {"vectors": nb})
    release(course, "vectors")
    folder = course.root / "submitted" / "olga" / "vectors"
    folder.mkdir(parents=True)
    nb.cells[0].source = "def double(x):\n    return x + x"
    nbformat.write(nb, folder / "vectors.ipynb")
    return course


def warm_with_numpy(forker: int) -> list[int]:
    """Ids of the processes around the warm one that has numpy, the outermost first."""
    found = []
    for pid in descendants(forker):
        with contextlib.suppress(OSError):
            if b'"numpy"' in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


class TestWarmProcessIsKilled:
    async def test_its_end_is_noticed_and_the_next_submission_has_another(self, vectors: Course) -> None:
        async with Forks(environment()) as forks:
            looked = await forks.look(vectors.root, "vectors")
            assert looked.students == ("olga",)
            async with GradingWorker(forks=forks) as worker:

                async def score() -> float:
                    record = await worker.grade(
                        submission_id="olga",
                        course="python",
                        course_root=vectors.root,
                        assignment="vectors",
                        student="olga",
                        submitted_dir=Path(looked.submitted) / "olga" / "vectors",
                        cell_timeout=30,
                        in_place=True,
                    )
                    return record.score

                assert await score() == 1
                forked = worker.pid
                assert forks._process is not None
                outermost, *inner = await asyncio.to_thread(warm_with_numpy, forks._process.pid)
                for pid in inner:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                assert await gone(outermost)
                assert await score() == 1
                assert worker.pid == forked


NEEDS = {
    "numpy": ("import numpy as np", True),
    "a part of one": ("from pandas.testing import assert_frame_equal", True),
    "the second": ("import math, numpy", True),
    "inside a function": ("def f():\n    import matplotlib.pyplot as plt", True),
    "in a text that is run": ("exec('import numpy')", True),
    "a magic": ("x = 1\n%matplotlib inline", True),
    "by its name": ("__import__('nu' + 'mpy')", True),
    "relative": ("from . import helpers", True),
    "a module that is handed in, and needs it": ("import needy", True),
    "nothing": ("x = 7 % 2", False),
    "Python's own": ("import math, os.path as p\nfrom collections import Counter, deque", False),
    "a module that is handed in": ("from helpers import double", False),
}


@pytest.mark.parametrize("what", NEEDS)
async def test_sandboxes_have_libraries_where_somebody_may_import_one(what: str) -> None:
    text, needed = NEEDS[what]
    files = {"helpers.py": "import json", "data.csv": "import numpy"}
    if "needy" in text:
        files["needy.py"] = "import numpy"
    encoded = {name: base64.b64encode(each.encode()).decode() for name, each in files.items()}
    assert needs_libraries(["print('no')", text], encoded) is needed
