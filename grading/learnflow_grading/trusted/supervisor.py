"""The test's side: runs test cells in a process of its own, and tells the grader what came of each.

No student code runs here. What a student's code claims arrives as plain data or as a proxy; a test passes
when it ran to its end here.
"""

from __future__ import annotations

import ast
import base64
import builtins
import collections
import contextlib
import io
import os
import random
import re
import secrets
import signal
import socket
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path, PurePosixPath
from typing import Any

from . import tables
from .declared import SPECIAL, Declared, Rules
from .frames import BrokenChannel, Channel
from .names import bound, used
from .proxies import Proxies
from .student import CannotCheck, Student, StudentGone, TooSlow, copied
from .wire import MUTABLE, Malformed, Reader, Uncrossable, Writer

MAX_OUTPUT = 100_000
_ARRAYS = re.compile(r"\b(np|numpy|pd|pandas|allclose|isclose)\b")
_LOOPS = re.compile(r"\b(for|while|all|any|map|zip|filter)\b")
_MAX_FILE = 4 * 1024 * 1024
_MOST_KEPT = 400_000
"""Values of a list or table that is copied before a test: with more of them it cannot be passed in."""


class _Collected:
    """One cell's outputs, as nbformat wants them."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._kept = 0

    def stream(self, name: str, text: str) -> None:
        room = MAX_OUTPUT - self._kept
        if room <= 0 or not text:
            return
        if len(text) > room:
            text = text[:room] + "\n... output cut ...\n"
        self._kept += len(text)
        last = self.entries[-1] if self.entries else None
        if last is not None and last["output_type"] == "stream" and last["name"] == name:
            last["text"] += text
        elif len(self.entries) < 500:
            self.entries.append({"output_type": "stream", "name": name, "text": text})

    def show(self, kind: str, text: str) -> None:
        if self._kept < MAX_OUTPUT and len(self.entries) < 500:
            self._kept += len(text)
            self.entries.append(
                {"output_type": kind, "data": {"text/plain": text[:MAX_OUTPUT]}, "metadata": {}}
            )

    def error(self, error: BaseException, code: str, count: int) -> None:
        name = type(error).__name__
        try:
            text = str(error)
        except Exception:  # a student's class has a `__str__` that fails
            text = ""
        line = _line(error, count)
        lines = [f"{name}: {text[:2000]}"]
        if line is not None:
            source = code.split("\n")
            shown = source[line - 1] if 0 < line <= len(source) else ""
            lines = [f"Cell In[{count}], line {line}\n----> {line} {shown}", *lines]
        self.entries.append(
            {"output_type": "error", "ename": name, "evalue": text[:2000], "traceback": lines}
        )


def _line(error: BaseException, count: int) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == _file(count):
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == _file(count)]
    return lines[0] if lines else None


def _file(count: int) -> str:
    return f"<cell {count}>"


class _Stream(io.TextIOBase):
    def __init__(self, name: str, owner: Supervisor) -> None:
        self._name, self._owner = name, owner

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._owner.collected.stream(self._name, str(text))
        return len(text)


class _Names(MutableMapping[str, Any]):
    """The namespace of tests: a student's variables are looked up afresh whenever student code has run."""

    def __init__(self, owner: Supervisor) -> None:
        self._owner = owner

    def __getitem__(self, name: str) -> Any:
        self._owner.refresh(name)
        returned = self._owner.proxies.returned
        returned.hollow += name in returned.bare and name in self._owner.live
        found = self._owner.namespace[name]
        if type(found) is _Refused:
            found.refuse()
        return found

    def __setitem__(self, name: str, value: Any) -> None:
        self._owner.live.pop(name, None)
        if name in self._owner.replaces:
            self._owner.put_name(name, value)
        self._owner.namespace[name] = value

    def __delitem__(self, name: str) -> None:
        self._owner.live.pop(name, None)
        if name in self._owner.replaces:
            self._owner.student.simple("unset", name=name)
        del self._owner.namespace[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._owner.namespace)

    def __len__(self) -> int:
        return len(self._owner.namespace)


