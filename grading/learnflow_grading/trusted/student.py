"""The test's side of the conversation: asks the student's process, and believes it values only.

Whatever comes back is checked for its form, bounded in size and time, and must answer the very question that
was asked. Anything else ends the conversation, and a person is asked to look.
"""

from __future__ import annotations

import builtins
import contextlib
import secrets
import sys
import time
from collections.abc import Callable
from typing import Any

from .frames import BrokenChannel, Channel, Closed, Late
from .lent import copied, held_by, holds_lent, is_lent, refill
from .wire import Malformed, Reader, Uncrossable, Writer

GRACE = 1.5
"""Seconds after which a call that should have been interrupted is given up."""
SHORT_CPU, SHORT_WALL = 0.3, 2.0
"""What a function may take that has run into the limit once already."""
_MAX_TRAFFIC = 512 * 1024 * 1024
_MAX_ASKS = 200_000
_MOST_KEPT = 400_000
"""Values of the lists and tables that are remembered as they were."""


class StudentGone(BaseException):
    """No more answers: `reason` is `stuck`, `kernel_died` or `broken`. No test catches this by accident."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooSlow(Exception):
    """A call took longer than it may; for tests an exception like others, by name a `TimeoutError`."""


class CannotCheck(Exception):
    """The student's code gave something that is no plain data where the teacher's gives some."""

    count = 0
    """How many there were: a test that takes this for an error of the student's own has not passed."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        CannotCheck.count += 1


