"""The program of a user's server: jupyterhub-singleuser with our configuration, or nothing.

Jupyter goes on without a configuration file that it cannot find or read; here that would be a server without
its restrictions. So the file is checked first, and errors in it stop the server.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

CONFIG = Path(__file__).with_name("singleuser_config.py")


def main() -> None:
    """Run the server until it is told to stop. SystemExit with a sentence when it must not start."""
    if not CONFIG.is_file():
        raise SystemExit(f"{CONFIG} is missing: reinstall LearnFlow.")
    # Libraries look for configuration in the working folder; this one nobody can write to.
    os.chdir("/")
    # Read when traitlets is imported.
    os.environ["TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR"] = "1"
    from jupyterhub.singleuser.app import main as run

    # Whatever was on the command line is not passed on: all settings come from the file and the hub.
    sys.argv[1:] = [f"--config={CONFIG}"]
    run()


if __name__ == "__main__":
    main()
