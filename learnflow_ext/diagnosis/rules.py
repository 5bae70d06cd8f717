"""Own explanations of runtime errors, from the exception's name and message alone."""

from __future__ import annotations

import re

from learnflow_ext.diagnosis import library

# (exceptions, pattern of the message, explanation with the pattern's groups as \1, \2, …)
_Table = tuple[tuple[str, str, str], ...]

_FIRST: _Table = (
    (
        "RecursionError",
        "",
        "A function kept calling itself and never stopped. Check that it has a case that returns"
        " without calling"
        " itself, and that each call comes closer to that case.",
    ),
    (
        "MemoryError",
        "",
        "The code needed more memory than it may use. Perhaps a loop never ends and keeps"
        " collecting, or a list or"
        " number is far larger than intended.",
    ),
    ("EOFError", "", "`input()` asked for text, and there was nobody to type any."),
    (
        "StdinNotImplementedError",
        "",
        "`input()` asked for text, and nobody can type any while the notebook is run from start to end.",
    ),
    ("AssertionError", r"^$", "An `assert` checks that something is true, and here it was not."),
    (
        "AssertionError",
        r"^(.+)",
        r"An `assert` checks that something is true, and here it was not. It says: \1",
    ),
    (
        "ConnectionRefusedError|gaierror|URLError|ConnectionError|ConnectTimeout|HTTPError|TimeoutError|SSLError",
        r"resolution|not known|unreachable|refused|Max retries|No address",
        "The code tried to reach the internet, and notebooks here have no connection to it. Use a"
        " file from your"
        " folder instead.",
    ),
    (
        "OSError",
        r"Network is unreachable|Temporary failure in name resolution|Name or service not known",
        "The code tried to reach the internet, and notebooks here have no connection to it. Use a"
        " file from your"
        " folder instead.",
    ),
    (
        "OSError|PermissionError",
        r"Read-only file system",
        "That place can only be read. Write your files in the notebook's own folder.",
    ),
    (
        "OSError",
        r"No space left|File too large",
        "The file grew larger than your code may make it. Perhaps a loop keeps writing.",
    ),
    (
        "RuntimeError|BlockingIOError",
        r"can't start new thread|Resource temporarily unavailable",
        "The code started more processes or threads than it may have. Perhaps a loop starts them"
        " without end.",
    ),
    (
        "KeyError",
        r"popitem\(\): dictionary is empty|No keys found in the first mapping",
        "You tried to take an item out, with popitem(): dictionary is empty. Check that something is"
        " left in it"
        " before taking an item.",
    ),
    (
        "TypeError",
        r"'(?!module)(\w+)' object is not callable",
        r"The round brackets `()` after a name call a function, but here the name stands for a value"
        r" of type `\1`,"
        " which cannot be called. Perhaps a variable has the same name as a function, or an operator"
        " is missing"
        " before the bracket.",
    ),
    (
        "TypeError",
        r"object of type '(?!function|builtin_function|method)(\w+)' has no len\(\)$",
        r"`len()` counts the items of something that holds several, such as a list or a text. A"
        r" value of type `\1`"
        " holds none.",
    ),
    (
        "TypeError",
        r"(?:int|float)\(\) argument must be a string.* not '(\w+)'",
        r"Only a number or a text with digits can be turned into a number, and this is a value of type `\1`.",
    ),
    (
        "TypeError",
        r"'(\w+)' object is not iterable",
        r"A value of type `\1` was used where Python needs several values to go through, one after"
        r" the other, such as"
        " a list, a text or a `range(...)`.",
    ),
    (
        "ValueError",
        r"(max|min)\(\) (?:arg|iterable argument) is (?:an empty sequence|empty)",
        r"`\1()` was given nothing to choose from: what is between the brackets is empty.",
    ),
    (
        "IndexError",
        r"Cannot choose from an empty sequence",
        "There was nothing to choose from: the list, or whatever is between the brackets, is empty.",
    ),
    (
        "ValueError",
        r"list\.remove\(x\): x not in list",
        "`remove` was asked to take away an item that is not in the list.",
    ),
    ("ValueError", r"^(.+) is not in list$", r"The list does not contain \1, so it has no position in it."),
    ("ValueError", r"substring not found", "The text does not contain what was searched for."),
    (
        "ValueError",
        r"math domain error",
        "The function has no result for this number, as with the square root of -1.",
    ),
    ("StopIteration", "", "There was no next item left to take."),
    (
        "NotImplementedError",
        "",
        "This part of the code is still to be written: it says so by raising this error.",
    ),
    ("OverflowError", "", "A number became too large for this calculation."),
    (
        "TypeError",
        r"unhashable type: '(\w+)'",
        r"A value of type `\1` can change, so it cannot be a key of a dictionary or an item of a"
        r" set. A tuple can.",
    ),
    (
        "UnicodeDecodeError",
        "",
        "The file is not plain text in the expected encoding. Perhaps it is a picture or a table"
        " program's own file.",
    ),
)