class Supervisor:
    """Grades one submission, then ends."""

    def __init__(self, grader: Channel, student: Channel, job: dict[str, Any]) -> None:
        self._grader, self._job = grader, job
        self._cell_seconds = float(job["cell_seconds"])
        self._end = time.monotonic() + float(job["total_seconds"])
        self.collected = _Collected()
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.namespace: dict[str, Any] = module.__dict__
        self.namespace["__builtins__"] = builtins
        self.namespace["display"] = self._display
        self.live: dict[str, int] = {}
        """Names of a student's variables, and when each was looked up."""
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
        )
        self.replaces: frozenset[str] = frozenset()
        """The student's functions that this test takes away, or puts others in place of."""
        self._preparations = ""
        """The teacher's set-up cells so far."""
        self._definitions: dict[str, str] = {}
        self._texts: dict[int, str] = {}
        """What `inspect.getsource` gives for a function that a test knows by a name, by its number."""
        self.proxies = Proxies(self.student, rules, lambda name: self._definitions.get(name, ""))
        self._files: dict[str, tuple[int, int]] = {}
        self._trusted: set[str] = set()
        self._sync = False
        self._testing = self._numbered = self._forged = False

    # -- one submission --------------------------------------------------------------------------

    def serve(self) -> None:
        """Every cell in order; the grader hears of each as soon as it is over."""
        self._prepare()
        for cell in self._job["cells"]:
            self.collected, self._numbered, self._forged = _Collected(), False, False
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
                    "outputs": self.collected.entries,
                }
            )
        found = self.proxies.returned
        self._grader.send(
            {
                "done": True,
                "returned_objects": sorted(found.objects),
                "never_empty": sorted(found.never_empty),
                "changes": sorted(self.student.changes),
            }
        )

    def _prepare(self) -> None:
        sys.stdout, sys.stderr = _Stream("stdout", self), _Stream("stderr", self)
        self._stdin = io.StringIO()
        sys.stdin = self._stdin
        builtins.input = self._input
        signal.signal(signal.SIGALRM, self._alarm)
        library = tempfile.mkdtemp()
        sys.path[:] = [library, *(path for path in sys.path if path not in ("", ".", os.getcwd()))]
        for name, data in self._job["files"]:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                continue
            content = base64.b64decode(data)
            for place in (Path(), Path(library)) if name.endswith(".py") else (Path(),):
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                (place / path).write_bytes(content)
            self._trusted.add(path.as_posix())
        self._files = dict(_files())
        sys.meta_path.insert(0, _TeachersOnly(self._trusted))
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
        for name, text in _definitions(cell["code"], self._definitions):
            self._definitions[name] = text
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
        self._preparations += f"\n{code}"
        quiet, self.collected = self.collected, _Collected()
        try:
            for statement in ast.parse(code).body:
                names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
                module = ast.Module([statement], [])
                with contextlib.suppress(Exception):
                    self._until(lambda m=module: exec(compile(m, _file(count), "exec"), self.namespace))  # noqa: S102
                for name in names:
                    self.live.pop(name, None)
        finally:
            self.collected = quiet

    # -- tests -----------------------------------------------------------------------------------

    def _test(self, cell: dict[str, Any]) -> str:
        code, count = cell["code"], cell["count"]
        late, odd = self.student.timeouts, CannotCheck.count
        returned = self.proxies.returned
        hollow, hollow_inside = returned.hollow, returned.hollow_inside
        meddled, before = self.student.meddled, self._own_data()
        self._testing = True
        self.replaces = frozenset(cell["replaces"])
        self.student.ends_expected = "StopIteration" in code
        self._sync = bool(cell["files"])
        self.student.around = (self.push, self._pull) if self._sync else None
        try:
            if self.student.gone:
                return "not_run"
            self._pull()
            self._fetch(cell["names"])
            for name in cell["imports"]:
                with contextlib.suppress(Exception):
                    exec(name, self.namespace)  # noqa: S102
            self._run_test(code, count, scored=cell["scored"], number=cell["number"])
            if self.student.meddled > meddled:
                self._put_back(before)
                if not self._passes_apart(cell):
                    return "meddled"
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
            self._sync = self._testing = False
            self.student.around = None
            self.replaces = frozenset()
            if self.student.meddled > meddled:
                self._put_back(before)
        # A test that goes on after StudentGone, by a bare `except`, has not passed. Nor has one that takes an
        # endless loop, or what cannot be checked, for the error it waits for; one that counts points goes on.
        counts = any(entry["output_type"] == "execute_result" for entry in self.collected.entries)
        if gone_by_now := str(self.student.gone):
            return gone_by_now
        text = f"{self._preparations}\n{code}"
        # Functions look variables up without asking here; what the test has put in their place counts not.
        bare = returned.bare & self.live.keys() & set(cell["names"])
        whole = returned.hollow > hollow or bool(bare)
        inside = returned.hollow_inside > hollow_inside
        if (whole or inside) and _ARRAYS.search(text):
            # What an empty list is compared with, element by element, it agrees with.
            return "odd_value"
        if not counts and (whole or (inside and _LOOPS.search(text))):
            # One beside what is asked for harms nobody: the words of a letter that none begins with.
            return "odd_value"
        if counts:
            return ""
        return "timeout" if self.student.timeouts > late else "odd_value" if CannotCheck.count > odd else ""

    def _own_data(self) -> dict[str, Any]:
        """Copies of the lists, tables and the like that set-up cells and earlier tests have made."""
        if self.student.may_change is None:
            return {}
        made: dict[int, Any] = {}
        found = {}
        for name, value in self.namespace.items():
            if name not in self.live and _may_be_changed(value):
                with contextlib.suppress(RecursionError):
                    found[name] = copied(value, made)
        return found

    def _put_back(self, before: dict[str, Any]) -> None:
        """What a student's code changed without being asked to is for the tests as it was; once."""
        self.namespace.update(before)
        before.clear()

    def _passes_apart(self, cell: dict[str, Any]) -> bool:
        """Whether a test that passed also does when it keeps what it gave, which the student's code changed.

        Else `assert total(xs) == sum(xs)` passes for who empties `xs` and gives 0. Whoever sorts a list in
        the place of a copy, say, passes both ways.
        """
        kept, self.collected = self.collected, _Collected()
        self.student.apart = True
        self.student.deadline = min(time.monotonic() + self._cell_seconds, self._end + 0.5)
        try:
            self._fetch(cell["names"])
            self._run_test(cell["code"], cell["count"], scored=cell["scored"], number=cell["number"])
            return _results(self.collected) == _results(kept)
        except StudentGone:
            raise
        except BaseException:
            return False
        finally:
            self.student.apart = False
            self.collected = kept

    def put_name(self, name: str, value: Any) -> None:
        """Let the student's code see `value` under `name`."""
        writer = Writer(self.student.write_link)
        self.student.simple("set_names", names={name: writer.write(value)})
        self.student.epoch += 1

    def _run_test(self, code: str, count: int, *, scored: bool, number: bool) -> None:
        tree = ast.parse(code, _file(count))
        last = tree.body[-1] if tree.body else None
        names = _Names(self)

        def run() -> None:
            if isinstance(last, ast.Expr) and not code.rstrip().endswith(";"):
                tree.body.pop()
                exec(compile(tree, _file(count), "exec"), self.namespace, names)  # noqa: S102
                value = eval(compile(ast.Expression(last.value), _file(count), "eval"), self.namespace, names)  # noqa: S307
                value = _as_number(value)
                self._numbered = scored and type(value) in (int, float)
                if number and not self._numbered:
                    # Without one nbgrader gives all points: `points += f(3) == 9` with an array from `f`.
                    raise CannotCheck("This test counts points, and with what your code gave it cannot.")
                if value is not None:
                    exact = self._numbered or (scored and type(value) is bool)
                    self.collected.show("execute_result" if exact else "display_data", repr(value))
            else:
                exec(compile(tree, _file(count), "exec"), self.namespace, names)  # noqa: S102

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
            raise TooSlow("This test took too long.")

    def _fetch(self, names: list[str]) -> None:
        """Make the student's names known; those that they lack stay unknown."""
        found = self.student.names(names)
        for name in names:
            self.namespace.pop(name, None)
            self.live.pop(name, None)
        for name, wire in found.items():
            if name in self.proxies.rules.classes and not (type(wire) is list and wire[:1] == ["cl"]):
                self.namespace[name] = _Refused(f"{name} is to be a class.")
                continue
            before = CannotCheck.count
            try:
                value = Reader(self.proxies.read).read(wire)
                self.namespace[name] = self.proxies.returned.found(name, value)
                if (handle := self.proxies.handle_of(value)) is not None:
                    # By the name it was found under: its `__name__` is what the student's code says.
                    self._texts[handle] = self._definitions.get(name, "") or self._texts.get(handle, "")
            except Malformed:
                raise self.student._broken() from None
            except CannotCheck as error:
                # It counts when the test uses it, and not when it puts something of its own in its place.
                CannotCheck.count = before
                self.namespace[name] = _Refused(str(error))
            self.live[name] = self.student.epoch

    def refresh(self, name: str) -> None:
        """Look a student's variable up again when their code has run since."""
        seen = self.live.get(name)
        if seen is None or seen == self.student.epoch:
            return
        if self.proxies.handle_of(self.namespace.get(name)) is None:
            self._fetch([name])
        else:
            self.live[name] = self.student.epoch

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

    def _pull(self) -> None:
        """Copy what the student's code wrote, for tests that read files; the teacher's files stay."""
        if not self._sync:
            return
        files = self.student.simple("changes").get("files")
        if type(files) is not list:
            return
        for entry in files[:200]:
            if type(entry) is not list or len(entry) != 2 or not all(type(part) is str for part in entry):
                continue
            path = PurePosixPath(entry[0])
            if (
                path.is_absolute()
                or any(part.startswith((".", "__pycache__")) for part in path.parts)
                or ".." in path.parts
                or len(path.parts) > 8
                or path.as_posix() in self._trusted
            ):
                continue
            with contextlib.suppress(OSError, ValueError):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                if not Path(path).is_symlink():
                    Path(path).write_bytes(base64.b64decode(entry[1])[:_MAX_FILE])
        self._files = dict(_files())

    def push(self) -> None:
        """Give the student's code what the test wrote."""
        if not self._sync:
            return
        changed = [(name, stamp) for name, stamp in _files() if self._files.get(name) != stamp]
        self._files.update(changed)
        files = [
            [name, base64.b64encode(Path(name).read_bytes()).decode("ascii")]
            for name, (_, size) in changed
            if size <= _MAX_FILE
        ]
        if files:
            self.student.simple("put", files=files)


