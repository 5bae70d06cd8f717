"""Whether a text tells something of secret programs: their names, values and comments, however written."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import re
import tokenize
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from learnflow_ext.exercises.trees import names_in, parse

_SHORT = 3
"""A shorter text may stand in a sentence by chance; as a value it tells."""


@dataclass(frozen=True)
class _Words:
    """What a program has that could be told, in plain letters."""

    names: frozenset[str]
    texts: frozenset[str]
    numbers: frozenset[str]


def told(code: str, source: str, statement: str, secret: Sequence[str]) -> set[str]:
    """Names, values and comments of `secret` programs that stand in `code`, in plain letters, and not in what
    the student knows anyway: the own program, the statement, and Python's own names.

    The same number is the same however it is written, and so are letters in other forms.
    """
    return _told(code, source, statement, [_words(each) for each in secret])


def first_discreet(codes: Iterable[str], source: str, statement: str, secret: Sequence[str]) -> str:
    """The first of `codes` of which nothing is `told`; empty for none.

    The secret programs, classmates' among them, are read once for all of these, and not remembered.
    """
    words = [_words(each) for each in secret]
    return next((code for code in codes if not _told(code, source, statement, words)), "")


def _told(code: str, source: str, statement: str, secret: Sequence[_Words]) -> set[str]:
    shown, own = _words(code), _words(source)
    text, seen = _plain(code), _plain(f"{source}\n{statement}")
    apart = text.replace("_", " ")
    found: set[str] = set()
    for each in secret:
        found |= {word for word in each.names if _stands_in(word, text)}
        found |= {word for word in each.numbers if word in shown.numbers or _stands_in(word, text)}
        found |= {word for word in each.texts if word in shown.texts | shown.names | shown.numbers}
        found |= {
            word
            for word in each.texts
            if len(word) >= _SHORT and _has_letters(word) and _stands_in(word, apart)
        }
    known = own.names | own.texts | own.numbers | _PYTHONS_OWN
    return {word for word in found - known if not (_has_letters(word) and _stands_in(word, seen))}


def _plain(text: str) -> str:
    """`text` in small letters without accents and other dress, with single blanks."""
    bare = unicodedata.normalize("NFKD", text)
    bare = "".join(each for each in bare if not unicodedata.combining(each))
    return " ".join(bare.casefold().split())


_PYTHONS_OWN = frozenset(map(_plain, [*dir(builtins), *keyword.kwlist]))


def _has_letters(word: str) -> bool:
    """Letters or digits: without them it stands in every program."""
    return any(map(str.isalnum, word))


def _stands_in(word: str, text: str) -> bool:
    """Whether it does as a whole word, or whole words."""
    before = r"(?<!\w)" if word[:1].isalnum() or word[:1] == "_" else ""
    after = r"(?!\w)" if word[-1:].isalnum() or word[-1:] == "_" else ""
    return word in text and re.search(before + re.escape(word) + after, text) is not None


def _words(program: str) -> _Words:
    """Of what is no Python, all words."""
    tree = parse(program)
    if tree is None:
        return _Words(frozenset(map(_plain, re.findall(r"\w+", program))), frozenset(), frozenset())
    numbers, texts = set(), set()
    for node in ast.walk(tree):
        value = _value(node) if isinstance(node, ast.expr) else None
        if isinstance(value, str):
            texts |= {each for each in (_plain(value), _plain(value.replace("_", " "))) if each}
            numbers |= {number for number in [_number_in(value)] if number}
        elif value is not None:
            numbers.add(_number(value))
    texts |= {each for each in map(_plain, _comments(program)) if each}
    names = {_plain(name) for name in names_in(tree) | set(_bound(tree))}
    # Written apart they are a text.
    texts |= {name.strip("_").replace("_", " ") for name in names if "_" in name.strip("_")}
    return _Words(frozenset(names), frozenset(texts), frozenset(numbers))


def _value(node: ast.expr) -> str | int | float | complex | None:
    """The text or number that is written there, put together where `+` does it; None for anything else."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=str() | int() | float() | complex() as value):
            return value
        case ast.Constant(value=bytes(value)):
            return value.decode("latin-1")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _value(left), _value(right)
            return one + other if isinstance(one, str) and isinstance(other, str) else None
    return None


def _number(value: complex) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def _number_in(text: str) -> str:
    """The number that a text says; empty for none."""
    try:
        return _number(float(text)) if len(text) < 40 else ""
    except ValueError:
        return ""


def _bound(tree: ast.AST) -> Iterator[str]:
    """Names that are chosen and stand in the tree as plain text."""
    for node in ast.walk(tree):
        match node:
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name
            case (
                ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name))
            ):
                yield name
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield from names


def _comments(program: str) -> list[str]:
    try:
        found = list(tokenize.generate_tokens(io.StringIO(program).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [each.string.strip("#!?:;,.- ") for each in found if each.type == tokenize.COMMENT]
