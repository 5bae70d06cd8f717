"""The classes and objects that stand for a student's."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .declared import ALWAYS, BINARY, COMPARISONS, EXACT, Declared
from .plain import DATA_BASES
from .student import CannotCheck, Stop

if TYPE_CHECKING:
    from .proxies import Proxies


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
    proxies.returned.weigh(frozenset({f"{kind}.{name}"}), value)
    return proxies.returned.plain(frozenset({f"{kind}.{name}"}), value)


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


def special_method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any) -> Any:
        proxies, handle, _, kind = _self(self)
        remote = [isinstance(type(arg), RemoteMeta) for arg in args]
        if name in COMPARISONS and not all(remote):
            return NotImplemented
        through = frozenset({f"{kind}.__iter__"})
        if name == "__iter__":
            return _gone_through(self, through)
        try:
            value = proxies.student.operate("special", handle, f"{kind}.{name}", name=name, args=args)
        except Stop:
            raise StopIteration from None
        except StopIteration:
            if name == "__next__":
                proxies.returned.came_of(handle, through, anything=False)
            raise
        except IndexError:
            if name == "__getitem__" and args == (0,):
                # Without `__iter__` a loop ends with it.
                proxies.returned.came(frozenset({f"{kind}.{name}"}), anything=False)
            raise
        if value is NotImplemented:
            return value
        if name == "__next__":
            proxies.returned.came_of(handle, through, anything=True)
        elif name == "__getitem__" and args == (0,):
            proxies.returned.came(frozenset({f"{kind}.{name}"}), anything=True)
        elif name == "__len__":
            some = type(value) is not int or value > 0
            proxies.returned.came(frozenset({f"{kind}.{name}"}), anything=some)
        # What comes one by one is the same whatever it is gone through with.
        keys = frozenset({f"{kind}.{name}"}) | (through if name == "__next__" else frozenset())
        proxies.returned.weigh(keys, value)
        if name != "__enter__" or value is not self:
            proxies.returned.plain(keys, value, given=args)
        if name in COMPARISONS and type(value) is not bool:
            raise CannotCheck(f"{kind}.{name} must give True or False.")
        exact = EXACT.get(name)
        if exact is not None and type(value) not in exact:
            raise TypeError(f"{kind}.{name} gave a {type(value).__name__}.")
        if name in ALWAYS:
            if type(value) is not str:
                raise TypeError(f"{name} returned non-string (type {type(value).__name__})")
            return value
        if name in BINARY and not all(remote) and not isinstance(type(value), RemoteMeta):
            # `f(3) - 9` must not become 0 because an object says so.
            raise CannotCheck(f"{kind} and plain data do not make plain data here.")
        return value

    method.__name__ = name
    return method


def _gone_through(self: Any, through: frozenset[str]) -> Iterator[Any]:
    """What `iter` of one of a student's objects gives."""
    proxies, handle, _, kind = _self(self)
    found: Any = proxies.student.operate("special", handle, f"{kind}.__iter__", name="__iter__")
    made = proxies.handle_of(found)
    if isinstance(type(found), RemoteMeta) and not hasattr(type(found), "__next__") and made is not None:
        # It goes through itself, or something of a class for it, where the teacher's has no such class.
        return proxies.values_of(made, through)
    if found is self:
        proxies.returned.fresh(handle)
        return found  # type: ignore[no-any-return]
    if type(found) is types.GeneratorType and made is not None:
        proxies.returned.begins(made, through)
    return iter(proxies.returned.plain(through, found))


def called(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Calls one of a student's objects, as a function of theirs."""
    proxies, handle, _, kind = _self(self)
    return proxies.call("call", handle, f"{kind}.__call__", "", args, kwargs)


def has_operators(thing: Any) -> bool:
    """Whether one of a student's objects has any that would be asked, its contents' among them."""
    declared = type(thing)._lf_declared
    return isinstance(thing, DATA_BASES) or (declared is not None and bool(declared.specials))
