"""Syntax errors where a word or a sign is missing that Python's message does not name.

A rule takes exception, message and line, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import builtins
import keyword
import re

from learnflow_ext.diagnosis.syntax_text import blank_strings, compiles

_WITHOUT_BRACKETS = re.compile(
    r"^(?:[A-Za-z_]\w*\s*=\s*)?(input|len|int|float|str|sum|max|min|sorted|open|range|abs|round|type|list|set)"
    r"\s+(?=[\w'\"\[{])(?!in\b|is\b|and\b|or\b|not\b|if\b|else\b|for\b)"
)
_TYPES = ("int ", "float ", "str ", "type ", "list ", "set ")
_SIDE_BY_SIDE = re.compile(
    r"^(if|elif|while)\s+([\w.\[\]'\"]+)\s+([A-Za-z_][\w.\[\]]*|\d+|(['\"]).*?\4)\s*:$"
)


def from_without_import(exception: str, message: str, line: str) -> str:
    """`from math sqrt`."""
    found = re.match(r"from\s+([\w.]+)\s+(?!import\b)(\w+)\s*(,.*)?$", line)
    if found is None:
        return ""
    return f"The word `import` is missing after `from {found[1]}`: before what you need of the module."


def as_left_out(exception: str, message: str, line: str) -> str:
    """`with open(name) f:`, `except ValueError e:`."""
    found = re.match(r"(with\b.*\)|except\s+[\w.]+|except\s*\(.*\))\s+(\w+)\s*:$", blank_strings(line))
    # Two kinds of errors side by side want a comma and brackets instead.
    if found is None or found[2] == "as" or re.search(r"(?:Error|Exception|Interrupt)$", found[2]):
        return ""
    head = line[: found.end(1)]
    return (
        f"The word `as` is missing: `{head} as {found[2]}:`. It gives a name to what stands before it, for"
        " the lines below."
    )


def call_left_open(exception: str, message: str, line: str) -> str:
    """`name = input "Your name? "`."""
    found = _WITHOUT_BRACKETS.match(line)
    rest = line[found.end() :].strip() if found else ""
    if found is None or not rest or message.startswith("'") or re.match(r"\w+\s*=[^=]", rest):
        return ""
    if found[0].startswith(_TYPES) and re.fullmatch(r"[A-Za-z_]\w*(\s*,\s*[A-Za-z_]\w*)*", rest):
        return ""  # `int age` is a declaration as in other languages
    if not compiles(f"{line[: found.end(1)]}({rest})"):
        return ""
    shown = f", `{found[1]}({rest})`" if len(rest) < 60 and "`" not in rest else ""
    return (
        f"The round brackets are missing: `{found[1]}` is a function, and what it works on stands between"
        f" brackets after it{shown}."
    )


def _is_word_of_python(word: str) -> bool:
    """Whether it is no name of the student's: what is missing then is another thing."""
    if word in ("True", "False", "None"):
        return False
    return keyword.iskeyword(word) or hasattr(builtins, word)


def operator_left_out(exception: str, message: str, line: str) -> str:
    """`if x 3:`."""
    found = _SIDE_BY_SIDE.match(line)
    if found is None or found[3] in ("then", "do"):
        return ""
    if any(map(_is_word_of_python, (found[2], found[3]))):
        return ""
    return (
        f"Between `{found[2]}` and `{found[3]}` something is missing that says how they belong together, such"
        " as `==`, `<`, `in` or `and`."
    )


def quotes_inside(exception: str, message: str, line: str) -> str:
    """`print("She said "hi" to me")`."""
    found = re.match(r"[^'\"]*(['\"])([^'\"]*)\1(\w[^'\"]*)\1([^'\"]*)\1", line)
    if found is None or exception != "SyntaxError" or found[2][-1:] not in (" ", "(", ",", ":"):
        return ""
    first = re.match(r"\w+", found[3])
    if first is None or keyword.iskeyword(first[0]) or re.fullmatch(r"[bfru]|[bf]r|r[bf]", found[3].lower()):
        return ""  # `"a"if x else "b"` and `"a"f"{b}"` are no text within a text
    quote = found[1]
    other = "'" if quote == '"' else '"'
    return (
        f"The text that begins with `{quote}` ends at the next `{quote}`, so Python takes `{found[3]}` for"
        f" something outside of it. If it belongs to the text, put `{other}` around the whole, or a backslash"
        f" before each inner quote: `\\{quote}`. If it is the name of a variable, join it to the texts with"
        " `+`, or put commas between them."
    )