_REST: _Table = (
    (
        "TypeError",
        r"([\w.]+)\(\) missing (\d+) required positional arguments?: (.+)",
        r"The function `\1()` was called with too few values: \2 missing, for \3. Each of its"
        r" parameters needs a"
        " value between the brackets.",
    ),
    (
        "NameError",
        r"name '(\w+)' is not defined",
        r"Python does not know the name `\1`: in your program, no object with the name `\1` exists. Either it"
        r" is misspelt, or the cell that defines it has not been run yet, or it is meant as text and needs"
        r" quotes.",
    ),
    (
        "UnboundLocalError|NameError",
        r"(?:local|free) variable '(\w+)'",
        r"The name `\1` is given a value inside this function, so it belongs to the function, and it"
        r" was used before"
        " that value was there.",
    ),
    (
        "TypeError",
        r'can only concatenate (\w+) \(not "(\w+)"\) to \w+',
        r"`+` can join two values of type `\1`, but the other one is a `\2`. Turn one of them into"
        r" the type of the"
        " other first, for instance with `str(...)` or `int(...)`.",
    ),
    (
        "TypeError",
        r"exceptions must derive from BaseException",
        "Exceptions must be derived from `BaseException`: after `raise`, Python needs an exception such as"
        " `ValueError(...)`, not a text or another value.",
    ),
    (
        "TypeError",
        r"object of type '(?:function|builtin_function_or_method|method)' has no len\(\)",
        "`len()` was given a function itself. Perhaps the round brackets that call it are missing.",
    ),
    (
        "TypeError",
        r"attribute name must be string",
        "The second argument, the attribute's name, must be a string.",
    ),
    (
        "TypeError",
        r"unsupported operand type\(s\) for (.+): '(\w+)' and '(\w+)'",
        r"`\1` does not work between a value of type `\2` and one of type `\3`.",
    ),
    (
        "TypeError",
        r"'(.+)' not supported between instances of '(\w+)' and '(\w+)'",
        r"`\1` cannot compare a value of type `\2` with one of type `\3`.",
    ),
    (
        "TypeError",
        r"'(\w+)' object is not subscriptable",
        r"Square brackets `[]` take an item out of a list, a text or a dictionary. A value of type"
        r" `\1` has no items.",
    ),
    (
        "TypeError",
        r"'(\w+)' object does not support item assignment",
        r"A value of type `\1` cannot be changed in place. Make a new one instead.",
    ),
    (
        "TypeError",
        r"(\w+) indices must be integers",
        r"The position in a \1 must be a whole number.",
    ),
    (
        "TypeError",
        r"'(\w+)' object cannot be interpreted as an integer",
        r"A whole number is needed here, and this is a value of type `\1`.",
    ),
    (
        "TypeError",
        r"([\w.]+)\(\) takes (.+) positional arguments? but (\d+) (?:was|were) given",
        r"The function `\1()` was called with too many values: it takes \2, and got \3.",
    ),
    (
        "TypeError",
        r"([\w.]+)\(\) got an unexpected keyword argument '(\w+)'",
        r"The function `\1()` has no parameter called `\2`. Check its spelling.",
    ),
    (
        "ValueError",
        r"invalid literal for int\(\) with base \d+: (.+)",
        r"`int()` turns text into a whole number, and \1 is not one. Only digits may be in it, and"
        r" perhaps a sign.",
    ),
    (
        "ValueError",
        r"could not convert string to float: (.+)",
        r"`float()` turns text into a number, and \1 is not one. The decimal point is a dot.",
    ),
    (
        "ValueError",
        r"too many values to unpack \(expected (\d+)\)",
        r"There are more values on the right of the `=` than the \1 names on its left.",
    ),
    (
        "ValueError",
        r"not enough values to unpack \(expected (\d+), got (\d+)\)",
        r"There are \1 names on the left of the `=`, and only \2 values on its right.",
    ),
    (
        "IndexError",
        r"pop from empty list",
        "The list is empty, so there is nothing left to take out of it.",
    ),
    (
        "IndexError",
        r"(\w+).* index out of range",
        r"The \1 has no item at that position. Positions are counted from 0, so the last one is one"
        r" less than the"
        " length.",
    ),
    (
        "KeyError",
        r"^(.+)$",
        r"The dictionary has no key \1. Check its spelling, and that it was added before.",
    ),
    (
        "AttributeError",
        r"'NoneType' object has no attribute '(\w+)'",
        r"The value before `.\1` is `None`, which means nothing at all. Perhaps a function returned"
        r" nothing where you"
        " expected a result.",
    ),
    (
        "AttributeError",
        r"module '([\w.]+)' has no attribute '(\w+)'",
        r"The module `\1` has nothing called `\2`. Check its spelling, and that no file of yours has"
        r" the module's name.",
    ),
    (
        "AttributeError",
        r"'(\w+)' object has no attribute '(\w+)'",
        r"A value of type `\1` has nothing called `\2`. Check its spelling, and that the value is"
        r" what you think it is.",
    ),
    (
        "TypeError",
        r"can't multiply sequence by non-int of type '(\w+)'",
        r"A text or a list can only be repeated a whole number of times, and this is a value of type `\1`. If"
        r" you want to calculate, turn the text into a number first, for instance with `int(...)`.",
    ),
    (
        "TypeError",
        r"bad operand type for (.+): '(\w+)'",
        r"`\1` works with numbers, and this is a value of type `\2`.",
    ),
    (
        "TypeError",
        r"type (\w+) doesn't define __round__ method",
        r"`round()` works with numbers, and this is a value of type `\1`.",
    ),
    (
        "TypeError",
        r"must be real number, not (\w+)",
        r"A number is needed here, and this is a value of type `\1`.",
    ),
    (
        "TypeError",
        r"cannot unpack non-iterable (\w+) object",
        r"Several names before the `=` (or the `in`) want several values, and this is one single value"
        " of type"
        r" `\1`.",
    ),
    (
        "TypeError",
        r"sequence item (\d+): expected str instance, (\w+) found",
        r"`join` only joins texts, and the item at position \1 (counted from 0) is of type `\2`. Turn"
        " the items"
        r" into text first, with `str(...)`.",
    ),
    (
        "TypeError",
        r"not all arguments converted during string formatting",
        "There are more values after the `%` than places for them in the text before it.",
    ),
    (
        "TypeError",
        r"not enough arguments for format string",
        "There are fewer values after the `%` than places for them in the text before it.",
    ),
    (
        "TypeError",
        r"%\w format: a (?:real )?number is required, not (\w+)",
        r"This place in the text, with `%`, is for a number, and the value for it is of type `\1`.",
    ),
    (
        "TypeError",
        r"argument of type '(\w+)' is not iterable",
        r"`in` looks for something inside a list, a text or a dictionary, and a value of type `\1` has"
        " nothing"
        r" inside.",
    ),
    (
        "TypeError",
        r"ord\(\) expected a character, but string of length (\d+) found",
        r"`ord()` takes exactly one character, and this text has \1.",
    ),
    (
        "TypeError",
        r"(isinstance|issubclass)\(\) arg 2 must be a type",
        r"The second value of `\1()` is a type itself, such as `int`, without quotes and without brackets"
        r" after it.",
    ),
    (
        "TypeError",
        r"([\w.]+)\(\) takes exactly one argument \((\d+) given\)",
        r"`\1()` takes exactly one value, and it was given \2.",
    ),
    (
        "TypeError",
        r"(\w+) expected at (most|least) (\d+) arguments?, got (\d+)",
        r"`\1` takes at \2 \3 values between its brackets, and it was given \4.",
    ),
    (
        # As Python says the same from 3.13 on.
        "TypeError",
        r"(\w+)\(\) takes at (most|least) (\d+) positional arguments? \((\d+) given\)",
        r"`\1` takes at \2 \3 values between its brackets, and it was given \4.",
    ),
    (
        "TypeError",
        r"(\w+) expected (\d+) arguments?, got (\d+)",
        r"`\1` takes \2 values between its brackets, and it was given \3.",
    ),
    (
        "TypeError",
        r"(sep|end) must be None or a string, not (\w+)",
        r"What `print` puts between the values (`sep`) or behind them (`end`) is text, in quotes; here"
        r" `\1` is of type `\2`.",
    ),
    (
        "TypeError",
        r"descriptor '(\w+)' requires a 'super' object",
        r"`super` is called like a function: `super().\1(...)`, with round brackets after it.",
    ),
    (
        "TypeError",
        r"string argument without an encoding",
        "`bytes` of a text must be told how letters become numbers: `text.encode()` does that.",
    ),
    ("ZeroDivisionError", "", "The code divides by zero, and that has no result."),
    (
        "ModuleNotFoundError",
        r"No module named '([\w.]+)'",
        r"There is no module called `\1` here. Check its spelling; if it is right, it is not installed.",
    ),
    (
        "ImportError",
        r"cannot import name '(\w+)' from '([\w.]+)'",
        r"The module `\2` has nothing called `\1` to import.",
    ),
    (
        "FileNotFoundError",
        r"No such file or directory: (.+)",
        r"There is no file called \1 here. Check its name, and that it lies in the notebook's folder.",
    ),
    ("PermissionError", "", "Your code may not open that file or folder."),
    ("IsADirectoryError", "", "That is a folder, and a file is needed here."),
    (
        "RuntimeError",
        r"(\w+) changed size during iteration",
        r"The \1 was changed while a loop was going through it.",
    ),
    (
        "LookupError",
        "",
        "`LookupError` is the base class for the errors of looking something up by a key or a position.",
    ),
)


def _first_match(table: _Table, exception: str, message: str) -> str:
    for names, pattern, explanation in table:
        if exception not in names.split("|"):
            continue
        found = re.search(pattern, message)
        if found is not None:
            return found.expand(explanation) if found.re.groups else explanation
    return ""


def first(exception: str, message: str) -> str:
    """What we say better than anybody else; empty when there is no such rule."""
    return _first_match(_FIRST, exception, message) or library.explain(exception, message)


def rest(exception: str, message: str) -> str:
    """What can be said from the message alone; empty when no rule fits."""
    return _first_match(_REST, exception, message)


def raised_on_purpose(exception: str, message: str, line: str) -> str:
    """A `raise` in the student's own code."""
    if not line.startswith("raise") or "must derive from BaseException" in message:
        return ""
    says = f" Its message says: {message}" if message else ""
    return (
        f"This line raises the `{exception}` itself, with `raise`: the code above it led here on"
        f" purpose.{says}"
    )
