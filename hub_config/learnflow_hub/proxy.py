"""The proxy in front of everything: Traefik, whose program comes as a Python wheel."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

from jupyterhub.objects import Hub
from jupyterhub_traefik_proxy.fileprovider import TraefikFileProviderProxy
from jupyterhub_traefik_proxy.traefik_utils import deep_merge
from traitlets import default

from .ports import LOOPBACK, PROXY_APIS, free_ports
from .services import END_WITH_HUB, search_path

SILENT = ("502", "504")
"""What Traefik says, in two words and no page, when nothing answers behind an address."""
EXPLAINED = "no-answer"
"""Name of the middleware that lets the hub say it in sentences."""


class LocalTraefikProxy(TraefikFileProviderProxy):
    """Traefik on this machine: its API on a free loopback port, its files with the hub's, no calls home."""

    @default("traefik_api_url")
    def _default_api_url(self) -> str:
        return f"http://{LOOPBACK}:{free_ports(1, PROXY_APIS)[0]}"

    @default("traefik_env")
    def _default_env(self) -> dict[str, str]:
        return {"PATH": search_path()}

    @default("extra_static_config")
    def _default_static_config(self) -> dict[str, Any]:
        middlewares = {"http": {"middlewares": [f"{EXPLAINED}@file"]}}
        return {
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
            "entryPoints": {self.traefik_entrypoint: middlewares},
        }

    async def start(self) -> None:
        """Start Traefik without the routes of a hub that was killed."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(Path(self.dynamic_config_file))
        self._explain()
        await super().start()

    async def _start_external(self) -> None:
        """As the parent's, which calls this where Traefik runs apart."""
        self._explain()
        await super()._start_external()

    def _explain(self) -> None:
        own = getattr(self, "extra_dynamic_config", {})
        self.set_trait("extra_dynamic_config", deep_merge(explaining(self.hub), own))

    async def write_static_config(self) -> None:
        """Write what Traefik begins with, for whoever starts it without a hub."""
        await self._setup_traefik_static_config()

    def _start_traefik(self) -> None:
        """As the parent's, so that it gives its ports back however the hub ends."""
        self.traefik_process = Popen(
            [*END_WITH_HUB, "traefik", "--configfile", os.path.abspath(self.static_config_file)],
            env={**os.environ, **self.traefik_env},
            stdin=DEVNULL,
        )


def explaining(hub: Hub) -> dict[str, Any]:
    """Traefik's settings for asking the hub for a page when a part of the classroom does not answer.

    The page comes with the status as it was, so programs are told no less than before.
    """
    page = {"status": list(SILENT), "service": EXPLAINED, "query": f"{hub.base_url}error/{{status}}"}
    return {
        "http": {
            "middlewares": {EXPLAINED: {"errors": page}},
            "services": {EXPLAINED: {"loadBalancer": {"servers": [{"url": hub.host}]}}},
        }
    }
