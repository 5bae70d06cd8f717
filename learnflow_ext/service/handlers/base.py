"""What every answer of the service has: an id, security headers, a known sender, and errors in sentences."""

from __future__ import annotations

import functools
import re
import uuid
from asyncio import Future
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import msgspec
from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from tornado.web import HTTPError, RequestHandler, stream_request_body

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, NotSignedIn, Problem, TooLarge
from learnflow_ext.service import auth, hub_word, logs, rights
from learnflow_ext.service.handlers import once
from learnflow_ext.service.rights import Who
from learnflow_ext.service.routes import KIB, MAX_BODY, Route
from learnflow_ext.store.once import Kept, Reserved

if TYPE_CHECKING:
    from learnflow_ext.service.parts import Parts

DRAINED = 64 * 1024 * KIB
"""Up to here a body that is too large is read and thrown away, so that its sender can read the refusal."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_SENTENCES = {
    400: "The request could not be understood.",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    405: "This address cannot be used in that way.",
}
_GENERIC = (
    "Something went wrong on our side. It has been noted; please try again, and give the request id if you "
    "ask for help."
)
_LOOPBACK = ("127.0.0.1", "::1")
_FOR_WHOM = ("X-Forwarded-For", "X-Real-Ip")
"""Headers from which Tornado takes `remote_ip`, whoever sent them."""
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

Body = TypeVar("Body")
log = logs.get("learnflow.http")


_Method = Callable[..., Awaitable[None]]


def _guarded(method: _Method) -> _Method:
    """`method`, which begins only where the route's rule lets the caller in."""

    @functools.wraps(method)
    async def guarded(self: Common, *args: Any, **kwargs: Any) -> None:
        if self._refusal is not None:
            raise self._refusal
        await self._begin(functools.partial(method, self, *args, **kwargs))

    return guarded


