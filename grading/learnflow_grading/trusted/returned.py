"""What a student's functions and variables gave, and whether it may stand for what the reference gives.

Objects where the reference gives plain data could answer a test's operators as it likes; what is empty agrees
with everything. Both are noted by the names of what gave them: a run of the reference is asked for the same
notes, and they are what a student's run is held to.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

from .declared import Rules
from .plain import SINGLE, everything, has_empty, inside, of_library, only_nans, size_of, unknown_in
from .remote import RemoteMeta, has_operators
from .student import CannotCheck

_GENERATOR = frozenset({"generator"})


class Returned:
    """Notes of one student's run."""

    def __init__(
        self,
        rules: Rules,
        handle_of: Callable[[Any], int | None],
        is_foreign: Callable[[Any], bool] = lambda item: False,
    ) -> None:
        """`handle_of` gives the student's number for a proxy, or None for what is ours. `is_foreign` says
        whether it is something of the test's that a student's code was given."""
        self._rules, self._handle_of, self._is_foreign = rules, handle_of, is_foreign
        self.objects: set[str] = set()
        """Functions that returned objects; what a run of the reference is asked for."""
        self._sized: set[str] = set()
        self._empty: set[str] = set()
        self._others: set[str] = set()
        """The same for numbers, lists, arrays and tables, for empty ones, and for what is none of these."""
        self._known: set[str] = set()
        self._unknown: set[str] = set()
        """Those that returned numbers, and those that returned nan, infinite or missing ones."""
        self.nans = ""
        """`told` in a test that speaks of them, `harmless` in one where none can pass; else empty."""
        self._fresh: set[int] = set()
        """Objects that were just asked to be gone through, and gave nothing yet."""
        self._given: dict[int, list[Any]] = {}
        """What was passed in for a generator."""
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

    @property
    def never_empty(self) -> set[str]:
        """What gave numbers, texts, lists, arrays and the like, never anything empty, and nothing else."""
        return self._sized - self._empty - self._others

    @property
    def always_known(self) -> set[str]:
        """What gave numbers, all of them real."""
        return self._known - self._unknown

    def names_of(self, handle: int, name: str) -> frozenset[str]:
        """What tests call the function with this number; `name` where they have called it nothing yet."""
        return self._known_as.get(handle, frozenset({name}))

    def called(self, keys: frozenset[str], value: Any, given: Sequence[Any] = ()) -> Any:
        """`value`, which a call of what `keys` name gave, for what was `given`. CannotCheck as `weigh` and a
        strict `plain`."""
        self.weigh(keys, value)
        handle = self._handle_of(value)
        if type(value) is types.GeneratorType:
            if handle is None:
                # What is left of it is anybody's guess: `all(map(check, xs))` agrees with an empty one.
                raise CannotCheck(f"{min(keys)} gave back the test's own generator.")
            self.begins(handle, keys, given)
        if type(value) is types.FunctionType and handle is not None:
            self._known_as.setdefault(handle, frozenset(f"{each}()" for each in keys))
        return self.plain(keys, value, strict=True, given=given)

    def begins(self, handle: int, keys: frozenset[str], given: Sequence[Any] = ()) -> None:
        """Note what gave a generator, and was `given` for it, to see what comes of it."""
        self._made_by.setdefault(handle, keys)
        self._given.setdefault(handle, list(given))
        if (keys | _out_of(keys)) & self._rules.never_empty:
            self._not_empty.add(handle)

    def came(self, keys: frozenset[str], *, anything: bool) -> None:
        """Note whether going through what `keys` name gave anything, or whether it is of any length."""
        (self._sized if anything else self._empty).update(_out_of(keys))
        self.hollow += not anything and bool(_out_of(keys) & self._rules.never_empty)

    def fresh(self, handle: int) -> None:
        """An object of a student's is asked to be gone through, and is what it is gone through with."""
        self._fresh.add(handle)

    def came_of(self, handle: int, keys: frozenset[str], *, anything: bool) -> None:
        """As `came`, for the first time that such an object is asked for its next value."""
        if handle in self._fresh:
            self._fresh.discard(handle)
            self.came(keys, anything=anything)

    def found(self, name: str, value: Any) -> Any:
        """`value`, which a test knows by this name. CannotCheck as `plain`."""
        self.bare.discard(name)
        hollow = self.hollow
        self.weigh(frozenset({f"variable {name}"}), value)
        if self.hollow > hollow:
            # It counts when it is used: `add(3)` may come before.
            self.hollow = hollow
            self.bare.add(name)
        if (handle := self._handle_of(value)) is not None:
            self._known_as[handle] = self._known_as.get(handle, frozenset()) | {name}
        return self.plain(frozenset({f"variable {name}"}), value)

    def yielded(self, handle: int, value: Any) -> Any:
        """As `plain`, for what a generator gives: it may be what the function that made it may give."""
        keys, allowed = self._made_by.get(handle, frozenset()), self._rules.returns_objects
        self._refuse_unknown(keys | _out_of(keys), value)
        if has_empty(value):
            # As if it were in a list of theirs.
            self._empty |= keys
            self.hollow_inside += bool(keys & self._rules.never_empty)
        if keys and allowed is not None and keys <= allowed:
            return value
        return self.plain(keys | _GENERATOR, value, given=self._given.get(handle, ()))

    def yielded_nothing(self, handle: int) -> None:
        """A generator came to its end before it gave anything."""
        self._empty |= _out_of(self._made_by.get(handle, frozenset()))
        self.hollow += handle in self._not_empty

    def yielded_something(self, handle: int) -> None:
        """A generator gave its first value."""
        self._sized |= _out_of(self._made_by.get(handle, frozenset()))

    def weigh(self, keys: frozenset[str], value: Any) -> None:
        """Note whether there is something in what `keys` name. CannotCheck for an empty array or table where
        the reference has none; a test in which other things are empty has not passed: it may look at nothing.
        """
        self._name_inside(keys, value)
        self._refuse_unknown(keys, value)
        size = size_of(value)
        (self._others if size is None else self._sized).update(keys)
        if size != 0 and not has_empty(value):
            return
        # It agrees with everything: `np.allclose(np.empty((0, 3)), expected)`, `np.allclose([], 9)`,
        # `all(n in allowed for n in {})`.
        self._empty |= keys
        if keys & self._rules.never_empty:
            if size == 0 and of_library(type(value)):
                raise CannotCheck(f"{min(keys)} gave nothing at all, an empty array or table.")
            self.hollow += size == 0
            self.hollow_inside += size != 0
        elif size == 0 and _out_of(keys) & self._rules.never_empty:
            self.hollow += 1

    def _refuse_unknown(self, keys: frozenset[str], value: Any) -> None:
        """CannotCheck for a number that is none where the reference has only real ones.

        `abs(nan - 9) > 0.1` is false, `max(0, nan)` is 0, `.all()` of a column leaves out what is missing,
        and infinity in half precision equals whatever is large.
        """
        unknown = unknown_in(value)
        if unknown is None:
            return
        (self._unknown if unknown else self._known).update(keys)
        harmless = self.nans == "told" or (self.nans == "harmless" and only_nans(value))
        if unknown and not harmless and keys & self._rules.always_known:
            raise CannotCheck(f"{min(keys)} gave a number that is none: nan, infinite, or missing.")

    def _name_inside(self, keys: frozenset[str], value: Any) -> None:
        """Call the functions that a list or mapping holds by where they are: their names may be any."""
        todo, seen = inside(value), {id(value)}
        while todo:
            item = todo.pop()
            if type(item) is types.FunctionType and (handle := self._handle_of(item)) is not None:
                self._known_as.setdefault(handle, frozenset(f"{each}[]" for each in keys))
            elif type(item) not in SINGLE and id(item) not in seen:
                seen.add(id(item))
                todo += inside(item)

    def plain(
        self, keys: frozenset[str], value: Any, *, strict: bool = False, given: Sequence[Any] = ()
    ) -> Any:
        """`value`, which came from what `keys` name. CannotCheck for objects where the reference gives none:
        a student's own, or one of the test's that was not just `given`.

        Else one whose operators the teacher declares could stand where a number is expected, and do as if.
        One without may be there, unless `strict`: a list of records is as long as one of texts.
        """
        allowed = self._rules.returns_objects
        foreign = {id(item) for item in everything(value) if self._is_foreign(item)}
        if foreign and not foreign <= {id(item) for item in everything(list(given))}:
            # A mock, say, which stands for anything.
            again = frozenset(f"{key}, lent before" for key in keys)
            self.objects |= again
            if allowed is not None and not again <= allowed:
                raise CannotCheck(f"{min(keys)} gave what is the test's, and was not passed in here.")
        if _has_object(value):
            self.objects |= keys
            if (
                allowed is not None
                and not keys <= allowed
                and (strict or _has_object(value, with_operators=True))
            ):
                raise CannotCheck(
                    f"{min(keys)}: an object of a kind that cannot be checked here; plain data is expected."
                )
        return value


def _out_of(keys: frozenset[str]) -> frozenset[str]:
    """What stands for going through what `keys` name."""
    return frozenset(f"{key}, one by one" for key in keys)


def _has_object(value: Any, *, with_operators: bool = False) -> bool:
    todo, seen = [value], set[int]()
    while todo:
        item = todo.pop()
        if isinstance(type(item), RemoteMeta) and (not with_operators or has_operators(item)):
            return True
        # A value may hold itself. How much it may hold is known when it is read.
        if id(item) not in seen:
            seen.add(id(item))
            todo += inside(item)
    return False
