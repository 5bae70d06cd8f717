"""Notes which grades a learning platform must be told, from what was graded and what was given out.

The effect is a row in the consumer's own transaction, once for each event. The platform is told later and
from elsewhere (`service.lti.pass_back`): it may be away for days, and nobody's turn to write waits for it.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import Envelope, Event, ResultsReleased, SubmissionGraded
from learnflow_ext.events.bus import Bus
from learnflow_ext.events.consumer import Consumer
from learnflow_ext.store import courses, lti, people
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database

GROUP = "lti"
TOPICS = tuple(sorted({SubmissionGraded.TOPIC, ResultsReleased.TOPIC}))

log = structlog.get_logger(__name__)


def lti_consumer(db: Database, bus: Bus) -> Consumer:
    """A consumer that keeps `lti_scores` up to date."""
    return Consumer(db, bus, GROUP, TOPICS, _handle, wants=_changes_what_is_told)


def _changes_what_is_told(event: Event) -> bool:
    match event:
        case SubmissionGraded():
            # Graded again without success, a submission keeps its points; the first time it has none.
            return event.status == "graded" or event.before is not None
        case _:
            return isinstance(event, ResultsReleased)


async def _handle(conn: AsyncConnection, envelope: Envelope) -> None:
    event = envelope.event
    assert isinstance(event, SubmissionGraded | ResultsReleased), "nothing else is wanted"
    module_id = await courses.find(conn, event.course, event.assignment)
    if module_id is None:
        return
    if isinstance(event, ResultsReleased):
        await lti.given_out(conn, module_id, now())
        return
    person = await people.behind(conn, event.student)
    if person is None:
        log.info("lti.unlinked", submission_id=event.submission_id)
        return
    at = datetime.fromisoformat(envelope.time)
    await lti.graded(conn, person.id, event.course, module_id, at, now())
