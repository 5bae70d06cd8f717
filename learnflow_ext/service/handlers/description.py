"""The API's description."""

from __future__ import annotations

from learnflow_ext.service.handlers.base import ApiHandler


class OpenApiHandler(ApiHandler):
    """`GET api/openapi.json`, open to all."""

    async def get(self) -> None:
        self.answer(self.settings["openapi"])
