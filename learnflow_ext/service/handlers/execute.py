"""Teachers' code, run in a sandbox of the service's."""

from __future__ import annotations

from learnflow_ext.contracts.errors import Forbidden
from learnflow_ext.contracts.runner import ExecuteRequest
from learnflow_ext.service.handlers.base import KIB, ApiHandler


class ExecuteHandler(ApiHandler):
    """`POST api/execute`: for who teaches a course of this classroom."""

    max_body = 1024 * KIB

    async def post(self) -> None:
        person = self.person
        if not any(person.teaches(course) for course in self.parts.settings.courses):
            raise Forbidden("Only teachers can run code here. Yours runs in your notebook.")
        request = self.body(ExecuteRequest)
        self.answer(await self.parts.runner.run(request.cells, files=request.files))
