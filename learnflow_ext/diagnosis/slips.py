"""Slips in Python's own syntax that Python's message, and the library we use, explain badly or not at all."""

from __future__ import annotations

import re

from learnflow_ext.diagnosis.syntax_text import blank_strings, compiles


def assignment_in_condition(exception: str, message: str, line: str) -> str:
    """`if x = 3:`."""
    found = re.match(r"(if|elif|while)\b[^=<>!]*[^=<>!:]=[^=]", blank_strings(line))
    if found and "==" in message:
        return (
            f"You used an assignment operator `=` in the condition after `{found[1]}`: it gives a name a"
            f" value."
            " Perhaps you needed `==`, which asks whether two values are equal."
        )
    return ""


def else_with_condition(exception: str, message: str, line: str) -> str:
    """`else x < 1:`."""
    if re.match(r"else\s+(?!if\b)[^:\s].*:$", blank_strings(line)):
        return (
            "`else` takes no condition: it is for all that is left, and a colon follows at once."
            " For another condition there is `elif`."
        )
    return ""


def unfinished_head(exception: str, message: str, line: str) -> str:
    """`if`, `for i in :`, `with open(f) as:`."""
    quiet = blank_strings(line)
    found = re.match(r"(if|elif|while)\s*$", quiet)
    if found:
        return f"You forgot to add a condition: after `{found[1]}` a question must follow, and then a colon."
    found = re.match(r"for\s*:?$|for\s+[\w, ]+\s+in\s*:?$", quiet)
    if found:
        return (
            "A `for` loop is an iteration over a sequence of values, and this `for` line is not finished:"
            " a name, then `in` and what to go through, and then a colon, must follow."
        )
    if re.search(r"\bas\s*:?$", quiet):
        return "After `as` a name is missing: the one by which the lines below can use it."
    return ""


def odd_not(exception: str, message: str, line: str) -> str:
    """`if x not == 3`, `if 3 not x`."""
    quiet = blank_strings(line)
    found = re.search(r"\bnot\s*(==|=|<|>|<=|>=)", quiet)
    if found:
        return (
            f'`not` cannot stand before `{found[1]}`. "Not equal" is written `!=`; or put `not` before the'
            " whole comparison."
        )
    found = re.search(r"([\w\])'\"]+)\s+not\s+(?!in\b)([\w\['\"]+)", quiet)
    if (
        found
        and re.match(r"(if|elif|while|assert|return)\b", quiet)
        and found[1]
        not in (
            "if",
            "elif",
            "while",
            "and",
            "or",
            "is",
            "not",
            "return",
            "assert",
        )
    ):
        return (
            f"Something is missing after `not`. To ask whether `{found[1]}` is missing from `{found[2]}`,"
            f" write"
            " `not in`."
        )
    return ""


def import_order(exception: str, message: str, line: str) -> str:
    """`import sqrt from math`, `import math.sqrt()`, `import math as 3`."""
    found = re.match(r"import\s+([\w, ]+?)\s+from\s+([\w.]+)", line)
    if found:
        return (
            "The words are in the wrong order: `from` comes first and names the module, then `import` says"
            " what"
            f" you need of it. Here the module is `{found[2]}`."
        )
    found = re.match(r"import\s+[\w.]+\s*\(", line)
    if found:
        return (
            "`import` only takes the name of a module, without round brackets. Call the function on a"
            " line below."
        )
    if re.match(r"(import|from)\b.*\bas\s+[^A-Za-z_\s]", line):
        return "After `as` a name of your own must follow: letters, digits and `_`, and no digit first."
    if message.startswith("import * only allowed"):
        return (
            "`from … import *` cannot stand inside a function. Write it at the top of your code, or import"
            " only"
            " the names that you need."
        )
    return ""


def odd_dictionary(exception: str, message: str, line: str) -> str:
    """`{"a" 1}`."""
    quiet = re.sub(r"\s+", " ", line)
    if re.search(r"[{,]\s*(\"[^\"]*\"|'[^']*'|\w+)\s+(\"[^\"]*\"|'[^']*'|[\w\[]+)\s*[,}]", quiet) and (
        ("invalid syntax" in message or "expected after dictionary key" in message) and ":" in line
    ):
        found = re.search(r"[{,]\s*(\"[^\"]*\"|'[^']*'|\w+)\s+(\"[^\"]*\"|'[^']*'|[\w\[]+)\s*[,}]", quiet)
        assert found is not None
        return (
            f"In a dictionary a colon `:` stands between a key and its value, and there is none between"
            f" `{found[1]}` and `{found[2]}`."
        )
    return ""