class _TeachersOnly:
    """Lets no test import a file that a student's code wrote: it would run here."""

    def __init__(self, trusted: set[str]) -> None:
        self._trusted, self._here = trusted, os.getcwd()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        """None: others find it. ImportError for a student's."""
        spec = PathFinder.find_spec(name, path, target)
        for place in () if spec is None else (spec.origin, *(spec.submodule_search_locations or ())):
            if place is None or not os.path.isabs(str(place)):
                continue
            inside = os.path.relpath(os.path.realpath(str(place)), self._here)
            if not inside.startswith("..") and inside not in self._trusted:
                raise ImportError(f"{name} is a student's file, and does not run here")
        return None


class _Refused:
    """Stands for a student's value that is of no kind a test may use."""

    def __init__(self, why: str) -> None:
        object.__setattr__(self, "_why", why)

    def __getattribute__(self, name: str) -> Any:
        if name == "refuse":
            return object.__getattribute__(self, name)
        raise CannotCheck(object.__getattribute__(self, "_why"))

    def refuse(self, *_: object) -> Any:
        """What any use of it comes to."""
        raise CannotCheck(object.__getattribute__(self, "_why"))


for _name in SPECIAL | {"__str__", "__repr__", "__format__", "__setattr__"}:
    setattr(_Refused, _name, _Refused.refuse)


