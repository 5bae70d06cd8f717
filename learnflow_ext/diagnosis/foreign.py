"""Syntax of other languages, and of mathematics, in a Python cell: what Python writes instead."""

from __future__ import annotations

import re
import sys
import unicodedata
from keyword import iskeyword

from learnflow_ext.diagnosis.syntax_text import blank_strings

_LOOKALIKES = {
    "\u2212": ("a minus sign", "-"),
    "\u2013": ("a dash", "-"),
    "\u2014": ("a long dash", "-"),
    "\u00d7": ("a multiplication sign", "*"),
    "\u00b7": ("a multiplication dot", "*"),
    "\u22c5": ("a multiplication dot", "*"),
    "\u00f7": ("a division sign", "/"),
    "\u2215": ("a division sign", "/"),
    "\u2264": ("less than or equal", "<="),
    "\u2265": ("greater than or equal", ">="),
    "\u2260": ("not equal", "!="),
    "\uff1a": ("a wide colon", ":"),
    "\uff0c": ("a wide comma", ","),
    "\u3001": ("a wide comma", ","),
    "\uff08": ("a wide bracket", "("),
    "\uff09": ("a wide bracket", ")"),
    "\uff1d": ("a wide equals sign", "="),
    "\u2192": ("an arrow", "->"),
    "\u00b2": ("a square", "** 2"),
    "\u00b3": ("a cube", "** 3"),
}


def lookalike(exception: str, message: str, line: str) -> str:
    """Characters that only look like Python's."""
    found = re.search(r"invalid (?:non-printable )?character(?: '(.)' \(| )(U\+([0-9A-F]+))", message)
    if found is None:
        return ""
    number = int(found[3], 16)
    # A message may be anybody's text.
    char = found[1] or (chr(number) if number <= sys.maxunicode else "")
    plain = unicodedata.normalize("NFKC", char)
    if found[3] in ("00A0", "200B", "FEFF", "2009", "202F", "3000") or plain.isspace():
        return (
            f"The line contains an invisible character ({found[2]}), a special space as web pages and word"
            " processors make them. Delete the spaces of this line and type them again."
        )
    if char not in _LOOKALIKES:
        if char and unicodedata.name(char, "").startswith("SUPERSCRIPT ") and plain.isdecimal():
            return (
                f"You used the unicode character `{char}` (a power), which is not allowed. Python writes"
                f" `** {plain}`."
            )
        if plain == char or not plain.isascii() or not plain.isprintable():
            return ""
        return (
            f"You used the unicode character `{char}`, which is not allowed: it only looks like `{plain}`."
            f" Type `{plain}` in its place."
        )
    name, right = _LOOKALIKES[char]
    return f"You used the unicode character `{char}` ({name}), which is not allowed. Python writes `{right}`."


def loop_of_others(exception: str, message: str, line: str) -> str:
    """`for (i = 0; …)`, `for x of xs`, `foreach`."""
    quiet = blank_strings(line)
    if re.match(r"for\s*\(\s*(?:int\s+|let\s+|var\s+)?\w+\s*=.*[;,]", quiet):
        return (
            "This `for` loop is written as in C or Java. In Python a `for` loop goes through something with"
            " `in`: `for number in range(3):` counts 0, 1, 2."
        )
    found = re.match(r"for\s+(\w+)\s*(of|from|to|=|:|,)\s*(\S.*)$", quiet)
    if found and " in " not in quiet:
        return (
            f"Did you forget to write `in`? A `for` loop in Python is written `for … in …:`, and this line"
            f" has"
            f" `{found[2]}` after `{found[1]}`."
        )
    found = re.match(r"foreach\b|for\s+each\b", quiet)
    if found:
        return f"Python has no `{found[0]}`. Its `for` does that: `for … in …:`."
    return ""


def block_of_others(exception: str, message: str, line: str) -> str:
    """`switch`, `do`, `function`, curly brackets around a block."""
    quiet = blank_strings(line)
    found = re.match(
        r"(function|func|fn|fun|sub|void|public|private|static|def\s+int|procedure)\s+\w+\s*\(", quiet
    )
    if found:
        return (
            f"`{found[1]}` is from another language. In Python a function begins with `def`, its name, its"
            " parameters in round brackets, and a colon."
        )
    if re.match(r"(switch|select)\b.*[:{(]", quiet):
        return (
            f"Python has no `{re.match(r'[a-z]+', quiet)[0]}`. "  # type: ignore[index]
            "Use `if` with `elif`, or `match` with `case` below it."
        )
    if re.match(r"do\s*[:{]?$", quiet):
        return (
            "Python has no `do … while` loop. A `while` loop asks its question before each round;"
            " `while True:` with a `break` asks it inside."
        )
    if re.match(r"(unless|until|loop|repeat|begin)\b.*:?$", quiet) and "=" not in quiet:
        word = quiet.split()[0].rstrip(":")
        return (
            f"Python has no `{word}`. Its words for this are `if` and `while`, with `not` for the opposite."
        )
    if re.match(r"(if|elif|else|while|for|def|class)\b.*\{$|^\}", quiet) or quiet in ("{", "}", "} else {"):
        return (
            "Curly brackets `{ }` do not mark a block in Python. The line before a block ends with a colon"
            " `:`,"
            " and the lines that belong to it are indented."
        )
    if quiet in ("end", "endif", "end if", "endfor", "fi", "done", "next"):
        return f"Python has no `{quiet}`: a block ends where the indentation does."
    return ""


