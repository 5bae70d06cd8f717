"""Words for a hint that rests on a proved change: the ladder's step, with the error's cause where there is
one."""

from __future__ import annotations

from msgspec.structs import replace

from learnflow_ext.agents import markdown
from learnflow_ext.agents.context import ProvedHint
from learnflow_ext.agents.debug import DebugFindings, reading_for
from learnflow_ext.agents.reply import MAX_WORDS, Reply, words

NOT_YET = "Your answer does not do yet what the exercise asks for. I looked for the place by running it."
CLIMB = "Change something and run it again: if it still fails, my next hint says more."
SOLVED = (
    "Your answer, as it last ran, does what the exercise asks for.",
    "If a check still fails, an older version may be in Python's memory: run the cell with your answer "
    "again, then the check below it. If that changes nothing, use *Kernel*, *Restart Kernel and Run All "
    "Cells*.",
)
_SAYS_LITTLE = ("AssertionError", "NotImplementedError")
"""That a check failed, or that nothing was written yet, tells no cause."""
_TOP = 4
_WITHOUT_LADDER = 3


def compose(hint: ProvedHint, findings: DebugFindings, plain: Reply, rung: int = 0) -> Reply:
    """The hint that is due. Behind it stand the rungs below, then `plain`, which the error alone gave."""
    if hint.solved:
        return Reply(paragraphs=SOLVED, weaker=plain)
    if not hint.rungs:
        return plain
    due = min(rung or _WITHOUT_LADDER, _TOP, len(hint.rungs))
    reply = replace(plain, rung=min(plain.rung, 1))
    for step in range(1, due + 1):
        reply = Reply(
            paragraphs=_paragraphs(hint.rungs[step - 1], findings, last=step == _TOP),
            citations=plain.citations,
            rung=step,
            weaker=reply,
        )
    return reply


def _paragraphs(said: str, findings: DebugFindings, *, last: bool) -> tuple[str, ...]:
    """The most that fits of: what happened, its cause, the step, where to read, how to go on."""
    diagnosis = findings.diagnosis
    if diagnosis is None or diagnosis.exception in _SAYS_LITTLE:
        title, cause = NOT_YET, ""
    else:
        name = markdown.identifier(diagnosis.exception)
        known = diagnosis.line is not None and 0 < diagnosis.line < 100_000
        title = f"**{name} in line {diagnosis.line}**" if known else f"**{name}**"
        cause = markdown.plain(diagnosis.cause, max_words=60)
    optional = [cause, reading_for(findings), "" if last else CLIMB]
    left = MAX_WORDS - words(title) - words(said)
    kept = []
    for each in optional:
        fits = words(each) <= left
        kept.append(each if fits else "")
        left -= words(each) if fits else 0
    return tuple(filter(None, (title, kept[0], said, *kept[1:])))
