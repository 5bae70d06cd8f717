"""Help: what a student's server asks the service, and what streams back."""

from __future__ import annotations

from typing import Literal

import msgspec

Intent = Literal["concept", "debug", "review", "exercise", "progress", "off_topic", "solution_request"]
AgentName = Literal["tutor", "debug", "concepts", "review", "exercise", "progress"]

MAX_QUESTION_CHARS = 8_000
MAX_CELL_CHARS = 20_000
MAX_TRACEBACK_CHARS = 8_000
MAX_NEARBY_CELLS = 40
ERROR_MIME = "application/vnd.learnflow.error+json"
"""The MIME type beside the traceback in a failed cell's outputs: one `CellError` as JSON."""


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One name the failing line could see, as text; never the object."""

    name: str
    type: str
    value: str
    """At most 120 characters, cut with an ellipsis."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, found by analysis; a model may rephrase it and never replaces it."""

    exception: str
    message: str
    line: int | None
    """Line within the failing cell, from 1; None where the error has no place in it."""
    source_line: str
    """That line's text, stripped; empty when unknown."""
    cause: str
    """Why, in a beginner's words; plain text, one to four sentences. Never empty."""
    concept: str
    """What to read up: "names", "indentation", "lists", ...; empty when unknown."""
    known: bool
    """False where no rule matched and `cause` is the honest general answer."""


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """One pattern of errors: whoever makes this slip, with whatever names and values, has this one."""

    key: str
    """16 hexadecimal digits, from the other three fields; the same on every machine."""
    exception: str
    message: str
    """Normalised: the student's own names and values made `…`, numbers `#`."""
    construct: str
    """What kind of statement failed: `call`, `for`, `assignment`, ...; `other` where nobody can tell."""


class CellError(msgspec.Struct, frozen=True, kw_only=True):
    """One failed cell, bounded and redacted in the kernel. It is the student's claim."""

    exception: str
    message: str
    line: int | None = None
    code: str = ""
    traceback: str = ""
    diagnosis: Diagnosis | None = None
    variables: tuple[Variable, ...] = ()


class HelpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A question. Who asks is never in it: the service knows that from the token."""

    text: str = ""
    agent: AgentName = "tutor"
    """`tutor` lets triage decide; the others were addressed by name."""
    course: str = ""
    assignment: str = ""
    notebook: str = ""
    """Path below the student's root, for the record; may be empty."""
    cell_id: str = ""
    code: str = ""
    """The cell in question, or empty."""
    error: CellError | None = None
    nearby: dict[str, str] = {}
    """Other cells of the notebook by id, as they last ran; at most `MAX_NEARBY_CELLS`, with at most
    `MAX_CELL_CHARS` of code together. What a check refused stands in one of them.
    """
    conversation: str = ""
    """Id of the chat, so that a follow-up is understood as one."""


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the course that the answer rests on."""

    title: str
    notebook: str
    """Path below the course's source, for instance `01-first-steps/first-steps.ipynb`."""
    cell_id: str = ""


class ReplyChunk(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of an answer; the texts in order, put together, are Markdown."""

    kind: Literal["start", "text", "end", "error"]
    text: str = ""
    agent: AgentName = "tutor"
    intent: Intent | None = None
    rung: int = 0
    """Step on the hint ladder, 1-4; 0 where the answer is no hint."""
    withheld: bool = False
    """True when the leak gate replaced what would have been said."""
    citations: tuple[Citation, ...] = ()
    """With `start` and `end`: the places that the answer rests on, and names in its words."""
    request_id: str = ""
    questions_left: int | None = None
    """With `end`: how many more may be asked for now; None without such a limit."""
    offers_teacher: bool = False
    """With `end`: the hints are used up, or did not help. `/teacher` would take the question to a person."""
    practice: str = ""
    """With `end`: name of an exercise that was made for the student, to be fetched into their folder."""
    awaited: str = ""
    """With `end`: name of an exercise that a teacher looks at first. `GET api/practice/{name}` says what came
    of it. Beside `practice` it is one more, which is being written: there may never be one of that name."""
