"""Programs that a reply could become: its code alone, and put into the student's cell. Pure; runs nothing."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice, zip_longest
from textwrap import dedent, indent

from learnflow_ext.agents import disguises, spoken
from learnflow_ext.agents.references import Reference
from learnflow_ext.agents.source import parse

MOST = 54
"""Programs tried for one exercise and reply; each costs some milliseconds."""
MOST_BLOCKS = 6
"""Of these, fenced code as it stands: its lines in other layouts are longer, and would crowd it out."""
MAX_LINES = 60
_FENCE = re.compile(
    r"^[ \t>]*(`{3,}|~{3,})[^\n]*\n(.*?)(?:^[ \t>]*\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LEAD = re.compile(r"^\s*(?:(?:[-*+>|]|\d+[.):]|In \[\d*\]:|>>>|\.\.\.)\s)*")
_LEAD_KEEPING = re.compile(r"^(?:(?:[-*+>|]|\d+[.):]|In \[\d*\]:|>>>|\.\.\.) ?)+")
_LOOKS = re.compile(r"[=(\[:]|^(?:return|break|continue|pass|else|import|from|yield|raise)\b|[+*/%-]")
_OPENS = re.compile(r"^(?:def|for|while|if|elif|else|with|try|except|finally|class)\b.*:$|^else:$|^try:$")
_LEAVES = re.compile(r"(?:return|break|continue|raise)\b")
_CONTINUES = re.compile(r"(?:elif|else|except|finally)\b")
_LABEL = re.compile(
    r"^\s*[A-Za-z][\w ,]{0,24}: (?=\s*(?:(?:def|from|import|for|while|if|return|class|with)\b|\w+ = ))"
)
_TOLD = re.compile(
    r"^\s*(?:(?:then|and|next|finally|first|now|write|put|type|add|use)[ ,:]+)+(?=\S)", re.IGNORECASE
)
MOST_LAYOUTS = 12
MOST_GATHERED = 12
"""Programs of what a long talk told here and there."""
_NAME = re.compile(r"(?<![.'\"\w])[A-Za-z_]\w*")
_NO_NAMES = frozenset(keyword.kwlist) | frozenset(dir(builtins))
_SMALL = 3
"""Lines of a fragment that is also tried at each place of the student's cell."""


@lru_cache(maxsize=512)
def fragments(text: str) -> tuple[str, ...]:
    """Pieces of code in a text, as they could be meant: blocks, all in a row, lines, lines told in words.

    All can be parsed, alone or inside a function; none twice.
    """
    return tuple(_found(disguises.readings(text)))


@lru_cache(maxsize=512)
def _plain(text: str) -> frozenset[str]:
    """Those of the fragments that stand there in no disguise."""
    return frozenset(_found(disguises.readings(text)[:2]))


@lru_cache(maxsize=512)
def _blocks(text: str) -> frozenset[str]:
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


def _by_turns(plain: Iterable[str], hidden: Iterable[str]) -> Iterator[str]:
    """The longest first, and of what is plain and what is hidden one after the other: neither crowds out the
    other."""
    rows = [sorted(each, key=len, reverse=True) for each in (plain, hidden)]
    for pair in zip_longest(*rows):
        yield from (program for program in pair if program is not None)


def _pieces(text: str) -> Iterator[str]:
    blocks = [dedent(_unquoted(match.group(2))) for match in _FENCE.finditer(text)]
    yield from blocks
    unlabelled = ("\n".join(_LABEL.sub("", line) for line in block.splitlines()) for block in blocks)
    yield from (code for code, block in zip(unlabelled, blocks, strict=True) if code != block.strip("\n"))
    if len(blocks) > 1:
        yield "\n".join(blocks)
        yield from _indented(line for block in blocks for line in block.splitlines())
    for block in blocks:
        yield from _texts_in(block)
    prose = _FENCE.sub("\n", text)
    spans = [match.group(2).strip() for match in _SPAN.finditer(prose)]
    yield from spans
    yield from _indented(part for span in spans for part in span.split("\n"))
    kept = [_LABEL.sub("", _LEAD_KEEPING.sub("", line).replace("`", "")) for line in prose.splitlines()]
    yield from _runs(kept)
    bare = [
        _TOLD.sub("", _LABEL.sub("", _LEAD.sub("", line))).strip().strip("`").rstrip(",;")
        for line in text.splitlines()
    ]
    yield from _indented(line for line in bare if _is_line(line))
    told = spoken.lines(text)
    yield from _indented(line for line in told if _is_line(line))
    in_order = [
        part
        for line in text.splitlines()
        for part in (_line_parts(line) if "`" in line or _is_line(_LEAD.sub("", line).strip()) else ())
    ]
    yield from _indented(in_order)


