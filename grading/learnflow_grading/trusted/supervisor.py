"""The test's side: runs test cells in a process of its own, and tells the grader what came of each.

No student code runs here. What a student's code claims arrives as plain data or as a proxy; a test passes
when it ran to its end here.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import random
import secrets
import signal
import socket
import sys
import time
import types
from typing import Any

from .collected import Collected, cell_file
from .declared import Declared, Rules
from .frames import BrokenChannel, Channel
from .namespace import Namespace
from .proxies import Proxies
from .says import Prepared, asks_for_equality_alone, goes_through, of_arrays, of_loops, of_nans
from .student import CannotCheck, Student, StudentGone, TooSlow
from .texts import Texts
from .wire import Uncrossable
from .workfiles import WorkFiles


class _Stream(io.TextIOBase):
    def __init__(self, name: str, owner: Supervisor) -> None:
        self._name, self._owner = name, owner

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._owner.collected.stream(self._name, str(text))
        return len(text)


class Supervisor:
    """Grades one submission, then ends."""

    def __init__(self, grader: Channel, student: Channel, job: dict[str, Any]) -> None:
        self._grader, self._job = grader, job
        self._cell_seconds = float(job["cell_seconds"])
        self._end = time.monotonic() + float(job["total_seconds"])
        self.collected = Collected()
        self.student = Student(student, cell_seconds=self._cell_seconds)
        self.student.emit = self._emit
        self.student.may_change = None if job["may_change"] is None else frozenset(job["may_change"])
        rules = Rules(
            classes={
                name: Declared(frozenset(names), frozenset(specials))
                for name, (names, specials) in job["classes"].items()
            },
            returns_objects=None if job["returns_objects"] is None else frozenset(job["returns_objects"]),
            modules=dict(job["modules"]),
            never_empty=frozenset(job["never_empty"]),
            always_known=frozenset(job["always_known"]),
        )
        self._prepared = Prepared()
        self._texts = Texts()
        proxies = Proxies(self.student, rules, self._texts.named)
        self._returned = proxies.returned
        self._texts.patch_inspect(proxies.handle_of)
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        variables: dict[str, Any] = module.__dict__
        variables.update({"__builtins__": builtins, "display": self._display})
        self._names = Namespace(variables, proxies, self._texts)
        self._files = WorkFiles(self.student)
        self._testing = self._numbered = self._forged = self._meddled = False

    # -- one submission --------------------------------------------------------------------------

    def serve(self) -> None:
        """Every cell in order; the grader hears of each as soon as it is over."""
        self._prepare()
        for cell in self._job["cells"]:
            self.collected = Collected()
            self._numbered = self._forged = self._meddled = False
            began = time.monotonic()
            stop = self._cell(cell)
            self._grader.send(
                {
                    "cell": cell["index"],
                    "token": cell["token"],
                    "stop": stop,
                    "seconds": round(time.monotonic() - began, 2),
                    "number": self._numbered,
                    "forged": self._forged,
                    "meddled": self._meddled,
                    "outputs": self.collected.entries,
                }
            )
        self._grader.send(
            {
                "done": True,
                "returned_objects": sorted(self._returned.objects),
                "never_empty": sorted(self._returned.never_empty),
                "always_known": sorted(self._returned.always_known),
                "changes": sorted(self.student.changes),
            }
        )

    def _prepare(self) -> None:
        sys.stdout, sys.stderr = _Stream("stdout", self), _Stream("stderr", self)
        self._stdin = io.StringIO()
        sys.stdin = self._stdin
        builtins.input = self._input
        signal.signal(signal.SIGALRM, self._alarm)
        self._files.lay_out(self._job["files"])
        with contextlib.suppress(StudentGone, TooSlow):
            self.student.simple("put", files=[*self._job["files"], *self._job["student_files"]])
            self._student_imports()
        self._patch_seeds()

    def _student_imports(self) -> None:
        """What visible tests import, students' later cells may use, as in a kernel of one piece."""
        if self._job["imports"]:
            emit, self.student.emit = self.student.emit, lambda entry: None
            for statement in self._job["imports"]:
                self.student.run(statement, 0)
            self.student.emit = emit

    def _cell(self, cell: dict[str, Any]) -> str:
        """What stopped the cell, or an empty text; its outputs are in `collected`."""
        if time.monotonic() > self._end:
            return "budget"
        self.student.deadline = min(time.monotonic() + self._cell_seconds, self._end + 0.5)
        if cell["kind"] == "test":
            if cell["setup"]:
                self._set_up(cell["setup"], cell["count"])
            return self._test(cell)
        if cell["kind"] == "kernel":
            return self._kernel_test(cell)
        return self._student_cell(cell) if cell["code"].strip() else ""

    def _kernel_test(self, cell: dict[str, Any]) -> str:
        """A test that can only run beside the student's code: its record is that code's word."""
        nonce = secrets.token_hex(16)
        if self.student.gone:
            return "not_run"
        try:
            reply = self.student.run(cell["code"], cell["count"], nonce)
        except StudentGone as gone:
            return gone.reason
        except TooSlow:
            return "budget"
        if reply.get("late"):
            return "timeout"
        failed = any(entry["output_type"] == "error" for entry in self.collected.entries)
        return "" if failed or reply.get("nonce") == nonce else "broken"

    def _student_cell(self, cell: dict[str, Any]) -> str:
        if self.student.gone:
            return "not_run"
        self._texts.learn(cell["code"])
        try:
            reply = self.student.run(cell["code"], cell["count"])
        except StudentGone as gone:
            return gone.reason
        except TooSlow:
            return "budget"
        if reply.get("flood"):
            return "flood"
        return "timeout" if reply.get("late") else ""

    def _emit(self, entry: dict[str, Any]) -> None:
        """One output that the student's process tells of; a test that redirects stdout gets it there."""
        kind = entry.get("output_type")
        if kind == "stream" and type(entry.get("text")) is str:
            stream = sys.stderr if entry.get("name") == "stderr" else sys.stdout
            with contextlib.suppress(ValueError, OSError):
                stream.write(entry["text"])
        elif len(self.collected.entries) < 500 and kind in ("error", "display_data", "execute_result"):
            if self._testing:
                # A test's result and its errors are the test's alone: nbgrader reads points from them.
                if kind == "error":
                    return
                # Nothing honest shows a result in the middle of a call.
                self._forged |= kind == "execute_result"
                entry = {**entry, "output_type": "display_data"}
            self.collected.entries.append(entry)

    def _set_up(self, code: str, count: int) -> None:
        """Run the teacher's own preparations here too; what fails here may still work for the student."""
        self._prepared.learn(code)
        quiet, self.collected = self.collected, Collected()
        file = cell_file(count)
        try:
            for statement in ast.parse(code).body:
                names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
                module = ast.Module([statement], [])
                with contextlib.suppress(Exception):
                    self._until(lambda m=module: exec(compile(m, file, "exec"), self._names.variables))  # noqa: S102
                self._names.taken(names)
        finally:
            self.collected = quiet

    # -- tests -----------------------------------------------------------------------------------

    def _test(self, cell: dict[str, Any]) -> str:
        code, count = cell["code"], cell["count"]
        late, odd = self.student.timeouts, CannotCheck.count
        returned = self._returned
        hollow, hollow_inside = returned.hollow, returned.hollow_inside
        meddled, touched = self.student.meddled, self.student.touched
        before = self._names.own_data()
        text = code
        with contextlib.suppress(SyntaxError, ValueError, RecursionError):
            text = self._prepared.behind(code)
            returned.nans = "told" if of_nans(text) else "harmless" if asks_for_equality_alone(text) else ""
        self._testing = True
        self.student.apart = cell["apart"]
        self._names.replaces = frozenset(cell["replaces"])
        self._names.wanted = frozenset(() if "NameError" in code else cell["names"])
        self.student.ends_expected = "StopIteration" in code
        self._files.shared = bool(cell["files"])
        self.student.around = (self._files.push, self._files.pull) if cell["files"] else None
        try:
            if self.student.gone:
                return "not_run"
            self._files.pull()
            self._names.fetch(cell["names"])
            for name in cell["imports"]:
                with contextlib.suppress(Exception):
                    exec(name, self._names.variables)  # noqa: S102
            self._run_test(code, count, scored=cell["scored"], number=cell["number"])
            # Whether it also passes when it keeps what it gave, another run shows: here, what it changed of
            # the student's own would be changed twice.
            self._meddled = self.student.meddled > meddled
        except StudentGone as gone:
            return gone.reason
        except TooSlow as error:
            self.collected.error(error, code, count)
            return "timeout"
        except (CannotCheck, Uncrossable) as error:
            self.collected.error(error, code, count)
            return "odd_value"
        except BaseException as error:
            self.collected.error(error, code, count)
            return "timeout" if self.student.timeouts > late else ""
        finally:
            if self.student.meddled > meddled:
                self.student.put_back()
                if self.student.touched > touched:
                    self._names.put_back(before)
                self._files.put_back()
            self._files.shared = self._testing = self.student.apart = False
            self.student.around = None
            returned.nans = ""
            self._names.replaces = self._names.wanted = frozenset()
        # A test that goes on after StudentGone, by a bare `except`, has not passed. Nor has one that takes an
        # endless loop, or what cannot be checked, for the error it waits for; one that counts points goes on.
        counts = any(entry["output_type"] == "execute_result" for entry in self.collected.entries)
        if gone_by_now := str(self.student.gone):
            return gone_by_now
        # Functions look variables up without asking here; what the test has put in their place counts not.
        bare = returned.bare & self._names.live.keys() & set(cell["names"])
        whole = returned.hollow > hollow or bool(bare)
        inside = returned.hollow_inside > hollow_inside
        if (whole or inside) and of_arrays(text):
            # What an empty list is compared with, element by element, it agrees with.
            return "odd_value"
        if not counts and (whole or (inside and of_loops(text))):
            # One beside what is asked for harms nobody: the words of a letter that none begins with.
            return "odd_value"
        if counts and whole and goes_through(text, frozenset(cell["names"])):
            # Of nothing all are even.
            return "odd_value"
        if counts:
            return ""
        return "timeout" if self.student.timeouts > late else "odd_value" if CannotCheck.count > odd else ""

    def _run_test(self, code: str, count: int, *, scored: bool, number: bool) -> None:
        file = cell_file(count)
        tree = ast.parse(code, file)
        last = tree.body[-1] if tree.body else None
        names = self._names

        def run() -> None:
            if isinstance(last, ast.Expr) and not code.rstrip().endswith(";"):
                tree.body.pop()
                exec(compile(tree, file, "exec"), names.variables, names)  # noqa: S102
                value = eval(compile(ast.Expression(last.value), file, "eval"), names.variables, names)  # noqa: S307
                value = _as_number(value)
                self._numbered = scored and type(value) in (int, float)
                if number and not self._numbered:
                    # Without one nbgrader gives all points: `points += f(3) == 9` with an array from `f`.
                    raise CannotCheck("This test counts points, and with what your code gave it cannot.")
                if value is not None:
                    exact = self._numbered or (scored and type(value) is bool)
                    self.collected.show("execute_result" if exact else "display_data", repr(value))
            else:
                exec(compile(tree, file, "exec"), names.variables, names)  # noqa: S102

        self._until(run)

    def _until(self, run: Any) -> None:
        """Call `run`; TooSlow when the cell's time is over."""
        left = self.student.deadline - time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, max(0.05, left + 0.5), 0.25)
        try:
            run()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _alarm(self, *_: object) -> None:
        # In the middle of a question the question's own limit holds.
        if self.student._depth == 0:
            self.student.timeouts += 1
            raise TooSlow("This test took too long.")

    # -- what surrounds a test -------------------------------------------------------------------

    def _display(self, *values: Any, **_: Any) -> None:
        for value in values:
            self.collected.show("display_data", repr(value))

    def _input(self, prompt: object = "", /) -> str:
        if sys.stdin is self._stdin:
            raise RuntimeError("input() cannot be used while your notebook is graded.")
        line = sys.stdin.readline()
        if not line:
            raise EOFError("EOF when reading a line")
        return line.rstrip("\n")

    def _patch_seeds(self) -> None:
        """A test that seeds the random generators seeds the student's too."""
        original = random.seed

        def seed(a: Any = None, version: int = 2) -> None:
            original(a, version)
            self._seed(a)

        random.seed = seed
        if (np := sys.modules.get("numpy")) is not None:
            original_np = np.random.seed

            def seed_np(value: Any = None) -> None:
                original_np(value)
                self._seed(value)

            np.random.seed = seed_np

    def _seed(self, value: Any) -> None:
        if type(value) in (int, str, float) and not self.student.gone:
            self.student.simple("seed", value=value)


def _as_number(value: Any) -> Any:
    """A number of numpy's as one of Python's, which nbgrader reads; anything else as it is."""
    np = sys.modules.get("numpy")
    if np is not None and isinstance(value, np.integer | np.floating | np.bool_):
        return value.item()
    return value


def serve(sock: socket.socket) -> None:
    """Entry point inside the sandbox: the first message comes with the student's end of the channel."""
    sock.settimeout(60)
    _, descriptors, _, _ = socket.recv_fds(sock, 1, 1)
    grader = Channel(sock)
    student = socket.socket(fileno=descriptors[0])
    try:
        job = grader.receive(seconds=60)
        Supervisor(grader, Channel(student), job).serve()
    except BrokenChannel:
        return  # the grader has hung up: nobody wants the rest
    finally:
        student.close()