class Common(HubOAuthenticated, RequestHandler):
    """For HTTP and websocket handlers alike."""

    route: Route | None = None
    """The row of the table that led here; None where no row did."""

    takes_offered_id: ClassVar[bool] = True
    """Cleared where the id is also a key in the database, so that it must be ours."""

    is_counted: ClassVar[bool] = True
    """Cleared where nobody must be able to have themselves told to wait."""

    hub_word: dict[str, Any] = {}  # noqa: RUF012 - replaced, never written to
    """What the hub says, for a route that is for it alone."""

    _refusal: LearnFlowError | None = None
    _person: auth.Person | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """No handler can forget to look at the table."""
        super().__init_subclass__(**kwargs)
        for name in map(str.lower, cls.SUPPORTED_METHODS):
            if (method := vars(cls).get(name)) is not None:
                setattr(cls, name, _guarded(method))

    async def _begin(self, method: Callable[[], Awaitable[None]]) -> None:
        """Run the method that answers."""
        await method()

    def initialize(self, route: Route | None = None) -> None:
        """Called by Tornado with the row of the table."""
        self.route = route

    @property
    def parts(self) -> Parts:
        """The parts of the running service."""
        return cast("Parts", self.settings["parts"])

    @property
    def hub_auth(self) -> HubOAuth:
        """HubOAuth, for the mix-in."""
        return self.parts.hub_auth

    @property
    def request_id(self) -> str:
        """The id that the answer, the log and the events of this request share."""
        if not hasattr(self, "_request_id"):
            offered = self.request.headers.get("X-Request-Id", "")
            sane = self.takes_offered_id and _SANE_ID.fullmatch(offered)
            self._request_id = offered if sane else uuid.uuid4().hex
        return self._request_id

    @property
    def log(self) -> logs.Logger:
        """A logger that knows the request."""
        who = self._person.name if self._person else ""
        return log.bind(request_id=self.request_id, person=who)

    def set_default_headers(self) -> None:
        """Also runs for error answers."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.set_header("X-Request-Id", self.request_id)
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    async def prepare(self) -> None:
        """Find out who is there and what the route's rule says; a refusal waits until the body was read."""
        if self.route is None or self.route.who is Who.ANYONE:
            return
        if self.route.who is Who.MACHINE and self.from_this_machine:
            return
        try:
            if self.route.who is Who.HUB:
                header = self.request.headers.get("Authorization", "")
                self.hub_word = hub_word.read(header, self.parts.hub_auth.api_token)
                return
            person = await auth.identify(self, self.hub_auth, self.parts.people, self.parts.outside)
            # An error page may say who is signed in, so this comes before the rule.
            self._person = person
            course = self.path_kwargs.get("course") or self.get_query_argument("course", "")
            rights.check(
                self.route.who,
                person,
                self.parts.settings.courses,
                course=course,
                student=self.path_kwargs.get("user", ""),
            )
            if not self.is_counted:
                return
            # Whoever is refused anyway is no load; teachers are let through while their class must wait.
            counted = self.parts.is_member(person, course) and not person.grades(course)
            self.parts.api_limits.take(person.name, course if counted else "")
        except LearnFlowError as error:
            self._refusal = error

    @property
    def from_this_machine(self) -> bool:
        """Whether no proxy stands between: what came through the hub's says for whom, and is so believed."""
        said = any(header in self.request.headers for header in _FOR_WHOM)
        return self.request.remote_ip in _LOOPBACK and not said

    def get_current_user(self) -> auth.Person | None:
        """For Tornado and jupyterhub; never goes to the network."""
        return self._person

    @property
    def person(self) -> auth.Person:
        """Who sent the request; raises the refusal otherwise."""
        if self._refusal is not None:
            raise self._refusal
        if self._person is None:
            raise NotSignedIn("Please sign in.")
        return self._person

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Refusals are a line; only our own faults leave a traceback, and only in the log."""
        if isinstance(value, LearnFlowError):
            self.log.info("refused", code=value.code, message=value.message, path=self.request.path)
        elif isinstance(value, HTTPError):
            self.log.info("refused", code=value.status_code, message=str(value), path=self.request.path)
        else:
            self.parts.metrics.unexpected.inc()
            self.log.error("unexpected error", path=self.request.path, exc_info=(typ, value, tb))

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Give our own errors their status; Tornado knows only HTTPError."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        super().send_error(error.status if isinstance(error, LearnFlowError) else status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A `Problem`, in the shape this kind of handler answers in."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, LearnFlowError):
            problem = error.problem(self.request_id)
            if error.retry_after is not None:
                self.set_header("Retry-After", str(error.retry_after))
        else:
            code = HTTPStatus(status_code).name.lower() if status_code < 500 else "internal"
            if status_code == HTTPStatus.METHOD_NOT_ALLOWED and self.route is not None:
                self.set_header("Allow", ", ".join(self.route.methods))
            problem = Problem(
                code=code, message=_SENTENCES.get(status_code, _GENERIC), request_id=self.request_id
            )
        self.show_problem(problem, error)

    def show_problem(self, problem: Problem, error: BaseException | None) -> None:
        """JSON for programs; pages override this."""
        self.answer(problem)

    def answer(self, body: object, status: int | None = None) -> None:
        """Finish with `body` as JSON."""
        self._finish(status or self.get_status(), msgspec.json.encode(body))

    def _finish(self, status: int, body: bytes) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(body)


@stream_request_body
class ApiHandler(Common):
    """An address for programs: JSON in, JSON out, and never a redirect to a login page."""

    ends_in_time: ClassVar[bool] = False
    """Set where the handler itself says goodbye when the service stops: it has begun to answer by then."""

    def initialize(self, route: Route | None = None) -> None:
        """Begin with no body."""
        super().initialize(route)
        self._chunks: list[bytes] = []
        self._received = 0
        self.reserved: Reserved | None = None
        """Set while a request with an `Idempotency-Key` is done for the first time."""
        self._to_keep: Kept | None = None

    @property
    def max_body(self) -> int:
        """Largest body in bytes, from the table."""
        return self.route.body_limit(self.parts) if self.route is not None else MAX_BODY

    async def prepare(self) -> None:
        """Refuse at once what is too large even to be thrown away."""
        drained = max(DRAINED, 2 * self.max_body)
        self.request.connection.set_max_body_size(drained)  # type: ignore[union-attr]  # HTTP/1 always has it
        self.parts.traffic.begun(self)
        declared = self.request.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > drained:
            raise TooLarge("That is far more than this address takes.")
        await super().prepare()

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Future[None]:
        """Note when the answer was sent."""
        if self.parts.traffic.draining:
            self.set_header("Connection", "close")
        sent = super().finish(chunk)
        sent.add_done_callback(lambda _: self.parts.traffic.ended(self))
        return sent

    def data_received(self, chunk: bytes) -> None:
        """Keep the body of somebody known, as long as it is not too large."""
        self._received += len(chunk)
        if self._received <= self.max_body and self._person is not None and self._refusal is None:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()

    async def _begin(self, method: Callable[[], Awaitable[None]]) -> None:
        """Until it is too late for an answer."""
        if self.ends_in_time:
            await self._begin_once(method)
            return
        async with self.parts.traffic.limited():
            await self._begin_once(method)

    async def _begin_once(self, method: Callable[[], Awaitable[None]]) -> None:
        """As the table says, once for each `Idempotency-Key`."""
        key = self.request.headers.get(once.HEADER)
        operation = self.route.operations.get(self.request.method or "") if self.route else None
        if key is None or operation is None or not operation.once or self._received > self.max_body:
            await method()
            return

        async def work(reserved: Reserved) -> Kept:
            self.reserved = reserved
            try:
                await method()
            finally:
                self.reserved = None
            assert self._to_keep is not None, "whoever takes a key answers with `answer`"
            return self._to_keep

        kept, repeated = await once.do(
            self.parts.db,
            work,
            person=self.person.name,
            address=f"{self.request.method} {self.request.uri}",
            key=once.key_in(key),
            body=b"".join(self._chunks),
            lasts=timedelta(hours=self.parts.api_settings.idempotency_hours),
            holder=self.parts.living.id,
        )
        if repeated:
            self.set_header(once.REPEATED, "true")
        self._finish(kept.status, kept.body)

    def answer(self, body: object, status: int | None = None) -> None:
        """Finish with `body` as JSON; where the answer is kept, once it is."""
        if self.reserved is None:
            super().answer(body, status)
        else:
            self._to_keep = Kept(status=status or self.get_status(), body=msgspec.json.encode(body))

    @property
    def raw(self) -> bytes:
        """The request's body as it came; empty when it is too large."""
        return b"".join(self._chunks)

    def form(self) -> str:
        """The request's body as a browser's form sends it. TooLarge, or BadRequest when it is no text."""
        _ = self.person
        if self._received > self.max_body:
            raise TooLarge(f"At most {self.max_body / KIB:.0f} KiB are taken.")
        try:
            return b"".join(self._chunks).decode()
        except UnicodeDecodeError as error:
            raise BadRequest("The request's body is not UTF-8.") from error

    def body(self, kind: type[Body]) -> Body:
        """The request's body as `kind`. TooLarge, or BadRequest that names the field that does not fit."""
        _ = self.person
        if self._received > self.max_body:
            raise TooLarge(
                f"The request has {self._received / KIB:.0f} KiB, and at most {self.max_body / KIB:.0f} KiB "
                "are taken."
            )
        try:
            return msgspec.json.decode(b"".join(self._chunks), type=kind)
        except msgspec.ValidationError as error:
            raise BadRequest(f"The request does not fit: {error}.") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadRequest("The request's body is not JSON.") from error
