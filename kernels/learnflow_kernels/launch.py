"""Starts the kernel, inside the sandbox: `python -I -m learnflow_kernels.launch -f <connection file>`.

`-I` matters: without it a student's `json.py` or `ipykernel.py` in the work folder would be imported in place
of the real one, and the kernel would not start.
"""

from __future__ import annotations

import os
import sys

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session
from traitlets import default

from learnflow_kernels.outputs import BoundedSession


class SandboxKernelApp(IPKernelApp):
    """ipykernel with a bound on what a cell shows."""

    @default("session")
    def _bounded_session(self) -> Session:
        return BoundedSession(parent=self)


def let_students_import_their_files(path: list[str]) -> None:
    """Put the working folder on `path` where IPython has it: after the standard library, before packages."""
    for index, entry in enumerate(path):
        if os.path.basename(entry) in ("site-packages", "dist-packages"):
            path.insert(index, "")
            return
    path.append("")


def silence() -> None:
    """Point the process's own output at nothing: what students print travels by message.

    Until here it goes to the start log, so that a kernel that cannot start says why.
    """
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)


def main() -> None:
    """Run until the server asks it to end."""
    let_students_import_their_files(sys.path)
    silence()
    SandboxKernelApp.launch_instance()


if __name__ == "__main__":
    main()
