"""Own explanations of syntax errors, from the line's text and Python's message."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable

from learnflow_ext.diagnosis import foreign, left_out, slips, unfinished
from learnflow_ext.diagnosis.syntax_text import blank_strings, compiles

_BLOCK = re.compile(r"^(if|elif|else|while|for|def|class|try|except|finally|with|async)\b")
_TYPOGRAPHIC = str.maketrans("\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb", '"""\'\'""')
_TWO_STATEMENTS = re.compile(r"^[A-Za-z_]\w*\s*=\s*[\w.'\"]+\s+[A-Za-z_]\w*\s*=[^=]")

Rule = Callable[[str, str, str], str]
"""(exception, message, line) to the explanation; empty when the rule has nothing to say."""


def missing_colon(exception: str, message: str, line: str) -> str:
    """`while True print('x')`: the colon that opens a block is missing, at the end or in the middle."""
    found = _BLOCK.match(line)
    if found is None or exception != "SyntaxError":
        return ""
    word = found[1]
    quiet = blank_strings(line)
    if not quiet.endswith(":") and compiles_as_block(f"{quiet}:"):
        return (
            f"Did you forget a colon? The line starts with `{word}` and needs a colon `:` at its end."
            " It tells Python that the indented lines below belong to it."
        )
    if ":" in quiet or message not in ("invalid syntax", "expected ':'"):
        return ""
    words = list(re.finditer(r"\s+", line))
    for gap in reversed(words[1:] if word not in ("else", "try", "finally") else words):
        head, tail = line[: gap.start()], line[gap.end() :]
        if compiles_as_block(f"{head}:") and compiles(tail):
            return (
                f"A colon `:` is missing after `{head}`. It tells Python where the condition ends"
                f" and the block begins."
                if word in ("if", "elif", "while")
                else f"A colon `:` is missing after `{head}`. It tells Python that the block begins there."
            )
    return ""


def compiles_as_block(head: str) -> bool:
    """Whether `head` opens a block, whatever kind of block it is."""
    word = head.split(maxsplit=1)[0].rstrip(":") if head.strip() else ""
    if word in ("elif", "else"):
        return compiles(f"if x:\n pass\n{head}\n pass")
    if word in ("except", "finally"):
        return compiles(f"try:\n pass\n{head}\n pass")
    if word == "try":
        return compiles(f"{head}\n pass\nfinally:\n pass")
    return compiles(f"{head}\n pass")


def typographic_quotes(exception: str, message: str, line: str) -> str:
    """Quotes as a word processor makes them."""
    found = re.match(r"invalid character '(.)'", message)
    if found and found[1].translate(_TYPOGRAPHIC) != found[1]:
        pointed = set("\u00ab\u00bb") & set(line)
        which = "pointed quotes, as books have" if pointed else "curly quotes, as a word processor makes"
        return f"The line has {which} them. Python only knows straight ones: replace them with `\"` or `'`."
    return ""


def currency(exception: str, message: str, line: str) -> str:
    """`price = £5`."""
    found = re.match(r"invalid character '(.)' \(U\+", message)
    if found and unicodedata.category(found[1]) == "Sc":
        return (
            f"Python does not know the sign `{found[1]}` of a currency: a price is a number alone, such as"
            " `5`. The sign may stand inside a text in quotes, or in a comment."
        )
    return ""


def unknown_operator(exception: str, message: str, line: str) -> str:
    """Operators of mathematics or of other languages."""
    quiet = blank_strings(line)
    for wrong, right, meaning in (
        ("=>", ">=", "at least"),
        ("=<", "<=", "at most"),
        ("=!", "!=", "not equal"),
        ("<>", "!=", "not equal"),
        ("&&", "and", "both"),
        ("||", "or", "one or the other"),
    ):
        if wrong in quiet:
            return f'Python has no operator `{wrong}`. For "{meaning}" it is written `{right}`.'
    counted = re.search(r"(?:^|[\s;:])([\w.\[\]]*\w\]?)(?:\+\+|--)\s*;?$", quiet)
    if counted:
        name = counted[1]
        return (
            f"Python has no `++` or `--`. To count up by one, write `{name} += 1`; to count down,"
            f" `{name} -= 1`."
        )
    return ""


def two_statements(exception: str, message: str, line: str) -> str:
    """`x = 3 y = 4`."""
    if message.startswith("invalid syntax") and _TWO_STATEMENTS.match(line):
        return "There are two statements on this line. Put each on a line of its own."
    return ""


def list_without_commas(exception: str, message: str, line: str) -> str:
    """`[1 2 3]`."""
    if "forgot a comma" in message and re.search(r"[\[({][^\])}]*[\w'\"]\s+[\w'\"]", line):
        return "Two values stand side by side with nothing between them. Perhaps a comma `,` is missing."
    return ""