class Student:
    """The student's process, seen from the tests."""

    def __init__(self, channel: Channel, *, cell_seconds: float) -> None:
        """`link` functions are set by `proxies`."""
        self._channel = channel
        self._cell_seconds = cell_seconds
        self.deadline = time.monotonic() + cell_seconds
        self.changes: set[str] = set()
        """What changed something that it was given; what a run of the reference is asked for."""
        self.may_change: frozenset[str] | None = None
        """What does so in the reference; None for all."""
        self.touched = 0
        """How often something of the test's that does not cross was changed: by its methods, or a file."""
        self.meddled = 0
        """How often something was changed by what never does so in the reference."""
        self.apart = False
        """Whether something else changes a copy only, and the test keeps what it gave."""
        self.gone = ""
        """Why there are no more answers; empty while there are."""
        self.slow: set[str] = set()
        self.timeouts = 0
        self.ends_expected = False
        """Whether the test itself speaks of StopIteration."""
        self.epoch = 0
        """Grows with every question that may have changed something."""
        self.write_link: Callable[[Any, Writer], list[Any]] = _no_link
        self.read_link: Callable[[list[Any], Reader], Any] = _no_read
        self.answer_ask: Callable[[dict[str, Any], Reader], Any] = _no_answer
        self.emit: Callable[[dict[str, Any]], None] = lambda entry: None
        self.exception: Callable[[Any], BaseException] = lambda wire: RuntimeError("The code failed.")
        self._originals: dict[int, tuple[Any, Any]] = {}
        """(copy, what it is of) of what was passed in instead of what a test keeps, by the copy's `id`."""
        self._spoiled: dict[int, tuple[Any, Any]] = {}
        """(what, what it held) of the lists and tables that were changed unasked, by their `id`."""
        self._kept = 0
        self._asks = 0
        self._depth = 0
        self.around: tuple[Callable[[], None], Callable[[bool], None]] | None = None
        """Called before and after an operation, for tests that use files; the second is told whether the test
        keeps its own as they are."""

    # -- questions -------------------------------------------------------------------------------

    def run(self, code: str, count: int, nonce: str = "") -> dict[str, Any]:
        """Run a student cell; its outputs are under `out`, as the student's process tells them."""
        reply = self._ask({"op": "run", "code": code, "n": count, "nonce": nonce}, wall=self._cell_seconds)
        self.epoch += 1
        return reply

    def names(self, names: list[str]) -> dict[str, Any]:
        """Wire values of those of `names` that the student's namespace has. TooSlow when time runs out."""
        # Where time runs out they may well be there: the test is not to believe that they are not.
        found = self._in_time({"op": "names", "names": names})
        if type(found.get("names")) is not dict:
            return {}
        return {name: wire for name, wire in found["names"].items() if name in names}

    def describe(self, handle: int) -> dict[str, Any]:
        """What the student's process says about a class. TooSlow when it has no time for it."""
        found = self._in_time({"op": "class", "target": handle}).get("class")
        if type(found) is not dict or type(found.get("name")) is not str:
            raise self._broken()
        return found

    def _in_time(self, request: dict[str, Any]) -> dict[str, Any]:
        reply = self._ask(request, wall=self._left())
        if "late" in reply:
            self.timeouts += 1
            raise TooSlow("What your code has made took too long to read.")
        return reply

    def simple(self, op: str, **more: Any) -> dict[str, Any]:
        """An operation whose reply the caller looks at."""
        return self._ask({"op": op, **more}, wall=self._left())

    def operate(
        self,
        op: str,
        target: int,
        key: str,
        *,
        name: str = "",
        args: Any = (),
        kwargs: Any = None,
        known_as: frozenset[str] = frozenset(),
    ) -> Any:
        """Do something with one of the student's objects.

        `key` names the function for the time it takes. `known_as` are all its names where it has several.
        """
        known_as |= {key}
        touched = self.touched
        try:
            if self.around is None or self._depth:
                return self._operate(op, target, key, name, args, kwargs, known_as)
            before, after = self.around
            before()
            try:
                return self._operate(op, target, key, name, args, kwargs, known_as)
            finally:
                if not self.gone:
                    after(self.apart and self._unasked(known_as))
        finally:
            if self.touched > touched:
                self._changed(known_as)

    def _unasked(self, known_as: frozenset[str]) -> bool:
        """Whether one of these names stands for what changes nothing in the reference.

        By each of its names: one that may would else be lent to one that may not.
        """
        return self.may_change is not None and not known_as <= self.may_change

    def _changed(self, known_as: frozenset[str]) -> None:
        self.changes |= known_as
        self.meddled += self._unasked(known_as)

    def _operate(
        self, op: str, target: int, key: str, name: str, args: Any, kwargs: Any, known_as: frozenset[str]
    ) -> Any:
        keeps = self.apart and self._unasked(known_as)
        originals: dict[int, tuple[Any, Any]] = {}
        if keeps and holds_lent([args, kwargs]):
            lent: dict[int, Any] = {}
            args = [copied(each, lent, originals) for each in args]
            kwargs = {name: copied(each, lent, originals) for name, each in (kwargs or {}).items()}
            self._originals |= {number: pair for number, pair in originals.items() if is_lent(pair[1])}
        writer = Writer(self.write_link)
        request = {
            "op": op,
            "target": target,
            "name": name,
            "args": [writer.write(arg) for arg in args],
            "kwargs": {k: writer.write(v) for k, v in (kwargs or {}).items()},
        }
        wall, cpu = self._left(), 0.0
        if key in self.slow:
            wall, cpu = min(wall, SHORT_WALL), SHORT_CPU
        reply = self._ask(request, wall=wall, cpu=cpu)
        self.epoch += 1
        if reply.get("late"):
            self.slow.add(key)
            self.timeouts += 1
            raise TooSlow("It ran too long and was stopped.")
        if "odd" in reply:
            raise CannotCheck(f"Your code gave something that cannot be checked: {str(reply['odd'])[:100]}.")
        # What comes back of it is the test's own again.
        objects = [originals.get(id(each), (each, each))[1] for each in writer.objects]
        if reply.get("changed"):
            self._changed(known_as)
            if keeps:
                made: dict[int, Any] = {}
                objects = [copied(each, made, all_kinds=False) for each in objects]
        try:
            value = Reader(self.read_link, objects).read(reply["value"]) if "value" in reply else None
            self._apply(reply, objects, spoils=not keeps and self._unasked(known_as))
        except (Malformed, TypeError, ValueError, KeyError):
            raise self._broken() from None
        if "raised" in reply:
            error = self.exception(reply["raised"])
            if isinstance(error, StopIteration | StopAsyncIteration) and name != "__next__":
                # In `all(map(check, cases))` it would end the loop over the cases, and nothing were checked.
                if op in ("call", "method", "get", "special") and not self.ends_expected:
                    raise RuntimeError("Your code raised StopIteration instead of giving a value.")
            raise error
        if "stop" in reply:
            raise _Stop
        if "value" not in reply:
            raise self._broken()
        return value

    def put_back(self) -> None:
        """What was changed unasked holds again what the test had in it."""
        for value, held in self._spoiled.values():
            with contextlib.suppress(Exception, StudentGone):
                refill(value, held)
        self._spoiled.clear()
        self._kept = 0

    def _spoil(self, value: Any) -> None:
        size = value.size if hasattr(value, "size") else len(value)
        if id(value) not in self._spoiled and self._kept + size <= _MOST_KEPT:
            self._kept += size
            self._spoiled[id(value)] = (value, held_by(value))

    def _apply(self, reply: dict[str, Any], objects: list[Any], *, spoils: bool) -> None:
        changed = reply.get("changed", [])
        if type(changed) is not list:
            raise self._broken()
        known = len(objects)
        for entry in changed:
            number, content = entry
            if type(number) is not int or not 0 <= number < known:
                raise self._broken()
            if spoils:
                self._spoil(objects[number])
            # Each object's new content was written apart, so it is read apart.
            Reader(self.read_link, objects).fill(objects[number], content)

    def original(self, thing: Any) -> Any:
        """What `thing` was passed in in the place of; itself where it is no such copy."""
        return self._originals.get(id(thing), (thing, thing))[1]

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            # It counts: a test that waits for an error may take it for one.
            self.timeouts += 1
            raise TooSlow("This test took too long.")
        return left

    # -- the protocol ----------------------------------------------------------------------------

    def _broken(self) -> StudentGone:
        self.gone = self.gone or "broken"
        return StudentGone(self.gone)

    def _ask(self, request: dict[str, Any], *, wall: float, cpu: float = 0.0) -> dict[str, Any]:
        if self.gone:
            raise StudentGone(self.gone)
        question = secrets.token_hex(8)
        request |= {"id": question, "wall": wall if self._depth == 0 else 0, "cpu": cpu}
        end = time.monotonic() + wall + GRACE
        self._depth += 1
        try:
            self._channel.send(request)
            while True:
                left = end - time.monotonic()
                if left < 0:
                    raise Late("Questions without end.")
                message = self._channel.receive(seconds=max(0.01, left))
                if type(message) is not dict:
                    raise self._broken()
                if "ask" in message:
                    self._answer(message)
                elif message.get("id") == question:
                    self._output(message.get("out"))
                    return message
                else:
                    raise self._broken()
        except Late:
            self.gone = "stuck"
            raise StudentGone("stuck") from None
        except Closed:
            self.gone = "kernel_died"
            raise StudentGone("kernel_died") from None
        except BrokenChannel:
            raise self._broken() from None
        finally:
            self._depth -= 1

    def _answer(self, message: dict[str, Any]) -> None:
        self._asks += 1
        if self._asks > _MAX_ASKS or self._depth > 50:
            raise self._broken()
        number = message.get("ask_id")
        try:
            reader = Reader(self.read_link)
            value = self.answer_ask(message, reader)
            answer = {"answer": number, "value": Writer(self.write_link).write(value)}
        except Malformed:
            raise self._broken() from None
        except (StudentGone, KeyboardInterrupt):
            raise
        except BaseException as error:
            # What a callback raises is raised in the student's code: its kind and its plain arguments.
            kind = next(c for c in type(error).__mro__ if getattr(builtins, c.__name__, None) is c)
            args = [arg for arg in error.args if type(arg) in (str, int, float, bool)]
            if isinstance(error, AssertionError):
                args = []  # what the test expects is none of the student's code's business
            try:
                written = [Writer(self.write_link).write(arg) for arg in args]
            except Uncrossable:
                written = []
            answer = {"answer": number, "raised": [kind.__name__, written]}
        self._channel.send(answer)

    def _output(self, entries: Any) -> None:
        if type(entries) is not list:
            raise self._broken()
        for entry in entries[:1000]:
            if type(entry) is dict:
                self.emit(entry)


class _Stop(Exception):
    """A generator has come to its end."""


Stop = _Stop


def _no_link(value: Any, writer: Writer) -> list[Any]:
    raise Uncrossable("unknown value")


def _no_read(wire: list[Any], reader: Reader) -> Any:
    raise Malformed("unknown value")


def _no_answer(message: dict[str, Any], reader: Reader) -> Any:
    raise Malformed("unknown question")


def read_line() -> str:
    """What the test has put into `sys.stdin`."""
    return sys.stdin.readline() if sys.stdin is not None else ""