def comment_of_others(exception: str, message: str, line: str) -> str:
    """`//`, `/* */`, `--`, `<!--`."""
    found = re.match(r"//|/\*|\*/|<!--|--\s", line)
    if found:
        return f"Comments begin with `#` in Python, not with `{found[0].strip()}`."
    found = re.search(r"\s//\s*[A-Za-z]\w*\s+[A-Za-z]", blank_strings(line))
    return "Comments begin with `#` in Python; `//` divides to a whole number." if found else ""


def operator_of_others(exception: str, message: str, line: str) -> str:
    """`!done`, `a ? b : c`, `===`, `x => y`."""
    quiet = blank_strings(line)
    found = re.search(r"(?<![=!<>\w)\]])!\s*(\w+)", quiet) or re.search(
        r"\b(?:if|while|and|or)\s*!\s*(\w+)", quiet
    )
    if found and not quiet.startswith("!"):
        return f'Did you write `!` by mistake? In Python "not" is written as a word: `not {found[1]}`.'
    if re.search(r"[^?]\?\s*[^:?]+\s*:", quiet):
        return (
            "Python has no `… ? … : …`. It is written in words: `value_if_true if condition else"
            " value_if_false`."
        )
    found = re.search(r"([=!])==", quiet)
    if found:
        right = "==" if found[1] == "=" else "!="
        return f"Python has no operator `{found[0]}`. It is written `{right}`."
    if re.search(r"[\w)]\?\s*$", quiet) or re.search(r"\w\?[.)\]]", quiet):
        return "Did you write `?` by mistake? A question mark means nothing in Python outside of a text."
    found = re.search(r"(?<![\w'\"])\$\s*(\w+)", quiet)
    if found:
        return (
            f"Did you write `$` by mistake? In Python neither names nor amounts of money have a `$`: it is"
            f" just"
            f" `{found[1]}`."
        )
    return ""


def then_word(exception: str, message: str, line: str) -> str:
    """`if x == 3 then`."""
    found = re.match(r"(if|elif|while|for)\b.*\s(then|do)\s*:?$", blank_strings(line))
    if found:
        return (
            f"Did you write `{found[2]}` by mistake? Python has no `{found[2]}` here: the line ends with a"
            f" colon"
            " `:` and nothing else."
        )
    return ""


_KINDS_OF_OTHERS = frozenset("int float str string String bool boolean void public static".split())


def name_of_two_words(exception: str, message: str, line: str) -> str:
    """`my name = "Ada"`, `def my function():`."""
    heading = re.match(r"def\s+(\w+)\s+(\w+)\s*\(", line)
    if heading is not None and heading[1] in _KINDS_OF_OTHERS:
        return (
            f"Python does not write before a function what it gives back or who may call it: without"
            f" `{heading[1]}` the line begins `def {heading[2]}(...):`."
        )
    counted = heading is not None and re.fullmatch(r"one|two|three|four|five|\w", heading[2])
    if (
        heading is not None
        and heading[1] in ("function", "func", "fn", "method", "procedure")
        and not counted
    ):
        return (
            f"The word `{heading[1]}` is one too many: `def` says already that a function follows, as in"
            f" `def {heading[2]}(...):`."
        )
    if heading is not None and not any(map(iskeyword, heading.groups())):
        return (
            f"A name cannot have a space in it, so Python takes `{heading[1]} {heading[2]}` for two"
            " names side"
            f" by side. An underscore joins them: `{heading[1]}_{heading[2]}`."
        )
    found = re.match(r"((?:my|your|the|a|first|last|new|old|number|total|max|min)\s+\w+)\s*=[^=]", line)
    if found is None or iskeyword(found[1].split()[1]):
        return ""
    return (
        f"A name cannot have a space in it, so Python takes `{found[1]}` for two names side by side. An"
        f" underscore joins them: `{'_'.join(found[1].split())}`."
    )


def declared_type(exception: str, message: str, line: str) -> str:
    """`String name = "Ada"`, `const x = 3`."""
    found = re.match(
        r"(const|final|String|string|double|float|boolean|char|auto|dim|Dim|set)\s+(\w+)\s*=[^=]", line
    )
    if found:
        return (
            f"You do not need to declare variables in Python. Without the word `{found[1]}` the line gives"
            f" `{found[2]}` its value, and Python sees the type by itself."
        )
    return ""


RULES = (
    lookalike,
    comment_of_others,
    loop_of_others,
    block_of_others,
    then_word,
    operator_of_others,
    name_of_two_words,
    declared_type,
)
"""In this order: the first that has something to say is right."""
