"""The API's description, for programs and for people."""

from __future__ import annotations

from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.service.handlers.board import PageHandler


class OpenApiHandler(ApiHandler):
    """`GET api/openapi.json`, open to all."""

    async def get(self) -> None:
        self.answer(self.settings["openapi"])


REDOC_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""ReDoc puts its styles into the page as it goes, so this page alone lets styles in. Nothing that a user
wrote is on it, and what else it may is less than elsewhere. Its search would need a worker made of text, and
is off."""


class DocsHandler(PageHandler):
    """`api/docs`: the same as a page, which needs no script and nothing from elsewhere."""

    async def get(self) -> None:
        self.show("api.html", document=self.settings["openapi"])


class RedocHandler(PageHandler):
    """`api/redoc`: the same, by ReDoc, from the package."""

    async def get(self) -> None:
        self.set_header("Content-Security-Policy", REDOC_POLICY)
        self.show("redoc.html")
