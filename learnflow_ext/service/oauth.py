"""HubOAuth for any number of replicas: a sign-in that one begins, another may finish."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from jupyterhub.services.auth import HubOAuth

LONGEST_NEXT_URL = 1500
"""Of where to go after the sign-in, in characters: state is a cookie too, and browsers take 4096 of one."""


class _State(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be known when the browser comes back from the hub."""

    next_url: str | None = None
    code_verifier: str | None = None
    cookie_name: str | None = None


class SealedOAuth(HubOAuth):
    """HubOAuth whose state travels with the browser, encrypted, instead of lying in one process's memory.

    Nobody but the replicas, which share a secret, can read or make one; it is good for `oauth_state_max_age`.
    That it comes from the browser which began is checked by its cookie, as ever.
    """

    def __init__(self, **kwargs: Any) -> None:
        """As HubOAuth; with a seal of this process's own until `seal_with`."""
        super().__init__(**kwargs)
        self.seal_with(secrets.token_bytes(32))

    def seal_with(self, secret: bytes) -> None:
        """Share state with all who have `secret`."""
        self._seal = Fernet(urlsafe_b64encode(hmac.digest(secret, b"learnflow oauth state", "sha256")))

    def generate_state(self, next_url: str | None = None, **extra_state: Any) -> str:
        """The state as text for a cookie and an address."""
        if next_url is not None and len(next_url) > LONGEST_NEXT_URL:
            next_url = None
        state = _State(next_url=next_url, **extra_state)
        return self._seal.encrypt(msgspec.json.encode(state)).decode()

    def clear_oauth_state(self, state_id: str) -> None:
        """Nothing is kept. The hub takes each code once, and the cookie goes."""

    def get_next_url(self, state_id: str = "", /) -> str:
        """Where to go after the sign-in."""
        return self._opened(state_id).next_url or str(self.base_url)

    def get_code_verifier(self, state_id: str = "", /) -> str | None:
        """PKCE's verifier."""
        return self._opened(state_id).code_verifier

    def get_state_cookie_name(self, state_id: str = "", /) -> str:
        """The cookie that has the same state."""
        return self._opened(state_id).cookie_name or str(self.state_cookie_name)

    def _opened(self, state_id: str) -> _State:
        """Empty for what nobody of us sealed, or what is too old."""
        try:
            plain = self._seal.decrypt(state_id.encode(), ttl=self.oauth_state_max_age)
            return msgspec.json.decode(plain, type=_State)
        except (InvalidToken, msgspec.MsgspecError, UnicodeEncodeError):
            return _State()
