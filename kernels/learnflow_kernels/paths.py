"""What of the host a sandbox needs to run Python: found once, mounted read-only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = (
    "alternatives",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "ssl/certs",
    "ssl/openssl.cnf",
    "timezone",
)
_ETC_LOOKUP = ("resolv.conf", "host.conf", "services", "protocols")
_ETC_NETWORK = ("hosts", "nsswitch.conf", "resolv.conf", "host.conf", "services", "protocols")
# Part of the wheel, and not for students: the course with its solutions and hidden tests, and for their code
# the grader. Their server runs the grader's check of visible tests (Validate), which knows no more than they.
_NOT_FOR_SERVERS = ("learnflow_hub",)
_NOT_FOR_KERNELS = (*_NOT_FOR_SERVERS, "learnflow_grading")


@dataclass(frozen=True)
class Mounts:
    """The host's part in a sandbox. Every path appears inside where it is outside."""

    read_only: tuple[Path, ...]
    symlinks: tuple[tuple[str, str], ...] = ()
    """(target, link), for instance `("usr/bin", "/bin")`."""
    masked: tuple[Path, ...] = ()
    """Folders inside `read_only` that are covered by an empty one."""


def _base(etc: tuple[str, ...]) -> tuple[list[Path], list[tuple[str, str]]]:
    folders, symlinks = [Path("/usr")], []
    for name in _MERGED:
        path = Path("/", name)
        if path.is_symlink():
            symlinks.append((str(path.readlink()), str(path)))
        elif path.is_dir():
            folders.append(path)
    folders += [path for name in etc if (path := Path("/etc", name)).exists()]
    return folders, symlinks


def _python() -> list[Path]:
    roots = dict.fromkeys(Path(root) for root in (sys.prefix, sys.base_prefix))
    return [root for root in roots if not root.is_relative_to("/usr")]


def package_folder(name: str) -> Path:
    """Where a package lies, found without importing it. ModuleNotFoundError when it is not installed."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No package named {name!r}", name=name)
    return Path(spec.origin).resolve().parent


def _masked(names: tuple[str, ...]) -> Iterator[Path]:
    for entry in dict.fromkeys(Path(entry) for entry in sys.path):
        if entry.name in ("site-packages", "dist-packages"):
            yield from (entry / name for name in names if (entry / name).is_dir())


def _mounts(etc: tuple[str, ...], sources: list[Path], hidden: tuple[str, ...]) -> Mounts:
    folders, symlinks = _base(etc)
    folders += _python()
    # An installed wheel lies in the environment that is there already; an editable install does not.
    sources = [path for path in sources if not any(path.is_relative_to(folder) for folder in folders)]
    covered = tuple(
        path for path in _masked(hidden) if any(path.is_relative_to(folder) for folder in folders)
    )
    return Mounts(tuple(folders + sources), tuple(symlinks), covered)


@cache
def kernel_mounts(packages: tuple[str, ...] = (), *, network: bool = False) -> Mounts:
    """For a kernel: system, Python environment, and of LearnFlow only what explains an error.

    No course source, no grader, no service, no configuration: also where LearnFlow is installed from a
    working copy that holds all of these. `packages` of LearnFlow are shown besides, for warm sandboxes whose
    trusted functions live there. With `network` comes what looks up names.
    """
    ours = package_folder("learnflow_ext")
    sources = [
        ours / "__init__.py",
        ours / "contracts",
        ours / "diagnosis",
        package_folder("learnflow_kernels"),
        *(package_folder(name) for name in packages),
    ]
    etc = _ETC + _ETC_LOOKUP if network else _ETC
    return _mounts(etc, sources, tuple(name for name in _NOT_FOR_KERNELS if name not in packages))


@cache
def server_mounts() -> Mounts:
    """For a student's own Jupyter server: all of LearnFlow that it runs, Validate too, and name lookup."""
    sources = [package_folder("learnflow_ext"), package_folder("learnflow_kernels")]
    if find_spec("learnflow_grading") is not None:
        sources.append(package_folder("learnflow_grading"))
    return _mounts(_ETC + _ETC_NETWORK, sources, _NOT_FOR_SERVERS)
