"""The review agent: what is good about code that runs, and at most three things to think about. Never
rewritten code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from learnflow_ext.agents import around, code_checks, markdown
from learnflow_ext.agents.lint_rules import RULES
from learnflow_ext.agents.linting import linted
from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.reply import MAX_WORDS, Reply, words
from learnflow_ext.agents.source import fenced, parse_or_error
from learnflow_ext.contracts.help import MAX_CELL_CHARS, HelpRequest
from learnflow_ext.contracts.progress import Level
from learnflow_ext.contracts.runner import Runner

MAX_SUGGESTIONS = 3
MAX_FOR_BEGINNERS = 2
MAX_LINE_SHOWN = 60
"""Characters of a line of the student's."""


class ReviewFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen."""

    lines: int
    """Lines of code, without empty ones and comments; 0 when there is none to look at."""
    fails: str = ""
    """Class name of the error the cell ended with; empty when it ran."""
    unreadable_line: int | None = None
    """Line at which Python cannot read on, 0 when it cannot say; None when it reads well."""
    too_long: bool = False
    """More than we read of one cell."""
    praise: tuple[str, ...] = ()
    """Facts about the code, each the end of a sentence."""
    remarks: tuple[Remark, ...] = ()
    """The weightiest first, at most `MAX_SUGGESTIONS`, no two of a kind or on one line."""
    code: str = ""
    """What was looked at; empty where there is nothing to look at closer."""
    level: Level | None = None
    """Of the student in this assignment: who has just begun hears of two things at most."""


def analyse(request: HelpRequest, level: Level | None = None) -> ReviewFindings:
    """Look at code in the message, else at the cell and those around it. Pure: no linter is asked yet."""
    pasted = fenced(request.text)[1]
    code = pasted or request.code
    lines = [line for line in code.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return ReviewFindings(lines=0)
    if request.error is not None and not pasted:
        return ReviewFindings(lines=len(lines), fails=markdown.identifier(request.error.exception))
    tree = parse_or_error(code)
    if not isinstance(tree, ast.Module) and len(code) >= MAX_CELL_CHARS:
        return ReviewFindings(lines=len(lines), too_long=True)
    if not isinstance(tree, ast.Module):
        return ReviewFindings(lines=len(lines), unreadable_line=(tree.lineno or 0) if tree else 0)
    others = {} if pasted else around.others(request)
    return ReviewFindings(
        lines=len(lines),
        praise=_praise(tree, code),
        remarks=_varied([*code_checks.remarks(code), *_beside(code, others)]),
        code=code,
        level=level,
    )


def _beside(code: str, cells: Mapping[str, str]) -> Iterator[Remark]:
    """What only the other cells of the notebook show: a function made twice, lines that stand there too."""
    made = around.functions_in(code)
    for name in made:
        if any(name in around.functions_in(cell) for cell in cells.values()):
            yield Remark(
                kind="made-twice",
                line=made[name],
                why=f"another cell of this notebook makes {markdown.code(name, 30)} too, and the one that "
                "ran last counts.",
                question="Which of the two do you want to keep?",
                slip=True,
                weight=63,
            )
    if (line := around.repeated_line(code, cells)) is not None:
        yield Remark(
            kind="said-again",
            line=line,
            why="from here on several lines stand in another cell of this notebook too.",
            question="If you have to change them one day, in how many places? What could have a name of its "
            "own?",
            slip=False,
            weight=55,
        )


async def with_linter(findings: ReviewFindings, runner: Runner) -> ReviewFindings:
    """The findings with what ruff sees; as they are where there is no code, or ruff cannot be asked."""
    found = await linted(findings.code, runner) if findings.code else None
    if found is None:
        return findings
    clean = (f"ruff, a tool that professionals use, finds none of {len(RULES)} common slips",)
    return msgspec.structs.replace(
        findings,
        praise=(*findings.praise, *(clean if not found else ())),
        remarks=_varied([*findings.remarks, *found]),
    )


def _varied(found: Iterable[Remark]) -> tuple[Remark, ...]:
    """The weightiest, each kind and each line once: three times the same advice teaches once."""
    kept: list[Remark] = []
    for remark in sorted(found, key=lambda each: (-each.weight, each.line, each.kind)):
        if all(remark.kind != each.kind and remark.line != each.line for each in kept):
            kept.append(remark)
    return tuple(kept[:MAX_SUGGESTIONS])


def _praise(tree: ast.Module, code: str) -> tuple[str, ...]:
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    names = [
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    long_names = [name for name in names if len(name) >= 4]
    found = []
    if functions and all(ast.get_docstring(function) for function in functions):
        found.append("every function says in words what it is for")
    if long_names and len(long_names) >= 0.7 * len(names):
        found.append(f"your names are words, such as {markdown.code(long_names[0], 30)}")
    if any(isinstance(node, ast.JoinedStr) for node in ast.walk(tree)):
        found.append("f-strings keep your texts readable")
    if any(line.lstrip().startswith("#") for line in code.splitlines()):
        found.append("there are comments for the reader")
    if functions and all(len(function.body) <= 8 for function in functions):
        found.append("no function is longer than it takes to read at a glance")
    return tuple(found[:2])


def compose(findings: ReviewFindings) -> Reply:
    """Praise first, then the suggestions as a numbered list."""
    if findings.lines == 0:
        return Reply(
            paragraphs=(
                "I would like to look at your code, but I cannot see any. Run the cell and ask again, or "
                "paste the code between two lines of three backticks.",
            )
        )
    if findings.fails:
        return Reply(
            paragraphs=(
                f"This cell stops with a **{findings.fails}** at the moment, so let us get it to run first: "
                "press **Explain** below the cell, or ask `@Debug`. Then I will gladly look at how it is "
                "written.",
            )
        )
    if findings.too_long:
        return Reply(
            paragraphs=(
                f"That is more than the {MAX_CELL_CHARS:,} characters that I read at once. Show me one "
                "function, or the cell that you are least sure about.",
            )
        )
    if findings.unreadable_line is not None:
        place = f" in line {findings.unreadable_line}" if findings.unreadable_line else ""
        return Reply(
            paragraphs=(
                f"Python cannot read this code yet{place}, so I cannot review it either. Run it and press "
                "**Explain**, or ask `@Debug`, and come back when it runs.",
            )
        )
    good = " and ".join(findings.praise) if findings.praise else "Python reads it without trouble"
    start = f"**Good:** {good}."
    if not findings.remarks:
        return Reply(
            paragraphs=(
                start,
                "I found nothing that I would change. I can only judge how it is written, not whether it "
                "solves the exercise: the check cells tell you that.",
                "**Ask yourself:** for which unusual input might it go wrong? An empty list, 0, an empty "
                "text?",
            )
        )
    remarks = findings.remarks[:MAX_FOR_BEGINNERS] if findings.level == "Beginner" else findings.remarks
    points: list[str] = []
    left = MAX_WORDS - words(start) - 6
    for number, remark in enumerate(remarks, start=1):
        place = f"**Line {remark.line}**{_shown(findings.code, remark.line)}:"
        point = f"{number}. {place} {remark.why} {remark.question}"
        left -= words(point)
        if points and left < 0:
            break
        points.append(point)
    intro = "One thing to think about:" if len(points) == 1 else f"{len(points)} things to think about:"
    return Reply(paragraphs=(start, intro, *points))


def _shown(code: str, line: int) -> str:
    """The student's line, behind its number; empty where there is none to show."""
    rows = code.splitlines()
    text = rows[line - 1].strip() if 0 < line <= len(rows) else ""
    return f", {markdown.code(text, MAX_LINE_SHOWN)}" if text else ""
