"""What the debug agent says where there is no error to look at: the code runs, or nobody has shown it."""

from __future__ import annotations

from learnflow_ext.agents.error_words import general, question
from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.reply import Reply
from learnflow_ext.contracts.help import Citation


def reply(
    code: str,
    rung: int,
    *,
    named: str,
    none: bool,
    endless: bool = False,
    suspicion: Remark | None,
    reading: str,
    citations: tuple[Citation, ...],
) -> Reply:
    """The answer for this rung of the ladder.

    `named` is the kind of error that the student speaks of, `none` whether they wonder where a `None`
    comes from, `endless` whether they say that the code does not end; `suspicion` is the likeliest slip in
    `code`. `reading` says where the course explains it; it is empty, like `citations`, where the course
    does not.
    """
    if named:
        return _kind_only(named, reading, citations)
    if none and suspicion is None:
        return _nothing_handed_back(reading, citations)
    if endless:
        return _goes_on(code, suspicion, rung, reading, citations)
    if not code.strip():
        return _nothing_to_see()
    return _it_runs(suspicion, rung)


STOP = "Stop the cell first: the square ■ above the notebook, or **Kernel**, **Interrupt Kernel**."


def _goes_on(
    code: str, suspicion: Remark | None, rung: int, reading: str, citations: tuple[Citation, ...]
) -> Reply:
    """The code does not end, so there is no error to press a button below."""

    def said(*more: str, rung: int, weaker: Reply | None = None) -> Reply:
        kept = tuple(filter(None, (STOP, *more, reading)))
        return Reply(paragraphs=kept, citations=citations, rung=rung, weaker=weaker)

    idea = said(
        "A `while` loop looks at its condition before each round, and goes on as long as it is true. Some"
        " line inside of the loop must change what the condition asks about, and bring it closer to the end.",
        "**Ask yourself:** which line is that, and what is the condition after the first round, and after the"
        " second? A `print` inside of the loop shows it.",
        ""
        if code.strip()
        else "I cannot see the code. Select the cell, or paste it, and I look at its loop.",
        rung=1,
    )
    if suspicion is None or rung == 1:
        return idea
    pointing = said(f"Look at line {suspicion.line} again.", rung=2, weaker=idea)
    if rung == 2:
        return pointing
    return said(
        f"Look at line {suspicion.line}: {suspicion.why}",
        f"**Ask yourself:** {suspicion.question}",
        rung=3,
        weaker=pointing,
    )


def _kind_only(named: str, reading: str, citations: tuple[Citation, ...]) -> Reply:
    """What is true of every error of this kind."""
    said = (
        f"**{named}**",
        general(named),
        f"**Ask yourself:** {question(named, '')}",
        "I cannot see the cell. Run it and press **Explain** below it: then I can name the line.",
        reading,
    )
    return Reply(paragraphs=tuple(filter(None, said)), citations=citations, rung=1)


def _nothing_handed_back(reading: str, citations: tuple[Citation, ...]) -> Reply:
    said = (
        '`None` means "nothing". It is what you get from a function that hands no value '
        "back. Showing one on the screen is not handing it back.",
        "**Ask yourself:** which line of your function hands its result back, and does Python come past it?",
        reading,
    )
    return Reply(paragraphs=tuple(filter(None, said)), citations=citations, rung=3)


def _nothing_to_see() -> Reply:
    return Reply(
        paragraphs=(
            "I cannot see an error yet. Run the cell, and press **Explain** below it when it fails.",
            "If it runs, but gives something else than you want, tell me two things: what did you "
            "expect, and what did you get? You can paste the code between two lines of three backticks.",
            "Ideas, such as *what is a list?*, are for `@Concepts` to explain.",
        )
    )


def _it_runs(suspicion: Remark | None, rung: int) -> Reply:
    first = (
        "This cell shows me no error, so Python could do everything it says. Perhaps it says something "
        "else than you mean."
    )
    if suspicion is not None and rung != 1:
        pointing = Reply(paragraphs=(first, f"Look at line {suspicion.line} again."), rung=2)
        if rung == 2:
            return pointing
        return Reply(
            paragraphs=(
                first,
                f"Look at line {suspicion.line}: {suspicion.why}",
                f"**Ask yourself:** {suspicion.question}",
            ),
            rung=3,
            weaker=pointing,
        )
    return Reply(
        paragraphs=(
            first,
            "Pick the smallest input you can think of, and go through the cell line by line on paper: what "
            "is each name after each line? Then put a `print` where you are least sure, and compare.",
            "**Ask yourself:** which is the first line where paper and screen differ?",
        ),
        rung=rung or 3,
    )