def words_without_quotes(exception: str, message: str, line: str) -> str:
    """`print(Hello World)`."""
    found = re.match(r"(?:\w+\s*=\s*)?(print|input)\s*\(\s*([A-Za-z]+(?:,? [A-Za-z]+)+[!.?]*)\s*\)$", line)
    if (
        found
        and re.search(r"[A-Z!?]", found[2])
        and not re.search(r"\b(and|or|not|in|is|if|else|for|lambda)\b", found[2])
    ):
        return (
            f"The words in the brackets, `{found[2]}`, are meant as text, but stand there without quotes,"
            f" so Python"
            " takes each of them for a name. Text is put between quotes."
        )
    return ""


def odd_number(exception: str, message: str, line: str) -> str:
    """`1.000.000`, `0xZZ`, `0o89`, `20%`."""
    found = re.search(r"(?<![\w.])\d{1,3}(\.\d{3}){2,}(?![\w.])", line)
    if found and "invalid" in message:
        return (
            f"`{found[0]}` is no number for Python: a dot is the decimal point, so there can be only one."
            f" Leave the"
            " thousands out, or write `_` between them."
        )
    found = re.search(
        r"invalid (hexadecimal|binary|octal) literal|invalid digit '(.)' in (binary|octal)", message
    )
    if found:
        sort = found[1] or found[3]
        allowed = {"hexadecimal": "0-9 and a-f", "binary": "0 and 1", "octal": "0-7"}[sort]
        start = {"hexadecimal": "0x", "binary": "0b", "octal": "0o"}[sort]
        return f"`{start}` at its start makes a number {sort}, so it may only have the digits {allowed}."
    found = re.search(r"(?<![\w.])0+([1-9]\d*)\b", line) if "leading zeros" in message else None
    if found:
        return (
            f"Did you mean `{found[1]}`? A whole number cannot begin with zeros in Python. If the zeros"
            f" matter, as in"
            " a phone number, it is text and needs quotes."
        )
    found = re.search(r"(\d+)\s*%\s*$", blank_strings(line))
    if found:
        return (
            "Did you write `%` by mistake? In Python `%` gives the remainder of a division, so a number must"
            " follow. For per cent, divide by 100."
        )
    return ""


def odd_f_string(exception: str, message: str, line: str) -> str:
    """`f"{}"`, `f"{d["a"]}"`."""
    if "f-string" not in message and not re.search(r"\bf[\"']", line):
        return ""
    if re.search(r"empty expression not allowed|valid expression required before '}'", message):
        return (
            "In this f-string a pair of curly brackets `{}` is empty. Write between them what is to be"
            " shown, such"
            " as the name of a variable."
        )
    if "invalid conversion character" in message:
        return (
            "In the curly brackets of an f-string a `!` may only be followed by `r`, `s` or `a`, which say"
            " how a value is shown. If the `!` is to be shown, it belongs outside the brackets."
        )
    same = re.search(r"\bf(\"[^\"]*\{[^}\"]*\"\w|'[^']*\{[^}']*'\w)", line)
    if same and ("f-string" in message or "invalid syntax" in message or "unterminated" in message):
        quote, other = (same[1][0], "'" if same[1][0] == '"' else '"')
        return (
            f"The quote `{quote}` inside the curly brackets ends the f-string too early. Use the other"
            f" kind of quotes"
            f" inside it: `{other}`."
        )
    if re.search(r"expecting '=', or '!'|f-string: invalid syntax", message):
        found = re.search(r"\{([^{}]*)\}", line)
        if found:
            return (
                f"What stands between the curly brackets of this f-string, `{found[1]}`, is not an"
                " expression of Python."
            )
    return ""


def empty_brackets(exception: str, message: str, line: str) -> str:
    """Nothing stands between square brackets: `a[]`."""
    found = re.search(r"([\w\])]+)\[\s*\]", blank_strings(line))
    if found and message.startswith("invalid syntax"):
        return (
            f"Between the square brackets after `{found[1]}` nothing stands. Write there which item you"
            f" want: its"
            " position, or its key."
        )
    return ""


def call_with_colon(exception: str, message: str, line: str) -> str:
    """`add(a, b):` without `def`."""
    found = re.match(r"([A-Za-z_]\w*)\s*\([\w\s,=]*\)\s*:$", blank_strings(line))
    if (
        found
        and message.startswith("invalid syntax")
        and found[1] not in ("if", "while", "for", "elif", "def", "class", "print", "with", "except")
    ):
        return (
            f"Did you write `:` by mistake? A colon at the end opens a block. If this line is to make a"
            f" function"
            f" `{found[1]}`, the word `def` is missing at its start; to call it, the line needs no colon."
        )
    return ""


