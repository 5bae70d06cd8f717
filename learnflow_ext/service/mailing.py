"""Mail about alerts, to teachers and assistants who asked for it: each once, at the hours they chose."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from learnflow_ext.contracts.errors import LearnFlowError, NotSignedIn
from learnflow_ext.contracts.mail import MailWish
from learnflow_ext.progress import mail_hours
from learnflow_ext.service import logs
from learnflow_ext.service.auth import People
from learnflow_ext.service.checkup import State
from learnflow_ext.service.mail_sender import Sender
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.views import mail as view
from learnflow_ext.service.watch import Watch
from learnflow_ext.settings import LearnFlowMail
from learnflow_ext.store import clock, courses, mail
from learnflow_ext.store.database import Database

EVERY_S = 20.0
CLAIM_LASTS = timedelta(minutes=10)
"""Whoever claimed a mail has sent it by then, or is dead."""
TROUBLE_LASTS = timedelta(days=1)

log = logs.get("learnflow.mail")


class Mailing:
    """Looks what is due and sends it. Any number of replicas may do so at once."""

    def __init__(
        self,
        db: Database,
        people: People,
        watch: Watch,
        settings: LearnFlowMail,
        sender: Sender | None,
        metrics: Metrics,
        public_url: str,
        titles: Mapping[str, str],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """`sender` None turns all of it off. `titles` are the courses' by id."""
        self._db = db
        self._people = people
        self._watch = watch
        self._settings = settings
        self._sender = sender
        self._metrics = metrics
        self._dashboard = (settings.dashboard_url or public_url).rstrip("/")
        self._dashboard += "/" if self._dashboard else ""
        self._titles = titles
        self._now = now

    @property
    def on(self) -> bool:
        """Whether there is a mail server."""
        return self._sender is not None

    @property
    def domains(self) -> tuple[str, ...]:
        """Where mail may go, in lower case; empty for anywhere."""
        return tuple(each.lower() for each in self._settings.domains)

    async def save(self, wish: MailWish) -> None:
        """Keep what somebody wants from now on."""
        at, due = self._now(), partial(mail_hours.due, wish=wish)
        await self._db.retrying(lambda conn: mail.save(conn, wish, at, due))

    async def troubles(self, course: str, user: str) -> int:
        """How many alerts could not be mailed to them within a day."""
        async with self._db.connect() as conn:
            return await mail.trouble(conn, self._now() - TROUBLE_LASTS, course=course, user=user)

    async def state(self) -> State:
        """For `health`: down for a day after a mail that failed."""
        if self._sender is None:
            return "off"
        async with self._db.connect() as conn:
            return "down" if await mail.trouble(conn, self._now() - TROUBLE_LASTS) else "ok"

    async def run(self) -> None:
        """Again and again, until cancelled."""
        while True:
            try:
                await self.round()
            except LearnFlowError as error:
                log.warning("no mail while a part is away", error=error.message)
            except Exception:
                # The boundary of a task that nothing may end: one odd row must not stop all mail.
                log.exception("mail failed", retry_in_s=EVERY_S)
            await asyncio.sleep(EVERY_S)

    async def round(self) -> None:
        """Send what is due now, one mail after another."""
        if self._sender is None:
            return
        at = self._now()
        lost = await self._db.retrying(lambda conn: mail.give_up(conn, at - CLAIM_LASTS, at))
        if lost:
            log.error("mail was cut off while it was sent, and is not sent again", alerts=lost)
        await self._db.retrying(lambda conn: mail.forget(conn, at))
        async with self._db.connect() as conn:
            wishes = await mail.wishes(conn)
        for wish in wishes:
            if wish.course in self._titles and await self._may(wish):
                await self._serve(wish, self._sender)

    async def _may(self, wish: MailWish) -> bool:
        """Whether they still see alerts of the course; if not, they get no more mail."""
        try:
            person = await self._people.find(wish.user)
        except NotSignedIn:
            person = None
        if person is not None and person.grades(wish.course):
            return True
        await self._db.retrying(lambda conn: mail.stop(conn, wish.course, wish.user))
        log.info("no more mail to somebody who left the course", course=wish.course)
        return False

    async def _serve(self, wish: MailWish, sender: Sender) -> None:
        at, due = self._now(), partial(mail_hours.due, wish=wish)
        await self._db.retrying(lambda conn: mail.plan(conn, wish, at, due))
        if not self._watch.watches(wish.course, at):
            return
        async with self._db.connect() as conn:
            titles = await courses.titles(conn, wish.course)
        most = self._settings.mails_an_hour
        claim = await self._db.retrying(lambda conn: mail.claim(conn, wish, at, an_hour=most))
        if claim is None:
            return
        title = self._titles[wish.course]
        text = view.body(claim.items, title, wish, self._dashboard, titles)
        gone = await sender.send(wish.address, view.subject(claim.items, title), text)
        at = self._now()
        self._metrics.mails.labels("sent" if gone else "failed").inc()
        if gone:
            await self._db.retrying(lambda conn: mail.sent(conn, claim.batch, at))
            log.info("mail sent", course=wish.course, alerts=len(claim.items), mail=claim.batch)
            return
        tries = claim.tries + 1
        later = mail_hours.again(at, tries, wish) if tries < self._settings.tries else None
        await self._db.retrying(lambda conn: mail.failed(conn, claim.batch, at, later))
        log.warning(
            "the mail server did not take a mail",
            course=wish.course,
            mail=claim.batch,
            tries=tries,
            again=clock.iso(later) or "never",
        )
