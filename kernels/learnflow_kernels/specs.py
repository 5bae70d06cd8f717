"""The kernels a classroom knows: one, in a sandbox."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from traitlets import Bool

from learnflow_kernels.paths import package_folder

KERNEL_NAME = "python3"
PROVISIONER = "learnflow-sandbox"


def resource_dir() -> str:
    """Folder with the kernel's logo: ipykernel's, found without importing it."""
    return str(package_folder("ipykernel") / "resources")


def sandbox_spec(*, tutor: bool) -> KernelSpec:
    """The kernel specification; `tutor` loads what explains errors."""
    argv = [sys.executable, "-I", "-m", "learnflow_kernels.launch", "-f", "{connection_file}"]
    argv.append("--ext=learnflow_kernels.magics")
    if tutor:
        argv.append("--ext=learnflow_kernels.tutor")
    return KernelSpec(
        argv=argv,
        resource_dir=resource_dir(),
        display_name="Python 3 (LearnFlow)",
        language="python",
        interrupt_mode="message",
        metadata={"debugger": False, "kernel_provisioner": {"provisioner_name": PROVISIONER}},
    )


class SandboxKernelSpecManager(KernelSpecManager):
    """Knows `python3` and nothing else, whatever lies in a kernels folder a student can write to."""

    tutor = Bool(
        True,
        help="""Explain errors in the kernel, as a `CellError` beside the traceback. Turn off in grading,
        where the failing cell may be a hidden test.""",
    ).tag(config=True)

    def find_kernel_specs(self) -> dict[str, str]:
        """The one name, and the folder with its logo."""
        return {KERNEL_NAME: resource_dir()}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The sandboxed kernel; NoSuchKernel for any other name."""
        if kernel_name != KERNEL_NAME:
            raise NoSuchKernel(kernel_name)
        return sandbox_spec(tutor=self.tutor)

    def get_all_specs(self) -> dict[str, Any]:
        """As the parent's: name to `resource_dir` and `spec`."""
        spec = self.get_kernel_spec(KERNEL_NAME)
        return {KERNEL_NAME: {"resource_dir": spec.resource_dir, "spec": spec.to_dict()}}
