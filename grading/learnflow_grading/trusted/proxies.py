"""What tests see of a student's functions, classes and objects.

Three rules keep a test honest. Operators go to the student's process only for classes that the teacher's own
notebook declares, and only those that it declares. Comparisons are asked there only between two of the
student's objects; an object never equals plain data. And a function from which the teacher's version
returns plain data must return plain data.
"""

from __future__ import annotations

import builtins
import collections
import enum
import importlib
import itertools
import types
from collections.abc import Callable, Iterator
from typing import Any

from .asked import CLOSED, look, what_may_change
from .declared import ALWAYS, SPECIAL, Declared, Rules
from .dressed import dress
from .lent import is_lent, print_of
from .plain import DATA_BASES, is_data
from .remote import RemoteMeta, called, special_method
from .returned import Returned
from .student import CannotCheck, Stop, Student
from .wire import Malformed, Reader, Uncrossable, Writer, checked_index, checked_list


class Proxies:
    """Makes and remembers proxies of one student's things."""

    def __init__(self, student: Student, rules: Rules, sources: Callable[[str], str]) -> None:
        """`sources` gives the student's text of a function or class by its name, or an empty text."""
        self.student, self.rules, self._sources = student, rules, sources
        self.returned = Returned(rules, self.handle_of, self._is_foreign)
        self._making: set[int] = set()
        self._things: dict[int, Any] = {}
        self._classes: dict[int, Any] = {}
        self._handles: dict[int, int] = {}
        self._ours: list[Any] = []
        self._our_numbers: dict[int, int] = {}
        self._lent: list[Any] = []
        """Of `_ours` what can be changed."""
        student.read_link, student.write_link = self.read, self.write
        student.answer_ask, student.exception = self._answer, self._raised

    # -- from the student ------------------------------------------------------------------------

    def read(self, wire: list[Any], reader: Reader) -> Any:
        """The proxy for a tagged list."""
        tag = wire[0]
        if tag == "mine":
            return self.student.original(self._ours[checked_index(wire[1], self._ours)])
        if tag == "mo":
            return self._module(wire[1])
        if tag not in ("fn", "cl", "g", "o", "ex", "en"):
            raise Malformed("unknown tag")
        handle = checked_index(wire[1], None)
        if tag == "cl":
            return self._class(handle)
        if tag == "en":
            return self._member(handle, wire[2])
        if handle in self._things:
            return self._things[handle]
        if tag == "fn":
            made: Any = self._function(handle, str(wire[2]))
        elif tag == "g":
            made = self._generator(handle)
        elif tag == "ex":
            made = self._exception(handle, checked_index(wire[2], None), reader.read(wire[3]))
        else:
            base = None if wire[3] is None else reader.read(wire[3])
            made = self._object(handle, checked_index(wire[2], None), base)
            if type(made) in DATA_BASES or type(made) is bool:
                return made
        self._things[handle] = made
        return made

    def _module(self, name: Any) -> Any:
        if name not in self.rules.modules.values():
            raise CannotCheck("Your code gave a module where the test expects a value.")
        return importlib.import_module(name)

    def _remember(self, thing: Any, handle: int) -> None:
        self._handles[id(thing)] = handle
        self._things[handle] = thing

    def _function(self, handle: int, name: str) -> Any:
        def student_function(*args: Any, **kwargs: Any) -> Any:
            return self.call("call", handle, student_function.__name__, "", args, kwargs)

        name = name if name.isidentifier() else "student_function"
        student_function.__name__ = student_function.__qualname__ = name
        student_function.__module__ = "__main__"
        source = self._sources(name)
        dress(student_function, source, name)
        self._remember(student_function, handle)
        return student_function

    def call(self, op: str, handle: int, key: str, name: str, args: Any = (), kwargs: Any = None) -> Any:
        """Have the student's process do something, and check what comes back."""
        keys = self.returned.names_of(handle, key) if op == "call" else frozenset({key})
        value = self.student.operate(
            op, handle, min(keys), name=name, args=args, kwargs=kwargs, known_as=keys
        )
        return self.returned.called(keys, value, [*args, *(kwargs or {}).values()])

    def values_of(self, handle: int, keys: frozenset[str]) -> Iterator[Any]:
        """What a student's object gives that is its own iterator; `keys` name what made it one."""
        self.returned.begins(handle, keys)
        return self._values(handle)

    def _generator(self, handle: int) -> Iterator[Any]:
        made = self._values(handle)
        self._remember(made, handle)
        return made

    def _values(self, handle: int) -> Iterator[Any]:
        def values() -> Iterator[Any]:
            sent: Any = None
            for count in itertools.count():
                try:
                    if sent is None:
                        value = self.student.operate("next", handle, "generator")
                    else:
                        value = self.student.operate("send", handle, "generator", args=(sent,))
                except Stop:
                    if not count:
                        self.returned.yielded_nothing(handle)
                    return
                if not count:
                    self.returned.yielded_something(handle)
                sent = yield self.returned.yielded(handle, value)

        return values()

    # -- classes and objects ---------------------------------------------------------------------

    def _class(self, handle: int) -> Any:
        if handle in self._classes:
            return self._classes[handle]
        if handle in self._making:
            raise Malformed("a class that is its own base")
        self._making.add(handle)
        try:
            return self._new_class(handle)
        finally:
            self._making.discard(handle)

    def _new_class(self, handle: int) -> Any:
        told = self.student.describe(handle)
        name = told["name"] if told["name"].isidentifier() else "Thing"
        if told.get("members") is not None:
            return self._enum(handle, name, told)
        bases = tuple(b for b in (self._base(b) for b in checked_list(told["bases"])) if b is not object)
        fields = told.get("fields")
        declared = self._declared(name, bases)
        body: dict[str, Any] = {
            "__module__": "__main__",
            "_lf_proxies": self,
            "_lf_handle": handle,
            "_lf_declared": declared,
        }
        if fields is not None and bases == (tuple,) and declared is not None:
            bases = (collections.namedtuple(name, [str(f) for f in fields if str(f).isidentifier()]),)
        data = any(issubclass(b, DATA_BASES) for b in bases)
        for special in SPECIAL | set(ALWAYS):
            if special in ALWAYS and (data or any(issubclass(b, BaseException) for b in bases)):
                continue
            if special in ALWAYS or (declared is not None and special in declared.specials):
                body[special] = special_method(special)
        if declared is None and told.get("called") is True:
            # `double = Doubler()`: what it gives is checked as a function's.
            body["__call__"] = called
        if "__eq__" in body and "__hash__" not in body:
            body["__hash__"] = object.__hash__ if declared is None else None
        try:
            made: Any = RemoteMeta(name, bases or (object,), body, _lf_ours=True)
        except TypeError:
            made = RemoteMeta(name, (object,), {k: v for k, v in body.items()}, _lf_ours=True)
        dress(made, self._sources(name), name)
        self._classes[handle] = made
        self._remember(made, handle)
        return made

    def _declared(self, name: str, bases: tuple[type, ...]) -> Declared | None:
        own = self.rules.classes.get(name)
        inherited = [
            b._lf_declared for b in bases if isinstance(b, RemoteMeta) and b._lf_declared is not None
        ]
        if own is None:
            return None
        return Declared(
            own.names.union(*(i.names for i in inherited)),
            own.specials.union(*(i.specials for i in inherited)),
        )

    def _base(self, wire: Any) -> Any:
        if type(wire) is str:
            base = getattr(builtins, wire, None)
            if base in DATA_BASES or (isinstance(base, type) and issubclass(base, BaseException)):
                return base
            return object
        if type(wire) is list and len(wire) == 2 and wire[0] == "cl":
            return self._class(checked_index(wire[1], None))
        raise Malformed("no base")

    def _enum(self, handle: int, name: str, told: dict[str, Any]) -> Any:
        if name not in self.rules.classes:
            raise CannotCheck("Your code gave an enumeration where the test expects a value.")
        reader = Reader(self.read)
        members = [(str(key), reader.read(value)) for key, value in checked_list(told["members"])]
        for key, value in members:
            # `__eq__` would be no member but the enumeration's own operator, and so would a function be.
            if key.startswith("_") or not key.isidentifier() or key == "mro" or not is_data(value):
                raise CannotCheck(f"{name} has a member that cannot be checked here.")
        kinds: dict[str, Any] = {"IntEnum": enum.IntEnum, "Flag": enum.Flag, "IntFlag": enum.IntFlag}
        made = kinds.get(str(told.get("kind")), enum.Enum)(name, members)
        self._classes[handle] = made
        self._remember(made, handle)
        return made

    def _member(self, handle: int, name: Any) -> Any:
        try:
            return self._class(handle)[name]
        except (KeyError, TypeError):
            raise CannotCheck("Your code gave something that cannot be checked.") from None

    def _object(self, handle: int, class_handle: int, base: Any) -> Any:
        cls = self._class(class_handle)
        if isinstance(cls, enum.EnumMeta):
            raise Malformed("no member")
        declared = cls._lf_declared is not None
        if base is not None and (not declared or not issubclass(cls, type(base))):
            return base
        made: Any
        try:
            if isinstance(base, tuple) and hasattr(cls, "_make"):
                made = tuple.__new__(cls, base)
            elif base is not None:
                made = (
                    type(base).__new__(cls, base)
                    if not isinstance(base, (list, dict, set))
                    else type(base).__new__(cls)
                )
                if isinstance(base, list):
                    list.extend(made, base)
                elif isinstance(base, (dict, set)):
                    type(base).update(made, base)
            else:
                made = object.__new__(cls)
        except (TypeError, ValueError):
            raise Malformed("no object") from None
        object.__setattr__(made, "_lf_id", handle)
        self._remember(made, handle)
        return made

    def _exception(self, handle: int, class_handle: int, args: Any) -> BaseException:
        told = self.student.describe(class_handle)
        plain = getattr(builtins, told["name"], None)
        arguments = args if type(args) is tuple else ()
        if told.get("module") == "builtins" and isinstance(plain, type) and issubclass(plain, BaseException):
            kind: Any = plain
        else:
            kind = self._class(class_handle)
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                # From a library: the nearest built-in kind.
                kind = next(
                    (b for b in getattr(kind, "__mro__", ()) if issubclass(b, BaseException)), RuntimeError
                )
        if isinstance(kind, RemoteMeta):
            made: BaseException = BaseException.__new__(kind, *arguments)  # type: ignore[arg-type]
            made.args = arguments
            object.__setattr__(made, "_lf_id", handle)
        else:
            try:
                made = kind(*arguments)
            except TypeError:
                made = RuntimeError(*arguments)
        self._remember(made, handle)
        return made

    def _raised(self, wire: Any) -> BaseException:
        try:
            value = Reader(self.read).read(wire)
        except (Malformed, CannotCheck):
            return RuntimeError("Your code failed in a way that cannot be told.")
        return value if isinstance(value, BaseException) else RuntimeError("Your code failed.")

    # -- to the student --------------------------------------------------------------------------

    def handle_of(self, thing: Any) -> int | None:
        """The student's number for a proxy, or None for what is ours."""
        return self._handles.get(id(thing))

    def write(self, value: Any, writer: Writer) -> list[Any]:
        """A tagged list for what is no plain data: the student's own thing, or something of the test's."""
        handle = self._handles.get(id(value))
        if handle is not None:
            return ["yours", handle]
        if isinstance(value, enum.Enum) and (owner := self._handles.get(id(type(value)))) is not None:
            return ["member", owner, value.name]
        if isinstance(value, types.ModuleType):
            raise Uncrossable("a module cannot be passed")
        known = self._our_numbers.get(id(value))
        if known is None:
            self._ours.append(value)
            known = self._our_numbers[id(value)] = len(self._ours) - 1
            if is_lent(value):
                self._lent.append(value)
        return ["far", known]

    def _answer(self, message: dict[str, Any], reader: Reader) -> Any:
        args = [reader.read(arg) for arg in checked_list(message.get("args"))]
        what, name = message["ask"], message.get("name")
        if what == "input":
            return builtins.input(*args)
        if what == "readline":
            from .student import read_line

            return read_line()
        if what == "readall":
            import sys

            return sys.stdin.read() if sys.stdin is not None else ""
        target = self._ours[checked_index(message.get("target"), self._ours)]
        kwargs = {str(k): reader.read(v) for k, v in (message.get("kwargs") or {}).items()}

        def done() -> Any:
            return target(*args, **kwargs) if what == "call" else look(target, what, name, args)

        watched = tuple(what_may_change(target, what, name, self._lent))
        if not watched:
            return done()
        before = [print_of(each) for each in watched]
        try:
            return done()
        finally:
            self.student.touched += [print_of(each) for each in watched] != before

    def _is_foreign(self, item: Any) -> bool:
        """Whether it is a thing of the test's that a student's code was given and can do something with."""
        return (
            id(item) in self._our_numbers
            and not isinstance(item, CLOSED)
            # Iterators are gone through, whoever has them.
            and type(item).__module__ not in ("builtins", "itertools")
        )
