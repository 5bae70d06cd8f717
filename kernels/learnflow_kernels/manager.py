"""A kernel manager for programs that run notebooks (nbclient, nbgrader): it starts sandboxed kernels only."""

from __future__ import annotations

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import Bool, default

from learnflow_kernels.specs import SandboxKernelSpecManager


class SandboxKernelManager(AsyncKernelManager):
    """Give its name as `kernel_manager_class`; limits are set on `SandboxProvisioner` in the same config."""

    tutor = Bool(
        False,
        help="""Explain errors in the kernel (see SandboxKernelSpecManager.tutor). Off, because the cells
        that fail in grading are often hidden tests.""",
    ).tag(config=True)

    @default("kernel_spec_manager")
    def _sandboxed_only(self) -> KernelSpecManager:
        return SandboxKernelSpecManager(parent=self, tutor=self.tutor)
