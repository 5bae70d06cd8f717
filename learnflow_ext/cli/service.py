"""`learnflow service`: the hub service, as the hub starts it."""

from __future__ import annotations

from pathlib import Path

import typer


def service(
    config: Path = typer.Option(
        Path("jupyterhub_config.py"), metavar="FILE", help="The deployment's jupyterhub_config.py."
    ),
) -> None:
    """Run the service in the foreground. The hub does this by itself; its environment names hub and token."""
    # Late: the service brings Tornado, the agents and the grader, which no other command needs.
    from learnflow_ext.service.app import main

    main(["--config", str(config)])
