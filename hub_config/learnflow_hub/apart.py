"""Parts that run beside the hub instead of below it: where they answer, and what they show each other.

Kept in one file of the state folder, closed to others: each part may be started, and started again, alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass

from .ports import LOOPBACK, PROXY_APIS, SERVICES, free_ports
from .state import State

PROXY_USER = "jupyterhub"


@dataclass(frozen=True, kw_only=True)
class Apart:
    """What hub, proxy and service need to know of each other."""

    proxy_port: int
    """Of the proxy's own API, which only the hub asks."""
    proxy_token: str
    service_port: int
    service_token: str

    @classmethod
    def of(cls, state: State) -> Apart:
        """What the file says, made where there is none; of two that make it at once both get the same.

        ValueError, with a sentence, when it cannot be read. Blocks.
        """
        file = state.hub / "apart.json"
        if not file.exists():
            (proxy,), (service,) = free_ports(1, PROXY_APIS), free_ports(1, SERVICES)
            tokens = {"proxy_token": secrets.token_hex(32), "service_token": secrets.token_hex(32)}
            made = file.with_name(f".apart-{secrets.token_hex(8)}")
            descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w") as out:
                json.dump(asdict(cls(proxy_port=proxy, service_port=service, **tokens)), out)
            with contextlib.suppress(FileExistsError):
                # Whole or not at all, and only for the first.
                os.link(made, file)
            made.unlink()
        try:
            return cls(**json.loads(file.read_text()))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{file} cannot be read: stop all parts, delete it, and start them.") from error

    @property
    def proxy_api(self) -> str:
        """Where the proxy answers the hub."""
        return f"http://{LOOPBACK}:{self.proxy_port}"

    @property
    def service_address(self) -> str:
        """Where LearnFlow's service answers, without a path."""
        return f"http://{LOOPBACK}:{self.service_port}"