def _may_be_changed(value: Any) -> bool:
    kind = type(value)
    if kind in MUTABLE or kind is collections.defaultdict:
        return len(value) <= _MOST_KEPT
    return tables.knows(kind) and bool(value.size <= _MOST_KEPT)


def _results(collected: _Collected) -> list[Any]:
    return [entry["data"] for entry in collected.entries if entry["output_type"] == "execute_result"]


def _as_number(value: Any) -> Any:
    """A number of numpy's as one of Python's, which nbgrader reads; anything else as it is."""
    np = sys.modules.get("numpy")
    if np is not None and isinstance(value, np.integer | np.floating | np.bool_):
        return value.item()
    return value


def _files() -> Iterator[tuple[str, tuple[int, int]]]:
    for parent, folders, names in os.walk("."):
        folders[:] = [folder for folder in folders if not folder.startswith((".", "__pycache__"))]
        for name in names:
            path = os.path.join(parent, name)
            if not name.startswith(".") and os.path.isfile(path) and not os.path.islink(path):
                status = os.stat(path)
                yield os.path.relpath(path), (status.st_mtime_ns, status.st_size)


def _definitions(code: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(name, text) of the functions and classes that a student's cell defines at its top.

    `known` are those from before, and what was taken from here meanwhile: for a second name of one.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            lines = code.split("\n")[first - 1 : node.end_lineno]
            yield node.name, "\n".join(lines) + "\n"
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            yield from ((name, known.get(node.value.id, "")) for name in bound([node]))
        else:
            # `total = sum` after it: its text says nothing any more.
            yield from ((name, "") for name in bound([node]) - used(node))


def _patch_inspect(supervisor: Supervisor) -> None:
    import inspect

    original = inspect.getsource

    def getsource(thing: Any) -> str:
        if (handle := supervisor.proxies.handle_of(thing)) is not None:
            text = supervisor._texts.get(handle)
            if text is None:
                text = supervisor._definitions.get(getattr(thing, "__name__", ""), "")
            if not text:
                raise OSError("could not get source code")
            return text
        return original(thing)

    inspect.getsource = getsource  # type: ignore[assignment]


def serve(sock: socket.socket) -> None:
    """Entry point inside the sandbox: the first message comes with the student's end of the channel."""
    sock.settimeout(60)
    _, descriptors, _, _ = socket.recv_fds(sock, 1, 1)
    grader = Channel(sock)
    student = socket.socket(fileno=descriptors[0])
    try:
        job = grader.receive(seconds=60)
        supervisor = Supervisor(grader, Channel(student), job)
        _patch_inspect(supervisor)
        supervisor.serve()
    except BrokenChannel:
        return  # the grader has hung up: nobody wants the rest
    finally:
        student.close()
