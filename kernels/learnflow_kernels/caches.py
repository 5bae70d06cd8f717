"""What libraries would work out anew in each kernel's empty home, worked out once and shown read-only.

That is matplotlib's list of fonts: making it costs a fresh kernel more than its sandbox does. The list is
made by matplotlib in a sandbox of its own, where no student's code or file is, and kept among the server's
own files. Kernels cannot write it: nothing that one leaves behind is read by another, or by the server.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_kernels import seccomp
from learnflow_kernels.bubblewrap import HOME, RUN, KernelBox, drop_to, kernel_argv
from learnflow_kernels.check import require_sandbox
from learnflow_kernels.paths import kernel_mounts
from learnflow_kernels.reach import reach_prefix
from learnflow_kernels.workplace import kernel_env

GIVEN = RUN / "caches"
"""Where a hub shows its servers the lists that it had made for all of them."""
_SHARED = (GIVEN, Path("/usr/local/share/learnflow-kernels"))
"""Only root, or whoever made our sandbox, can put a file there: an image's builder, for instance."""
_INSIDE = HOME / ".cache" / "matplotlib"
_UID = 199_997
"""Who makes it when we are root: nobody whose code runs here, so that nobody could meddle."""
_FONTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_NAME = re.compile(r"fontlist-[\w.-]{1,40}\.json")
_MOST_BYTES = 20_000_000
_SECONDS = 60.0
_MAKE = """
import pathlib, sys, matplotlib, matplotlib.font_manager
[made] = pathlib.Path(matplotlib.get_cachedir()).glob("fontlist-*.json")
sys.stdout.write(made.name + chr(10) + made.read_text())
"""
_one_at_a_time = threading.Lock()
log = logging.getLogger("learnflow.kernels")


def _key() -> str:
    """Another one for another matplotlib or other fonts; empty without matplotlib."""
    try:
        parts = [sys.prefix, sys.version, metadata.version("matplotlib")]
    except metadata.PackageNotFoundError:
        return ""
    for root in _FONTS:
        for folder, folders, _ in os.walk(root):
            folders.sort()
            with contextlib.suppress(OSError):
                parts.append(f"{folder} {os.stat(folder).st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


@contextlib.contextmanager
def _filter(wanted: bool) -> Iterator[int | None]:
    fd = seccomp.filter_fd() if wanted else None
    try:
        yield fd
    finally:
        if fd is not None:
            os.close(fd)


def _make() -> tuple[str, bytes]:
    """Name and content of the list, as matplotlib makes it where kernels run. OSError, ValueError if not."""
    uid = _UID if os.geteuid() == 0 else os.geteuid()
    features = require_sandbox(uid)
    mounts = kernel_mounts()
    command = (sys.executable, "-I", "-c", _MAKE)
    with _filter(features.seccomp) as fd:
        env = kernel_env(sys.executable, 0, {})
        box = KernelBox(mounts, None, command, env, features=features, seccomp_fd=fd)
        become = drop_to(uid) if os.geteuid() == 0 else []
        done = subprocess.run(
            [*reach_prefix(mounts.read_only, uid), *become, *kernel_argv(box)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath)},
            pass_fds=() if fd is None else (fd,),
        )
    name, _, content = done.stdout.partition(b"\n")
    if done.returncode or not _NAME.fullmatch(name.decode(errors="replace")) or len(content) > _MOST_BYTES:
        raise ValueError(done.stderr.decode(errors="replace")[-500:] or "matplotlib made no list of fonts")
    json.loads(content)
    return name.decode(), content


def _found(folder: Path) -> Path | None:
    """The list in `folder`; None for none, or one that is not of this user's (or root's) own making."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            ours = entry.stat(follow_symlinks=False).st_uid in (0, os.geteuid())
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False) and ours:
                return Path(entry.path)
    return None


@lru_cache(maxsize=8)
def _kept(place: Path) -> Path | None:
    key = _key()
    if not key:
        return None
    folder = place / key
    found = _found(folder)
    if found is not None:
        return found
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name, content = _make()
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)
        Path(temporary).replace(folder / name)
    except (OSError, ValueError, subprocess.SubprocessError, LearnFlowError) as error:
        log.warning("kernels start slower: matplotlib's list of fonts could not be kept: %s", error)
        return None
    return folder / name


def font_list(place: Path) -> Path | None:
    """matplotlib's list of fonts, kept below `place`, which nobody but us may write to. Blocks.

    It is made when there is none for these fonts and this matplotlib, which takes a second or so.
    None without matplotlib, and where it cannot be made or kept: that is tried once.
    """
    with _one_at_a_time:
        found = _kept(place)
        if found is not None and not found.is_file():
            _kept.cache_clear()  # somebody has emptied the folder
            found = _kept(place)
        return found


def own_place() -> Path:
    """The folder for the lists of a server that no hub gives any."""
    return Path.home() / ".cache" / "learnflow-kernels"


def files_in_home() -> dict[Path, Path]:
    """Files that shall lie in a kernel's home: destination to source. Blocks, the first time for a second."""
    fonts = _given() or font_list(own_place())
    return {} if fonts is None else {_INSIDE / fonts.name: fonts}


def _given() -> Path | None:
    """The list that the hub, or the image that we run in, brings along."""
    for place in _SHARED:
        with contextlib.suppress(OSError):
            for path in sorted(place.iterdir()):
                if _NAME.fullmatch(path.name):
                    return path
    return None
