"""The way out for mail: Apprise, with the admin's server and somebody's address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from learnflow_ext.settings import LearnFlowMail


class Sender(Protocol):
    """Sends plain text to one address."""

    async def send(self, address: str, subject: str, body: str) -> bool:
        """Whether the mail server took it; never raises for one that did not."""
        ...


class AppriseSender:
    """Through the mail server that an Apprise URL names."""

    def __init__(self, server: Mapping[str, Any]) -> None:
        """`server` is what Apprise reads in such a URL."""
        self._server = server

    async def send(self, address: str, subject: str, body: str) -> bool:
        """As `Sender` says."""
        # Not given up from here: what goes on in the thread could be delivered after all, and then again.
        # The connection itself waits 15 seconds at most for each answer.
        return await asyncio.to_thread(self._send, address, subject, body)

    def _send(self, address: str, subject: str, body: str) -> bool:
        import apprise

        wanted = {**self._server, "targets": [address], "format": "text"}
        service = apprise.Apprise.instantiate(wanted, suppress_exceptions=True)
        if service is None:
            return False
        return bool(service.notify(body=body, title=subject, body_format=apprise.NotifyFormat.TEXT))


def open_sender(settings: LearnFlowMail, environment: Mapping[str, str]) -> Sender | None:
    """The way out; None where no mail server is set. Blocks: call it off the event loop.

    ValueError, which does not repeat the URL, for one that is not for e-mail; OSError for a file that cannot
    be read.
    """
    url = (
        Path(settings.url_file).read_text(encoding="utf-8").strip()
        if settings.url_file
        else environment.get(settings.url_env, "").strip()
    )
    if not url:
        return None
    # Imported where it is needed: Apprise takes a while, and most classrooms have no mail server.
    from apprise.plugins.email import NotifyEmail

    where = f"the file {settings.url_file}" if settings.url_file else f"the variable {settings.url_env}"
    server: dict[str, Any] | None = None
    if url.partition(":")[0] in ("mailto", "mailtos"):
        server = NotifyEmail.parse_url(url)  # type: ignore[no-untyped-call]
    if not server or not (server.get("from_addr") or server.get("user")):
        raise ValueError(
            f"LearnFlowMail: {where} must hold an Apprise URL for e-mail with a sender, such as "
            "mailtos://smtp.school.org?user=…&pass=…&from=learnflow@school.org."
        )
    # It tells details of a connection, a password in them, at the levels below.
    logging.getLogger("apprise").setLevel(logging.WARNING)
    return AppriseSender({key: value for key, value in server.items() if key not in ("targets", "format")})
