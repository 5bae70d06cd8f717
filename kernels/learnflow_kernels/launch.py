"""Starts the kernel, inside the sandbox: `python -I -m learnflow_kernels.launch -f <connection file>`.

`-I` matters: without it a student's `json.py` or `ipykernel.py` in the work folder would be imported in place
of the real one, and the kernel would not start.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session
from traitlets import default
from traitlets.config import Config

from learnflow_kernels.clock import SECONDS_ENV
from learnflow_kernels.imports import let_students_import_their_files
from learnflow_kernels.outputs import BoundedSession


class SandboxKernelApp(IPKernelApp):
    """ipykernel with a bound on what a cell shows."""

    @default("session")
    def _bounded_session(self) -> Session:
        return BoundedSession(parent=self)

    def start(self) -> None:
        """Run until the server asks it to end. What went wrong before this was said to the server."""
        silence()
        run: Callable[[], None] = super().start
        run()


def end_with_the_server() -> None:
    """End when the server does: then standard input, which nobody ever writes to, comes to its end.

    bubblewrap ends with its parent too, but not when that is gone before bubblewrap has started.
    """
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_wait_for_the_end, args=(lifeline,), name="lifeline", daemon=True).start()


def _wait_for_the_end(lifeline: int) -> None:
    try:
        while os.read(lifeline, 1):
            pass
    except OSError:
        return  # closed by the student's own code: then bubblewrap's rule must do
    os._exit(1)


def be_the_first_to_go() -> None:
    """Where memory runs out for all of a server's processes, Linux ends a kernel, and not the server."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


def silence() -> None:
    """Point the process's own output at nothing: from here on, what students print travels by message.

    ipykernel has put its pipes in place of the output and kept copies of what was there before.
    """
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        kept = getattr(stream, "_original_stdstream_copy", None)
        if kept is not None:
            os.dup2(nothing, kept)
    os.close(nothing)


def main() -> None:
    """Start with the student's own modules in reach, and history in memory: it would be lost anyway."""
    end_with_the_server()
    be_the_first_to_go()
    let_students_import_their_files(sys.path)
    config = Config({"HistoryManager": {"hist_file": ":memory:"}})
    if SECONDS_ENV in os.environ:
        config.InteractiveShellApp.extensions = ["learnflow_kernels.clock"]
    SandboxKernelApp.launch_instance(config=config)


if __name__ == "__main__":
    main()
