"""What a user's Jupyter server reads when it starts, and all it reads: users' own configuration is off."""

import json
import os
from typing import TYPE_CHECKING

from learnflow_kernels.limits import KERNELS_ENV

from learnflow_ext.server.defaults import configure

if TYPE_CHECKING:  # Jupyter provides `c` when it reads this file.
    from traitlets.config import Config

    c = Config()

configure(c)

# All of the notebook folder is bound into each kernel's sandbox; a notebook runs in its own folder below.
c.ServerApp.root_dir = os.environ["JUPYTERHUB_ROOT_DIR"]
c.SandboxProvisioner.work_dir = os.environ["JUPYTERHUB_ROOT_DIR"]
# Limits that an admin has chosen, and whether there is a network: see ConfinedSpawner.
for name, value in json.loads(os.environ.get(KERNELS_ENV, "{}")).items():
    whole = isinstance(value, float) and value.is_integer()
    setattr(c.SandboxProvisioner, name, int(value) if whole else value)