def comma_for_colon(exception: str, message: str, line: str) -> str:
    """`{"a", 1: "b"}`, `{"a", 1}` is a set and fine."""
    found = re.search(r"\{\s*(\"[^\"]*\"|'[^']*'|\w+)\s*,\s*([^,:{}]+)\s*:", line)
    if found is None or not message.startswith("invalid syntax"):
        return ""
    return (
        f"After the first key `{found[1]}` of this dictionary stands a comma where its colon `:` and its"
        " value should be."
    )


def await_outside(exception: str, message: str, line: str) -> str:
    """`await` where nothing waits."""
    found = re.match(r"'(await|async \w+)' outside", message)
    if found is None:
        return ""
    return (
        f"`{found[1]}` only works inside a function that begins with `async def` (and in a notebook's cell"
        " outside of any function). This line stands elsewhere."
    )


def lambda_without_colon(exception: str, message: str, line: str) -> str:
    """`lambda x x + 1`."""
    found = re.search(r"\blambda((?:\s+[A-Za-z_]\w*\s*,?)*)\s+(?=[\w('\"\[{-])", blank_strings(line))
    if found is None or message.startswith("'"):
        return ""
    names = line[found.start(1) : found.end(1)].rstrip()
    fixed = f"{line[: found.start(1)]}{names}:{line[found.end(1) :]}"
    if not names.strip() or not (compiles(fixed) or compiles(f"{fixed}\n pass")):
        return ""
    return (
        f"After `lambda{names}` a colon `:` is missing: before it stand the names of the values that go in,"
        " and after it what comes out."
    )


def blank_after_backslash(exception: str, message: str, line: str) -> str:
    """A backslash that ends a line, and a blank that nobody sees behind it."""
    if "after line continuation character" not in message or not line.endswith("\\"):
        return ""
    return (
        "The backslash `\\` at the end of this line joins it to the next, but only as its very last"
        " character, and there is a blank behind it. Take that away, or put the whole between round"
        " brackets, which may go over several lines."
    )


def two_kinds_of_quotes(exception: str, message: str, line: str) -> str:
    """`["apple', "pear"]`."""
    found = re.match(r"[^'\"]*(['\"])(\w[\w ]*)(?!\1)(['\"])\s*[,)\]:}]", line)
    if found is None or not message.startswith("unterminated string literal"):
        return ""  # `"the dogs', she said"` is one text and fine
    return (
        f"The text `{found[2]}` begins with `{found[1]}` and ends with `{found[3]}`. A text ends with the"
        " same kind of quote as it begins with, so Python takes all that follows for a part of it."
    )


def large_word(exception: str, message: str, line: str) -> str:
    """`if a AND b:`."""
    found = re.search(r"[\w)\]'\"]\s+(AND|OR|NOT|IN|IS)\s+[\w(\['\"]", blank_strings(line))
    # What stands in a text that has no end is no code.
    if found is None or exception != "SyntaxError" or message.startswith("unterminated"):
        return ""
    return (
        f"Did you mean `{found[1].lower()}`? Python's own words are written small, so it takes `{found[1]}`"
        " for a name."
    )


def path_without_quotes(exception: str, message: str, line: str) -> str:
    """`open(C:\\data.txt)`."""
    found = re.search(r"\b[A-Z]:\\\w[\w\\.]*", blank_strings(line))
    if found is None or message.startswith("unterminated"):
        return ""
    return (
        "The name of a file or folder is text, so it needs quotes around it. A slash `/` between the folders"
        " works everywhere, also where the system itself writes a backslash."
    )


RULES = (
    two_kinds_of_quotes,
    large_word,
    path_without_quotes,
    from_without_import,
    as_left_out,
    call_left_open,
    operator_left_out,
    quotes_inside,
    comma_for_colon,
    await_outside,
    lambda_without_colon,
    blank_after_backslash,
)
