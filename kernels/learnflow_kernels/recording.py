"""Records a cell's run step by step: which line, which frames, what their names stood for.

Looks at objects without running any code of theirs: only Python's own containers are opened, and the objects
of a student's classes through their plain dictionary. Everything is bounded: an endless loop or a list
of a million items makes a recording as small as any.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from itertools import islice
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from learnflow_ext.diagnosis.plain import clean
from learnflow_ext.diagnosis.values import value_of

MAX_STEPS = 300
MAX_FRAMES = 10
MAX_NAMES = 20
MAX_OBJECTS = 40
MAX_ITEMS = 12
MAX_OUTPUT = 2_000
MAX_NAME = 40
FILE = "<timed exec>"
"""As IPython names the body of `%%time`, so that errors find their line in the cell."""
_AGAIN_S = 0.003
"""Of the processor's time."""
_CONTAINERS = (list, tuple, set, frozenset, dict)


@dataclass(frozen=True)
class Ref:
    """What a name stands for: a small value as text, or the number of an object in the step."""

    text: str = ""
    target: int | None = None


@dataclass(frozen=True)
class Thing:
    """One object: a container, or an object of a class."""

    number: int
    """From 1, the same in every step of a recording while the object lives."""
    kind: str
    items: tuple[tuple[str, Ref], ...]
    """(position, key or attribute; value). The label is empty in sets."""
    more: int = 0
    """Items that are not shown."""


@dataclass(frozen=True)
class Frame:
    """One call that is going on; the first is the cell itself."""

    name: str
    line: int
    names: tuple[tuple[str, Ref], ...]


@dataclass(frozen=True)
class Step:
    """One moment: before a line runs, or as a function gives back its result."""

    line: int
    """From 1, in the cell's body."""
    says: str
    frames: tuple[Frame, ...]
    things: tuple[Thing, ...]
    output: str
    """What was printed so far; its end where it is long."""


@dataclass(frozen=True)
class Recording:
    """A whole run."""

    steps: tuple[Step, ...]
    stopped: bool
    """Whether it was stopped because it had too many steps."""
    error: BaseException | None
    """What ended it; None when it came to its end, or was stopped."""


class _EnoughError(BaseException):
    """Ends a run that has more steps than are recorded; no `except Exception` of a student's catches it."""


