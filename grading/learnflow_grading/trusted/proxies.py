"""What tests see of a student's functions, classes and objects.

Three rules keep a test honest. Operators go to the student's process only for classes that the teacher's own
notebook declares, and only those that it declares. Comparisons are asked there only between two of the
student's objects; an object never equals plain data. And a function from which the teacher's version
returns plain data must return plain data.
"""

from __future__ import annotations

import builtins
import collections
import datetime
import decimal
import enum
import fractions
import importlib
import itertools
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .student import CannotCheck, Stop, Student
from .wire import Malformed, Reader, Uncrossable, Writer

_COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})
_BINARY = frozenset(
    f"__{side}{name}__"
    for name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift divmod".split()
    for side in ("", "r", "i")
)
_UNARY = frozenset(
    {"__neg__", "__pos__", "__abs__", "__invert__", "__round__", "__int__", "__float__", "__index__"}
)
_CONTAINER = frozenset(
    {
        "__len__",
        "__getitem__",
        "__setitem__",
        "__delitem__",
        "__contains__",
        "__iter__",
        "__next__",
        "__reversed__",
    }
)
_OTHER = frozenset({"__call__", "__enter__", "__exit__", "__bool__", "__hash__", "__missing__"})
SPECIAL = _COMPARISONS | _BINARY | _UNARY | _CONTAINER | _OTHER
_ALWAYS = ("__str__", "__repr__", "__format__")
_EXACT: dict[str, tuple[type, ...]] = {
    "__len__": (int,), "__contains__": (bool,), "__bool__": (bool,), "__hash__": (int,), "__index__": (int,),
    "__int__": (int,), "__float__": (float,),
}  # fmt: skip
_SEQUENCES = frozenset(
    {list, tuple, set, frozenset, collections.deque, type({}.keys()), type({}.values()), type({}.items())}
)
_MAPPINGS = frozenset({dict, collections.Counter, collections.OrderedDict, collections.defaultdict})
_SIZED = _SEQUENCES | _MAPPINGS | {str, bytes}
_ROWS = (list, tuple, collections.deque)
"""Of these, and of what is in them, numpy makes an array."""
_NUMBERS = (range, bytearray)
"""Of these as well."""
_SINGLE = frozenset({int, float, complex, bool, str, bytes, type(None)})
_DATA_BASES = (int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
_VALUES: tuple[type, ...] = (
    bool, int, float, complex, str, bytes, range, decimal.Decimal, fractions.Fraction,
    datetime.date, datetime.datetime, datetime.time, datetime.timedelta,
)  # fmt: skip
_GENERATOR = frozenset({"generator"})
_AT_ONCE = 256
"""How many values of a long iterator cross together."""


_CLOSED = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)
"""Of the test's own things, what a student's code may call and nothing else."""
_INNER = (types.FrameType, types.CodeType, types.TracebackType, types.ModuleType, types.CellType)
"""From these a way leads to everything, `eval` included."""
_NEVER = ("_", "bit_generator", "ctypes", "cffi", "capsule", "load_extension", "enable_load_extension")
"""How attributes begin that lead into Python, or into memory."""


@dataclass(frozen=True)
class Declared:
    """A class as the teacher's notebook declares it."""

    names: frozenset[str]
    """Attributes: methods, what `self.…` is assigned in them, annotations."""
    specials: frozenset[str]
    """Operators and the like."""


@dataclass
class Rules:
    """What the teacher's notebook says about the student's names."""

    classes: dict[str, Declared] = field(default_factory=dict)
    returns_objects: frozenset[str] | None = None
    """Functions and methods whose reference version returns objects; None when that was never tried."""
    modules: dict[str, str] = field(default_factory=dict)
    never_empty: frozenset[str] = frozenset()
    """What gives numbers, texts, lists, arrays and the like in the reference, and never anything empty."""


