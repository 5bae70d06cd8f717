"""The API's description."""

from __future__ import annotations

from learnflow_ext.service import openapi
from learnflow_ext.service.handlers.base import ApiHandler


class OpenApiHandler(ApiHandler):
    """`GET api/openapi.json`, open to all."""

    open_to_all = True

    async def get(self) -> None:
        self.answer(openapi.document(self.hub_auth.base_url))
