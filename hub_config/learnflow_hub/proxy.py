"""The proxy in front of everything: Traefik, whose program comes as a Python wheel."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from jupyterhub_traefik_proxy.fileprovider import TraefikFileProviderProxy
from traitlets import default

from .ports import LOOPBACK, PROXY_APIS, free_ports
from .services import search_path


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
        return {"global": {"checkNewVersion": False, "sendAnonymousUsage": False}}

    async def start(self) -> None:
        """Start Traefik without the routes of a hub that was killed."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(Path(self.dynamic_config_file))
        await super().start()
