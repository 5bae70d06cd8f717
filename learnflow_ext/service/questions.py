"""A question as it came, cut to what the contracts allow, and with a diagnosis of its error."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from learnflow_ext.contracts.errors import BadRequest, TooLarge
from learnflow_ext.contracts.help import (
    MAX_CELL_CHARS,
    MAX_NEARBY_CELLS,
    MAX_QUESTION_CHARS,
    MAX_TRACEBACK_CHARS,
    CellError,
    HelpRequest,
)
from learnflow_ext.diagnosis import diagnose_text

MAX_MESSAGE_CHARS = 2_000
MAX_VARIABLES = 20


def check(request: HelpRequest) -> None:
    """TooLarge for a long text, BadRequest for an empty question."""
    if len(request.text) > MAX_QUESTION_CHARS:
        raise TooLarge(
            f"Your question has {len(request.text):,} characters and the tutor reads at most "
            f"{MAX_QUESTION_CHARS:,}. Please ask a shorter one, with only the code it is about."
        )
    if not request.text.strip() and request.error is None and not request.code.strip():
        raise BadRequest("The question is empty. Write what you would like to know.")


def bounded(request: HelpRequest) -> HelpRequest:
    """`request` with code and error cut to what the contracts allow; an error has a diagnosis.

    Takes up to a tenth of a second: call it off the event loop.
    """
    error = request.error
    if error is not None:
        error = replace(
            error,
            message=error.message[:MAX_MESSAGE_CHARS],
            code=error.code[:MAX_CELL_CHARS],
            # The end of a traceback says what happened.
            traceback=error.traceback[-MAX_TRACEBACK_CHARS:],
        )
        error = _diagnosed(error, request.code)
    return replace(request, code=request.code[:MAX_CELL_CHARS], error=error, nearby=_nearby(request.nearby))


def _nearby(cells: Mapping[str, str]) -> dict[str, str]:
    """As many of the cells, the latest first, as the contract allows."""
    kept: dict[str, str] = {}
    left = MAX_CELL_CHARS
    for identity, code in list(cells.items())[-MAX_NEARBY_CELLS:][::-1]:
        if len(code) <= left:
            kept[identity] = code
            left -= len(code)
    return kept


def _diagnosed(error: CellError, code: str) -> CellError:
    """`error` with a diagnosis from its text, where the kernel made no better one from the live object."""
    if error.diagnosis is not None:
        return error
    source = error.code or code[:MAX_CELL_CHARS]
    found = diagnose_text(
        error.exception,
        error.message,
        source,
        error.traceback,
        line=error.line,
        variables=error.variables[:MAX_VARIABLES],
    )
    return replace(error, diagnosis=found)
