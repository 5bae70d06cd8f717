"""Images for the tests, built here, so that none needs a registry of images.

The base is Debian by `debootstrap`, with the packages that LearnFlow depends on; ours are built from it by
the Dockerfiles that ship. What is slow to make is kept between runs, by what it was made from.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from docker import DockerClient
from engine import PATH, as_root

ROOT = Path(__file__).parents[2]
SUITE = "bookworm"
PYTHON = "3.11"
PACKAGES = "python3,ca-certificates,bubblewrap,util-linux"
ENVIRONMENT = Path("/opt/learnflow")
LIBRARIES = ("matplotlib",)
"""Of the courses': what the images treat in a way of its own."""
BASE = "learnflow-test/base:latest"
GRADER = "learnflow-test/grader:latest"
STUDENT = "learnflow-test/student:latest"
_FORMAT = "1"


def cache() -> Path:
    """Folder outside the repository for what is slow to make."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home) / "learnflow-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join((_FORMAT, *parts)).encode()).hexdigest()[:16]


def _kept(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """The archive of that name and key, made when it is not there yet; older ones of its name are removed."""
    target = cache() / f"{name}-{key}.tar"
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be making it
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=cache()) as folder:
                made = Path(folder) / "made.tar"
                make(made)
                made.rename(target)
            for old in cache().glob(f"{name}-*.tar"):
                if old != target:
                    old.unlink()
    return target


def _run(command: list[str]) -> None:
    program = shutil.which(command[0], path=PATH)
    assert program, f"{command[0]} is missing: run `.ci/system-packages test`"
    done = subprocess.run(
        [*as_root(), program, *command[1:]],
        env=os.environ | {"PATH": PATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout[-4000:]}"


def _debian(archive: Path) -> None:
    root = archive.parent / "debian"
    _run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root)])
    left_out = ("var/cache/apt/*", "var/lib/apt/lists/*", "usr/share/locale/*", "usr/share/doc/*", "dev/*")
    exclude = [f"--exclude=./{path}" for path in left_out]
    _run(["tar", "-C", str(root), *exclude, "-cf", str(archive), "."])
    _run(["rm", "-rf", "--one-file-system", str(root)])


def _environment(top: Path) -> None:
    """A virtual environment of the image's Python with what LearnFlow depends on, made from outside."""
    prefix = top / str(ENVIRONMENT).lstrip("/")
    uv = Path(sys.executable).with_name("uv")
    options = ["--quiet", "--link-mode", "copy", "--only-binary", ":all:", "--python-version", f"{PYTHON}.2"]
    wanted = [
        "-r",
        str(ROOT / "pyproject.toml"),
        "--extra",
        "kernels",
        "--extra",
        "grading",
        *LIBRARIES,
        "pip",
    ]
    command = [str(uv), "pip", "install", "--prefix", str(prefix), "--python", sys.executable]
    subprocess.run([*command, *options, *wanted], check=True, cwd="/")
    (prefix / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {PYTHON}\n"
    )
    own = f"#!{sys.executable}\n".encode()
    for script in (prefix / "bin").iterdir():
        text = script.read_bytes()
        if text.startswith(own):
            script.write_bytes(f"#!{ENVIRONMENT}/bin/python\n".encode() + text[len(own) :])
    for name in ("python", "python3"):
        (prefix / "bin" / name).symlink_to(f"/usr/bin/python{PYTHON}")


def _base(archive: Path, debian: Path) -> None:
    root, top = archive.parent / "root", archive.parent / "environment"
    root.mkdir()
    _environment(top)
    _run(["tar", "-C", str(root), "-xf", str(debian)])
    _run(["cp", "-dR", "--preserve=mode", f"{top}/.", str(root)])
    # A container's root is read-only: what is not compiled now would be compiled at every start.
    _run(["mkdir", "-p", "-m", "1777", str(root / "dev/shm")])
    python, packages = ENVIRONMENT / "bin/python", ENVIRONMENT / "lib"
    # Some packages bring templates of code that are no Python yet, so its status says nothing.
    _run(["chroot", str(root), "sh", "-c", f"{python} -m compileall -q -j 2 {packages} >/dev/null || true"])
    _run(["tar", "-C", str(root), "-cf", str(archive), "."])
    _run(["rm", "-rf", "--one-file-system", str(root)])


def base(client: DockerClient) -> str:
    """The base image, in the engine afterwards; its name."""
    made_from = _key(SUITE, PACKAGES)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    dependencies = "\n".join([*project["dependencies"], *extras["kernels"], *extras["grading"], *LIBRARIES])
    debian = _kept("debian", made_from, _debian)
    key = _key(made_from, PYTHON, str(ENVIRONMENT), dependencies)
    archive = _kept("base", key, lambda target: _base(target, debian))
    path = f"{ENVIRONMENT}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    repository, _, tag = BASE.partition(":")
    client.api.import_image(str(archive), repository=repository, tag=tag, changes=[f"ENV PATH={path}"])
    return BASE


def wheel(folder: Path) -> Path:
    """Build this checkout's wheel into `folder`."""
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert built.returncode == 0, built.stdout
    (made,) = folder.glob("*.whl")
    return made


def build(client: DockerClient, context: Path, dockerfile: str, tag: str, **arguments: str) -> None:
    """`docker build`, without network: nothing may be fetched that the base does not bring."""
    log = []
    for line in client.api.build(
        path=str(context),
        dockerfile=dockerfile,
        tag=tag,
        buildargs=arguments,
        network_mode="none",
        rm=True,
        forcerm=True,
        decode=True,
    ):
        log.append(line.get("stream", "") or line.get("error", ""))
        assert "error" not in line, "".join(log)[-4000:]


def ours(client: DockerClient, name: str, tag: str, made: Path) -> str:
    """The image of `kernels/images/<name>.Dockerfile` with the wheel `made`; its tag."""
    with tempfile.TemporaryDirectory(prefix="lf-image-") as folder:
        shutil.copy(made, folder)
        shutil.copy(ROOT / "kernels/images" / f"{name}.Dockerfile", folder)
        build(client, Path(folder), f"{name}.Dockerfile", tag, BASE=BASE, PACKAGES="")
    return tag
