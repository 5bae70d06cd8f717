"""What students' servers saw of runs: claims, kept as such."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import TooLarge
from learnflow_ext.contracts.runs import MAX_RUNS_PER_REPORT, RunBatch, RunReport
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.store import runs


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Body of the answer to `POST api/runs`."""

    accepted: int
    """Runs that were new; one reported twice counts once."""


class RunsHandler(ApiHandler):
    """`POST api/runs`: the student is whoever the token belongs to."""

    async def post(self) -> None:
        person = self.person
        batch = self.body(RunBatch)
        if len(batch.runs) > MAX_RUNS_PER_REPORT:
            raise TooLarge(f"At most {MAX_RUNS_PER_REPORT} runs fit in one report.")
        reports = [self._placed(report) for report in batch.runs]

        async def keep(conn: AsyncConnection) -> int:
            accepted = await runs.record_batch(conn, person.name, reports)
            await self.parts.assistance.note_runs(conn, person.name, reports)
            return accepted

        accepted = await self.parts.db.retrying(keep)
        self.parts.metrics.runs.inc(accepted)
        self.answer(Accepted(accepted=accepted))

    def _placed(self, report: RunReport) -> RunReport:
        """`report`, outside of any course unless it is theirs: nobody writes in others' feeds."""
        if self.parts.is_member(self.person, report.course):
            return report
        return msgspec.structs.replace(report, course="", assignment="")
