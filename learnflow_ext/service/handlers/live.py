"""The websocket behind an open dashboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.websocket import WebSocketHandler

from learnflow_ext.contracts.errors import BadRequest, Forbidden, LearnFlowError, NotSignedIn, TooBusy
from learnflow_ext.service import auth
from learnflow_ext.service.handlers.base import SECURITY_HEADERS, Common
from learnflow_ext.service.tail import Place

STILL_ALLOWED_SECONDS = 10
"""With how long an answer of the hub is believed, this makes thirty at most. Whom a teacher takes out on our
own page is looked at again at once."""
_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013


class LiveHandler(Common, WebSocketHandler):
    """`ws?course=…`: tells a teacher's dashboard that something changed.

    With `&after=PLACE` it also tells what: every event of the course after that place in the log, each once
    and each student's in order, however often the connection was lost in between, and whichever replica
    answers next. Who is behind is told from the log, at its own pace.
    """

    _course: str = ""
    _after: Place | None = None
    _leave: Callable[[], None] | None = None
    _unwatch: Callable[[], None] | None = None

    async def prepare(self) -> None:
        """Only teachers of the course, and only from our own pages."""
        origin = self.request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != self.request.host.lower():
            raise Forbidden("Live updates are only for pages of this hub.")
        await super().prepare()
        # The handshake is Tornado's own method, which nothing of ours stands before.
        if self._refusal is not None:
            raise self._refusal
        self._course = self.get_query_argument("course", "")
        after = self.get_query_argument("after", "")
        if after:
            try:
                self._after = Place.parse(after)
            except ValueError:
                raise BadRequest("`after` is what `resume` was in the last message you received.") from None

    async def open(self, *args: str, **kwargs: str) -> None:
        """Begin to send."""
        try:
            self._leave = self.parts.live.open(
                self._course,
                self.person.name,
                self.write_message,
                self._try_again,
                self._after,
                teacher=self.person.teaches(self._course),
            )
        except TooBusy as error:
            self.close(_TRY_AGAIN_LATER, error.message)
            return
        self.set_nodelay(True)
        # They were for the handshake, and a socket stays open all day.
        for name in SECURITY_HEADERS:
            self.clear_header(name)
        self.parts.traffic.opened(self)
        self.parts.metrics.dashboards.inc()
        self._rounds.add(self)
        self._unwatch = self.parts.people.watch(self.person.name, self._look_now)
        self.log.info("dashboard opened", course=self._course)

    @property
    def _rounds(self) -> _Rounds:
        """Those of the application."""
        rounds = self.settings.setdefault("dashboard rounds", _Rounds())
        assert isinstance(rounds, _Rounds)
        return rounds

    def _look_now(self) -> None:
        """Something was changed about who listens."""
        IOLoop.current().spawn_callback(self._rounds.look, [self])

    def _try_again(self) -> None:
        self.close(_TRY_AGAIN_LATER, "Please connect again.")

    async def find_again(self) -> auth.Person:
        """Who listens, as the hub knows them now. LearnFlowError when it does not say."""
        return await self.parts.people.find(self.person.name)

    def recheck(self, person: auth.Person) -> None:
        """Close when `person`, who listens, stopped being an assistant or a teacher of the course."""
        if not person.grades(self._course):
            self.close(_POLICY_VIOLATION, "This course's dashboard is not yours any more.")
        elif person.teaches(self._course) != self.person.teaches(self._course):
            # The next one is told what they may read from now on.
            self._try_again()

    def on_message(self, message: str | bytes) -> None:
        """Our page never sends anything."""
        self.close(_POLICY_VIOLATION, "This socket only sends.")

    def on_close(self) -> None:
        """Forget the dashboard."""
        if self._leave is None:
            return
        self._leave()
        self._leave = None
        self._rounds.discard(self)
        self.parts.traffic.closed(self)
        self.parts.metrics.dashboards.dec()
        if self._unwatch is not None:
            self._unwatch()


class _Rounds:
    """Asks again and again whether who listens still may: one clock for all sockets, one look a person."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._open: set[LiveHandler] = set()
        self._clock: PeriodicCallback | None = None

    def add(self, socket: LiveHandler) -> None:
        """Look after it until it is discarded."""
        self._open.add(socket)
        if self._clock is None:
            self._clock = PeriodicCallback(self._go, STILL_ALLOWED_SECONDS * 1000)
            self._clock.start()

    def discard(self, socket: LiveHandler) -> None:
        """It is gone."""
        self._open.discard(socket)
        if not self._open and self._clock is not None:
            self._clock.stop()
            self._clock = None

    async def _go(self) -> None:
        of_person: dict[str, list[LiveHandler]] = {}
        for socket in self._open:
            of_person.setdefault(socket.person.name, []).append(socket)
        await asyncio.gather(*map(self.look, of_person.values()))

    async def look(self, sockets: list[LiveHandler]) -> None:
        """Have those of one person close whose listener may not listen any more."""
        try:
            person = await sockets[0].find_again()
        except NotSignedIn:
            # Their account was deleted meanwhile.
            person = auth.Person(name=sockets[0].person.name)
        except LearnFlowError as error:
            sockets[0].log.info("could not check a dashboard's teacher", code=error.code)
            return
        for socket in sockets:
            socket.recheck(person)