class _Insisting:
    """Ends such a run again and again: a bare `except:` in a loop swallows the first time, and more.

    Python stops tracing once a trace function has raised, so a clock raises from then on, and in the
    student's lines only: sooner or later it meets one that nothing guards.
    """

    def __init__(self) -> None:
        self._before: Any = None
        self._armed = False

    def arm(self) -> None:
        """From now on. Only the main thread may; in others the first time must do."""
        if not self._armed and threading.current_thread() is threading.main_thread():
            self._armed = True
            self._before = signal.signal(signal.SIGVTALRM, self._again)
            signal.setitimer(signal.ITIMER_VIRTUAL, _AGAIN_S, _AGAIN_S)

    def disarm(self) -> None:
        """The run is over. Fine when it was never armed."""
        if self._armed:
            self._armed = False
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, self._before or signal.SIG_DFL)

    @staticmethod
    def _again(_number: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_filename == FILE:
            raise _EnoughError


class _Recorder:
    def __init__(self, code: CodeType, namespace: Mapping[str, object], hidden: Iterable[str]) -> None:
        self.steps: list[Step] = []
        self.stopped = False
        self.insisting = _Insisting()
        self.printed: list[str] = []
        self._code = code
        self._namespace = namespace
        self._hidden = frozenset(hidden)
        self._wanted = frozenset(_names(code))
        self._numbers: dict[int, int] = {}
        self._kept: list[object] = []

    def trace(self, frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code.co_filename != FILE:
            return None
        if frame.f_code.co_name.startswith("<") and frame.f_code is not self._code:
            return None  # comprehensions and lambdas: too small to be steps
        if event == "call":
            return self.trace
        if len(self.steps) >= MAX_STEPS:
            self.stopped = True
            self.insisting.arm()
            raise _EnoughError
        if event == "line":
            self._note(frame, f"Line {frame.f_lineno} runs next.")
        elif event == "return" and frame.f_code is not self._code and frame.f_code.co_flags & CO_OPTIMIZED:
            view = _View(self)
            back = view.ref(arg)
            shown = back.text or f"object {back.target}"
            self._note(frame, f"{clean(frame.f_code.co_name, MAX_NAME)} gives back {shown}.")
        elif event == "exception" and isinstance(arg, tuple):
            name = clean(getattr(arg[0], "__name__", "an error"), MAX_NAME)
            self._note(frame, f"{name} in line {frame.f_lineno}.")
        return self.trace

    def end(self, line: int) -> None:
        """The last moment, after the last line."""
        self.steps.append(self._step(line, "The end.", [("cell", line, self._globals())]))

    def _note(self, frame: FrameType, says: str) -> None:
        stack: list[tuple[str, int, Mapping[str, object]]] = []
        each: FrameType | None = frame
        while each is not None and len(stack) < 200:
            if each.f_code.co_filename == FILE:
                if each.f_code is self._code:
                    stack.append(("cell", each.f_lineno, self._globals()))
                elif not each.f_code.co_name.startswith("<"):
                    stack.append((clean(each.f_code.co_name, MAX_NAME), each.f_lineno, dict(each.f_locals)))
            each = each.f_back
        stack.reverse()
        if len(stack) > MAX_FRAMES:
            stack = [stack[0], *stack[-(MAX_FRAMES - 1) :]]
        self.steps.append(self._step(frame.f_lineno, says, stack))

    def _globals(self) -> dict[str, object]:
        return {
            name: thing
            for name, thing in list(self._namespace.items())
            if name in self._wanted and name not in self._hidden
        }

    def _step(self, line: int, says: str, stack: list[tuple[str, int, Mapping[str, object]]]) -> Step:
        view = _View(self)
        frames = tuple(Frame(name, at, view.names(known)) for name, at, known in stack)
        output = "".join(self.printed)[-MAX_OUTPUT:]
        return Step(line, says, frames, tuple(view.things.values()), output)

    def number(self, thing: object) -> int:
        """The object's number in this recording. It is kept alive: ids of dead objects are used again."""
        if id(thing) not in self._numbers:
            self._numbers[id(thing)] = len(self._numbers) + 1
            self._kept.append(thing)
        return self._numbers[id(thing)]


class _View:
    """The objects of one step."""

    def __init__(self, recorder: _Recorder) -> None:
        self.things: dict[int, Thing] = {}
        self._recorder = recorder
        self._room = MAX_OBJECTS

    def names(self, known: Mapping[str, object]) -> tuple[tuple[str, Ref], ...]:
        shown = [
            (name, thing)
            for name, thing in known.items()
            if type(name) is str and not name.startswith("_") and type(thing) is not ModuleType
        ]
        return tuple((clean(name, MAX_NAME), self.ref(thing)) for name, thing in shown[:MAX_NAMES])

    def ref(self, thing: object) -> Ref:
        if type(thing) is FunctionType:
            return Ref(f"function {clean(thing.__name__, MAX_NAME)}")
        if issubclass(type(thing), type):  # isinstance would ask the object for its class
            return Ref(f"class {clean(type.__dict__['__name__'].__get__(thing), MAX_NAME)}")
        own = None if type(thing) in _CONTAINERS else _own(thing)
        if type(thing) not in _CONTAINERS and own is None:
            value = value_of(thing)
            return Ref(value.text or f"a {value.type}")
        number = self._recorder.number(thing)
        if number in self.things:
            return Ref(target=number)
        if self._room <= 0:
            return Ref("…")
        self._room -= 1
        kind = value_of(thing).type
        self.things[number] = Thing(number, kind, ())  # it may hold itself
        pairs = list(islice(_items(thing if own is None else own), MAX_ITEMS))
        items = tuple((label, self.ref(each)) for label, each in pairs)
        whole = len(own) if own is not None else len(thing)  # type: ignore[arg-type]
        self.things[number] = Thing(number, kind, items, max(whole - len(pairs), 0))
        return Ref(target=number)


def record(source: str, namespace: dict[str, Any], hidden: Iterable[str] = ()) -> Recording:
    """Run `source` in `namespace`, and record it. SyntaxError for what cannot be compiled."""
    code = compile(source, FILE, "exec", dont_inherit=True)
    recorder = _Recorder(code, namespace, hidden)
    error: BaseException | None = None
    real, before = sys.stdout, sys.gettrace()
    sys.stdout = _Tee(real, recorder.printed)
    try:
        sys.settrace(recorder.trace)
        exec(code, namespace)  # noqa: S102 -- the cell, in the student's own kernel
    except _EnoughError:
        pass
    except BaseException as caught:
        error = caught
    finally:
        recorder.insisting.disarm()
        sys.settrace(before)
        sys.stdout = real
    if error is None and not recorder.stopped:
        recorder.end(max(len(source.splitlines()), 1))
    return Recording(tuple(recorder.steps), recorder.stopped, error)


class _Tee:
    """Prints as before, and keeps a copy of the end."""

    def __init__(self, real: Any, kept: list[str]) -> None:
        self._real, self._kept = real, kept

    def write(self, text: str) -> int:
        if type(text) is str:
            self._kept.append(clean(text, MAX_OUTPUT))
            del self._kept[:-MAX_OUTPUT]
        return int(self._real.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _names(code: CodeType) -> Iterator[str]:
    """Names that the cell and its functions use or give."""
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)


def _own(thing: object) -> dict[str, object] | None:
    """The attributes of an object of a student's class; None for all else."""
    module = type.__dict__["__module__"].__get__(type(thing)) if type(type(thing)) is type else None
    if module != "__main__":
        return None
    try:
        own = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return None
    return own if type(own) is dict else None


def _items(thing: object) -> Iterator[tuple[str, object]]:
    if isinstance(thing, dict):
        for key, value in list(islice(dict.items(thing), MAX_ITEMS)):
            text = value_of(key).text or f"a {value_of(key).type}"
            yield (text.strip("'") if type(key) is str else text, value)
    elif isinstance(thing, (set, frozenset)):
        yield from (("", each) for each in list(islice(thing, MAX_ITEMS)))
    elif isinstance(thing, (list, tuple)):
        yield from ((str(place), each) for place, each in enumerate(thing[:MAX_ITEMS]))