def case_without_colon(exception: str, message: str, line: str) -> str:
    """`case 1`."""
    quiet = blank_strings(line)
    if (
        re.match(r"(case|match)\s+\S", quiet)
        and not quiet.endswith(":")
        and (compiles(f"match x:\n {quiet}:\n  pass") or compiles(f"{quiet}:\n case _:\n  pass"))
    ):
        return (
            f"Did you forget a colon? The line starts with `{quiet.split()[0]}` and needs a colon `:`"
            " at its end."
        )
    return ""


def call_without_brackets(exception: str, message: str, line: str) -> str:
    """`exec "x"`; for `print` the library says it well."""
    found = re.search(r"Missing parentheses in call to '(\w+)'", message)
    if not found or found[1] == "print":
        return ""
    rest = line.partition(found[1])[2].strip().rstrip(";")
    shown = (
        f"{found[1]}({rest})" if rest and compiles(f"f({rest})") and len(rest) < 60 else f"{found[1]}(...)"
    )
    return (
        f"Did you mean `{shown}`? `{found[1]}` is a function, so what it works on stands between round"
        f" brackets"
        " (parentheses). Old versions of Python wrote it without."
    )


def half_a_comparison(exception: str, message: str, line: str) -> str:
    """`1 < x and < 5`, `x == 3 or:`, `x is > 2`."""
    quiet = blank_strings(line)
    found = re.search(r"\b(and|or)\s*(<=?|>=?|==|!=)", quiet) or re.search(r"\b(and|or)\s*(:)\s*$", quiet)
    if found and found[2] == ":":
        return f"After `{found[1]}` a second condition is missing: the line ends where it should stand."
    if found:
        return (
            f"`{found[1]}` joins two whole conditions, so each needs something on both sides of its"
            f" `{found[2]}`. The"
            " name must be written again."
        )
    found = re.search(r"\bis\s*(<=?|>=?|==|!=)", quiet)
    if found:
        return (
            f"`is` and `{found[1]}` cannot stand side by side. To compare numbers, `{found[1]}` alone"
            f" is right."
        )
    return ""


def opening_quote(exception: str, message: str, line: str) -> str:
    """`print(Hello")`."""
    if "unterminated string literal" not in message:
        return ""
    found = re.fullmatch(r"[^'\"]*[\w!?., ](['\"])[)\]}:\s]*", line)
    if not found:
        return ""
    return (
        f"The line has only one quote `{found[1]}`, at the end of the text. The one that opens the text,"
        f" at its start, is"
        " missing. (Python takes the closing quote for an opening one, and then does not find its end.)"
    )


_SHORTENED_AFTER = re.compile(r"(?:s|t|re|ll|ve|d|m|clock)\b", re.IGNORECASE)
_SHORTENED_BEFORE = re.compile(r"(?:^|\W)(?:[cdjlmnost]|qu|un|[dns]?[ae]ll)$", re.IGNORECASE)
"""What stands beside an apostrophe in English, French and Italian: It's, l'amie, dell'anno, O'Brien."""


def apostrophe(exception: str, message: str, line: str) -> str:
    """`text = 'It's raining'`."""
    if "unterminated string literal" not in message:
        return ""
    found = re.fullmatch(r"([^'\"#]*)'([^'\"]*\w)'(\w[^'\"]*)'([^'\"#]*)", line)
    if not found:
        return ""
    head, before, after, rest = found.groups()
    if not _SHORTENED_AFTER.match(after) and not _SHORTENED_BEFORE.search(before):
        return ""  # the quote in the middle may be one too many
    mended = f"{head}'{before}\\'{after}'{rest}"
    if not compiles(mended.strip()):
        return ""
    return (
        "The apostrophe inside the text ends it too early: Python takes it for the closing quote. Write a"
        f" backslash before it, `{mended.strip()}`, or put the text between double quotes."
    )


def comma_at_the_end(exception: str, message: str, line: str) -> str:
    """A list or a dictionary over several lines."""
    if "forgot a comma" not in message or line.endswith(","):
        return ""
    if compiles(f"[{line}\n]") or compiles(f"{{{line}\n}}"):
        return (
            "Did you forget a comma? This line stands inside brackets, and so does the next one: between"
            " what they hold, a"
            " comma `,` is missing, at the end of this line."
        )
    return ""


RULES = (
    half_a_comparison,
    opening_quote,
    apostrophe,
    comma_at_the_end,
    assignment_in_condition,
    else_with_condition,
    unfinished_head,
    odd_not,
    import_order,
    odd_f_string,
    odd_dictionary,
    words_without_quotes,
    odd_number,
    empty_brackets,
    case_without_colon,
    call_with_colon,
    call_without_brackets,
)
