"""The API's description, for programs and for people."""

from __future__ import annotations

from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.service.handlers.board import PageHandler


class OpenApiHandler(ApiHandler):
    """`GET api/openapi.json`, open to all."""

    async def get(self) -> None:
        self.answer(self.settings["openapi"])


class DocsHandler(PageHandler):
    """`api/docs`: the same as a page, which needs no script and nothing from elsewhere."""

    async def get(self) -> None:
        self.show("api.html", document=self.settings["openapi"])
