"""Accounts with passwords, kept by the hub itself, for a classroom without a school login.

NativeAuthenticator stores the passwords (bcrypt) and lets people change theirs. Nobody can sign up: accounts
come from `accounts`. What differs from it: the hub's own login form, no blocking of the hub while a password
is checked, and an unusable password is a wrong one, not a server error.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import bcrypt
from nativeauthenticator import NativeAuthenticator
from nativeauthenticator.handlers import ChangePasswordAdminHandler, ChangePasswordHandler
from nativeauthenticator.orm import UserInfo
from tornado import web
from traitlets import Bool, Integer, Unicode, default

from .accounts import MAX_PASSWORD_BYTES, waiting_accounts
from .names import USERNAME_PATTERN

_NOBODYS_HASH = bcrypt.hashpw(b"nobody", bcrypt.gensalt())
"""Checked for unknown names, so that the time taken does not tell which names exist."""


def too_long(password: str) -> bool:
    """True where bcrypt refuses `password`."""
    return len(password.encode()) > MAX_PASSWORD_BYTES


class ChangeOwnPassword(ChangePasswordHandler):
    """`/hub/change-password`."""

    @web.authenticated
    async def post(self) -> None:
        """Change it, if the old one is right."""
        user = await self.get_current_user()
        if self.authenticator.get_user(user.name) is None:
            raise web.HTTPError(404, "This account has no password here.")
        if too_long(self.get_body_argument("old_password", strip=False)):
            raise web.HTTPError(400, "Your current password was incorrect. Please try again.")
        await super().post()


class ClassroomAuthenticator(NativeAuthenticator):
    """Only accounts that somebody made may sign in."""

    new_accounts_file = Unicode(
        "",
        help="""JSON file with bcrypt hashes by user name. The hub stores them when it starts, replacing the
        passwords of those users, and deletes the file. Empty for none.""",
    ).tag(config=True)

    @default("username_pattern")
    def _default_username_pattern(self) -> str:
        return USERNAME_PATTERN

    enable_signup = Bool(False, help="Whether people may make accounts by themselves: not here.")

    minimum_password_length = Integer(
        8, min=8, help="Fewest characters of a password that somebody chooses for themselves."
    ).tag(config=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.new_accounts_file:
            self._store(Path(self.new_accounts_file))

    def _store(self, file: Path) -> None:
        accounts = waiting_accounts(file)
        for name, password_hash in accounts.items():
            info = UserInfo.find(self.db, name)
            if info is None:
                self.db.add(UserInfo(username=name, password=password_hash, is_authorized=True))
            else:
                info.password = password_hash
        self.db.commit()
        file.unlink(missing_ok=True)

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """The user's name, or None when name and password do not match."""
        name = self.normalize_username(data.get("username", ""))
        password = data.get("password", "")
        blocked = self.allowed_failed_logins and self.is_blocked(name)
        if blocked or too_long(password):
            return None
        info = self.get_user(name)
        expected = bytes(info.password) if info is not None else _NOBODYS_HASH
        right = await asyncio.to_thread(bcrypt.checkpw, password.encode(), expected)
        if info is None:
            return None
        if not (right and info.is_authorized):
            self.add_login_attempt(name)
            return None
        self.successful_login(name)
        return str(name)

    def is_password_strong(self, password: str) -> bool:
        """False also for a password that bcrypt cannot take."""
        return not too_long(password) and bool(super().is_password_strong(password))

    def get_handlers(self, app: Any) -> list[tuple[str, type[Any]]]:
        """Pages to change passwords, beside the hub's own login form; none to sign up."""
        return [
            (r"/change-password", ChangeOwnPassword),
            (r"/change-password/([^/]+)", ChangePasswordAdminHandler),
        ]
