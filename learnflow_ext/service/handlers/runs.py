"""What students' servers saw of runs: claims, kept as such."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import TooLarge
from learnflow_ext.contracts.practice import PRACTICE_DIR
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
        places = await self._practice(batch)
        reports = [self._placed(report, places) for report in batch.runs]

        async def keep(conn: AsyncConnection) -> int:
            accepted = await runs.record_batch(conn, person.name, reports)
            await self.parts.assistance.note_runs(conn, person.name, reports)
            return accepted

        accepted = await self.parts.db.retrying(keep)
        self.parts.metrics.runs.inc(accepted)
        self.answer(Accepted(accepted=accepted))

    async def _practice(self, batch: RunBatch) -> dict[str, tuple[str, str]]:
        """Course and assignment of those practice notebooks that are the person's own."""
        names = {report.assignment for report in batch.runs if report.course == PRACTICE_DIR}
        return await self.parts.practices.places(self.person, sorted(names)) if names else {}

    def _placed(self, report: RunReport, practice: Mapping[str, tuple[str, str]]) -> RunReport:
        """`report`, outside of any course unless it is theirs: nobody writes in others' feeds."""
        if report.course == PRACTICE_DIR and report.assignment in practice:
            course, assignment = practice[report.assignment]
            return msgspec.structs.replace(report, course=course, assignment=assignment)
        if self.parts.is_member(self.person, report.course):
            return report
        return msgspec.structs.replace(report, course="", assignment="")
