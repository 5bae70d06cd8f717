"""Finds out what this machine offers to sandboxes."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import subprocess

from learnflow_kernels import cgroups, seccomp
from learnflow_kernels.bubblewrap import Features
from learnflow_kernels.check import SandboxUnavailable, require_sandbox
from learnflow_kernels.choice import LearnFlowRunner, look
from learnflow_kernels.doctor import Facts
from learnflow_kernels.owner import tag
from learnflow_kernels.warm.runner import ENTRY
from learnflow_kernels.warm.sandboxes import WarmSandboxes

_PROBE_BYTES = 64 * 2**20


def _bubblewrap_version() -> str:
    path = shutil.which("bwrap")
    if path is None:
        return ""
    done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    return done.stdout.strip().rpartition(" ")[2]


async def _warm_complaint(uid: int) -> str:
    """Open an empty warm sandbox; why that fails, or nothing."""
    boxes = WarmSandboxes(uid=uid, ready=0, preload=())
    try:
        await (await boxes.open(ENTRY)).close()
    except SandboxUnavailable as error:
        return error.message
    finally:
        await boxes.close()
    return ""


def examine(uid: int = 199_998) -> Facts:
    """The facts, found by starting an empty sandbox and making a control group; both are gone at the end.

    `uid` is the user that root would run code as. Blocks for some 300 ms, and must not
    be called where an event loop runs.
    """
    complaint, features = "", Features(disable_userns=False, size=False, seccomp=False)
    try:
        features = require_sandbox(uid)
    except SandboxUnavailable as error:
        complaint = error.message
    group = cgroups.create(f"doctor-{tag()}", memory=_PROBE_BYTES, processes=16, cpus=1)
    try:
        processes = any((folder / "pids.max").exists() for folder in group.folders)
        cpu = group.limits_cpu
    finally:
        group.remove()
    return Facts(
        bubblewrap=_bubblewrap_version(),
        complaint=complaint,
        features=features,
        architecture=platform.machine(),
        filter_known=seccomp.program(platform.machine()) is not None,
        root=os.geteuid() == 0,
        memory_group=group.limits_memory,
        process_group=processes,
        cpu_group=cpu,
        warm="" if complaint else asyncio.run(_warm_complaint(uid)),
        candidates=tuple(look(LearnFlowRunner(), uid, thorough=True)),
    )
