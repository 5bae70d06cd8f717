# ruff: noqa: E501 - an attempt reads best on its own line
"""Attempts to get points without solving the exercise; each is told here with the score it gets.

`triangle` is worth 4 points, the class 2, the dialogue 2: whoever attacks `triangle` and does the rest honestly
gets 4 of 8. Next to them stands the honest notebook, which gets all.
"""

from __future__ import annotations

import copy

import pytest
from learnflow_grading.course import Limits
from nbformat import NotebookNode
from nbformat import v4 as nbf

from .conftest import ASK, TRIANGLE, VECTOR, Classroom, Graded, Submit

ALWAYS = """class Always:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0
    def __rsub__(self, other): return 0
    def __abs__(self): return 0
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __float__(self): return 1.0
    def __bool__(self): return True
    def __hash__(self): return hash(10)
    def __repr__(self): return "10"
    __str__ = __repr__
"""
FRAMES = """import json, os, socket, struct, gc
def talk(message, fd):
    data = json.dumps(message).encode()
    os.write(fd, struct.pack('!I', len(data)) + data)
def sockets():
    found = []
    for fd in range(3, 64):
        try:
            if os.readlink(f'/proc/self/fd/{fd}').startswith('socket'): found.append(fd)
        except OSError: pass
    return found
"""
AGENT = """import gc
def agent():
    from learnflow_grading.trusted.agent import Agent
    return next(o for o in gc.get_objects() if type(o) is Agent)
"""

