"""What all our endpoints share: errors as `Problem`, a request id, bodies decoded and bounded."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

import msgspec
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, Problem, TooLarge
from learnflow_ext.server.gateway import Gateway
from learnflow_ext.server.personas import SETTING_GATEWAY

T = TypeVar("T")

MAX_BODY_BYTES = 256 * 1024
_CODES = {400: "bad_request", 401: "not_signed_in", 403: "forbidden", 404: "not_found", 405: "bad_request"}
_SENTENCES = {
    403: "You are not signed in here, or the page is too old. Reload it and try again.",
    404: "There is no such thing here.",
}


class ProblemHandler(APIHandler):
    """An endpoint whose errors are `Problem`s."""

    def initialize(self) -> None:
        self.request_id = uuid.uuid4().hex[:12]

    @property
    def gateway(self) -> Gateway:
        found: Gateway = self.settings[SETTING_GATEWAY]
        return found

    def decoded(self, kind: type[T]) -> T:
        """The request's body. TooLarge beyond 256 KiB, BadRequest when it is no `kind`."""
        if len(self.request.body) > MAX_BODY_BYTES:
            raise TooLarge(f"That is more than this takes: the limit is {MAX_BODY_BYTES // 1024} KiB.")
        try:
            return msgspec.json.decode(self.request.body, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            self.log.warning("request %s cannot be read: %s", self.request_id, error)
            raise BadRequest("The request cannot be understood. Reload the page and try again.") from None

    def answer(self, body: Any, status: int = 200) -> None:
        """Finish with `body` as JSON."""
        self.set_status(status)
        self.finish(msgspec.json.encode(body))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, LearnFlowError):
            self.set_status(error.status)
            if error.retry_after is not None:
                self.set_header("Retry-After", str(error.retry_after))
            problem = error.problem(self.request_id)
        else:
            message = _SENTENCES.get(status_code)
            if message is None:
                message = "Something went wrong here, and it was not your fault. Please try again."
            problem = Problem(
                code=_CODES.get(status_code, "internal"), message=message, request_id=self.request_id
            )
        self.set_header("X-Request-Id", self.request_id)
        self.finish(msgspec.json.encode(problem))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """One line with the id for what we expected, the traceback for what we did not."""
        line = f"{self.request.method} {self.request.path}, request {self.request_id}"
        if isinstance(value, LearnFlowError):
            self.log.warning("%s: %s (%s)", line, value.message, value.code)
        elif isinstance(value, HTTPError):
            self.log.warning("%s: %s", line, value)
        else:
            self.log.error("%s failed", line, exc_info=(typ, value, tb))
