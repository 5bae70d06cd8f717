"""Errors that cross a boundary: a stable code, a status, and a sentence that is safe to show to anybody.

Detail that helps a developer goes to the log, next to the request id, and never into the sentence.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every error answer of the service."""

    code: str
    """Stable, for programs: `not_found`, `too_large`, ..."""
    message: str
    """One or two sentences for a person."""
    request_id: str = ""
    """What to look for in the log; empty where no request was involved."""


class LearnFlowError(Exception):
    """Something went wrong that a user may be told about in so many words."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retry_after: int | None = None

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        """`message` is shown to users; `retry_after` is in seconds, None where waiting does not help."""
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after

    def problem(self, request_id: str = "") -> Problem:
        """The answer's body."""
        return Problem(code=self.code, message=self.message, request_id=request_id)


class BadRequest(LearnFlowError):
    """The request cannot be understood; the sentence says what was expected."""

    code, status = "bad_request", 400


class NotSignedIn(LearnFlowError):
    """Nobody is signed in, or the token is unknown."""

    code, status = "not_signed_in", 401


class Forbidden(LearnFlowError):
    """Signed in, but this is not theirs."""

    code, status = "forbidden", 403


class NotFound(LearnFlowError):
    """There is no such thing, or none that this person may know of."""

    code, status = "not_found", 404


class Conflict(LearnFlowError):
    """It clashes with what is already there."""

    code, status = "conflict", 409


class TooLarge(LearnFlowError):
    """More than we take; the sentence names the limit."""

    code, status = "too_large", 413


class Unprocessable(LearnFlowError):
    """Well formed, but not something we can work with: a notebook that is not one."""

    code, status = "unprocessable", 422


class TooBusy(LearnFlowError):
    """Too many requests; the sentence says when to try again."""

    code, status = "too_busy", 429


class Unavailable(LearnFlowError):
    """A part that is needed does not answer."""

    code, status = "unavailable", 503
