"""Runs the proxy by itself: what `learnflow up proxy` starts. `python -m learnflow_hub.proxy_keeper CONFIG`.

It writes what Traefik needs to begin, and becomes Traefik. The hub tells it routes by a file, as always;
while no hub is there it goes on with those it has.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from learnflow_ext.settings import load_config

from .apart import Apart
from .deployment import Deployment
from .proxy import LocalTraefikProxy
from .services import search_path


async def prepare(config_file: Path) -> str:
    """Write Traefik's files; the path of the one that it begins with. ValueError when that cannot be."""
    config = load_config(config_file)
    deployment = Deployment.of(config_file, config)
    proxy = LocalTraefikProxy(
        config=config,
        public_url=deployment.bind_url.replace("//:", "//*:"),
        traefik_api_url=Apart.of(deployment.state).proxy_api,
        should_start=True,
    )
    await proxy.write_static_config()
    routes = Path(proxy.dynamic_config_file)
    if not await asyncio.to_thread(routes.exists):
        # Traefik watches no file that is not there when it starts.
        await asyncio.to_thread(routes.write_text, "")
    return str(proxy.static_config_file)


def main() -> None:
    """Become Traefik."""
    file = asyncio.run(prepare(Path(sys.argv[1]).resolve()))
    path = search_path()
    os.environ["PATH"] = path
    os.execvp("traefik", ["traefik", "--configfile", file])  # noqa: S606 - our own program


if __name__ == "__main__":
    main()