def _line_parts(line: str) -> list[str]:
    spans = [match.group(2).strip() for match in _SPAN.finditer(line)]
    return [each for each in (spans or [_LEAD.sub("", line).strip()]) if _is_line(each)]


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
        if line.strip() and (_is_line(line.strip()) or line.startswith("    ")):
            runs[-1].append(line)
        elif runs[-1] and line.strip():
            runs.append([])
    whole = [run for run in runs if run]
    yield from ("\n".join(run) for run in whole)
    if len(whole) > 1:
        yield "\n".join(line for run in whole for line in run)


def _is_line(line: str) -> bool:
    """Whether one line, without its indentation, can be Python that does something."""
    if not _LOOKS.search(line) or len(line) > 300:
        return False
    if line.endswith(":"):
        line = f"if x: pass\n{line} pass" if line.startswith(("elif", "else")) else f"{line} pass"
        line = f"try: pass\n{line.splitlines()[-1]}" if line.startswith(("except", "finally")) else line
    tree = parse(line if not line.startswith("return") else f"def f():\n    {line}")
    return tree is not None and bool(tree.body)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    """Lines that may have lost their indentation, with the likeliest ones first; at most `MOST_LAYOUTS`.

    After a colon a line stands deeper, else beside the one before, or after a `return` one step further out.
    Layouts with more and more exceptions to that follow.
    """
    row = [line.strip() for line in lines if line.strip()]
    heads = {_def_name(line): place for place, line in enumerate(row)}
    # The head of a function that comes again below is the beginning of something else, such as a quotation.
    row = [line for place, line in enumerate(row) if not _def_name(line) or heads[_def_name(line)] == place]
    # Of a long talk the newest lines.
    row = row[-MAX_LINES:]
    last = max((place for place, line in enumerate(row) if _def_name(line)), default=0)
    if last:
        yield from _indented(row[last:])
    if not row:
        return
    if len(row) == 1:
        yield row[0]
        return
    made = 0
    for exceptions in range(4):
        for depths in _layouts(row, exceptions):
            yield "\n".join("    " * depth + line for depth, line in zip(depths, row, strict=True))
            made += 1
            if made >= MOST_LAYOUTS:
                return


def _def_name(line: str) -> str:
    return line.removeprefix("def ").partition("(")[0].strip() if line.startswith("def ") else ""


def _layouts(row: list[str], exceptions: int) -> Iterator[list[int]]:
    """Depths of the lines with just so many exceptions to what is usual."""
    stack: list[tuple[list[int], int]] = [([0], exceptions)]
    tried = 0
    while stack and tried < 2_000:
        tried += 1
        depths, left = stack.pop()
        if len(depths) == len(row):
            if left == 0:
                yield depths
            continue
        before, line = row[len(depths) - 1], row[len(depths)]
        if _OPENS.match(before):
            options = [depths[-1] + 1]
        elif _CONTINUES.match(line):
            options = _openers(row, depths)
        else:
            outer = sorted({row_depth for row_depth in depths if row_depth <= depths[-1]}, reverse=True)
            step = 1 if _LEAVES.match(before) else 0
            step = max(step, 1) if line.startswith("return") and depths[-1] > 1 else step
            usual = outer[min(step, len(outer) - 1)]
            options = [usual, *(each for each in outer if each != usual)]
            if line.startswith("def "):
                options = [0]
        for place, option in reversed(list(enumerate(options))):
            if bool(place) <= left:
                stack.append(([*depths, option], left - bool(place)))


