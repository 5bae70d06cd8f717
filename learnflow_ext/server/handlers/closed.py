"""Doors of jupyter-server that stay shut in a student's server."""

from __future__ import annotations

from tornado.web import authenticated

from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.server.handlers.base import ProblemHandler

CLOSED = (r"/nbconvert(?:/.*)?", r"/api/nbconvert(?:/.*)?", r"/api/terminals(?:/.*)?", r"/terminals(?:/.*)?")
"""nbconvert runs templates over a notebook inside the server; a terminal is a way round the sandbox."""


class ClosedHandler(ProblemHandler):
    """404 for every method."""

    @authenticated
    async def get(self) -> None:
        raise NotFound("This is turned off in the classroom.")

    head = post = put = patch = delete = get
