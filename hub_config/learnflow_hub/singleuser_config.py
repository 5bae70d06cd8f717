"""What a user's Jupyter server reads when it starts, and all it reads: users' own configuration is off."""

import os
from typing import TYPE_CHECKING

from learnflow_ext.server.defaults import configure

if TYPE_CHECKING:  # Jupyter provides `c` when it reads this file.
    from traitlets.config import Config

    c = Config()

configure(c)

# All of the notebook folder is bound into each kernel's sandbox; a notebook runs in its own folder below.
c.ServerApp.root_dir = os.environ["JUPYTERHUB_ROOT_DIR"]
c.SandboxProvisioner.work_dir = os.environ["JUPYTERHUB_ROOT_DIR"]