def _openers(row: list[str], depths: list[int]) -> list[int]:
    """Where an `else` may stand: below what opened a block, the innermost first."""
    found = [
        depth for depth, line in zip(depths, row, strict=False) if _OPENS.match(line) and depth < depths[-1]
    ]
    return sorted(set(found), reverse=True) or [0]


def _tells(code: str) -> bool:
    """Whether it can be parsed, on its own or inside a function, and is more than a name or a value."""
    tree = parse(code) or parse("def f():\n" + indent(code, "    "))
    if tree is None:
        return False
    return any(not isinstance(node, (ast.Name, ast.Constant)) for node in _values(tree))


def _values(tree: ast.Module) -> Iterator[ast.AST]:
    for statement in tree.body:
        yield statement.value if isinstance(statement, ast.Expr) else statement


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
    open_ones = _plain(text)
    plain = dict.fromkeys(program for code in pieces if code in open_ones for program in _alone(code, header))
    alone = plain | dict.fromkeys(program for code in pieces for program in _alone(code, header))
    in_turn = _by_turns(plain, [program for program in alone if program not in plain])
    as_it_stands = sorted((program for program in alone if program in _blocks(text)), key=len, reverse=True)
    distinct = _Distinct()
    # Both kinds have their share, so that a long reply cannot crowd one of them out.
    found = distinct.of(as_it_stands, MOST_BLOCKS)
    found += distinct.of(in_turn, 2 * (MOST - MOST_BLOCKS) // 3)
    if own_code.strip() and len(own_code.splitlines()) <= MAX_LINES:
        spliced = (program for code in pieces for program in _spliced(code, own_code, header))
        found += distinct.of((program for program in spliced if program not in alone), MOST - len(found))
    return found


def gathered(text: str, reference: Reference, own_code: str = "") -> list[str]:
    """What a long talk tells here and there: of all its lines those that the result rests on.

    At most `MOST_GATHERED`. Empty where that is what `programs` tries already.
    """
    header, own = _header(reference), {line.strip() for line in own_code.splitlines()}
    found: dict[str, None] = {}
    for reading in disguises.readings(text):
        rows = (
            [part for line in reading.splitlines() for part in _line_parts(line)],
            [line for line in spoken.lines(reading) if _is_line(line)],
        )
        for row in rows:
            new = [line for line in dict.fromkeys(map(str.strip, row)) if line not in own]
            needed = list(_rested_on(new))
            if 1 < len(needed) < len(row):
                for layout in islice(_indented(needed), MOST_GATHERED // 2):
                    found |= dict.fromkeys(_alone(layout, header))
        if len(found) >= 4 * MOST_GATHERED:
            break
    return _Distinct().of(found, MOST_GATHERED)


def _rested_on(row: list[str]) -> Iterator[str]:
    """Without lines whose names have nothing to do with what is given back.

    `else:` and the like stay, and the last head of a function.
    """
    words = [set(_NAME.findall(line)) - _NO_NAMES for line in row]
    last = max((place for place, line in enumerate(row) if _def_name(line)), default=-1)
    kept = {place for place, line in enumerate(row) if line.startswith("return")}
    kept = kept or ({len(row) - 1} if row else set())
    names = set[str]().union(*(words[place] for place in kept))
    grows = True
    while grows:
        more = {
            place
            for place, line in enumerate(row)
            if place not in kept and not _def_name(line) and not names.isdisjoint(words[place])
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
    needed = set(_free(ast.Module(body=[*made], type_ignores=[])))
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


def _alone(code: str, header: ast.FunctionDef | None) -> Iterator[str]:
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
        free = _free(tree)
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


def _free(tree: ast.AST) -> list[str]:
    """Names that are used and given by nothing in the code, in order of use."""
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


def _spliced(code: str, own: str, header: ast.FunctionDef | None) -> Iterator[str]:
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