class Proxies:
    """Makes and remembers proxies of one student's things."""

    def __init__(self, student: Student, rules: Rules, sources: Callable[[str], str]) -> None:
        """`sources` gives the student's text of a function or class by its name, or an empty text."""
        self.student, self.rules, self._sources = student, rules, sources
        self.returned_objects: set[str] = set()
        """Functions that returned objects; what a run of the reference is asked for."""
        self.returned_sized: set[str] = set()
        self.returned_empty: set[str] = set()
        self.returned_others: set[str] = set()
        """The same for numbers, lists, arrays and tables, for empty ones, and for what is none of these."""
        self.hollow = 0
        """How many empty lists and the like came from functions whose reference version gives none here."""
        self.hollow_inside = 0
        """How many had one inside of something that is not empty."""
        self.bare: set[str] = set()
        """Variables that were empty when they were looked up last, where the reference's never are."""
        self._not_empty: set[int] = set()
        """Generators that come in the place of such a list."""
        self._made_by: dict[int, frozenset[str]] = {}
        """What gave a generator."""
        self._known_as: dict[int, frozenset[str]] = {}
        """What tests call a function: its own name is what the student's code says, or a wrapper's."""
        self._making: set[int] = set()
        self._things: dict[int, Any] = {}
        self._classes: dict[int, Any] = {}
        self._handles: dict[int, int] = {}
        self._ours: list[Any] = []
        self._our_numbers: dict[int, int] = {}
        student.read_link, student.write_link = self.read, self.write
        student.answer_ask, student.exception = self._answer, self._raised

    # -- from the student ------------------------------------------------------------------------

    def read(self, wire: list[Any], reader: Reader) -> Any:
        """The proxy for a tagged list."""
        tag = wire[0]
        if tag == "mine":
            return self._ours[_index(wire[1], self._ours)]
        if tag == "mo":
            return self._module(wire[1])
        if tag not in ("fn", "cl", "g", "o", "ex", "en"):
            raise Malformed("unknown tag")
        handle = _index(wire[1], None)
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
            made = self._exception(handle, _index(wire[2], None), reader.read(wire[3]))
        else:
            base = None if wire[3] is None else reader.read(wire[3])
            made = self._object(handle, _index(wire[2], None), base)
            if type(made) in _DATA_BASES or type(made) is bool:
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
        _dress(student_function, source, name)
        self._remember(student_function, handle)
        return student_function

    def call(self, op: str, handle: int, key: str, name: str, args: Any = (), kwargs: Any = None) -> Any:
        """Have the student's process do something, and check what comes back."""
        keys = self._known_as.get(handle, frozenset({key})) if op == "call" else frozenset({key})
        value = self.student.operate(
            op, handle, min(keys), name=name, args=args, kwargs=kwargs, known_as=keys
        )
        self._weigh(keys, value)
        if type(value) is types.GeneratorType:
            self._made_by.setdefault(self._handles[id(value)], keys)
            if keys & self.rules.never_empty:
                self._not_empty.add(self._handles[id(value)])
        if type(value) is types.FunctionType and (made := self.handle_of(value)) is not None:
            self._known_as.setdefault(made, frozenset(f"{each}()" for each in keys))
        return self.plain(keys, value, strict=True)

    def _weigh(self, keys: frozenset[str], value: Any) -> None:
        """Note whether there is something in what `keys` name. CannotCheck for an empty array or table where
        the reference has none; a test in which other things are empty has not passed: it may look at nothing.
        """
        self._name_inside(keys, value)
        size = _size(value)
        (self.returned_others if size is None else self.returned_sized).update(keys)
        if size != 0 and not _has_empty(value):
            return
        # It agrees with everything: `np.allclose(np.empty((0, 3)), expected)`, `np.allclose([], 9)`,
        # `all(n in allowed for n in {})`.
        self.returned_empty |= keys
        if keys & self.rules.never_empty:
            if size == 0 and _of_library(type(value)):
                raise CannotCheck(f"{min(keys)} gave nothing at all, an empty array or table.")
            self.hollow += size == 0
            self.hollow_inside += size != 0

    def _name_inside(self, keys: frozenset[str], value: Any) -> None:
        """Call the functions that a list or mapping holds by where they are: their names may be any."""
        todo, seen = _inside(value), {id(value)}
        while todo:
            item = todo.pop()
            if type(item) is types.FunctionType and (handle := self.handle_of(item)) is not None:
                self._known_as.setdefault(handle, frozenset(f"{each}[]" for each in keys))
            elif type(item) not in _SINGLE and id(item) not in seen:
                seen.add(id(item))
                todo += _inside(item)

    def found(self, name: str, value: Any) -> Any:
        """`value`, which a test knows by this name. CannotCheck as `plain`."""
        self.bare.discard(name)
        hollow = self.hollow
        self._weigh(frozenset({f"variable {name}"}), value)
        if self.hollow > hollow:
            # It counts when it is used: `add(3)` may come before.
            self.hollow = hollow
            self.bare.add(name)
        if (handle := self.handle_of(value)) is not None:
            self._known_as[handle] = self._known_as.get(handle, frozenset()) | {name}
        return self.plain(frozenset({f"variable {name}"}), value)

    @property
    def never_empty(self) -> set[str]:
        """What gave numbers, texts, lists, arrays and the like, never anything empty, and nothing else."""
        return self.returned_sized - self.returned_empty - self.returned_others

    def plain(self, keys: frozenset[str], value: Any, *, strict: bool = False) -> Any:
        """`value`, which came from what `keys` name. CannotCheck for objects where the reference gives none.

        Else one whose operators the teacher declares could stand where a number is expected, and do as if.
        One without may be there, unless `strict`: a list of records is as long as one of texts.
        """
        if self._has_object(value):
            self.returned_objects |= keys
            allowed = self.rules.returns_objects
            if (
                allowed is not None
                and not keys <= allowed
                and (strict or self._has_object(value, with_operators=True))
            ):
                raise CannotCheck(
                    f"{min(keys)}: an object of a kind that cannot be checked here; plain data is expected."
                )
        return value

    def _yielded(self, handle: int, value: Any) -> Any:
        """As `plain`, for what a generator gives: it may be what the function that made it may give."""
        keys, allowed = self._made_by.get(handle, frozenset()), self.rules.returns_objects
        if _has_empty(value):
            # As if it were in a list of theirs.
            self.returned_empty |= keys
            self.hollow_inside += bool(keys & self.rules.never_empty)
        if keys and allowed is not None and keys <= allowed:
            return value
        return self.plain(keys | _GENERATOR, value)

    def _has_object(self, value: Any, *, with_operators: bool = False) -> bool:
        todo, seen = [value], set[int]()
        while todo:
            item = todo.pop()
            if isinstance(type(item), RemoteMeta) and (not with_operators or _has_operators(item)):
                return True
            # A value may hold itself. How much it may hold is known when it is read.
            if id(item) not in seen:
                seen.add(id(item))
                todo += _inside(item)
        return False

    def _generator(self, handle: int) -> Iterator[Any]:
        def values() -> Iterator[Any]:
            sent: Any = None
            for count in itertools.count():
                try:
                    if sent is None:
                        value = self.student.operate("next", handle, "generator")
                    else:
                        value = self.student.operate("send", handle, "generator", args=(sent,))
                except Stop:
                    self.hollow += not count and handle in self._not_empty
                    return
                sent = yield self._yielded(handle, value)

        made = values()
        self._remember(made, handle)
        return made

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
        bases = tuple(b for b in (self._base(b) for b in _list(told["bases"])) if b is not object)
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
        data = any(issubclass(b, _DATA_BASES) for b in bases)
        for special in SPECIAL | set(_ALWAYS):
            if special in _ALWAYS and (data or any(issubclass(b, BaseException) for b in bases)):
                continue
            if special in _ALWAYS or (declared is not None and special in declared.specials):
                body[special] = _special(special)
        if "__eq__" in body and "__hash__" not in body:
            body["__hash__"] = object.__hash__ if declared is None else None
        try:
            made: Any = RemoteMeta(name, bases or (object,), body, _lf_ours=True)
        except TypeError:
            made = RemoteMeta(name, (object,), {k: v for k, v in body.items()}, _lf_ours=True)
        _dress(made, self._sources(name), name)
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
            if base in _DATA_BASES or (isinstance(base, type) and issubclass(base, BaseException)):
                return base
            return object
        if type(wire) is list and len(wire) == 2 and wire[0] == "cl":
            return self._class(_index(wire[1], None))
        raise Malformed("no base")

    def _enum(self, handle: int, name: str, told: dict[str, Any]) -> Any:
        if name not in self.rules.classes:
            raise CannotCheck("Your code gave an enumeration where the test expects a value.")
        reader = Reader(self.read)
        members = [(str(key), reader.read(value)) for key, value in _list(told["members"])]
        for key, value in members:
            # `__eq__` would be no member but the enumeration's own operator, and so would a function be.
            if key.startswith("_") or not key.isidentifier() or key == "mro" or not _is_data(value):
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
        return ["far", known]

    def _answer(self, message: dict[str, Any], reader: Reader) -> Any:
        args = [reader.read(arg) for arg in _list(message.get("args"))]
        what, name = message["ask"], message.get("name")
        if what == "input":
            return builtins.input(*args)
        if what == "readline":
            from .student import read_line

            return read_line()
        if what == "readall":
            import sys

            return sys.stdin.read() if sys.stdin is not None else ""
        target = self._ours[_index(message.get("target"), self._ours)]
        if what == "call":
            return target(*args, **{str(k): reader.read(v) for k, v in (message.get("kwargs") or {}).items()})
        if type(name) is not str or isinstance(target, _CLOSED):
            raise AttributeError("This cannot be looked into.")
        if what == "get" and not name.startswith(_NEVER):
            found = getattr(target, name)
            if isinstance(found, _INNER):
                raise AttributeError("This cannot be looked into.")
            return found
        if what == "set" and not name.startswith("_") and type(target).__module__ == "__main__":
            setattr(target, name, args[0])
            return None
        if what == "special" and name in SPECIAL | {"__str__"}:
            return _apply_special(target, name, args)
        raise AttributeError(str(name)[:100])


