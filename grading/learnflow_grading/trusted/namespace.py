"""The names that tests use: their own, and the student's, looked up afresh whenever student code has run."""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

from .lent import copied, holds_lent
from .proxies import Proxies
from .refused import Refused
from .student import CannotCheck
from .texts import Texts
from .wire import Malformed, Reader, Writer


class Namespace(MutableMapping[str, Any]):
    """What a test's code runs in, beside `variables`, its globals."""

    def __init__(self, variables: dict[str, Any], proxies: Proxies, texts: Texts) -> None:
        self.variables = variables
        self._proxies, self._student, self._texts = proxies, proxies.student, texts
        self.live: dict[str, int] = {}
        """Names of a student's variables, and when each was looked up."""
        self.replaces: frozenset[str] = frozenset()
        """The student's functions that this test takes away, or puts others in place of."""
        self.wanted: frozenset[str] = frozenset()
        """The student's names that this test asks for, which it must not take for an error of theirs."""

    def __getitem__(self, name: str) -> Any:
        self._refresh(name)
        returned = self._proxies.returned
        returned.hollow += name in returned.bare and name in self.live
        if name not in self.variables and name in self.wanted:
            # The test may take that for the error it waits for.
            CannotCheck.count += 1
        found = self.variables[name]
        if type(found) is Refused:
            found.refuse()
        return found

    def __setitem__(self, name: str, value: Any) -> None:
        self.live.pop(name, None)
        if name in self.replaces:
            self._put(name, value)
        self.variables[name] = value

    def __delitem__(self, name: str) -> None:
        self.live.pop(name, None)
        if name in self.replaces:
            self._student.simple("unset", name=name)
        del self.variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    def fetch(self, names: list[str]) -> None:
        """Make the student's names known; those that they lack stay unknown."""
        found = self._student.names(names)
        for name in names:
            self.variables.pop(name, None)
            self.live.pop(name, None)
            if name not in found and name in self.wanted and hasattr(builtins, name):
                # `max`, say, is not what the exercise asks for.
                self.variables[name] = Refused(f"{name} is not defined.")
        for name, wire in found.items():
            if name in self._proxies.rules.classes and not (type(wire) is list and wire[:1] == ["cl"]):
                self.variables[name] = Refused(f"{name} is to be a class.")
                continue
            before = CannotCheck.count
            try:
                value = Reader(self._proxies.read).read(wire)
                self.variables[name] = self._proxies.returned.found(name, value)
                if (handle := self._proxies.handle_of(value)) is not None:
                    self._texts.found(name, handle)
            except Malformed:
                raise self._student._broken() from None
            except CannotCheck as error:
                # It counts when the test uses it, and not when it puts something of its own in its place.
                CannotCheck.count = before
                self.variables[name] = Refused(str(error))
            self.live[name] = self._student.epoch

    def _refresh(self, name: str) -> None:
        """Look a student's variable up again when their code has run since."""
        seen = self.live.get(name)
        if seen is None or seen == self._student.epoch:
            return
        if self._proxies.handle_of(self.variables.get(name)) is None:
            self.fetch([name])
        else:
            self.live[name] = self._student.epoch

    def _put(self, name: str, value: Any) -> None:
        """Let the student's code see `value` under `name`."""
        writer = Writer(self._student.write_link)
        self._student.simple("set_names", names={name: writer.write(value)})
        self._student.epoch += 1

    def taken(self, names: Iterable[str]) -> None:
        """The teacher's code has used these: if it has given them a value, they are no student's any more."""
        for name in names:
            self.live.pop(name, None)

    def own_data(self) -> dict[str, tuple[Any, Any]]:
        """(value, copy) of what set-up cells and earlier tests have made that does not cross."""
        if self._student.may_change is None:
            return {}
        made: dict[int, Any] = {}
        found = {}
        for name, value in self.variables.items():
            if name not in self.live and type(value) is not Refused and holds_lent(value):
                with contextlib.suppress(RecursionError):
                    found[name] = (value, copied(value, made))
        return found

    def put_back(self, before: dict[str, tuple[Any, Any]]) -> None:
        """What a student's code changed without being asked to is for the tests as it was; once.

        What a test has given another value since is its own.
        """
        for name, (value, copy) in before.items():
            if self.variables.get(name) is value:
                self.variables[name] = copy
        before.clear()