# name: (code instead of the answer to `triangle`, points of the whole notebook)
ATTEMPTS: dict[str, tuple[str, float]] = {
    "an object that equals everything": (f"{ALWAYS}def triangle(n): return Always()", 4),
    "an object whose difference is nothing": (
        "class N:\n    def __sub__(self, o): return 0\n    __rsub__ = __sub__\ndef triangle(n): return N()", 4),
    "an object whose difference is another that is nothing": (
        "class M:\n    def __abs__(self): return 0.0\nclass N:\n    def __sub__(self, o): return M()\n"
        "def triangle(n): return N()", 4),
    "a class of the exercise, with operators that lie": (
        "def triangle(n):\n    v = Vector(0, 0)\n    return v\n"
        "class Vector:\n    def __sub__(self, o): return 0\n    def __eq__(self, o): return True\n", 4),
    "an object that is true": (f"{ALWAYS}def triangle(n): return Always", 4),
    "a hash that fits": (f"{ALWAYS}def triangle(n): return {{Always()}}", 4),
    "a text that looks right": ("class R:\n    def __repr__(self): return '10'\ndef triangle(n): return R()", 4),
    "a float that equals everything": (
        "class F(float):\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0.0\n"
        "    __hash__ = float.__hash__\ndef triangle(n): return F(1)", 4),
    "an int that equals everything": (
        "class I(int):\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0\n"
        "    __hash__ = int.__hash__\ndef triangle(n): return I(1)", 4),
    "a numpy number that equals everything": (
        "import numpy as np\nclass F(np.float64):\n    def __eq__(self, o): return True\n"
        "    def __sub__(self, o): return 0.0\n    __hash__ = float.__hash__\ndef triangle(n): return F(1)", 4),
    "a numpy array that lies": (
        "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, o): return True\n"
        "    def __sub__(self, o): return 0\ndef triangle(n): return np.zeros(1).view(A)", 4),
    "a mock": ("from unittest.mock import MagicMock\ndef triangle(n): return MagicMock()", 4),
    "not a number": ("def triangle(n): return float('nan')", 4),
    "infinity": ("def triangle(n): return float('inf')", 4),
    "other builtins": (
        "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.isinstance = lambda *a: True\n"
        "builtins.AssertionError = type('A', (BaseException,), {})\ndef triangle(n): return 10", 0),
    "abs and the teacher's names in the notebook": (
        "abs = lambda x: 0\nLIMIT = 3\nclass math:\n    isclose = staticmethod(lambda a, b: True)\n"
        "def triangle(n): return 10", 4),
    "another math module": (
        "import math, sys\nmath.isclose = lambda a, b: True\nsys.modules['math'] = math\n"
        "def triangle(n): return 10", 4),
    "another json": (
        "import json\njson.dumps = lambda *a, **k: '{\"id\": 1}'\njson.loads = lambda *a: {}\n"
        "def triangle(n): return 10", 0),
    "another socket": (
        "import socket\nsocket.socket.sendall = lambda *a: None\nsocket.socket.recv = lambda *a: b''\n"
        "def triangle(n): return 10", 0),
    "a frame with an answer nobody asked for": (
        f"{FRAMES}def triangle(n):\n    for fd in sockets(): talk({{'id': 'x', 'value': 10, 'out': []}}, fd)\n"
        "    return 0", 0),
    "a frame that says the test is done": (
        f"{FRAMES}def triangle(n):\n"
        "    for fd in sockets(): talk({'done': True, 'cell': 2, 'stop': '', 'outputs': []}, fd)\n    return 0", 0),
    "a frame that is no JSON": (
        f"{FRAMES}def triangle(n):\n    for fd in sockets(): os.write(fd, b'\\0\\0\\0\\4oops')\n    return 0", 0),
    "a frame of two gigabytes": (
        f"{FRAMES}def triangle(n):\n    for fd in sockets(): os.write(fd, b'\\x7f\\xff\\xff\\xff')\n    return 0", 0),
    "a frame nested ten thousand deep": (
        f"{FRAMES}def triangle(n):\n    data = b'[' * 10000\n"
        "    for fd in sockets(): os.write(fd, struct.pack('!I', len(data)) + data)\n    return 0", 0),
    "a result in the outputs of the test": (
        f"{AGENT}def triangle(n):\n    agent().output.entries.append({{'output_type': 'execute_result',"
        " 'data': {'text/plain': '4'}, 'metadata': {}})\n    return 0", 4),
    "an agent that always answers ten": (
        f"{AGENT}a = agent()\na._operate = lambda *x: {{'value': 10, 'changed': []}}\ndef triangle(n): return 10", 0),
    "an agent that answers with an object of its own making": (
        f"{AGENT}a = agent()\nold = a._operate\n"
        "def triangle(n): return 1\n"
        "a._operate = lambda *x: {'value': ['o', 0, 0, None], 'changed': []}", 0),
    "an agent that changes the expected values by reference": (
        f"{AGENT}a = agent()\ndef triangle(n): return 1\n"
        "a._operate = lambda *x: {'value': ['=', 0], 'changed': [[0, [10]]]}", 0),
    "an agent that counts on the test's own objects": (
        f"{AGENT}a = agent()\ndef triangle(n): return a.ask('get', 0, '__globals__', [])", 0),
    "a question about frames that nobody passed": (
        f"{AGENT}def triangle(n): return agent().ask('call', 5, '', ['10'])", 0),
    "the end of the process": ("def triangle(n):\n    import os; os._exit(0)", 0),
    "the end of the program": ("def triangle(n):\n    import sys; sys.exit(0)", 4),
    "an exit when all is over": (
        "import atexit, os\natexit.register(os._exit, 0)\ndef triangle(n): raise SystemExit(0)", 4),
    "a keyboard interrupt": ("def triangle(n): raise KeyboardInterrupt", 4),
    "a generator's end": ("def triangle(n): raise StopIteration(10)", 4),
    "a thread that answers later": (
        f"{FRAMES}import threading, time\ndef triangle(n):\n    def late():\n        time.sleep(0.2)\n"
        "        for fd in sockets(): talk({'id': 'late', 'value': 10, 'out': []}, fd)\n"
        "    threading.Thread(target=late).start()\n    time.sleep(0.5)\n    return 0", 0),
    "a child that answers for its parent": (
        "import os\ndef triangle(n):\n    if os.fork() == 0: return 10\n    os.wait()\n    return 0", 4),
    "all descriptors closed": ("import os\ndef triangle(n): os.closerange(0, 256)", 0),
    "the channel put over the output": (
        f"{FRAMES}def triangle(n):\n    for fd in sockets(): os.dup2(1, fd)\n    return 10", 0),
    "a patched input": (
        "import builtins\nbuiltins.input = lambda *a: '10'\ndef triangle(n): return input()", 2),
    "a patched shell": (
        "ip = get_ipython()\nip.run_cell = ip.run_code = lambda *a, **k: None\n"
        "ip.ast_transformers.append(None)\nip.input_transformers_cleanup.append(lambda lines: ['pass'])\n"
        "def triangle(n): return 10", 0),
    "the test read from memory": (
        "import gc\ndef triangle(n):\n    for o in gc.get_objects():\n        if isinstance(o, str) and"
        " 'triangle(10) ==' in o: return 55\n    return 10", 4),
    "the test read from the frames above": (
        "import sys\ndef triangle(n):\n    f = sys._getframe()\n    while f:\n"
        "        if '55' in str(f.f_locals.get('code', '')): return 55\n        f = f.f_back\n    return 10", 4),
    "the test read from disk": (
        "import os\ndef triangle(n):\n    for where, _, names in os.walk('/'):\n"
        "        if any(x.endswith(('.ipynb', 'gradebook.db')) for x in names): return 55\n    return 10", 4),
    "the clock turned": (
        "import time\ntime.monotonic = time.time = lambda: 0\ndef triangle(n): return 10", 4),
    "a reply of hundreds of megabytes": ("def triangle(n): return 'x' * 100_000_000", 4),
    "a value that holds itself": ("def triangle(n):\n    a = []\n    a.append(a)\n    return a", 4),
    "a value nested five thousand deep": (
        "def triangle(n):\n    a = []\n    for _ in range(5000): a = [a]\n    return a", 4),
    "a generator that never ends": ("def triangle(n):\n    while True: yield 10", 4),
    "a function for a value": ("def triangle(n): return triangle", 4),
    "a class for a value": ("class T:\n    pass\ndef triangle(n): return T", 4),
    "a function that is an object that lies": (
        f"{ALWAYS}class C(Always):\n    def __call__(self, n): return Always()\ntriangle = C()", 4),
    "an exception that equals everything": (
        "class E(Exception):\n    def __eq__(self, o): return True\ndef triangle(n): return E()", 4),
    "a thread that lives on after its cell": (
        "import builtins, threading, time\ndef later():\n    while True:\n        builtins.abs = lambda x: 0\n"
        "        time.sleep(0.01)\nthreading.Thread(target=later, daemon=True).start()\n"
        "def triangle(n): return 10", 4),
    "an alarm of its own": (
        "import signal\ndef triangle(n): return 0\ndef ring(*_):\n    global triangle\n    triangle = lambda n: 10\n"
        "signal.signal(signal.SIGALRM, ring)\nsignal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)", 4),
    "the test read from a traceback": (
        "def triangle(n):\n    try: raise ValueError\n    except ValueError as error: frame = error.__traceback__.tb_frame\n"
        "    while frame:\n        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:\n"
        "            if 'triangle(10)' in str(value) and '55' in str(value): return 55\n"
        "        frame = frame.f_back\n    return 10", 4),
    "a value that is called for ever": (
        "class More:\n    def __call__(self, *a): return More()\n    def __getattr__(self, name): return More()\n"
        "    def __iter__(self): return iter(More, 0)\ntriangle = More()", 4),
    "an assertion's own name": ("__debug__ if True else 0\ndef triangle(n): return 10", 4),
}  # fmt: skip

