"""Sandboxes without walls, for tests of what happens inside them: a plain process each."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from learnflow_ext.contracts.runner import RunLimits
from learnflow_ext.contracts.sandboxes import Ending

_RUN = """
import importlib, socket, sys
for name in sys.argv[3:]:
    importlib.import_module(name)
module, function = sys.argv[1].split(":")
getattr(importlib.import_module(module), function)(socket.socket(fileno=int(sys.argv[2])))
"""


class LocalSandboxed:
    """One process."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        channel: socket.socket,
        folder: tempfile.TemporaryDirectory[str],
    ) -> None:
        self._process, self._channel, self._folder = process, channel, folder

    @property
    def channel(self) -> socket.socket:
        """Our end."""
        return self._channel

    async def wait(self) -> Ending:
        """Its end."""
        return Ending(status=await asyncio.to_thread(self._process.wait))

    async def close(self) -> None:
        """Hang up and wait, so that what it measured is kept; kill it when it does not end."""
        self._channel.close()
        try:
            await asyncio.to_thread(self._process.wait, 10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        self._folder.cleanup()


class LocalSandboxes:
    """Starts one interpreter for each."""

    def __init__(self, packages: Sequence[str] = (), preload: Sequence[str] = ()) -> None:
        """All packages are there anyway; the modules of `preload` are loaded first."""
        self._preload = tuple(preload)

    async def open(self, entry: str, *, limits: RunLimits | None = None) -> LocalSandboxed:
        """A new process."""
        ours, theirs = socket.socketpair()
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        process = subprocess.Popen(  # noqa: ASYNC220 - a test's
            [sys.executable, "-I", "-c", _RUN, entry, str(theirs.fileno()), *self._preload],
            pass_fds=[theirs.fileno()],
            cwd=folder.name,
            env={**os.environ, "HOME": folder.name},
        )
        theirs.close()
        return LocalSandboxed(process, ours, folder)

    async def close(self) -> None:
        """Nothing is kept."""