def _apply_special(target: Any, name: str, args: list[Any]) -> Any:
    if name == "__iter__":
        # An iterator is asked for one after the other: it may never end.
        return target if hasattr(type(target), "__next__") else list(target)
    if name == "__next__" and args:
        return _several(target)
    if name == "__str__":
        return str(target)
    return getattr(type(target), name)(target, *args)


def _several(iterator: Any) -> list[Any]:
    """Its next values: one, and more where they are small and there at once. StopIteration at its end."""
    found = [next(iterator)]
    end = time.monotonic() + 0.02
    while (
        (type(found[-1]) in (int, float, bool) or (type(found[-1]) is str and len(found[-1]) < 1000))
        and len(found) < _AT_ONCE
        and time.monotonic() < end
        and type(iterator).__module__ != "__main__"
    ):
        try:
            found.append(next(iterator))
        except StopIteration:
            break
    return found


def _is_data(value: Any) -> bool:
    """Whether it is a member's value as they are: numbers, texts, and what is made of them."""
    if type(value) in (tuple, list, set, frozenset):
        return all(map(_is_data, value))
    if type(value) is dict:
        return all(map(_is_data, value.items()))
    return value is None or type(value) in _VALUES


def _has_operators(thing: Any) -> bool:
    """Whether one of a student's objects has any that would be asked, its contents' among them."""
    declared = type(thing)._lf_declared
    return isinstance(thing, _DATA_BASES) or (declared is not None and bool(declared.specials))