ONLY_THEMSELVES = {"a patched shell"}
"""Their other answers are not there any more, and every test has its record: it failed."""
FORGED = {"a result in the outputs of the test"}
"""Attempts to make a record that cost no other test anything."""


def answers(nb: NotebookNode, **by_name: str) -> NotebookNode:
    """The notebook with these answers."""
    for cell in nb.cells:
        name = cell.metadata.nbgrader.get("grade_id")
        if name in by_name:
            cell.source = by_name[name]
    return nb


def hand_in(classroom: Classroom, submit: Submit, triangle: str, limits: Limits | None = None) -> Graded:
    """Everything else solved honestly."""
    nb = answers(classroom.handed_out("fortress", "fortress"), triangle=triangle, vector=VECTOR, ask=ASK)
    return submit({"fortress.ipynb": nb}, assignment="fortress", limits=limits)


class TestHonest:
    def test_the_solution_gets_full_marks(self, classroom: Classroom, submit: Submit) -> None:
        done = hand_in(classroom, submit, TRIANGLE)
        assert (done.record.score, done.record.max_score, done.record.needs_review) == (8, 8, False)
        assert not any(cell.provisional for cell in done.record.cells)

    def test_an_empty_notebook_gets_nothing(self, classroom: Classroom, submit: Submit) -> None:
        nb = classroom.handed_out("fortress", "fortress")
        assert submit({"fortress.ipynb": nb}, assignment="fortress").record.score == 0


class TestAttempts:
    @pytest.mark.parametrize("name", ATTEMPTS)
    def test_it_gets_no_points_for_what_it_does_not_solve(
        self, classroom: Classroom, submit: Submit, name: str
    ) -> None:
        code, total = ATTEMPTS[name]
        done = hand_in(classroom, submit, code, Limits(cell_timeout=3))
        assert done.cell("test_triangle").score == 0
        assert done.record.score == total
        if (total == 0 and name not in ONLY_THEMSELVES) or name in FORGED:
            # The record of a test is missing, or somebody tried to make one: a person looks.
            assert done.record.needs_review


