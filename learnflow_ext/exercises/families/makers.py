"""What stands above a function so that checks can write its files and look into them, and how they ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MADE = '''
from pathlib import Path


def made(name, text):
    """Write a text file, and return its name."""
    Path(name).write_text(text, encoding="utf-8")
    return name
'''
FRESH = '''
from pathlib import Path


def fresh(name, text=None):
    """Make sure that there is no such file, or one with this text, and return its name."""
    Path(name).unlink(missing_ok=True)
    if text is not None:
        Path(name).write_text(text, encoding="utf-8")
    return name
'''
FILES = '''
from pathlib import Path


def files(texts):
    """Write a text file for each name into the folder `trail`, and return the first name."""
    Path("trail").mkdir(exist_ok=True)
    for each in Path("trail").glob("*.txt"):
        each.unlink()
    for name, text in texts.items():
        Path(name).write_text(text, encoding="utf-8")
    return list(texts)[0]
'''
FOLDER = '''
from pathlib import Path


def folder(files):
    """Make a folder with these files and nothing else, and return its name."""
    top = Path("for-the-checks")
    for each in sorted(top.rglob("*"), reverse=True):
        each.rmdir() if each.is_dir() else each.unlink()
    top.mkdir(exist_ok=True)
    for name, text in files.items():
        place = top / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return "for-the-checks"
'''
CONTENT = '''

def content(name):
    """Return what is in a text file."""
    return Path(name).read_text(encoding="utf-8")
'''
LISTED = '''

def listed(name):
    """Return the names of all files in a folder and below it, sorted."""
    return sorted(each.relative_to(name).as_posix() for each in Path(name).rglob("*") if each.is_file())
'''


def asks(function: str, file: str, wrap: str = "{}", maker: str = "made({0!r}, {1!r})") -> Callable[..., str]:
    """How a test writes its file and asks; further values stand behind the file's name.

    `maker` is the call that writes what the first value says, and gives the name.
    """

    def asked(given: Any, *values: Any) -> str:
        more = "".join(f", {value!r}" for value in values)
        return wrap.format(f"{function}({maker.format(file, given)}{more})")

    return asked


def in_turn(function: str, file: str) -> Callable[..., str]:
    """A test makes the calls one after the other, and looks into the file at the end."""

    def asked(text: str | None, *calls: tuple[Any, ...]) -> str:
        said = "" if text is None else f", {text!r}"
        names = [f"fresh({file!r}{said})", *[repr(file)] * (len(calls) - 1)]
        each = [
            f"{function}({', '.join([n, *map(repr, values)])})"
            for n, values in zip(names, calls, strict=True)
        ]
        return f"[{', '.join(each)}, content({file!r})]"

    return asked


def text_of(lines: list[str]) -> str:
    """Lines as a text, each with its end."""
    return "".join(f"{line}\n" for line in lines)
