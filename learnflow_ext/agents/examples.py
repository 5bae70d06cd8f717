"""The top of the hint ladder: the same kind of slip, and how it is put right, on data from elsewhere.

None of these come from the course, and none uses a student's names: an exercise stays for the student to do.
"""

from __future__ import annotations

from collections.abc import Mapping

_WITH_LISTS = 'moons = ["Io", "Europa"]\nprint(moons[1])  # two items: positions 0 and 1'
_EXAMPLES: dict[str, str] = {
    "AssertionError": 'assert "ab".upper() == "AB"  # stops only where both sides differ: print both',
    "AttributeError": 'river = "Nile"\nprint(river.upper())  # upper() belongs to texts, append() to lists',
    "EOFError": 'depth = "12"  # a fixed value instead of input() while you try things out',
    "FileNotFoundError": 'open("sea/depths.txt")  # folder and name exactly as in the file list on the left',
    "ImportError": "from math import floor  # the module has something with exactly this name",
    "IndentationError": "if 7 > 5:\n    print('bigger')  # four spaces: belongs to the if\nprint('end')",
    "IndexError": _WITH_LISTS,
    "KeyError": 'depths = {"Baikal": 1642}\nprint("Victoria" in depths)  # False: look before you take',
    "KeyboardInterrupt": "fuel = 3\nwhile fuel > 0:\n    fuel = fuel - 1  # what is compared changes",
    "ModuleNotFoundError": "import random  # spelt as in the course",
    "NameError": 'planet = "Mars"  # first the value\nprint(planet)  # then the same spelling',
    "NotImplementedError": "def double(n):\n    return n + n  # the placeholder line is gone",
    "RecursionError": (
        "def down(n):\n    if n == 0:  # this ends it\n        return\n    down(n - 1)  # closer to it"
    ),
    "SyntaxError": 'if 7 > 5:  # a colon\n    print("bigger")  # what opens also closes',
    "TypeError": 'snow = 12\nprint("Snow: " + str(snow))  # both sides are text now',
    "UnboundLocalError": (
        "def warmer(now):  # the value comes in as a parameter\n    now = now + 1\n    return now"
    ),
    "ValueError": 'print(int("42"))  # digits only; "4.2" or "" would stop here',
    "ZeroDivisionError": "birds = []\nif len(birds) > 0:  # look first\n    print(10 / len(birds))",
}
_EXAMPLES |= {
    "FileExistsError": 'from pathlib import Path\nprint(Path("sea").exists())  # look before you make it',
    "IsADirectoryError": 'open("sea/depths.txt")  # the folder, then the file in it',
    "MemoryError": "total = 0\nfor metre in range(1000):\n    total += metre  # one number, no list",
    "OverflowError": "print(2 ** 100)  # whole numbers may be as large as you like",
    "RuntimeError": "for bird in list(birds):  # a copy of birds\n    birds.remove(bird)",
    "StopIteration": "waves = iter([1, 2])\nprint(next(waves, None))  # None when there is none left",
    "SystemExit": 'print("done")  # a program ends by itself after its last line',
    "TabError": "if 7 > 5:\n    print('bigger')  # four spaces, never a tab\n    print('end')",
    "UnicodeDecodeError": 'open("sea.txt", encoding="utf-8")  # says how the letters were stored',
    "UnicodeEncodeError": 'open("sea.txt", "w", encoding="utf-8")  # has every letter there is',
    "UnsupportedOperation": 'open("sea.txt", "r")  # to read: "r"; to write: "w"',
}
_ANY = "tide = 3\nprint(type(tide), tide)  # just before the line that fails: is it what you think?"
_BY_CONCEPT: Mapping[str, str] = {
    "None": (
        "def area(side):\n    return side * side  # without return it would give back None\nprint(area(3))"
    ),
    "brackets": 'print(max(3, len("sea")))  # two opened, two closed',
    "dictionaries": _EXAMPLES["KeyError"],
    "functions": "def area(side):\n    return side * side\nprint(area(3))  # one parameter, one value",
    "imports": "import math\nprint(math.floor(2.7))",
    "indexing": _WITH_LISTS,
    "input": _EXAMPLES["EOFError"],
    "loops": "for metre in range(3):  # several values to go through\n    print(metre)",
    "print": 'print("Nile")  # round brackets around what is printed',
    "scope": _EXAMPLES["UnboundLocalError"],
    "strings": "river = 'Nile'  # the same quote at both ends\nprint(river)",
    "unpacking": 'name, depth = "Baikal", 1642  # two names, two values',
    "variables": "height = 3  # the name stands on the left",
}


def analogous(exception: str, concept: str) -> str:
    """A few lines of Python about something else: how such an error is put right, or else is looked into.

    The concept is more telling than the class, but for errors that are about one thing only.
    """
    if exception in ("SyntaxError", "TypeError", "AttributeError", "ValueError") and concept in _BY_CONCEPT:
        return _BY_CONCEPT[concept]
    return _EXAMPLES.get(exception, _ANY)


def all_of_them() -> tuple[str, ...]:
    """Every example, once."""
    return tuple(dict.fromkeys((*_EXAMPLES.values(), *_BY_CONCEPT.values(), _ANY)))
