"""Runs jupyterhub-singleuser with one configuration file of ours, or not at all: `singleuser.py CONFIG`.

Jupyter goes on without a configuration file that it cannot find or read; here that would be a server without
its restrictions. So the file is checked first, and an error in it stops the server.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Run the server until it is told to stop. SystemExit with a sentence when it must not start."""
    (config,) = sys.argv[1:]
    if not Path(config).is_file():
        raise SystemExit(f"{config} is missing: reinstall LearnFlow.")
    # Libraries look for configuration in the working folder; this one nobody can write to.
    os.chdir("/")
    # All are read when Jupyter is imported.
    os.environ["TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR"] = "1"
    os.environ["JUPYTERHUB_DISABLE_USER_CONFIG"] = "1"
    os.environ["JUPYTERHUB_SINGLEUSER_EXTENSION"] = "1"
    from jupyterhub.singleuser import main as run

    sys.argv[1:] = [f"--config={config}"]
    run()


if __name__ == "__main__":
    main()
