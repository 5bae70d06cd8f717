"""The same sandbox tests, by an ordinary user; and a kernel inside a confined student's server."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from learnflow_kernels.bubblewrap import SERVER_SCRATCH, drop_to, server_argv
from learnflow_kernels.check import known_features
from learnflow_kernels.paths import kernel_mounts, server_mounts
from learnflow_kernels.reach import reach_prefix

NOBODY = 65_534
REPOSITORY = Path(__file__).parents[3]

SAME_FOR_ALL = ("TestExplanation", "TestCall", "test_visualize", "test_a_file_outside")
"""What happens inside Python alone, or in none: whose it is makes no difference there."""

ONE_KERNEL = """
import asyncio, json, os, sys
from learnflow_kernels.manager import SandboxKernelManager

async def main():
    manager = SandboxKernelManager(kernel_name="python3")
    await manager.start_kernel(cwd=sys.argv[1])
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=30)
    reply = await client.execute_interactive(
        "import os, pathlib; pathlib.Path('found.txt').write_text(str(os.listdir('/')))", timeout=30
    )
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    print("\\n" + json.dumps({"status": reply["content"]["status"], "uid": os.getuid(),
                      "tmp": os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize,
                      "secret": os.path.exists(sys.argv[2]), "home": os.listdir(os.path.expanduser("~"))}))

asyncio.run(main())
"""


LEFT_ALONE = """
import asyncio, sys, time
from learnflow_kernels.manager import SandboxKernelManager

async def main():
    manager = SandboxKernelManager(kernel_name="python3")
    await manager.start_kernel(cwd=sys.argv[1])
    print(manager.provisioner._run.root, flush=True)
    time.sleep(60)

asyncio.run(main())
"""


def running(words: str) -> bool:
    """Whether any process has `words` in its command line."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if words.encode() in path.read_bytes():
                return True
    return False


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the ordinary user owns."""
    made = Path(tempfile.mkdtemp(prefix="ordinary-"))
    for name in ("work", "home"):
        (made / name).mkdir()
        if os.geteuid() == 0:
            os.chown(made / name, NOBODY, NOBODY)
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def as_ordinary(needed: list[Path]) -> list[str]:
    """What root puts before a command to run it as an ordinary user; nothing when we are one."""
    return [*reach_prefix(needed, NOBODY), *drop_to(NOBODY)] if os.geteuid() == 0 else []


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "LANG": "C.UTF-8"}


@pytest.mark.timeout(700)
def test_the_sandbox_holds_for_an_ordinary_user_too(folder: Path) -> None:
    if os.geteuid() != 0:
        return  # then the tests beside this one ran as an ordinary user already
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        "-k",
        f"not docker and not {' and not '.join(SAME_FOR_ALL)}",
    ]
    command += [f"--basetemp={folder / 'work' / 'tmp'}", f"--rootdir={REPOSITORY}"]
    for name in (
        "test_sandbox_kernel.py",
        "test_runner_limits.py",
        "test_warm_sandboxes.py",
        "test_hostile_runs.py",
        "test_hostile_tricks.py",
        "test_neighbours.py",
    ):
        command.append(str(Path(__file__).with_name(name)))
    done = subprocess.run(
        [*as_ordinary([*kernel_mounts().read_only, REPOSITORY]), *command],
        cwd=REPOSITORY,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=660,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout.splitlines()[-1]


def test_a_confined_server_starts_a_kernel_and_sees_no_other_student(folder: Path) -> None:
    other = folder / "other.txt"
    other.write_text("of another student")
    other.chmod(0o644)
    script = folder / "work" / "server.py"
    script.write_text(ONE_KERNEL)
    mounts = server_mounts()
    inner = server_argv(
        [sys.executable, str(script), str(folder / "work"), str(other)],
        mounts=mounts,
        work=folder / "work",
        home=folder / "home",
        env=environment(folder),
        features=known_features(),
    )
    done = subprocess.run(
        [*as_ordinary([*mounts.read_only, folder]), *inner],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["status"], told["secret"]) == ("ok", False)
    assert told["tmp"] <= SERVER_SCRATCH, "kernels write there, and it is memory"
    assert told["uid"] == (NOBODY if os.geteuid() == 0 else os.getuid())
    assert "usr" in (folder / "work" / "found.txt").read_text()


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.03, 0.1, 0.6])
def test_a_kernel_never_outlives_a_server_that_was_killed(folder: Path, delay: float) -> None:
    folder.joinpath("work").chmod(0o777)
    server = subprocess.Popen(
        [sys.executable, "-c", LEFT_ALONE, str(folder / "work")], stdout=subprocess.PIPE, text=True
    )
    with server:
        assert server.stdout is not None
        run = server.stdout.readline().strip()
        time.sleep(delay)
        server.kill()
    try:
        deadline = time.monotonic() + 10
        while running(run) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not running(run)
    finally:
        shutil.rmtree(run, ignore_errors=True)
