"""The kernels of a student's server."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

MOST_PATIENT_S = 20.0


class PatientKernelManager(AsyncMappingKernelManager):
    """jupyter-server's own, which can shut a kernel down while that is just starting again, too."""

    async def _async_shutdown_kernel(
        self, kernel_id: str, now: bool | None = False, restart: bool | None = False
    ) -> None:
        """Wait for a start under way, then shut down.

        Without the wait the caller gets an error, and the kernel is left running with nobody listening.
        """
        parent: Any = super()
        parent._check_kernel_id(kernel_id)
        ready: Any = self.get_kernel(kernel_id).ready
        if not isinstance(ready, asyncio.Future):
            ready = asyncio.wrap_future(ready)
        await asyncio.wait([ready], timeout=MOST_PATIENT_S)
        await parent._async_shutdown_kernel(kernel_id, now=now, restart=restart)

    shutdown_kernel: Any = _async_shutdown_kernel