def _index(number: Any, inside: list[Any] | None) -> int:
    if type(number) is not int or number < 0 or (inside is not None and number >= len(inside)):
        raise Malformed("no such thing")
    return number


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise Malformed("no list")
    return value


def _size(value: Any, depth: int = 0) -> int | None:
    """0 for what is empty, or numpy takes for an empty array; 1 for what is not; None for what is neither."""
    kind = type(value)
    if kind in (int, float, complex):
        return 1
    if kind in _NUMBERS or (depth == 0 and kind not in _ROWS and kind in _SIZED):
        return int(len(value) > 0)
    if _of_library(kind):
        return int(bool(value.size)) if hasattr(value, "size") else None
    if kind in _ROWS:
        # One that holds itself is not empty.
        return int(depth > 40 or any(_size(item, depth + 1) != 0 for item in value))
    return None


def _has_empty(value: Any) -> bool:
    """Whether an empty list, tuple, array or the like is somewhere in it: it would stand for any number."""
    todo, seen = [value], set[int]()
    while todo:
        item = todo.pop()
        if (type(item) in (*_ROWS, *_NUMBERS) or _of_library(type(item))) and _size(item) == 0:
            return True
        if id(item) not in seen:
            seen.add(id(item))
            todo += [each for each in _inside(item) if type(each) not in _SINGLE]
    return False


