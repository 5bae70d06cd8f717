"""Syntax errors where a part of a line is missing, or stands where it cannot, and the rest is fine.

A rule takes exception, message and line, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import difflib
import keyword
import re

from learnflow_ext.diagnosis.syntax_text import blank_strings, compiles

_COMMANDS = frozenset("pip pip3 conda python python3 cd ls git jupyter".split())
"""For a terminal: there is another rule for them."""
_ALSO_COMMANDS = frozenset("mkdir rm cp mv cat echo sudo apt brew npm".split())
"""Likewise, and no other rule knows them."""
_DECLARE = frozenset(
    "int float double bool boolean char string str list dict var let const final auto dim static void".split()
)
"""What follows is a name, as in other languages: no text, and no note."""


def nothing_before_bracket(exception: str, message: str, line: str) -> str:
    """`print("a" + )`."""
    found = re.search(
        r"(?<![=!<>+\-*/%])(\+|-|\*\*?|//?|%|==|!=|<=?|>=?|\b(?:and|or|in|not))\s*([)\]}])",
        blank_strings(line),
    )
    if found is None or "invalid syntax" not in message:
        return ""
    if not compiles(f"{line[: found.end(1)]} x{line[found.end(1) :]}".strip()):
        return ""
    return (
        f"`{found[1]}` has nothing on its right: before the `{found[2]}` a value is missing, or the"
        f" `{found[1]}`"
        " is one too many."
    )


def loop_without_name(exception: str, message: str, line: str) -> str:
    """`for in range(10):`."""
    if re.match(r"for\s+in\b", line):
        return "Between `for` and `in` a name is missing: the one that stands for each item, such as `i`."
    return ""


def choice_as_value(exception: str, message: str, line: str) -> str:
    """`x = if y: 3`, `x = 3 if y else`."""
    quiet = blank_strings(line)
    found = re.match(r"([A-Za-z_][\w.\[\]]*)\s*=\s*if\b", quiet)
    if found:
        return (
            f"An `if` cannot stand behind `=`. To choose between two values it comes after the first one:"
            f" `{found[1]} = a if condition else b`. Else write `if` on a line of its own, and give"
            f" `{found[1]}`"
            " its value below it."
        )
    # A bracket that is left open may go on with the value.
    if message.startswith("invalid syntax") and re.search(r"=.*\bif\b.*\belse$", quiet):
        return "After `else` a value is missing: the one for when the condition is not true."
    return ""


def list_without_its_parts(exception: str, message: str, line: str) -> str:
    """`[for x in numbers]`, `[x for x in]`, `{x: y for x}`."""
    quiet = blank_strings(line)
    if "invalid syntax" not in message and "expected" not in message:
        return ""
    if re.search(r"[\[({]\s*for\s+\w+\s+in\b", quiet):
        return (
            "Before `for` a value is missing: what shall stand in the list for each item, as in"
            " `[x for x in numbers]`."
        )
    if re.search(r"[\[({].*\bfor\s+[\w, ]+\s+in\s*[\])}]", quiet):
        return "After `in` something is missing: what the items are taken from."
    if re.search(r"[\[({].*\w\s+for(\s+\w+)?\s*[\])}]", quiet):
        return (
            "The part with `for` is not finished: after it come a name, `in`, and what the items are"
            " taken from, as"
            " in `[x for x in numbers]`."
        )
    return ""


def block_without_subject(exception: str, message: str, line: str) -> str:
    """`with:`."""
    if re.match(r"with\s*:", line):
        return "After `with` something is missing: what it opens, as in `with open(name) as file:`."
    return ""


def key_left_out(exception: str, message: str, line: str) -> str:
    """`{"a": 1, : 2}`."""
    if "invalid syntax" in message and re.search(r"\{(?:[^{}\[\]()]*,)?\s*:\s*[^\s}:]", blank_strings(line)):
        return "Before a colon `:` of this dictionary its key is missing."
    return ""


def raise_without_brackets(exception: str, message: str, line: str) -> str:
    """`raise ValueError "too small"`, `raise ValueError, "too small"`."""
    found = re.match(r"raise\s+([A-Za-z_]\w*)\s*,?\s*((['\"]).*\3|f(['\"]).*\4)$", line)
    # `raise f"{x"` names no exception, and has another fault.
    if found is None or "f-string" in message or re.fullmatch(r"[bfru]|[bf]r|r[bf]", found[1].lower()):
        return ""
    return (
        f"The round brackets are missing: what an exception says stands between brackets after its name,"
        f" `raise {found[1]}({found[2]})`."
    )


def torn_operator(exception: str, message: str, line: str) -> str:
    """`x ! = y`, `x < = y`, `x = = y`, `x * * 2`."""
    quiet = blank_strings(line)
    for torn in re.finditer(r"(?<![=!<>+\-*/])(!|<|>|=|\*|/|\+|-)\s+(=|\*|/)(?![=*/])", quiet):
        whole = torn[1] + torn[2]
        if whole not in ("!=", "<=", ">=", "==", "**", "//", "+=", "-=", "*=", "/="):
            continue
        mended = f"{line[: torn.start()]}{whole}{line[torn.end() :]}"
        head = mended.rstrip().endswith(":")
        if compiles(mended) or (head and compiles(f"{re.sub('^elif', 'if', mended)}\n pass")):
            return (
                f"You cannot have these two operators, `{torn[1]}` and `{torn[2]}`, following each"
                f" other: the two"
                f" signs of `{whole}` belong together, without a blank between them."
            )
    return ""


def odd_import(exception: str, message: str, line: str) -> str:
    """`import "math"`, `from math import sqrt()`, `import from math`."""
    if re.match(r"import\s+['\"]|from\s+['\"]|from\s+[\w.]+\s+import\s+['\"]", line):
        return "The names after `from` and `import` are written without quotes: they are no texts."
    found = re.match(r"from\s+([\w.]+)\s+import\s+(\w+)\s*\(", line)
    if found:
        return (
            f"`import` only takes the name, without round brackets: `from {found[1]} import"
            f" {found[2]}`. Call it on"
            " a line below."
        )
    found = re.match(r"import\s+from\s+([\w.]+)\s*(\w*)$", line)
    if found:
        wanted = found[2] or "…"
        return f"The words stand in another order: `from {found[1]} import {wanted}`."
    if re.match(r"(from|import)\s+\d", line):
        return "The name of a module cannot begin with a digit."
    return ""


def odd_underscore(exception: str, message: str, line: str) -> str:
    """`1_000_`."""
    number = r"(?<![\w.])\d[\d_]*(?:_(?!\w)|__\d)"
    if message.startswith("invalid decimal literal") and re.search(number, blank_strings(line)):
        return "In a number an underscore `_` may only stand between two digits."
    return ""


def class_by_number(exception: str, message: str, line: str) -> str:
    """`class 3A:`."""
    found = re.match(r"class\s+(\d\w*)", line)
    if found and message.startswith("invalid"):
        return (
            f"`{found[1]}` is an invalid name for a class. Valid names cannot begin with a number:"
            f" they begin with a"
            " letter or an underscore `_`, and have only letters, digits and underscores."
        )
    return ""


def unpacked_out_of_order(exception: str, message: str, line: str) -> str:
    """`f(**more, *values)`."""
    if message.startswith("iterable argument unpacking follows"):
        return "In a call, values unpacked with one star `*` come before those with two, `**`."
    return ""


def statement_in_lambda(exception: str, message: str, line: str) -> str:
    """`lambda: x = 1`."""
    if message.startswith("cannot assign to lambda"):
        return (
            "A `lambda` only calculates one value and gives it back; it cannot give a name a value"
            " with `=`. Write a"
            " function with `def`."
        )
    return ""


def plain_words(exception: str, message: str, line: str) -> str:
    """`hello world`, `Hello, world!`."""
    if not message.startswith("invalid syntax") or not re.fullmatch(r"[A-Za-z][A-Za-z' ,.!?-]*", line):
        return ""
    words = re.findall(r"[A-Za-z']+", line)
    if len(words) < 2 or any(not compiles(f"{word} = 1") for word in words):
        return ""
    first = words[0].lower()
    if words[0] in _ALSO_COMMANDS:
        return f"This is a command for a terminal, not Python: a cell does not understand `{first}` here."
    if first in _COMMANDS | _DECLARE or re.search(r"[A-Za-z]\.+[A-Za-z]", line):
        return ""  # `numbers.append x`, `a..b`
    if difflib.get_close_matches(first, [*keyword.kwlist, "print", "input"], n=1, cutoff=0.7):
        return ""
    return (
        "Python takes these words for names and cannot read them as code. If they are text, put"
        " quotes around them;"
        " if they are a note for people, begin the line with `#`."
    )


RULES = (
    list_without_its_parts,
    nothing_before_bracket,
    loop_without_name,
    choice_as_value,
    block_without_subject,
    key_left_out,
    raise_without_brackets,
    torn_operator,
    odd_import,
    odd_underscore,
    class_by_number,
    unpacked_out_of_order,
    statement_in_lambda,
    plain_words,
)
