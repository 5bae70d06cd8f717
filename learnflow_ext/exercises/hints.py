"""The four rungs of the hint ladder, made from a repair that was proved. The repair itself is never told.

Words come from `wording`; of the student's program only their own line and function are named. Whatever
else a repair
knows (a classmate's names, a hidden test's values) has no way in, and a check makes sure.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

import msgspec

from learnflow_ext.exercises.discretion import first_discreet, told
from learnflow_ext.exercises.repair import Change, Repair
from learnflow_ext.exercises.slips import MISSING_PART, SYNTAX, main_edit, slip_of
from learnflow_ext.exercises.suspects import Suspect
from learnflow_ext.exercises.trees import MODULE, statements
from learnflow_ext.exercises.wording import (
    CHANGE_HELPS,
    CHECK,
    LESS,
    MOST_IN_FAILING,
    ONLY_IN_FAILING,
    SOLVED,
    SUSPECTED,
    WORDS,
    Words,
)

MAX_LINE = 120
"""Characters of the student's line that are shown."""
_CODE = re.compile(r"```python\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_FIXED = frozenset(example.strip() for words in WORDS.values() for example in words.examples) | frozenset(
    span.strip()
    for text in (
        *LESS,
        *SUSPECTED,
        SOLVED,
        CHECK,
        *(each for w in WORDS.values() for each in (w.idea, w.question)),
    )
    for found in _CODE.findall(text)
    for span in found
)
"""Code that stands in our own words."""


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said to a student."""

    proved: bool
    """Whether a change of this program was found that makes every test pass."""
    edit_size: int
    """How many nodes of the program's tree the proved change takes away and adds; 0 when nothing was
    proved.
    """
    line: int | None
    """The line it is about, from 1; None when nothing was proved and no line stands out. Of what is not
    proved it is where to look first.
    """
    concept: str
    rungs: tuple[str, str, str, str]
    """Markdown: the idea, the place, a question, the like on other data."""


def hint_for(source: str, repair: Repair, *, statement: str = "", secret: Sequence[str] = ()) -> Hint:
    """The hint for the program `source`. `secret` are programs and tests nothing of which may be told."""
    if repair.proved and not repair.changes:
        return Hint(proved=True, edit_size=0, line=None, concept="", rungs=(SOLVED,) * 4)
    if not repair.proved or repair.tree is None:
        return Hint(
            proved=False, edit_size=0, line=None, concept="", rungs=_harmless(LESS, source, statement, secret)
        )
    change = first_change(repair)
    edit = main_edit(change.edits)
    slip = (
        MISSING_PART
        if isinstance(change.before, ast.Module) and change.part != MODULE
        else slip_of(change.edits, change.before)
    )
    lines = source.splitlines()
    line = max(1, min(edit.line, len(lines) or 1))
    own = lines[line - 1].strip()[:MAX_LINE] if lines else ""
    sight = _missing(line, change.before) if edit.kind == "insert" else f"Look at line {line}"
    rungs = _rungs(WORDS[slip], change, line, own, sight, secret=(source, statement, secret))
    if not only_own(rungs, source):
        less = _harmless(LESS, source, statement, secret)
        return Hint(proved=False, edit_size=0, line=None, concept="", rungs=less)
    return Hint(proved=True, edit_size=repair.size, line=line, concept=WORDS[slip].concept, rungs=rungs)


def syntax_hint(
    source: str,
    line: int,
    cause: str,
    *,
    edit_size: int = 0,
    proved: bool = False,
    statement: str = "",
    secret: Sequence[str] = (),
) -> Hint:
    """For a program that Python cannot read: the diagnosis says what is wrong, and nothing else is told.

    `proved` when a readable version was found that a proved repair mends. `secret` is as in `hint_for`.
    """
    words = WORDS[SYNTAX]
    example = _example(words.examples, source, statement, secret)
    lines = source.splitlines()
    own = lines[line - 1].strip()[:MAX_LINE] if 0 < line <= len(lines) else ""
    place = f"Look at line {line}: {_code(own)}. {cause}" if own else f"Look at line {line}. {cause}"
    rungs = (
        f"**{_title(words.concept)}.** {words.idea}",
        place.strip(),
        words.question,
        f"The like, on other data:\n\n```python\n{example}\n```"
        if example
        else f"Find a line of your own, or one of your course, that is like line {line} and works. "
        f"{words.question}",
    )
    return Hint(proved=proved, edit_size=edit_size, line=line, concept=words.concept, rungs=rungs)


def suspect_hint(source: str, suspect: Suspect, *, statement: str = "", secret: Sequence[str] = ()) -> Hint:
    """Where nothing was proved, and the failing tests point at a line: that line, and not what is wrong.

    `secret` is as in `hint_for`.
    """
    lines = source.splitlines()
    own = _code(lines[suspect.line - 1].strip()[:MAX_LINE]) if 0 < suspect.line <= len(lines) else ""
    why = ONLY_IN_FAILING if suspect.only else CHANGE_HELPS if suspect.gain > 0 else MOST_IN_FAILING
    first, second, third = (
        each.replace("{line}", str(suspect.line)).replace("{why}", why).replace("{check}", CHECK)
        for each in SUSPECTED
    )
    # The student's line last: whatever stands in braces there is their own.
    told = (first, second.replace("{own}", own), third.replace("{own}", own), LESS[-1])
    return Hint(
        proved=False,
        edit_size=0,
        line=suspect.line,
        concept="",
        rungs=_harmless(told, source, statement, secret),
    )


def only_own(rungs: Sequence[str], source: str) -> bool:
    """Whether all code in `rungs` is the student's, letter by letter, or stands in fixed words.

    The last check, which knows nothing of how a hint is made: no solution's and no classmate's code gets by.
    """
    own = source.replace("`", "'")
    return all(
        span in own or span in _FIXED
        for block, inline in _CODE.findall("\n".join(rungs))
        for span in (block.strip(), inline.strip())
        if span
    )


def first_change(repair: Repair) -> Change:
    """The change a student should think about first: the one nearest to the top of the program."""
    return min(repair.changes, key=lambda change: main_edit(change.edits).line)


def _rungs(
    words: Words,
    change: Change,
    line: int,
    own: str,
    sight: str,
    *,
    secret: tuple[str, str, Sequence[str]],
) -> tuple[str, str, str, str]:
    named = _own_name(change)
    where = f" in {_code(named)}" if named else ""
    source, statement, hidden = secret
    example = _example(words.examples, source, statement, hidden)
    return (
        f"**{_title(words.concept)}.** {words.idea} Something about this is not right yet{where}.",
        f"{sight}{where}: {_code(own)}\n\nIt has to do with **{words.concept}**. {CHECK}",
        f"Line {line}: {_code(own)}\n\n{words.question}",
        f"The like, on other data:\n\n```python\n{example}\n```\n\nWhat does it show about your line {line}?"
        if example
        else f"Try your line {line} by itself, with a value of your own, and print what comes "
        f"out. {words.question}",
    )


def _missing(line: int, part: ast.AST) -> str:
    """That something is, behind `line` of `part`; with the line of its next statement, where there is one."""
    below = statements(getattr(part, "body", []))
    ahead = min((each.lineno for each in below if each.lineno > line), default=None)
    place = f"after line {line}" if ahead is None else f"between line {line} and line {ahead}"
    return f"Something is still missing {place}"


def _own_name(change: Change) -> str:
    """The student's function; empty where they have none of that name."""
    return change.part if change.part != MODULE and not isinstance(change.before, ast.Module) else ""


def _title(text: str) -> str:
    return text[:1].upper() + text[1:]


def _code(text: str) -> str:
    """A code span that nothing inside can end."""
    plain = text.replace("`", "'").strip()
    return f"`{plain}`" if plain else "(an empty line)"


def _example(examples: Iterable[str], source: str, statement: str, secret: Sequence[str]) -> str:
    """The first example that shares no value with what is secret; empty for none."""
    return first_discreet(examples, source, statement, secret)


def _harmless(
    rungs: tuple[str, str, str, str], source: str, statement: str, secret: Sequence[str]
) -> tuple[str, str, str, str]:
    first, second, third, fourth = rungs
    code = "".join(found[0] for found in _CODE.findall(fourth))
    return first, second, third, third if told(code, source, statement, secret) else fourth