def _of_library(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("numpy", "pandas")


def _inside(item: Any) -> list[Any]:
    """What a plain value holds that may be anything."""
    kind = type(item)
    if kind in _SEQUENCES:
        return list(item)
    if kind in _MAPPINGS:
        return [*item.values(), *item]
    if _of_library(kind):
        if hasattr(item, "columns"):
            return [*item.columns, *item.index, *(item.iloc[:, n] for n in range(item.shape[1]))]
        if hasattr(item, "dtype") and item.dtype == object:
            return list(item.tolist()) if hasattr(item, "tolist") else []
    return []


class RemoteMeta(type):
    """The type of classes that stand for a student's."""

    _lf_proxies: Proxies
    _lf_handle: int
    _lf_declared: Declared | None

    def __new__(
        cls, name: str, bases: tuple[type, ...], body: dict[str, Any], *, _lf_ours: bool = False
    ) -> Any:
        if not _lf_ours:
            raise TypeError("A test cannot subclass a student's class here.")
        body.setdefault("__getattr__", _get)
        body.setdefault("__setattr__", _set)
        body.setdefault("__delattr__", _delete)
        return super().__new__(cls, name, bases, body)

    def __init__(cls, name: str, bases: Any, body: Any, **_: Any) -> None:
        super().__init__(name, bases, body)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        proxies = cls._lf_proxies
        if cls._lf_declared is not None:
            # Making an object of a class that the teacher declares gives one, whatever else does not.
            made = proxies.student.operate("call", cls._lf_handle, cls.__name__, args=args, kwargs=kwargs)
            if cls not in type(made).__mro__:
                raise CannotCheck(f"{cls.__name__}(...) did not make one of its own objects.")
            return made
        return proxies.call("call", cls._lf_handle, cls.__name__, "", args, kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith(("_lf_", "__")):
            raise AttributeError(name)
        return cls._lf_proxies.call("get", cls._lf_handle, f"{cls.__name__}.{name}", name)

    def __setattr__(cls, name: str, value: Any) -> None:
        if name.startswith("_") or name in ("__doc__", "__signature__"):
            type.__setattr__(cls, name, value)
            return
        cls._lf_proxies.student.operate("set", cls._lf_handle, cls.__name__, name=name, args=(value,))


def _self(thing: Any) -> tuple[Proxies, int, Declared | None, str]:
    cls = type(thing)
    return cls._lf_proxies, object.__getattribute__(thing, "_lf_id"), cls._lf_declared, cls.__name__


def _get(self: Any, name: str) -> Any:
    if name.startswith("_lf_") or (name.startswith("__") and name.endswith("__") and name != "__dict__"):
        raise AttributeError(name)
    proxies, handle, declared, kind = _self(self)
    if declared is None or (name not in declared.names and not isinstance(self, BaseException)):
        if not _asks_for_absence(proxies, handle, name):
            raise AttributeError(f"'{kind}' object has no attribute '{name}'")
        raise CannotCheck(f"{kind}.{name} cannot be checked here: the exercise does not ask for it.")
    value = proxies.student.operate("get", handle, f"{kind}.{name}", name=name)
    if isinstance(value, types.FunctionType) and proxies.handle_of(value) is not None:

        def method(*args: Any, **kwargs: Any) -> Any:
            return proxies.call("method", handle, f"{kind}.{name}", name, args, kwargs)

        method.__name__ = name
        proxies._handles[id(method)] = proxies.handle_of(value) or 0
        proxies._ours.append(method)
        return method
    proxies._weigh(frozenset({f"{kind}.{name}"}), value)
    return proxies.plain(frozenset({f"{kind}.{name}"}), value)


def _asks_for_absence(proxies: Proxies, handle: int, name: str) -> bool:
    try:
        proxies.student.operate("get", handle, "attribute", name=name)
    except AttributeError:
        return False
    return True


def _set(self: Any, name: str, value: Any) -> None:
    if isinstance(self, BaseException) and name in ("args", "__traceback__", "__context__", "__cause__"):
        BaseException.__setattr__(self, name, value)
        return
    proxies, handle, _, kind = _self(self)
    proxies.student.operate("set", handle, kind, name=name, args=(value,))


def _delete(self: Any, name: str) -> None:
    proxies, handle, _, kind = _self(self)
    proxies.student.operate("del", handle, kind, name=name)


def _special(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any) -> Any:
        proxies, handle, _, kind = _self(self)
        remote = [isinstance(type(arg), RemoteMeta) for arg in args]
        if name in _COMPARISONS and not all(remote):
            return NotImplemented
        if name == "__iter__":
            found = proxies.student.operate("special", handle, f"{kind}.__iter__", name=name)
            return _iterated(proxies.plain(frozenset({f"{kind}.{name}"}), found), self)
        try:
            value = proxies.student.operate("special", handle, f"{kind}.{name}", name=name, args=args)
        except Stop:
            raise StopIteration from None
        if value is NotImplemented:
            return value
        proxies._weigh(frozenset({f"{kind}.{name}"}), value)
        if name != "__enter__" or value is not self:
            proxies.plain(frozenset({f"{kind}.{name}"}), value)
        if name in _COMPARISONS and type(value) is not bool:
            raise CannotCheck(f"{kind}.{name} must give True or False.")
        exact = _EXACT.get(name)
        if exact is not None and type(value) not in exact:
            raise TypeError(f"{kind}.{name} gave a {type(value).__name__}.")
        if name in _ALWAYS:
            if type(value) is not str:
                raise TypeError(f"{name} returned non-string (type {type(value).__name__})")
            return value
        if name in _BINARY and not all(remote) and not isinstance(type(value), RemoteMeta):
            # `f(3) - 9` must not become 0 because an object says so.
            raise CannotCheck(f"{kind} and plain data do not make plain data here.")
        return value

    method.__name__ = name
    return method


def _iterated(value: Any, owner: Any) -> Iterator[Any]:
    if value is owner:
        return owner  # type: ignore[no-any-return]
    return iter(value)


def _dress(thing: Any, source: str, name: str) -> None:
    """Give a proxy the docstring and signature that the student's text has."""
    import ast
    import inspect

    thing.__doc__ = None
    if not source:
        return
    try:
        node = ast.parse(source).body[0]
    except (SyntaxError, ValueError, RecursionError, IndexError):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        thing.__doc__ = ast.get_docstring(node, clean=False)
    if isinstance(node, ast.FunctionDef):
        arguments = node.args
        kinds = inspect.Parameter
        given = arguments.posonlyargs + arguments.args
        without = len(given) - len(arguments.defaults)
        parameters = [
            kinds(
                arg.arg,
                kinds.POSITIONAL_ONLY if place < len(arguments.posonlyargs) else kinds.POSITIONAL_OR_KEYWORD,
                default=_literal(arguments.defaults[place - without]) if place >= without else kinds.empty,
                annotation=_annotation(arg.annotation),
            )
            for place, arg in enumerate(given)
        ]
        if arguments.vararg:
            parameters.append(kinds(arguments.vararg.arg, kinds.VAR_POSITIONAL))
        parameters += [
            kinds(arg.arg, kinds.KEYWORD_ONLY, default=kinds.empty if value is None else _literal(value),
                  annotation=_annotation(arg.annotation))
            for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ]  # fmt: skip
        if arguments.kwarg:
            parameters.append(kinds(arguments.kwarg.arg, kinds.VAR_KEYWORD))
        thing.__signature__ = inspect.Signature(parameters, return_annotation=_annotation(node.returns))
        thing.__annotations__ = {
            p.name: p.annotation for p in parameters if p.annotation is not inspect.Parameter.empty
        }
        if node.returns is not None:
            thing.__annotations__["return"] = _annotation(node.returns)


def _literal(node: Any) -> Any:
    import ast

    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ...


def _annotation(node: Any) -> Any:
    import ast
    import inspect

    if node is None:
        return inspect.Parameter.empty
    text = ast.unparse(node)
    plain = getattr(builtins, text, None)
    return plain if isinstance(plain, type) else text