def unfinished_import(exception: str, message: str, line: str) -> str:
    """`import`, `from math import`, `import foo bar`."""
    if re.match(r"(from\s+[\w.]+\s+)?import\s*$", line):
        return (
            "The line ends before it says what to import. Name the module, or what you need from"
            " it, after `import`."
        )
    if re.match(r"import\s+(?!from\b)\w+\s+(?!as\b|from\b)\w+", line):
        return "Several names after `import` must be separated by commas."
    return ""


def keyword_as_name(exception: str, message: str, line: str) -> str:
    """`class = 3`, `async = 1`."""
    found = re.match(r"(\w+)\s*=[^=]", line)
    if found and keyword.iskeyword(found[1]) and found[1] not in ("True", "False", "None"):
        return (
            f"`{found[1]}` is a word that Python uses itself, so it cannot be the name of a"
            f" variable. Choose another."
        )
    return ""


def global_with_value(exception: str, message: str, line: str) -> str:
    """`global x = 3`."""
    found = re.match(r"(global|nonlocal)\s+\w+\s*=", line)
    if found:
        return f"`{found[1]}` only names a variable. Give it its value on a line below."
    return ""


def shell_line(exception: str, message: str, line: str) -> str:
    """A command for a terminal in a Python cell."""
    found = re.match(r"(pip|pip3|conda|python|python3|cd|ls|git)\s+[\w./-]", line)
    if found and message.startswith("invalid syntax"):
        return f"This is a command for a terminal, not Python: a cell does not understand `{found[1]}` here."
    return ""


def expected_block(exception: str, message: str, line: str) -> str:
    """Nothing indented after a colon."""
    found = re.search(r"expected an indented block after (.+?) on line (\d+)", message)
    if found:
        what = found[1].replace("'", "`")
        return (
            f"After the colon of the {what} in line {found[2]}, Python expects lines that are indented."
            " Indent what belongs to it by four spaces; if nothing does yet, write `pass` there."
        )
    return ""


def unexpected_indent(exception: str, message: str, line: str) -> str:
    """Indented for no reason."""
    if message == "unexpected indent":
        return (
            "This line is indented more than the line before it, and nothing there opened a block."
            " Take the spaces at its start away, or check that the line above ends with a colon."
        )
    return ""


def crooked_unindent(exception: str, message: str, line: str) -> str:
    """Back to a level that never was."""
    if message.startswith("unindent does not match"):
        return (
            "This line is less indented than expected: less than the block above it, but not as far as"
            " any line"
            " before."
            " Lines of one block must start in exactly the same column."
        )
    return ""


def tabs_and_spaces(exception: str, message: str, line: str) -> str:
    """Mixed indentation."""
    if exception == "TabError":
        return (
            "The indentation mixes tabs and spaces, so Python cannot tell how deep a line is. Use"
            " four spaces a level."
        )
    return ""


def dangling_operator(exception: str, message: str, line: str) -> str:
    """`x = 5 +`."""
    found = re.search(
        r"(?<![\w+*/=<>.-])(\+=?|-=?|\*\*?=?|//?=?|%=?|and|or|not|in|==|<=?|>=?|!=|=)$", blank_strings(line)
    )
    if found and message.startswith("invalid syntax"):
        return f"The line ends with `{found[1]}`, and Python expects something more after it."
    return ""


def parameter_order(exception: str, message: str, line: str) -> str:
    """Names with a value before names without one."""
    if re.match(r"non-default argument follows default|parameter without a default follows", message):
        return (
            "In the brackets after `def`, parameters with a default value (such as `b=2`) must come after"
            " those without one."
        )
    if message.startswith("positional argument follows keyword argument"):
        return "In a call, values with a name (`end=2`) must come after the values without one."
    return ""


def endless_text(exception: str, message: str, line: str) -> str:
    """Three quotes that never end."""
    if "triple-quoted" in message:
        return (
            "A text that starts with three quotes (a triple-quoted string) never ends. Write three quotes"
            " where it"
            " should end."
        )
    return ""


FIRST: tuple[Rule, ...] = (
    typographic_quotes,
    currency,
    *foreign.RULES,
    *slips.RULES,
    *left_out.RULES,
    *unfinished.RULES,
    missing_colon,
    unknown_operator,
    keyword_as_name,
    expected_block,
    unexpected_indent,
    crooked_unindent,
    tabs_and_spaces,
    global_with_value,
    unfinished_import,
    dangling_operator,
    parameter_order,
    endless_text,
)
"""Clearer than what else we have."""

REST: tuple[Rule, ...] = (
    two_statements,
    list_without_commas,
    shell_line,
)
"""For what nothing else explains."""
