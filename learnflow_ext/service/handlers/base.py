"""What every answer of the service has: an id, security headers, a known sender, and errors in sentences."""

from __future__ import annotations

import re
import uuid
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import msgspec
from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from tornado.web import HTTPError, RequestHandler, stream_request_body

from learnflow_ext.contracts.errors import (
    BadRequest,
    Forbidden,
    LearnFlowError,
    NotFound,
    NotSignedIn,
    Problem,
    TooLarge,
)
from learnflow_ext.service import auth, logs

if TYPE_CHECKING:
    from learnflow_ext.service.parts import Parts

KIB = 1024
MAX_BODY = 256 * KIB
"""Largest request body, unless a handler says otherwise."""
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
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

Body = TypeVar("Body")
log = logs.get("learnflow.http")


class Common(HubOAuthenticated, RequestHandler):
    """For HTTP and websocket handlers alike."""

    open_to_all: ClassVar[bool] = False
    """Set where nobody needs to be signed in."""

    takes_offered_id: ClassVar[bool] = True
    """Cleared where the id is also a key in the database, so that it must be ours."""

    _refusal: LearnFlowError | None = None
    _person: auth.Person | None = None

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
        """Find out who is there; a refusal waits until a handler asks for the person."""
        if self.open_to_all:
            return
        try:
            self._person = await auth.identify(self, self.hub_auth, self.parts.people)
        except LearnFlowError as error:
            self._refusal = error

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

    def course(self, name: str) -> str:
        """`name`, when it is a course of this classroom that the person belongs to."""
        person = self.person
        if name not in self.parts.settings.courses:
            raise NotFound("There is no such course here.")
        if not person.belongs(name):
            raise Forbidden("You are not a member of this course. Ask its teacher to add you.")
        return name

    def taught(self, name: str) -> str:
        """`name`, when it is a course that the person teaches."""
        person = self.person
        if name not in self.parts.settings.courses:
            raise NotFound("There is no such course here.")
        if not person.teaches(name):
            raise Forbidden(
                "This page is for the teachers of the course. Your own results are in JupyterLab."
            )
        return name

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
            problem = Problem(
                code=code, message=_SENTENCES.get(status_code, _GENERIC), request_id=self.request_id
            )
        self.show_problem(problem, error)

    def show_problem(self, problem: Problem, error: BaseException | None) -> None:
        """JSON for programs; pages override this."""
        self.answer(problem)

    def answer(self, body: object, status: int | None = None) -> None:
        """Finish with `body` as JSON."""
        if status is not None:
            self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(msgspec.json.encode(body))


@stream_request_body
class ApiHandler(Common):
    """An address for programs: JSON in, JSON out, and never a redirect to a login page."""

    max_body: int = MAX_BODY

    def initialize(self) -> None:
        """Begin with no body."""
        self._chunks: list[bytes] = []
        self._received = 0

    async def prepare(self) -> None:
        """Refuse at once what is too large even to be thrown away."""
        drained = max(DRAINED, 2 * self.max_body)
        self.request.connection.set_max_body_size(drained)  # type: ignore[union-attr]  # HTTP/1 always has it
        declared = self.request.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > drained:
            raise TooLarge("That is far more than this address takes.")
        await super().prepare()

    def data_received(self, chunk: bytes) -> None:
        """Keep the body of somebody known, as long as it is not too large."""
        self._received += len(chunk)
        if self._received <= self.max_body and self._person is not None:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()

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
