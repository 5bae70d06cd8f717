"""The student's side: runs cells, answers questions about what they defined. It never sees a trusted test.

It shares an interpreter with code that may do anything to it. Nothing here is a defence: the supervisor takes
what this end says for claims about values, and for nothing else.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .clock import Clock, Overtime
from .console import Output, Stdin, Stream
from .files import MAX_COPIED, stamps
from .frames import BrokenChannel, Channel
from .held import Held
from .operations import APPLY
from .shell import make_shell, warm_up
from .wire import Uncrossable

__all__ = ["Agent", "serve", "warm_up"]
_MOST_FILES = 2000
"""Of one folder that are looked at: a student's code may write any number."""


class Agent:
    """One student's interpreter."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._held = Held(self.ask)
        self._clock = Clock()
        self._asked = 0
        self._depth = 0
        self._seen_files: dict[str, tuple[int, int]] = {}
        self.output = Output()
        self._shell: Any = None
        self._main = threading.get_ident()
        self.namespace: dict[str, Any] = {}

    # -- life ------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Until the supervisor hangs up."""
        sys.stdout, sys.stderr = Stream("stdout", self), Stream("stderr", self)
        sys.stdin = Stdin(self)
        self._shell = make_shell(self)
        self.namespace = self._shell.user_ns
        self._shell.user_ns["input"] = builtins.input = self._input
        self._shell.user_ns.pop("input")
        self._clock.set_up()
        with contextlib.suppress(BrokenChannel):
            while True:
                self._handle(self._channel.receive(seconds=86_400))

    def _handle(self, request: dict[str, Any]) -> None:
        outermost = self._depth == 0
        before = self.output
        self.output = Output()
        self._depth += 1
        reply: dict[str, Any]
        wall, cpu = request.get("wall", 0), request.get("cpu", 0)
        try:
            try:
                if outermost and wall:
                    self._clock.begin(wall, cpu)
                reply = self._do(request, self._clock.silence if outermost else lambda: None)
            except Overtime as error:
                reply = {"late": True, "flood": error.args == ("flood",)}
            except Uncrossable as error:
                reply = {"odd": str(error)}
            except BrokenChannel:
                raise
            except BaseException as error:
                if outermost:
                    self._clock.silence()
                reply = {"raised": self._held.exception(error)}
        except Overtime:
            reply = {"late": True}
        finally:
            if outermost:
                self._clock.silence()
            self._depth -= 1
        reply["id"] = request.get("id")
        reply["out"] = self.output.entries
        self.output = before
        try:
            self._channel.send(reply)
        except (TypeError, ValueError, RecursionError):
            self._channel.send({"id": request.get("id"), "odd": "a value cannot be sent", "out": []})

    def _do(self, request: dict[str, Any], quiet: Callable[[], None]) -> dict[str, Any]:
        op = request["op"]
        if op == "run":
            done = self._shell.run_in_agent(request["code"], request["n"])
            quiet()
            return {"ok": done, "nonce": request.get("nonce") if done else None}
        if op == "names":
            found = {}
            for name in request["names"]:
                if name in self.namespace:
                    found[name] = self._held.writer().write(self.namespace[name])
            return {"names": found}
        if op == "class":
            return {"class": self._held.describe(self._held[request["target"]])}
        if op == "seed":
            import random

            random.seed(request["value"])
            if (np := sys.modules.get("numpy")) is not None:
                np.random.seed(request["value"])
            return {"ok": True}
        if op == "put":
            return self._put(request["files"])
        if op == "changes":
            return {"files": self._changes()}
        if op == "unset":
            self.namespace.pop(request["name"], None)
            return {"ok": True}
        if op == "set_names":
            reader = self._held.reader()
            for name, wire in request["names"].items():
                self.namespace[name] = reader.read(wire)
            return {"ok": True}
        return self._operate(op, request, quiet)

    def _operate(self, op: str, request: dict[str, Any], quiet: Callable[[], None]) -> dict[str, Any]:
        reader = self._held.reader()
        args = [reader.read(wire) for wire in request["args"]]
        kwargs = {name: reader.read(wire) for name, wire in request.get("kwargs", {}).items()}
        arguments = list(reader.objects)
        before = self._held.contents(arguments)
        target = self._held[request["target"]]
        name = request.get("name", "")
        try:
            value = APPLY[op](target, name, args, kwargs)
        except StopIteration as stop:
            if op != "next":
                raise
            quiet()
            return {"stop": self._held.writer().write(stop.value)}
        except BaseException as error:
            quiet()
            if isinstance(error, (Overtime, BrokenChannel)):
                raise
            return {"raised": self._held.exception(error), "changed": self._held.changed(arguments, before)}
        quiet()
        writer = self._held.writer(arguments)
        wire = writer.write(value)
        return {"value": wire, "changed": self._held.changed(arguments, before), "count": len(arguments)}

    # -- questions to the test's side ------------------------------------------------------------

    def ask(
        self, what: str, number: int, name: str, args: list[Any], kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Have the test's side do something, and return its answer; what it raises is raised here."""
        if threading.get_ident() != self._main or self._depth == 0:
            raise RuntimeError("Only the running call may do this.")
        with _unsignalled():
            writer = self._held.writer()
            self._asked += 1
            self._channel.send(
                {
                    "ask": what, "ask_id": self._asked, "target": number, "name": name,
                    "args": [writer.write(arg) for arg in args],
                    "kwargs": {key: writer.write(value) for key, value in (kwargs or {}).items()},
                }
            )  # fmt: skip
            mine = self._asked
            while True:
                message = self._channel.receive(seconds=86_400)
                if "op" in message:
                    self._handle(message)
                    continue
                if message.get("answer") == mine:
                    break
        reader = self._held.reader()
        if "raised" in message:
            name, args = message["raised"]
            kind = getattr(builtins, name, RuntimeError)
            raise kind(*[reader.read(arg) for arg in args])
        return reader.read(message["value"])

    def _input(self, prompt: object = "", /) -> str:
        text = str(prompt)
        answer = self.ask("input", 0, "", [text])
        return str(answer)

    # -- files -----------------------------------------------------------------------------------

    def _put(self, files: list[list[str]]) -> dict[str, Any]:
        for name, data in files:
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(data))
        self._changes()
        return {"ok": True}

    def _changes(self) -> list[list[str]]:
        """Files below the working folder that are new or changed since the last time."""
        found: list[list[str]] = []
        for name, stamp in stamps(_MOST_FILES):
            if self._seen_files.get(name) == stamp:
                continue
            self._seen_files[name] = stamp
            if stamp[1] <= MAX_COPIED and len(found) < 200:
                with contextlib.suppress(OSError):
                    found.append([name, base64.b64encode(Path(name).read_bytes()).decode("ascii")])
        return found


@contextlib.contextmanager
def _unsignalled() -> Iterator[None]:
    """Half a message must not be lost to an alarm."""
    signals = {signal.SIGALRM, signal.SIGPROF}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(sock: socket.socket) -> None:
    """Entry point inside the sandbox."""
    Agent(Channel(sock)).serve()
