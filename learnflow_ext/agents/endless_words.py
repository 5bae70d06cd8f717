"""Whether a student says that their code does not end, and what their code shows of it."""

from __future__ import annotations

import ast
import builtins
import re

from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.source import parse
from learnflow_ext.diagnosis import endless

_NOT = r"(?:\b(?:never|not|nvr|cannot)|\b(?:does|do|did|wo|ca|is|are|would|will|could|should)n['\u2019]?t)"
_ON = r"(?:(?!(?:the|an?|at|to|in|on|by|with|my|this|that|understand|know|see|find|want|sure)\b)\w+\s+){0,2}?"
"""What may stand between: it is no end of a line or a list that is spoken of."""
_SAYS = re.compile(
    rf"""
      {_NOT}\s+{_ON}(stop|terminat)(s|p?ing|p?ed|es?|e)?\b
    | (?P<done>{_NOT}\s+{_ON}(end|finish)(s|es|ing|ed)?\b(?!\s+(with|up)\b))
    | \b(endless|infinite)(ly)?\b | \bforever\b | \bin\s*f?init[e]?\s+loop
    | \bkeeps?\s+(on\s+)?(going(?!\s+wrong)|running(?!\s+into)|looping|repeating
        |printing(?!\s+(none|nothing|wrong|errors?)\b))\b
    | \bstuck\s+in\s+(a|the|my|this|that)\s+(\w+\s+)?loop\b(?!\s+(exercise|question|task|part|section|lesson))
    | \b(cell|code|program|loop|notebook|kernel)\b.{{0,30}}\b(hangs?|hanging|freezes?|frozen)\b
    | \bendlos|\bunendlich|\bl(\u00e4|ae)uft\s+ewig|\bh(\u00f6|oe)rt\s+nie\b
    | \bh(\u00f6|oe)r(t|en)\s+(\w+\s+){{0,2}}?nicht\s+(mehr\s+)?auf\b
    | \bnunca\s+(termina|acaba|para)|\bno\s+(termina|para|acaba)\b|\b(bucle|ciclo|loop)\s+infinito
    | \b(boucle|programme)\s+infinie?|\bne\s+s'?arr[e\u00ea]te\s+(jamais|pas)|\bne\s+finit\s+(jamais|pas)
    | \bn[\u00e3a]o\s+(p[a\u00e1]ra|termina|acaba)\b|\bnon\s+(finisce|si\s+ferma|termina)\b
    | \boneindig|\bstopt\s+(nooit|niet)|\bniesko\u0144cz|\bnie\s+ko\u0144czy|\bsonsuz
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BY_ME = re.compile(r"\b(?:i|i['\u2019]?m|i['\u2019]?ve|we|you)\s+(?:\w+\s+){0,3}$", re.IGNORECASE)
"""Who has not finished is most often the student, and no loop."""
_WHAT = re.compile(r"\s+(?:\w+\s+)?(?:loop|cell|program|code|notebook|kernel)\b", re.IGNORECASE)
_QUESTION = "which line of the loop brings its condition closer to the end, and by how much in each round?"


def says_endless(text: str) -> bool:
    """Whether `text` speaks of code that does not end, in one of the languages that triage knows."""
    text = text[:4_000]
    return any(
        not found["done"] or not _BY_ME.search(text, 0, found.start()) or _WHAT.match(text, found.end())
        for found in _SAYS.finditer(text)
    )


def may_go_on(code: str) -> bool:
    """Whether anything in the code could take long: a loop, a pause, a function made elsewhere.

    True without code, and for what cannot be read.
    """
    tree = parse(code)
    if tree is None or not tree.body or endless.out_of_time(code)[0] is not None:
        return True
    nodes = list(ast.walk(tree))
    made = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    called = {
        node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    loops = any(isinstance(node, (ast.While, ast.For)) for node in nodes)
    return loops or not called <= made | set(dir(builtins))


def why(code: str) -> Remark | None:
    """The loop that cannot end, or the only one there is; None where the code shows none."""
    line, reason = endless.out_of_time(code)
    if line is None or not reason:
        return None
    return Remark(kind="endless-loop", line=line, why=reason, question=_QUESTION, slip=True, weight=100)
