"""Ruff's view of a student's code. It runs in a sandbox of the service's, and reads the code as text only."""

from __future__ import annotations

import ast
import json
import re
from importlib import resources

import msgspec

from learnflow_ext.agents import markdown
from learnflow_ext.agents.lint_rules import RULES, LintRule
from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.source import parse
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.runner import RunLimits, Runner
from learnflow_ext.diagnosis.reading import without_magics

LIMITS = RunLimits(wall_s=3.0, memory_mb=256, processes=16, output_bytes=60_000)
MOST = 100
"""Findings that are looked at; a beginner hears of three."""


_COUNTED = re.compile(r"\((\d{1,4}) > \d+\)")


class _Finding(msgspec.Struct, frozen=True):
    code: str
    line: int
    column: int
    message: str


class _Report(msgspec.Struct, frozen=True):
    findings: list[_Finding]


async def linted(code: str, runner: Runner) -> tuple[Remark, ...] | None:
    """What the rules of `lint_rules` find in `code`, in order of lines; empty when they find nothing.

    None when ruff could not be asked: no sandbox, no ruff, out of time, or code that Python cannot read.
    Comments and files cannot configure it. Takes some 30 ms in a warm sandbox.
    """
    tree = parse(code)
    if tree is None:
        return None
    told = json.dumps({"code": without_magics(code), "rules": sorted(RULES), "most": MOST})
    try:
        result = await runner.run([f"TASK = {told!r}\n{_program()}"], limits=LIMITS)
    except LearnFlowError:
        return None
    try:
        report = msgspec.json.decode(result.stdout.encode("utf-8", "replace"), type=_Report)
    except msgspec.DecodeError:
        return None
    lines, names = len(code.splitlines()), _names(tree)
    found = [_remark(each, names, lines) for each in report.findings]
    return tuple(remark for remark in found if remark is not None)


def _remark(finding: _Finding, names: set[str], lines: int) -> Remark | None:
    """In our words; None where the finding would be no help, or names nothing that is in the code."""
    rule = RULES.get(finding.code)
    if rule is None or not 0 < finding.line <= lines or (rule.only_in_blocks and finding.column == 1):
        return None
    name = _name(rule, finding.message, names)
    counted = _COUNTED.search(finding.message)
    if name is None or ("{count}" in rule.why and counted is None):
        return None
    return Remark(
        kind=rule.kind,
        line=finding.line,
        why=rule.why.format(name=name, count=counted[1] if counted else ""),
        question=rule.question.format(name=name),
        slip=rule.slip,
        weight=rule.weight,
        rule=finding.code,
    )


def _name(rule: LintRule, message: str, names: set[str]) -> str | None:
    """The student's name as a code span; empty where the rule needs none, None where it is not to be had."""
    if "{name}" not in rule.why + rule.question:
        return ""
    found = re.search(rule.name, message)
    return markdown.code(found.group(1)) if found and found.group(1) in names else None


def _names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.alias(asname=str(name)) | ast.alias(name=name):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Global(names=several):
                names.update(several)
    return names


def _program() -> str:
    return resources.files("learnflow_ext.agents").joinpath("lint_program.txt").read_text(encoding="utf-8")
