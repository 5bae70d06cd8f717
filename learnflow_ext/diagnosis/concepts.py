"""Which idea of the language an error is about: a word the course can be searched for."""

from __future__ import annotations

import re

_BY_MESSAGE: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (exception, re.compile(pattern), concept)
    for exception, pattern, concept in (
        ("SyntaxError", r"'return'|'yield'|parameter|argument|lambda|nonlocal|global", "functions"),
        ("SyntaxError", r"string literal|f-string|EOL while scanning|quote", "strings"),
        ("SyntaxError", r"'break'|'continue'|'for'|'while'", "loops"),
        ("SyntaxError", r"expected ':'|'else'|'if'|instead of '='\?$", "conditions"),
        ("SyntaxError", r"never closed|unmatched|does not match|parenthes", "brackets"),
        ("SyntaxError", r"cannot assign|cannot delete", "variables"),
        ("SyntaxError", r"'print'", "print"),
        ("SyntaxError", r"import", "imports"),
        ("SyntaxError", r"'except'|'finally'", "exceptions"),
        ("SyntaxError", r"decimal literal|leading zeros", "numbers"),
        ("TypeError", r"NoneType", "None"),
        ("TypeError", r"argument|not callable", "functions"),
        ("TypeError", r"indices must be|not subscriptable|item assignment", "indexing"),
        ("TypeError", r"not iterable", "loops"),
        ("TypeError", r"concatenate|unsupported operand|not supported between|must be str", "types"),
        ("TypeError", r"unhashable", "dictionaries"),
        ("ValueError", r"unpack", "unpacking"),
        ("ValueError", r"invalid literal|could not convert", "types"),
        ("ValueError", r"not in list|list\.remove", "lists"),
        ("ValueError", r"substring not found", "strings"),
        ("IndexError", r"string", "strings"),
        ("IndexError", r"tuple", "tuples"),
        ("AttributeError", r"NoneType", "None"),
        ("AttributeError", r"'str'", "strings"),
        ("AttributeError", r"'list'", "lists"),
        ("AttributeError", r"'dict'", "dictionaries"),
        ("AttributeError", r"^module ", "modules"),
        ("RuntimeError", r"changed size during iteration", "loops"),
        ("OSError", r"[Nn]etwork|[Nn]ame or service|resolution", "files"),
    )
)

_BY_EXCEPTION = {
    "ArithmeticError": "numbers",
    "AssertionError": "testing",
    "AttributeError": "objects",
    "EOFError": "input",
    "FileExistsError": "files",
    "FileNotFoundError": "files",
    "ImportError": "imports",
    "IndentationError": "indentation",
    "IndexError": "lists",
    "IsADirectoryError": "files",
    "KeyError": "dictionaries",
    "LookupError": "exceptions",
    "MemoryError": "memory",
    "ModuleNotFoundError": "imports",
    "NameError": "names",
    "NotADirectoryError": "files",
    "NotImplementedError": "exceptions",
    "OSError": "files",
    "OverflowError": "numbers",
    "PermissionError": "files",
    "RecursionError": "recursion",
    "RuntimeError": "exceptions",
    "StopIteration": "iterators",
    "SyntaxError": "syntax",
    "TabError": "indentation",
    "TypeError": "types",
    "UnboundLocalError": "scope",
    "UnicodeDecodeError": "strings",
    "UnicodeEncodeError": "strings",
    "ValueError": "values",
    "ZeroDivisionError": "division",
}


_BY_KEYWORD = {
    "for": "loops",
    "while": "loops",
    "if": "conditions",
    "elif": "conditions",
    "else": "conditions",
    "def": "functions",
    "return": "functions",
    "class": "classes",
    "import": "imports",
    "from": "imports",
    "print": "print",
    "try": "exceptions",
    "except": "exceptions",
}


def concept_of(exception: str, message: str, line: str = "") -> str:
    """What to read up, for instance `lists`, by exception, message and failing line.

    Empty for exceptions that no idea of the language explains.
    """
    word = re.match(r"\w+", line)
    if exception == "SyntaxError" and word and word[0] in _BY_KEYWORD:
        return _BY_KEYWORD[word[0]]
    for name, pattern, concept in _BY_MESSAGE:
        if name == exception and pattern.search(message):
            return concept
    return _BY_EXCEPTION.get(exception, "")
