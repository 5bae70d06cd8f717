"""Whether a student says that their code does not end, and what their code shows of it."""

from __future__ import annotations

import re

from learnflow_ext.agents.remark import Remark
from learnflow_ext.diagnosis import endless

_SAYS = re.compile(
    r"""
      (\b(never|not|nvr|cannot)|n['\u2019]?t)\s+(\w+\s+){0,2}?(end|stop|finish|terminat)(s|es|ing|e|ed)?\b
    | \b(endless|infinite)(ly)?\b | \bforever\b | \bin\s*f?init[e]?\s+loop
    | \bkeeps?\s+(on\s+)?(going|running|printing|looping|repeating)\b
    | \bstuck\s+(in|on)\s+(a|the|my|this|that)\s+(\w+\s+)?loop
    | \b(cell|code|program|loop|notebook|kernel)\b.{0,30}\b(hangs?|hanging|freezes?|frozen)\b
    | \bendlos|\bunendlich|\bl(\u00e4|ae)uft\s+ewig|\bh(\u00f6|oe)rt\s+nie\b
    | \bh(\u00f6|oe)r(t|en)\s+(\w+\s+){0,2}?nicht\s+(mehr\s+)?auf\b
    | \bnunca\s+(termina|acaba|para)|\bno\s+(termina|para|acaba)\b|\b(bucle|ciclo|loop)\s+infinito
    | \b(boucle|programme)\s+infinie?|\bne\s+s'?arr[e\u00ea]te\s+(jamais|pas)|\bne\s+finit\s+(jamais|pas)
    | \bn[\u00e3a]o\s+(p[a\u00e1]ra|termina|acaba)\b|\bnon\s+(finisce|si\s+ferma|termina)\b
    | \boneindig|\bstopt\s+(nooit|niet)|\bniesko\u0144cz|\bnie\s+ko\u0144czy|\bsonsuz
    """,
    re.IGNORECASE | re.VERBOSE,
)
_QUESTION = "which line of the loop brings its condition closer to the end, and by how much in each round?"


def says_endless(text: str) -> bool:
    """Whether `text` speaks of code that does not end, in one of the languages that triage knows."""
    return _SAYS.search(text[:4_000]) is not None


def why(code: str) -> Remark | None:
    """The loop that cannot end, or the only one there is; None where the code shows none."""
    line, reason = endless.out_of_time(code)
    if line is None or not reason:
        return None
    return Remark(kind="endless-loop", line=line, why=reason, question=_QUESTION, slip=True, weight=100)
