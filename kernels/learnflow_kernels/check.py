"""Whether sandboxes work on this machine, found out by starting one."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_kernels import seccomp
from learnflow_kernels.bubblewrap import Features, drop_to

INSTALL = "`apt-get install bubblewrap` (or your system's package of that name)"


class SandboxUnavailable(LearnFlowError):
    """No sandbox, so no kernel. The sentence says what to install or to allow."""

    code: ClassVar[str] = "sandbox_unavailable"
    status: ClassVar[int] = 503


@lru_cache(maxsize=8)
def _features(bwrap: str) -> Features:
    """What the bubblewrap at this path can do."""
    done = subprocess.run([bwrap, "--help"], capture_output=True, text=True, timeout=10, check=False)
    text = done.stdout + done.stderr
    return Features(disable_userns="--disable-userns" in text, size="--size" in text)


def known_features() -> Features:
    """What the bubblewrap that is installed can do, as it says itself; where there is none, all."""
    found = shutil.which("bwrap")
    return Features() if found is None else _features(found)


def _why_not(complaint: str) -> str:
    """What to do about bubblewrap's own words."""
    first = complaint.strip().splitlines()[-1] if complaint.strip() else "it gave no reason"
    hint = (
        "Ordinary users must be allowed to make user namespaces: `sysctl"
        " kernel.unprivileged_userns_clone=1` on older"
        " Debian, an AppArmor profile for bwrap on Ubuntu 24.04 and later"
        " (`sysctl kernel.apparmor_restrict_unprivileged_userns=0` lifts the rule for everybody),"
        " and in a container"
        " seccomp and the masking of /proc must be off."
    )
    return f"Kernels need a sandbox, and bubblewrap cannot make one here: {first}. {hint}"


@lru_cache(maxsize=8)
def _probe(bwrap: str, setpriv: str, uid: int, filtered: bool) -> str:
    """Start an empty sandbox as `uid` (0: as ourselves); its complaint, or nothing when it worked.

    `filtered` is whether with the filter of system calls.
    """
    features = _features(bwrap)
    argv = [bwrap, "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    argv += ["--disable-userns"] if features.disable_userns else []
    argv += ["--cap-drop", "ALL", "--new-session", "--die-with-parent"]
    fd = seccomp.filter_fd() if filtered else None
    argv += [] if fd is None else ["--seccomp", str(fd)]
    argv += ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/usr/bin/true"]
    if uid:
        argv = [setpriv, *drop_to(uid)[1:], *argv]
    kept = () if fd is None else (fd,)
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=20, check=False, cwd="/", pass_fds=kept
        )
    finally:
        for number in kept:
            os.close(number)
    return "" if done.returncode == 0 else done.stderr or f"it ended with status {done.returncode}"


def require_sandbox(uid: int = 0) -> Features:
    """What bubblewrap can do here; SandboxUnavailable when it is missing or not allowed to work.

    `uid` is the user that root would run kernels as, 0 when we are not root. The first call takes some
    10 ms and blocks; later ones cost nothing.
    """
    tools = {}
    for tool, package in (("bwrap", INSTALL), ("setpriv", "util-linux"), ("prlimit", "util-linux")):
        found = shutil.which(tool)
        if found is None:
            raise SandboxUnavailable(
                f"Kernels need a sandbox, and `{tool}` is not installed here. To install it: {package}."
            )
        tools[tool] = found
    user = uid if os.geteuid() == 0 else 0
    filtered = seccomp.program(platform.machine()) is not None
    complaint = _probe(tools["bwrap"], tools["setpriv"], user, filtered)
    if complaint and filtered:
        # Some containers forbid filters. The rest of the sandbox is the stronger part; `doctor` tells.
        filtered = False
        complaint = _probe(tools["bwrap"], tools["setpriv"], user, filtered)
    if complaint:
        raise SandboxUnavailable(_why_not(complaint))
    return replace(_features(tools["bwrap"]), seccomp=filtered)
