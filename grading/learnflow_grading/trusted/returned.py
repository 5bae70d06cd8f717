"""What a student's functions and variables gave, and whether it may stand for what the reference gives.

Objects where the reference gives plain data could answer a test's operators as it likes; what is empty agrees
with everything. Both are noted by the names of what gave them: a run of the reference is asked for the same
notes, and they are what a student's run is held to.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from .declared import Rules
from .plain import SINGLE, has_empty, inside, of_library, size_of
from .remote import RemoteMeta, has_operators
from .student import CannotCheck

_GENERATOR = frozenset({"generator"})


class Returned:
    """Notes of one student's run."""

    def __init__(self, rules: Rules, handle_of: Callable[[Any], int | None]) -> None:
        """`handle_of` gives the student's number for a proxy, or None for what is ours."""
        self._rules, self._handle_of = rules, handle_of
        self.objects: set[str] = set()
        """Functions that returned objects; what a run of the reference is asked for."""
        self._sized: set[str] = set()
        self._empty: set[str] = set()
        self._others: set[str] = set()
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

    @property
    def never_empty(self) -> set[str]:
        """What gave numbers, texts, lists, arrays and the like, never anything empty, and nothing else."""
        return self._sized - self._empty - self._others

    def names_of(self, handle: int, name: str) -> frozenset[str]:
        """What tests call the function with this number; `name` where they have called it nothing yet."""
        return self._known_as.get(handle, frozenset({name}))

    def called(self, keys: frozenset[str], value: Any) -> Any:
        """`value`, which a call of what `keys` name gave. CannotCheck as `weigh` and a strict `plain`."""
        self.weigh(keys, value)
        handle = self._handle_of(value)
        if type(value) is types.GeneratorType:
            if handle is None:
                # What is left of it is anybody's guess: `all(map(check, xs))` agrees with an empty one.
                raise CannotCheck(f"{min(keys)} gave back the test's own generator.")
            self._made_by.setdefault(handle, keys)
            if keys & self._rules.never_empty:
                self._not_empty.add(handle)
        if type(value) is types.FunctionType and handle is not None:
            self._known_as.setdefault(handle, frozenset(f"{each}()" for each in keys))
        return self.plain(keys, value, strict=True)

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
        if has_empty(value):
            # As if it were in a list of theirs.
            self._empty |= keys
            self.hollow_inside += bool(keys & self._rules.never_empty)
        if keys and allowed is not None and keys <= allowed:
            return value
        return self.plain(keys | _GENERATOR, value)

    def yielded_nothing(self, handle: int) -> None:
        """A generator came to its end before it gave anything."""
        self.hollow += handle in self._not_empty

    def weigh(self, keys: frozenset[str], value: Any) -> None:
        """Note whether there is something in what `keys` name. CannotCheck for an empty array or table where
        the reference has none; a test in which other things are empty has not passed: it may look at nothing.
        """
        self._name_inside(keys, value)
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

    def plain(self, keys: frozenset[str], value: Any, *, strict: bool = False) -> Any:
        """`value`, which came from what `keys` name. CannotCheck for objects where the reference gives none.

        Else one whose operators the teacher declares could stand where a number is expected, and do as if.
        One without may be there, unless `strict`: a list of records is as long as one of texts.
        """
        if _has_object(value):
            self.objects |= keys
            allowed = self._rules.returns_objects
            if (
                allowed is not None
                and not keys <= allowed
                and (strict or _has_object(value, with_operators=True))
            ):
                raise CannotCheck(
                    f"{min(keys)}: an object of a kind that cannot be checked here; plain data is expected."
                )
        return value


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
