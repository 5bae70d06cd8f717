"""The review agent: what is good about code that runs, and at most three things to think about. Never
rewritten code."""

from __future__ import annotations

import ast

import msgspec

from learnflow_ext.agents import code_checks, markdown
from learnflow_ext.agents.reply import Reply, fitting
from learnflow_ext.agents.source import fenced, parse_or_error
from learnflow_ext.contracts.help import HelpRequest

MAX_SUGGESTIONS = 3


class ReviewFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen."""

    lines: int
    """Lines of code, without empty ones and comments; 0 when there is none to look at."""
    fails: str = ""
    """Class name of the error the cell ended with; empty when it ran."""
    unreadable_line: int | None = None
    """Line at which Python cannot read on, 0 when it cannot say; None when it reads well."""
    praise: tuple[str, ...] = ()
    remarks: tuple[code_checks.Remark, ...] = ()


def analyse(request: HelpRequest) -> ReviewFindings:
    """Look at code in the message, else at the cell."""
    pasted = fenced(request.text)[1]
    code = pasted or request.code
    lines = [line for line in code.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return ReviewFindings(lines=0)
    if request.error is not None and not pasted:
        return ReviewFindings(lines=len(lines), fails=markdown.identifier(request.error.exception))
    tree = parse_or_error(code)
    if not isinstance(tree, ast.Module):
        return ReviewFindings(lines=len(lines), unreadable_line=(tree.lineno or 0) if tree else 0)
    return ReviewFindings(
        lines=len(lines),
        praise=_praise(tree, code),
        remarks=_varied(code_checks.remarks(code)),
    )


def _varied(found: list[code_checks.Remark]) -> tuple[code_checks.Remark, ...]:
    """The weightiest, each kind once: three times the same advice teaches once."""
    kinds: dict[str, code_checks.Remark] = {}
    for remark in found:
        kinds.setdefault(remark.kind, remark)
    return tuple(kinds.values())[:MAX_SUGGESTIONS]


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
        found.append(f"names such as {markdown.code(long_names[0], 30)} say what they stand for")
    if any(isinstance(node, ast.JoinedStr) for node in ast.walk(tree)):
        found.append("f-strings keep your texts readable")
    if any(line.lstrip().startswith("#") for line in code.splitlines()):
        found.append("comments help the reader")
    if functions and all(len(function.body) <= 8 for function in functions):
        found.append("your functions are short")
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
    points = [
        f"{number}. **Line {remark.line}:** {remark.why} {remark.question}"
        for number, remark in enumerate(findings.remarks, start=1)
    ]
    intro = "One thing to think about:" if len(points) == 1 else f"{len(points)} things to think about:"
    return Reply(paragraphs=fitting((start, intro, *points)))
