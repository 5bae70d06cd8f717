"""Pieces of code in a text, as they could be meant."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from textwrap import dedent, indent

from learnflow_ext.agents import disguises, spoken
from learnflow_ext.agents.layouts import MAX_LINES, indented
from learnflow_ext.agents.source import parse

_FENCE = re.compile(
    r"^[ \t>]*(`{3,}|~{3,})[^\n]*\n(.*?)(?:^[ \t>]*\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LEAD = re.compile(r"^\s*(?:(?:[-*+>|]|\d+[.):]|In \[\d*\]:|>>>|\.\.\.)\s)*")
_LEAD_KEEPING = re.compile(r"^(?:(?:[-*+>|]|\d+[.):]|In \[\d*\]:|>>>|\.\.\.) ?)+")
_LOOKS = re.compile(r"[=(\[:]|^(?:return|break|continue|pass|else|import|from|yield|raise)\b|[+*/%-]")
_LABEL = re.compile(
    r"^\s*[A-Za-z][\w ,]{0,24}: (?=\s*(?:(?:def|from|import|for|while|if|return|class|with)\b|\w+ = ))"
)
_TOLD = re.compile(
    r"^\s*(?:(?:then|and|next|finally|first|now|write|put|type|add|use)[ ,:]+)+(?=\S)", re.IGNORECASE
)


@lru_cache(maxsize=512)
def fragments(text: str) -> tuple[str, ...]:
    """Pieces of code in a text, as they could be meant: blocks, all in a row, lines, lines told in words.

    All can be parsed, alone or inside a function; none twice.
    """
    return tuple(_found(disguises.readings(text)))


@lru_cache(maxsize=512)
def undisguised(text: str) -> frozenset[str]:
    """Those of the fragments that stand there in no disguise."""
    return frozenset(_found(disguises.readings(text)[:2]))


@lru_cache(maxsize=512)
def blocks_in(text: str) -> frozenset[str]:
    """Fenced code, in whatever disguise, as it stands."""
    readings = disguises.readings(text)
    return frozenset(dedent(found[2]).strip("\n") for each in readings for found in _FENCE.finditer(each))


def _found(readings: Iterable[str]) -> dict[str, None]:
    found: dict[str, None] = {}
    for reading in readings:
        for piece in _pieces(reading):
            code = dedent(piece).strip("\n")
            if code.strip() and code.count("\n") < MAX_LINES and _tells(code):
                found.setdefault(code, None)
    return found


def _pieces(text: str) -> Iterator[str]:
    blocks = [dedent(_unquoted(match.group(2))) for match in _FENCE.finditer(text)]
    yield from blocks
    unlabelled = ("\n".join(_LABEL.sub("", line) for line in block.splitlines()) for block in blocks)
    yield from (code for code, block in zip(unlabelled, blocks, strict=True) if code != block.strip("\n"))
    if len(blocks) > 1:
        yield "\n".join(blocks)
        yield from indented(line for block in blocks for line in block.splitlines())
    for block in blocks:
        yield from _texts_in(block)
    prose = _FENCE.sub("\n", text)
    spans = [match.group(2).strip() for match in _SPAN.finditer(prose)]
    yield from spans
    yield from indented(part for span in spans for part in span.split("\n"))
    kept = [_LABEL.sub("", _LEAD_KEEPING.sub("", line).replace("`", "")) for line in prose.splitlines()]
    yield from _runs(kept)
    bare = [
        _TOLD.sub("", _LABEL.sub("", _LEAD.sub("", line))).strip().strip("`").rstrip(",;")
        for line in text.splitlines()
    ]
    yield from indented(line for line in bare if is_line(line))
    told = spoken.lines(text)
    yield from indented(line for line in told if is_line(line))
    in_order = [
        part
        for line in text.splitlines()
        for part in (line_parts(line) if "`" in line or is_line(_LEAD.sub("", line).strip()) else ())
    ]
    yield from indented(in_order)


def line_parts(line: str) -> list[str]:
    """What of a line may be code: its spans in backquotes, else all of it without a bullet before."""
    spans = [match.group(2).strip() for match in _SPAN.finditer(line)]
    return [each for each in (spans or [_LEAD.sub("", line).strip()]) if is_line(each)]


def _unquoted(block: str) -> str:
    lines = block.splitlines()
    if lines and all(re.match(r"^\s*(?:>|>>>|\.\.\.|\d+[.:)|])", line) for line in lines if line.strip()):
        return "\n".join(re.sub(r"^\s*(?:>>>|\.\.\.|>|\d+[.:)|]) ?", "", line) for line in lines)
    return block


def _texts_in(code: str) -> Iterator[str]:
    tree = parse(code)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 8:
            yield node.value


def _runs(lines: list[str]) -> Iterator[str]:
    """Longest runs of lines that are code, with their own indentation, and several runs in a row."""
    runs: list[list[str]] = [[]]
    for line in lines:
        if line.strip() and (is_line(line.strip()) or line.startswith("    ")):
            runs[-1].append(line)
        elif runs[-1] and line.strip():
            runs.append([])
    whole = [run for run in runs if run]
    yield from ("\n".join(run) for run in whole)
    if len(whole) > 1:
        yield "\n".join(line for run in whole for line in run)


def is_line(line: str) -> bool:
    """Whether one line, without its indentation, can be Python that does something."""
    if not _LOOKS.search(line) or len(line) > 300:
        return False
    if line.endswith(":"):
        line = f"if x: pass\n{line} pass" if line.startswith(("elif", "else")) else f"{line} pass"
        line = f"try: pass\n{line.splitlines()[-1]}" if line.startswith(("except", "finally")) else line
    tree = parse(line if not line.startswith("return") else f"def f():\n    {line}")
    return tree is not None and bool(tree.body)


def _tells(code: str) -> bool:
    """Whether it can be parsed, on its own or inside a function, and is more than a name or a value."""
    tree = parse(code) or parse("def f():\n" + indent(code, "    "))
    if tree is None:
        return False
    return any(not isinstance(node, (ast.Name, ast.Constant)) for node in _values(tree))


def _values(tree: ast.Module) -> Iterator[ast.AST]:
    for statement in tree.body:
        yield statement.value if isinstance(statement, ast.Expr) else statement
