"""What a route is: an address, who may call it, with which methods, how large a body, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyterhub.utils import url_path_join
from tornado.web import RequestHandler

from learnflow_ext.service.rights import Who

if TYPE_CHECKING:
    from learnflow_ext.service.parts import Parts

KIB = 1024
MAX_BODY = 256 * KIB
"""Largest request body in bytes, unless a route says otherwise."""
LONGEST_NAME = 255
"""Characters of one part of an address."""

Size = int | Callable[["Parts"], int]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What one method does at an address, in the words and types of its description."""

    summary: str
    answer: Any
    """Contract of a good answer's body; None where it is plain text."""
    body: Any = None
    """Contract of the request's body; None where it takes none."""
    status: int = 200
    media: str = "application/json"
    once: bool = False
    """Whether an `Idempotency-Key` makes sure that it is done once; for what changes something and is no
    stream."""
    resumes: bool = False
    """Whether a stream goes on for who comes back with the same `Idempotency-Key` and a `Last-Event-ID`."""
    query: tuple[str, ...] = ()
    """Query parameters that must be there."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address of the service."""

    path: str
    """Below the service's prefix; a part that varies is `{name}`, and the handler gets it by that name."""
    handler: type[RequestHandler]
    who: Who
    methods: tuple[str, ...] = ("GET",)
    max_body: Size = MAX_BODY
    """Bytes, or a function of the running service's parts where a setting says it."""
    operations: Mapping[str, Operation] = field(default_factory=dict)
    """By method; empty for pages, which are for people."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """For a handler that is not ours."""

    def pattern(self, prefix: str) -> str:
        """The regular expression that Tornado matches."""
        parts = [
            f"(?P<{part[1:-1]}>[^/]{{1,{LONGEST_NAME}}})" if part.startswith("{") else part
            for part in self.path.split("/")
        ]
        return url_path_join(prefix, "/".join(parts)) if self.path else prefix

    def body_limit(self, parts: Parts) -> int:
        """Largest body in bytes."""
        return self.max_body(parts) if callable(self.max_body) else self.max_body


def page(path: str, handler: type[RequestHandler], who: Who, *methods: str) -> Route:
    """Something for a browser."""
    return Route(path=path, handler=handler, who=who, methods=methods or ("GET",))


def api(
    path: str,
    handler: type[RequestHandler],
    who: Who,
    *,
    max_body: Size = MAX_BODY,
    get: Operation | None = None,
    post: Operation | None = None,
) -> Route:
    """Something for programs, described in the OpenAPI document."""
    operations = {
        name: operation for name, operation in (("GET", get), ("POST", post)) if operation is not None
    }
    return Route(
        path=path,
        handler=handler,
        who=who,
        methods=tuple(operations),
        max_body=max_body,
        operations=operations,
    )
