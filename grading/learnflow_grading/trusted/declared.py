"""What the teacher's notebook declares of the student's names."""

from __future__ import annotations

from dataclasses import dataclass, field

COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})
BINARY = frozenset(
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
SPECIAL = COMPARISONS | BINARY | _UNARY | _CONTAINER | _OTHER
"""Operators that one side may ask of the other's objects: of a student's those of the teacher's class."""
ALWAYS = ("__str__", "__repr__", "__format__")
"""What any object of a student's is asked for: it gives a text."""
EXACT: dict[str, tuple[type, ...]] = {
    "__len__": (int,), "__contains__": (bool,), "__bool__": (bool,), "__hash__": (int,), "__index__": (int,),
    "__int__": (int,), "__float__": (float,),
}  # fmt: skip
"""Of which classes an operator's answer must be, and of no subclass of these."""


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
    always_known: frozenset[str] = frozenset()
    """What gives numbers in the reference, and never one that is nan, infinite or missing."""
    never_empty: frozenset[str] = frozenset()
    """What gives numbers, texts, lists, arrays and the like in the reference, and never anything empty."""
