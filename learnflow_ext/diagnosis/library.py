"""Errors of Python's own functions and modules, from exception and message alone."""

from __future__ import annotations

import re

_TABLE: tuple[tuple[str, str, str], ...] = (
    (
        "TypeError",
        r"(\w+)\(\) argument(?: \d+)? must be (str|int)(?:, an? [\w -]+)?, not (\w+)",
        r"`\1()` works with a value of type `\2` here, and it was given one of type `\3`. `\2(...)` turns"
        r" a value into"
        r" that type.",
    ),
    (
        "TypeError",
        r"(startswith|endswith) first arg must be str or a tuple of str, not (\w+)",
        r"`\1` compares with a text, and it was given a value of type `\2`. `str(...)` turns a value into"
        r" text.",
    ),
    (
        "TypeError",
        r"must be str or None, not (\w+)",
        r"A text is needed between the round brackets, and it was given a value of type `\1`. A text"
        r" stands between"
        r" quotes; `str(...)` turns a value into one.",
    ),
    (
        "TypeError",
        r"can only join an iterable",
        r"`join` needs several texts to put together, such as a list of texts, between its brackets; it"
        r" was given one"
        r" single value.",
    ),
    (
        "TypeError",
        r"'in <string>' requires string as left operand, not (\w+)",
        r"Only a text can be looked for in a text, and what stands before `in` is of type `\1`. Put it"
        r" between quotes,"
        r" or turn it into text with `str(...)`.",
    ),
    (
        "TypeError",
        r"expected str, bytes or os.PathLike object, not (\w+)",
        r"The name of a file is a text, and here it was a value of type `\1`.",
    ),
    (
        "TypeError",
        r"Can't instantiate abstract class '?(\w+)'? (?:with|without an implementation for) abstract"
        r" methods? (.+)",
        r"`\1` is only a plan for other classes: no object can be made of it while \2 has no code of its"
        r" own. Write the"
        r" missing part in a class that builds on `\1`, and create an object of that class.",
    ),
    (
        "TypeError",
        r"catching classes that do not inherit from BaseException is not allowed",
        r"After `except` an exception must stand, such as `ValueError`, without quotes; here something"
        r" else does.",
    ),
    (
        "TypeError",
        r"can't concat (\w+) to bytes",
        r"`bytes` (a text with a `b` before its quotes) cannot be joined to a value of type `\1`. Leave"
        r" out the `b`, or"
        r" turn it into text with `.decode()`.",
    ),
    (
        "TypeError",
        r"^(?:float|int) object cannot be interpreted|integer argument expected, got (\w+)",
        r"A whole number is needed here.",
    ),
    (
        "TypeError",
        r"'(\w+)' object does not support the (?:asynchronous )?context manager protocol",
        r"`with` needs something that can be opened and closed, such as `open(...)`, and this is a value"
        r" of type `\1`.",
    ),
    (
        "TypeError",
        r"'(\w+)' object is not an iterator",
        r"`next()` takes the next item of an iterator, and a value of type `\1` is none. `iter(...)` makes"
        r" one of a"
        r" list.",
    ),
    (
        "TypeError",
        r"'(\w+)' object is not reversible",
        r"`reversed()` needs something with an order, such as a list, and a value of type `\1` has none.",
    ),
    (
        "TypeError",
        r"(?:unsupported format string passed to (\w+)\.__format__)",
        r"The format after the colon, as in `{x:.2f}`, is for numbers or texts, and this is a value of"
        r" type `\1`.",
    ),
    (
        "TypeError",
        r"Object of type (\w+) is not JSON serializable",
        r"JSON knows texts, numbers, lists, dictionaries, true, false and nothing; a value of type `\1` is"
        r" none of these.",
    ),
    (
        "TypeError",
        r"write\(\) argument must be str, not (\w+)",
        r"`write` puts text into a file, and it was given a value of type `\1`. `str(...)` turns a value"
        r" into text.",
    ),
    (
        "TypeError",
        r"^'?(\w+)'? object is not a mapping|argument after \*\* must be a mapping, not (\w+)",
        r"`**` spreads a dictionary out, and this is something else.",
    ),
    (
        "TypeError",
        r"first argument must be callable|the first argument must be callable",
        r"A function is needed as the first value. Its name alone is meant, without round brackets.",
    ),
    (
        "ValueError",
        r"Unknown format code '(\w)' for object of type '(\w+)'",
        r"The format code `\1` after the colon does not fit a value of type `\2`. `d` is for whole"
        r" numbers, `f` for"
        r" numbers with a decimal point, `s` for text.",
    ),
    (
        "ValueError",
        r"time data ('.*') does not match format ('.*')",
        r"The text \1 does not look as the pattern \2 says. Each sign of the pattern must stand in the text"
        r" too: `%d` is the day, `%m` the month, `%Y` the year with four digits, all else stands as it is.",
    ),
    (
        "ValueError",
        r"Invalid format specifier",
        r"What stands after the colon, between the curly brackets, is no format that Python knows. An"
        r" example of one is"
        r" `.2f`: two digits after the point.",
    ),
    (
        "ValueError",
        r"range\(\) arg 3 must not be zero",
        r"The third value of `range()` says by how much it counts, and with 0 it would never get anywhere.",
    ),
    (
        "ValueError",
        r"slice step cannot be zero",
        r"The third value in the square brackets says by how much to step, and with 0 there is no next item.",
    ),
    (
        "ValueError",
        r"chr\(\) arg not in range",
        r"`chr()` turns a number into a character, and there are characters only for 0 to 1114111.",
    ),
    (
        "ValueError",
        r"(day|month|hour|minute|second|year) (?:(?:\S+ )?is out of range|must be in)",
        r"There is no such date or time: the \1 does not exist.",
    ),
    (
        "ValueError",
        r"day is out of range for month",
        r"There is no such date: the month does not have that many days.",
    ),
    (
        "ValueError",
        r"invalid mode: '(.*)'",
        r"`\1` is no way to open a file. `'r'` reads, `'w'` writes anew, `'a'` adds at the end.",
    ),
    (
        "ValueError",
        r"must have exactly one of create/read/write/append mode",
        r"The second value of `open()` says what to do with the file, and must be one of: `'r'` reads,"
        r" `'w'` writes"
        r" anew, `'a'` adds at the end, `'x'` makes a new one.",
    ),
    (
        "ValueError",
        r"I/O operation on closed file",
        r"The file is closed already: by `close()`, or because the `with` block that opened it is over."
        r" Read and write"
        r" before that.",
    ),
    (
        "ValueError",
        r"Sample larger than population",
        r"`sample` was asked for more items than there are to choose from.",
    ),
    (
        "ValueError",
        r"empty range (?:for|in) rand\w+\(\)? ?\((-?\d+), ?(-?\d+)",
        r"There is no whole number to choose from: the first one, \1, is larger than the last. The smaller"
        r" number comes"
        r" first.",
    ),
    (
        "ValueError",
        r"empty range (?:for|in) rand",
        r"There is no whole number to choose from. The smaller number comes first.",
    ),
    (
        "ValueError|TypeError",
        r"non-integer .*for randrange|'float' object cannot be interpreted as an integer.*rand",
        r"`randint` and `randrange` choose whole numbers, and need whole numbers as their limits.",
    ),
    (
        "ValueError",
        r"empty separator",
        r"`split('')` cannot work: it needs something to split at. `list(...)` gives single letters.",
    ),
    (
        "ValueError",
        r"zip\(\) argument (\d+) is (longer|shorter) than",
        r"With `strict=True`, `zip` wants all of them to be of the same length, and number \1 is \2.",
    ),
    (
        "ValueError",
        r"Exceeds the limit \((\d+)(?: digits)?\) for integer string conversion",
        r"This number has more than \1 digits, and Python does not turn that many into text. Is the number"
        r" meant to be so"
        r" large?",
    ),
    (
        "ValueError",
        r"negative shift count",
        r"`<<` and `>>` shift by 0 or more places, and here it was a negative number.",
    ),
    (
        "ValueError",
        r"factorial\(\) not defined for negative",
        r"`factorial` is only there for 0 and larger whole numbers, and it was given a negative one.",
    ),
    (
        "ValueError",
        r"cannot convert float NaN to integer",
        r"The number is `nan` (not a number), so it cannot become a whole number.",
    ),
    (
        "OverflowError",
        r"cannot convert float infinity to integer",
        r"The number is infinite, so it cannot become a whole number.",
    ),
    (
        "OverflowError",
        r"int too large to convert to float",
        r"A whole number became too large to be turned into a number with a decimal point.",
    ),
    (
        "ValueError",
        r"(.+) is not a valid (\w+)$",
        r"`\2` has no member with the value `\1`.",
    ),
    (
        "ValueError",
        r"dictionary update sequence element #(\d+) has length (\d+); 2 is required",
        r"A dictionary is made of pairs, and item number \1 (counted from 0) consists of \2.",
    ),
    (
        "ValueError",
        r"operands could not be broadcast together with shapes (.+?)\s*$",
        r"The two arrays do not fit each other: their shapes are \1.",
    ),
    (
        "IndexError",
        r"index (-?\d+) is out of bounds for axis 0 with size (\d+)",
        r"The array has \2 items (or rows) in this direction. Positions are counted from 0, so there is none"
        r" at index `\1`.",
    ),
    (
        "IndexError",
        r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)",
        r"In direction \2 (0 goes down the rows, 1 along the columns) the array has \3 items. Positions are"
        r" counted from 0, so there is none at index `\1`.",
    ),
    (
        "IndexError",
        r"too many indices for array: array is (\d+)-dimensional, but (\d+) were indexed",
        r"The array has \1 direction(s) and was asked for a place with \2 numbers between the square"
        r" brackets.",
    ),
    (
        "ValueError",
        r"The truth value of an? (?:array|Series|DataFrame)",
        r"`if` needs one answer, and a comparison with an array or a table gives one for each item."
        r" `.any()` or `.all()`"
        r" makes one of many.",
    ),
    (
        "ValueError",
        r"embedded null (?:byte|character)",
        r"The text contains a character with the number 0, which the name of a file cannot have.",
    ),
    (
        "IndexError",
        r"Replacement index (\d+) out of range for positional args tuple",
        r"The text before `.format` has more places `{}` than there are values: there is none for place \1"
        r" (counted from"
        r" 0).",
    ),
    (
        "IndexError",
        r"pop from an empty deque",
        r"The deque is empty, so there is nothing left to take out of it.",
    ),
    (
        "IndexError",
        r"pop index out of range",
        r"`pop` was asked for a position that the list does not have. Positions are counted from 0, so the"
        r" last one is"
        r" one less than the length.",
    ),
    (
        "IndexError",
        r"no such group",
        r"The pattern has no group with that number. Groups are its parts in round brackets.",
    ),
    ("KeyError", r"pop from an empty set", r"The set is empty, so there is nothing left to take out of it."),
    (
        "ImportError",
        r"attempted relative import with no known parent package",
        r"`from .` imports from the folder of a package, and this code belongs to none. Write the module's"
        r" name without"
        r" the dot.",
    ),
    (
        "FileExistsError",
        r"File exists: '(.*)'",
        r"There is a file or folder called `\1` already, so it cannot be made anew.",
    ),
    (
        "UnsupportedOperation",
        r"not readable",
        r"The file was opened for writing (`'w'` or `'a'`), so it cannot be read. Open it with `'r'` to"
        r" read it.",
    ),
    (
        "UnsupportedOperation",
        r"not writable",
        r"The file was opened for reading, so nothing can be written into it. Open it with `'w'` (anew) or"
        r" `'a'` (at its"
        r" end).",
    ),
    (
        "UnicodeEncodeError",
        r"'([\w-]+)' codec can't encode characters? (?:'(.*)' )?in position",
        r"The text contains a character that the encoding `\1` does not have. `encoding='utf-8'` knows"
        r" them all.",
    ),
    (
        "RuntimeError",
        r"generator raised StopIteration",
        r"A generator ended with `StopIteration`. Inside a generator `return` ends it.",
    ),
    (
        "RuntimeError",
        r"super\(\): no arguments",
        r"`super()` without arguments works only inside a method of a class.",
    ),
    (
        "RuntimeError",
        r"asyncio\.run\(\) cannot be called from a running event loop",
        r"A notebook runs an event loop already, so `await` can stand in a cell as it is, without"
        r" `asyncio.run`.",
    ),
    (
        "JSONDecodeError",
        r"property name enclosed in double quotes",
        r"The text is no JSON: there, names and texts stand between double quotes, never single ones.",
    ),
    (
        "JSONDecodeError",
        r"Expecting value: line (\d+) column (\d+)",
        r"The text is no JSON: in its line \1, at column \2, a value should begin, and none does. Is the"
        r" text empty, or is"
        r" it something else, such as a web page?",
    ),
    (
        "JSONDecodeError",
        r"(.+): line (\d+) column (\d+)",
        r"The text is no JSON. What is wrong is in its line \2, column \3.",
    ),
    (
        "InvalidOperation",
        r"ConversionSyntax",
        r"`Decimal()` turns text into a number, and this text is not one. The decimal point is a dot.",
    ),
    (
        "StatisticsError",
        r"requires at least (\w+) data points?",
        r"There is too little to calculate with: at least \1 number is needed.",
    ),
    (
        "FrozenInstanceError",
        r"cannot assign to field '(\w+)'",
        r"The object cannot change once it is made, so `\1` keeps its value: its class says `frozen=True`.",
    ),
    (
        "error|PatternError",
        r"(missing \)|unterminated|nothing to repeat|unbalanced parenthesis|multiple repeat|bad escape)",
        r"The pattern (regular expression) is not complete or not allowed: \1. A sign such as `(`, `*` or"
        r" `+` that is meant"
        r" as itself needs a backslash before it.",
    ),
    ("TimeoutError", r"", r"It took longer than it was allowed to."),
    (
        "ProgramEnded",
        r"^(.+)",
        r"\1 A line such as `os._exit(...)`, or more memory than allowed, does that.",
    ),
    (
        "SyntaxError",
        r"null bytes",
        r"The file is not plain Python text: it contains null bytes. Save it again as text, in the"
        r" encoding UTF-8.",
    ),
    (
        "SystemExit",
        r"^(-?\d+)$",
        r"The program ended itself, with `exit(...)` or `sys.exit(...)`. The number \1 tells whoever"
        r" started it that"
        r" something went wrong; without a number it ends well.",
    ),
    (
        "SystemExit",
        r"^(.+)",
        r"The program ended itself, with `exit(...)` or `sys.exit(...)`. It says: \1",
    ),
    (
        "AttributeError",
        r"^(\w+)$",
        r"There is nothing called `\1` in it. Check its spelling, capital letters included.",
    ),
    (
        "AttributeError",
        r"partially initialized module '(\w+)' has no attribute '(\w+)'",
        r"Python found a file `\1.py` of yours, and took it for the module `\1`. Give your file another"
        r" name.",
    ),
    (
        "AttributeError",
        r"(?:can't set attribute|property '(\w+)' of '(\w+)' object has no setter)",
        r"This attribute is a property that can only be read: the class has no setter for it.",
    ),
    (
        "ModuleNotFoundError",
        r"No module named"
        r" '(numpy|pandas|matplotlib|scipy|sklearn|pygame|requests|cv2|PIL|bs4|flask|seaborn|torch)'",
        r"No module named `\1` can be imported. It is written correctly, but it does not come with Python"
        r" and is not"
        r" installed here. Ask your teacher whether this course uses it.",
    ),
)


def explain(exception: str, message: str) -> str:
    """What the first rule that fits says; empty when none does."""
    for names, pattern, explanation in _TABLE:
        if exception in names.split("|"):
            found = re.search(pattern, message)
            if found is not None:
                return found.expand(explanation)
    return ""
