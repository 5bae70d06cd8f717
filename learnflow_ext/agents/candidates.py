"""Programs that a reply could become: its code alone, and put into the student's cell. Pure; runs nothing."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest

from learnflow_ext.agents import disguises, spoken
from learnflow_ext.agents.fitting import alone_or_inside, free_names, spliced
from learnflow_ext.agents.fragments import blocks_in, fragments, is_line, line_parts, undisguised
from learnflow_ext.agents.layouts import MAX_LINES, def_name, indented
from learnflow_ext.agents.references import Reference
from learnflow_ext.agents.source import parse

MOST = 54
"""Programs tried for one exercise and reply; each costs some milliseconds."""
MOST_BLOCKS = 6
"""Of these, fenced code as it stands: its lines in other layouts are longer, and would crowd it out."""
MOST_GATHERED = 12
"""Programs of what a long talk told here and there."""
_NAME = re.compile(r"(?<![.'\"\w])[A-Za-z_]\w*")
_NO_NAMES = frozenset(keyword.kwlist) | frozenset(dir(builtins))


def _by_turns(plain: Iterable[str], hidden: Iterable[str]) -> Iterator[str]:
    """The longest first, and of what is plain and what is hidden one after the other: neither crowds out the
    other."""
    rows = [sorted(each, key=len, reverse=True) for each in (plain, hidden)]
    for pair in zip_longest(*rows):
        yield from (program for program in pair if program is not None)


def programs(text: str, reference: Reference, own_code: str = "") -> list[str]:
    """What to try for an exercise; at most `MOST`. Nothing that holds only what the student's cell holds."""
    header = _header(reference)
    known = {line.strip() for line in own_code.splitlines()}
    pieces = [
        code
        for fragment in fragments(text)
        for code in (fragment, *_definitions(fragment))
        if any(line.strip() not in known for line in code.splitlines() if line.strip())
    ]
    open_ones = undisguised(text)
    plain = dict.fromkeys(
        program for code in pieces if code in open_ones for program in alone_or_inside(code, header)
    )
    alone = plain | dict.fromkeys(program for code in pieces for program in alone_or_inside(code, header))
    in_turn = _by_turns(plain, [program for program in alone if program not in plain])
    as_it_stands = sorted((program for program in alone if program in blocks_in(text)), key=len, reverse=True)
    distinct = _Distinct()
    # Both kinds have their share, so that a long reply cannot crowd one of them out.
    found = distinct.of(as_it_stands, MOST_BLOCKS)
    found += distinct.of(in_turn, 2 * (MOST - MOST_BLOCKS) // 3)
    if own_code.strip() and len(own_code.splitlines()) <= MAX_LINES:
        placed = (program for code in pieces for program in spliced(code, own_code))
        found += distinct.of((program for program in placed if program not in alone), MOST - len(found))
    return found


def gathered(text: str, reference: Reference, own_code: str = "") -> list[str]:
    """What a long talk tells here and there: of all its lines those that the result rests on.

    At most `MOST_GATHERED`. Empty where that is what `programs` tries already.
    """
    header, own = _header(reference), {line.strip() for line in own_code.splitlines()}
    found: dict[str, None] = {}
    for reading in disguises.readings(text):
        rows = (
            [part for line in reading.splitlines() for part in line_parts(line)],
            [line for line in spoken.lines(reading) if is_line(line)],
        )
        for row in rows:
            new = [line for line in dict.fromkeys(map(str.strip, row)) if line not in own]
            needed = list(_rested_on(new))
            if 1 < len(needed) < len(row):
                for layout in islice(indented(needed), MOST_GATHERED // 2):
                    found |= dict.fromkeys(alone_or_inside(layout, header))
        if len(found) >= 4 * MOST_GATHERED:
            break
    return _Distinct().of(found, MOST_GATHERED)


def _rested_on(row: list[str]) -> Iterator[str]:
    """Without lines whose names have nothing to do with what is given back.

    `else:` and the like stay, and the last head of a function.
    """
    words = [set(_NAME.findall(line)) - _NO_NAMES for line in row]
    last = max((place for place, line in enumerate(row) if def_name(line)), default=-1)
    kept = {place for place, line in enumerate(row) if line.startswith("return")}
    kept = kept or ({len(row) - 1} if row else set())
    names = set[str]().union(*(words[place] for place in kept))
    grows = True
    while grows:
        more = {
            place
            for place, line in enumerate(row)
            if place not in kept and not def_name(line) and not names.isdisjoint(words[place])
        }
        kept |= more
        before = len(names)
        names = names.union(*(words[place] for place in more))
        grows = len(names) > before
    bare = {
        place for place, line in enumerate(row) if line in ("else:", "break", "continue", "try:", "finally:")
    }
    return (row[place] for place in sorted(kept | bare | ({last} if last >= 0 else set())))


def _definitions(code: str) -> Iterator[str]:
    """Its functions and classes without what is done with them, which may fail, or wait for somebody."""
    tree = parse(code)
    body = tree.body if tree is not None else []
    made = [node for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    needed = set(free_names(ast.Module(body=[*made], type_ignores=[])))
    kept = [node for node in body if node in made or not needed.isdisjoint(_given(node))]
    if made and len(kept) < len(body):
        yield "\n".join(map(ast.unparse, kept))


def _given(statement: ast.stmt) -> set[str]:
    """Names that an import or an assignment gives."""
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(each.asname or each.name).partition(".")[0] for each in statement.names}
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return {
            node.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
    return set()


class _Distinct:
    """Programs that can be read and that differ in more than their layout."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def of(self, programs: Iterable[str], most: int) -> list[str]:
        """The first of them that are new here, and no more of them than asked for are looked at."""
        found: list[str] = []
        texts: set[str] = set()
        for program in programs:
            if len(found) >= most:
                break
            if program in texts:
                continue
            texts.add(program)
            tree = parse(program)
            shape = ast.dump(tree) if tree is not None else ""
            if shape and shape not in self._seen:
                self._seen.add(shape)
                found.append(program)
        return found


def _header(reference: Reference) -> ast.FunctionDef | None:
    """The head of the function that the exercise asks for; None where it asks for no single one."""
    tree = parse(reference.whole)
    functions = [node for node in (tree.body if tree else []) if isinstance(node, ast.FunctionDef)]
    wanted = [node for node in functions if node.name in reference.entries] or functions
    return wanted[-1] if wanted else None
