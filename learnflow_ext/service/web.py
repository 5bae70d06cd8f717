"""The Tornado application: handlers, settings and the access log around the parts."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from learnflow_ext.service import logs, openapi
from learnflow_ext.service.handlers.base import Common
from learnflow_ext.service.handlers.board import NothingHere
from learnflow_ext.service.handlers.table import TABLE, routes
from learnflow_ext.service.parts import Parts

MAX_HEADER_BYTES = 64 * 1024
IDLE_SECONDS = 300
BODY_SECONDS = 120
"""A body that takes longer is not coming."""
PING_SECONDS = 20
LARGEST_BODY = 2**40
"""Tornado answers what is larger with a bare 400; the handlers do it with a sentence, and long before."""

SECRET_ENV = "LEARNFLOW_COOKIE_SECRET"  # noqa: S105 - a name  # pragma: allowlist secret
"""Variable with the secret of cookies and sign-ins, the same for all replicas."""
SHORTEST_SECRET = 32

log = logs.get("learnflow.http")


def application(parts: Parts, cookie_secret: bytes) -> Application:
    """The application for `parts`; `cookie_secret` signs the cookies of browsers."""
    prefix = parts.hub_auth.base_url
    settings: dict[str, Any] = {
        "parts": parts,
        "openapi": openapi.document(prefix, TABLE),
        "cookie_secret": cookie_secret,
        "default_handler_class": NothingHere,
        "log_function": _log_request,
        "websocket_ping_interval": PING_SECONDS,
        "websocket_ping_timeout": PING_SECONDS,
        "websocket_max_message_size": 1024,
        "xsrf_cookie_kwargs": {"httponly": True, "samesite": "Lax"},
    }
    return Application(routes(prefix), **settings)


def serve(app: Application, port: int, address: str = "127.0.0.1") -> tuple[HTTPServer, int]:
    """Listen; the server, and the port that was taken when `port` is 0."""
    listening = socket.create_server((address, port), backlog=256)
    listening.setblocking(False)
    server = HTTPServer(
        app,
        xheaders=True,
        max_header_size=MAX_HEADER_BYTES,
        max_body_size=LARGEST_BODY,
        idle_connection_timeout=IDLE_SECONDS,
        body_timeout=BODY_SECONDS,
    )
    server.add_sockets([listening])
    return server, listening.getsockname()[1]


def _log_request(handler: RequestHandler) -> None:
    """One line a request; never the query, which may hold a token or a login's code."""
    status, seconds = handler.get_status(), handler.request.request_time()
    parts: Parts = handler.settings["parts"]
    parts.metrics.requests.labels(f"{status // 100}xx").inc()
    parts.metrics.request_seconds.observe(seconds)
    line = handler.log if isinstance(handler, Common) else log
    say = line.debug if handler.request.path.endswith("/health") or status == 304 else line.info
    say(
        "request",
        method=handler.request.method,
        path=handler.request.path,
        status=status,
        ms=round(seconds * 1000, 1),
    )


def shared_secret(environment: Mapping[str, str], file: Path) -> bytes:
    """What signs cookies and seals sign-ins: of the environment, so that replicas on several machines share
    it, else the one kept in `file`. ValueError when the environment's is too short. Blocks on disk.
    """
    given = environment.get(SECRET_ENV, "").strip()
    if not given:
        return secret_in(file)
    if len(given) < SHORTEST_SECRET:
        raise ValueError(
            f"{SECRET_ENV} is too short to be safe: it needs {SHORTEST_SECRET} characters or more. "
            "`openssl rand -hex 32` makes one."
        )
    return given.encode()


def secret_in(file: Path) -> bytes:
    """The secret kept in `file`, made when there is none, so that a restart signs nobody out. Of several
    services that make it at once, all get the same."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        kept = file.read_bytes()
        if len(kept) >= SHORTEST_SECRET:
            return kept
        file.unlink(missing_ok=True)
    made = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_bytes(SHORTEST_SECRET))
        with contextlib.suppress(FileExistsError):
            # Whole or not at all, and only for the first.
            os.link(made, file)
    finally:
        made.unlink()
    return file.read_bytes()
