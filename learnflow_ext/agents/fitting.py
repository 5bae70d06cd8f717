"""How a piece of code becomes a program: alone, inside the function asked for, or in the student's cell."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from textwrap import dedent, indent

from learnflow_ext.agents.source import parse

_SMALL = 3
"""Lines of a fragment that is also tried at each place of the student's cell."""


def alone_or_inside(code: str, header: ast.FunctionDef | None) -> Iterator[str]:
    """A piece as a program of its own, and as the inside of the function that is asked for."""
    tree = parse(code)
    if tree is not None:
        yield code
        yield from _taken_out(tree)
        if header is not None and not any(isinstance(node, ast.FunctionDef) for node in tree.body):
            if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
                yield _in_function(f"return {ast.unparse(tree.body[0].value)}", header)
            else:
                yield _in_function(code, header)
                yield _in_function(code, header, turned=True)
                yield from _in_function_returning(tree, code, header)
    elif header is not None:
        yield _in_function(code, header)
        yield _in_function(code, header, turned=True)


def _taken_out(tree: ast.Module) -> Iterator[str]:
    """Functions out of the class or function around them, without their `self`."""
    inside = [
        node
        for outer in tree.body
        if isinstance(outer, (ast.ClassDef, ast.FunctionDef))
        for node in outer.body
        if isinstance(node, ast.FunctionDef)
    ]
    for node in inside:
        names = [each.arg for each in node.args.args]
        kept = names[1:] if names[:1] in (["self"], ["cls"]) else names
        head = f"def {node.name}({', '.join(kept)}):"
        yield "\n".join([head, *(indent(ast.unparse(each), "    ") for each in node.body)])


def _in_function_returning(tree: ast.Module, code: str, header: ast.FunctionDef) -> Iterator[str]:
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        value = last.value
        if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "print" and value.args:
            value = value.args[0]
        lines = [ast.unparse(node) for node in tree.body[:-1]]
        yield _in_function("\n".join([*lines, f"return {ast.unparse(value)}"]), header)
    given = list(
        dict.fromkeys(
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
    )
    for name in dict.fromkeys([*given[:1], *given[-1:]]):
        yield _in_function(f"{code}\nreturn {name}", header)


def _in_function(body: str, header: ast.FunctionDef, *, turned: bool = False) -> str:
    """`body` as the inside of the function, its own names for what goes in bound to the function's.

    In order of use; `turned` the other way round.
    """
    parameters = [each.arg for each in (*header.args.posonlyargs, *header.args.args)]
    tree = parse("def f():\n" + indent(body, "    "))
    lines = [f"def {header.name}({ast.unparse(header.args)}):"]
    if tree is not None:
        free = free_names(tree)
        unused = [name for name in parameters if name not in free][:: -1 if turned else 1]
        theirs = [name for name in free if name not in parameters]
        if len(theirs) > len(unused):
            # More names than go in: one that is called is the function itself, under another name.
            called = {
                node.func.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            theirs.sort(key=called.__contains__)
            unused += [header.name for name in theirs[len(unused) :] if name in called]
        lines += [f"    {name} = {given}" for name, given in zip(theirs, unused, strict=False)]
    return "\n".join([*lines, indent(body, "    ")])


def free_names(tree: ast.AST) -> list[str]:
    """Names that are used and given by nothing in the code, in order of use.

    A function called `f` gives none: `_in_function` puts code that cannot stand alone into one.
    """
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    stored |= {
        (alias.asname or alias.name).partition(".")[0]
        for alias in ast.walk(tree)
        if isinstance(alias, ast.alias)
    }
    stored |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))} - {
        "f"
    }
    stored |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    read = sorted((node.lineno, node.col_offset, node.id) for node in names if isinstance(node.ctx, ast.Load))
    return list(
        dict.fromkeys(name for _, _, name in read if name not in stored and not hasattr(builtins, name))
    )


def spliced(code: str, own: str) -> Iterator[str]:
    """The student's cell with the piece: after it, in the place of the likest lines, and anywhere."""
    yield f"{own}\n{code}"
    lines, new = own.splitlines(), [line for line in code.splitlines() if line.strip()]
    placed = list(lines)
    for line in new:
        likest = max(range(len(placed)), key=lambda place: _alike(placed[place], line), default=None)
        if likest is not None and _alike(placed[likest], line) > 0.5:
            placed[likest] = _depth(placed[likest]) + line.strip()
    if placed != lines:
        yield "\n".join(placed)
    if len(new) > _SMALL:
        return
    order = sorted(range(len(lines)), key=lambda place: -max(_alike(lines[place], line) for line in new))
    for place in order:
        if not lines[place].strip():
            continue
        block = indent(dedent("\n".join(new)), _depth(lines[place]))
        for size in (1, len(new)):
            yield "\n".join([*lines[:place], block, *lines[place + size :]])
        yield "\n".join([*lines[: place + 1], block, *lines[place + 1 :]])
        yield "\n".join([*lines[:place], block, *lines[place:]])
        if len(new) == 1 and (tree := parse(code)) and isinstance(tree.body[0], ast.Expr):
            head = re.match(r"\s*(?:return |\w+ = |if |while |elif |for \w+ in )", lines[place])
            if head:
                tail = ":" if lines[place].rstrip().endswith(":") else ""
                yield "\n".join([*lines[:place], f"{head.group()}{code.strip()}{tail}", *lines[place + 1 :]])


def _alike(one: str, other: str) -> float:
    return _likeness(one.strip(), other.strip())


@lru_cache(maxsize=16_384)
def _likeness(one: str, other: str) -> float:
    """The same lines of a cell are held against each piece of a reply, and against each later reply."""
    return SequenceMatcher(None, one, other).ratio()


def _depth(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
