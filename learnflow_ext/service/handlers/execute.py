"""Teachers' code, run in a sandbox of the service's."""

from __future__ import annotations

from learnflow_ext.contracts.runner import ExecuteRequest
from learnflow_ext.service.handlers.base import ApiHandler


class ExecuteHandler(ApiHandler):
    """`POST api/execute`: for who teaches a course of this classroom."""

    async def post(self) -> None:
        request = self.body(ExecuteRequest)
        self.answer(await self.parts.runner.run(request.cells, files=request.files))