class TestNotebookTamperedWith:
    def cheat(self, classroom: Classroom) -> NotebookNode:
        return answers(
            classroom.handed_out("fortress", "fortress"),
            triangle="def triangle(n): return 10",
            vector=VECTOR,
            ask=ASK,
        )

    def score(self, submit: Submit, nb: NotebookNode) -> float:
        return float(submit({"fortress.ipynb": nb}, assignment="fortress").record.score)

    def test_the_test_deleted(self, classroom: Classroom, submit: Submit) -> None:
        nb = self.cheat(classroom)
        nb.cells = [c for c in nb.cells if c.metadata.nbgrader.get("grade_id") != "test_triangle"]
        assert self.score(submit, nb) == 4

    def test_the_test_edited(self, classroom: Classroom, submit: Submit) -> None:
        assert self.score(submit, answers(self.cheat(classroom), test_triangle="assert True")) == 4

    def test_the_test_twice_the_second_empty(self, classroom: Classroom, submit: Submit) -> None:
        nb = self.cheat(classroom)
        twin = copy.deepcopy(next(c for c in nb.cells if c.metadata.nbgrader.grade_id == "test_triangle"))
        twin.id, twin.source = "another", "pass"
        nb.cells.append(twin)
        assert self.score(submit, nb) == 4

    @pytest.mark.parametrize(
        "change",
        [
            {"points": 100}, {"points": 0}, {"solution": True}, {"grade": False}, {"locked": False},
            {"grade_id": "test_ask"}, {"cell_type": "markdown"}, {"task": True}, {"schema_version": 99},
        ],
    )  # fmt: skip
    def test_its_metadata_changed(
        self, classroom: Classroom, submit: Submit, change: dict[str, object]
    ) -> None:
        nb = self.cheat(classroom)
        cell = next(c for c in nb.cells if c.metadata.nbgrader.grade_id == "test_triangle")
        cell.metadata.nbgrader.update(change)
        assert self.score(submit, nb) == 4

    def test_its_cell_turned_into_text(self, classroom: Classroom, submit: Submit) -> None:
        for kind in ("markdown", "raw"):
            nb = self.cheat(classroom)
            cell = next(c for c in nb.cells if c.metadata.nbgrader.grade_id == "test_triangle")
            cell.cell_type = kind
            del cell["outputs"], cell["execution_count"]
            assert self.score(submit, nb) == 4, kind

    def test_another_kernel_named(self, classroom: Classroom, submit: Submit) -> None:
        nb = self.cheat(classroom)
        nb.metadata["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}
        assert self.score(submit, nb) == 4

    def test_an_answer_marked_as_a_test(self, classroom: Classroom, submit: Submit) -> None:
        nb = self.cheat(classroom)
        marks = {
            "grade": True,
            "solution": False,
            "locked": True,
            "points": 50,
            "grade_id": "mine",
            "schema_version": 3,
        }
        nb.cells.append(nbf.new_code_cell("pass", metadata={"nbgrader": marks}))
        done = submit({"fortress.ipynb": nb}, assignment="fortress")
        assert (done.record.score, done.record.max_score) == (4, 8)

    def test_a_cell_after_all_tests_that_makes_it_right(self, classroom: Classroom, submit: Submit) -> None:
        nb = self.cheat(classroom)
        nb.cells.append(nbf.new_code_cell(TRIANGLE))
        assert self.score(submit, nb) == 4

    def test_outputs_made_up(self, classroom: Classroom, submit: Submit) -> None:
        nb = self.cheat(classroom)
        cell = next(c for c in nb.cells if c.metadata.nbgrader.grade_id == "test_triangle")
        cell.outputs = [nbf.new_output("execute_result", {"text/plain": "4"}, execution_count=1)]
        cell.metadata["learnflow_provisional"] = "yes"
        assert self.score(submit, nb) == 4

    def test_a_tag_that_skips_cells(self, classroom: Classroom, submit: Submit) -> None:
        nb = self.cheat(classroom)
        for cell in nb.cells:
            cell.metadata["tags"] = ["skip-execution", "raises-exception"]
        assert self.score(submit, nb) == 4

    def test_a_module_of_the_students_with_a_name_the_test_imports(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        files: dict[str, NotebookNode | bytes] = {
            "fortress.ipynb": self.cheat(classroom),
            "math.py": b"isclose = lambda a, b: True",
            "io.py": b"raise SystemExit",
            "sitecustomize.py": b"import os; os._exit(0)",
        }
        done = submit(files, assignment="fortress")
        assert done.cell("test_triangle").score == 0
