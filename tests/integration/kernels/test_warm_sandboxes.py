"""Warm sandboxes: what the contract promises; nothing gets from one to the next, or to their parent."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.warm.runner import ENTRY, WarmRunner
from learnflow_kernels.warm.sandboxes import WarmSandbox, WarmSandboxes

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.runner import RunLimits, RunResult
from learnflow_ext.contracts.sandboxes import Sandboxed, Sandboxes

UID = 150_000 + os.getpid() % 40_000
PATIENT = RunLimits(wall_s=60)

PLANT = r"""
import builtins, ctypes, json, os, random, socket, sys, time
import numpy
for folder in (".", "/tmp", "/dev/shm", os.path.expanduser("~")):
    with open(os.path.join(folder, "left"), "w") as file: file.write("x")
json.loads = builtins.smuggled = numpy.smuggled = sys.modules["smuggled"] = "x"
os.environ["SMUGGLED"] = "x"
random.seed(1); numpy.random.seed(1)
libc = ctypes.CDLL(None, use_errno=True)
assert libc.shmget(4711, 4096, 0o1666) >= 0
libc.mq_open.restype = ctypes.c_int
libc.mq_open(b"/smuggled", os.O_CREAT | os.O_RDWR, 0o666, None)
sockets = [socket.socket(socket.AF_UNIX), socket.socket()]
sockets[0].bind("\0smuggled"); sockets[0].listen()
sockets[1].bind(("127.0.0.1", 4711)); sockets[1].listen()
terminal = os.openpty()
if os.fork() == 0:
    os.setsid()
    time.sleep(3600)
print("planted")
"""

LOOK = r"""
import ctypes, json, os, random, socket, sys
import numpy
found = []
for folder in (".", "/tmp", "/dev/shm", os.path.expanduser("~")):
    found += os.listdir(folder)
found += [place for place in (sys.modules, dir(numpy), dir(__builtins__)) if "smuggled" in place]
found += [json.loads] if json.loads == "x" else []
found += [name for name in os.environ if name == "SMUGGLED"]
libc = ctypes.CDLL(None, use_errno=True)
found += ["shm"] if libc.shmget(4711, 4096, 0) >= 0 else []
found += ["queue"] if libc.mq_open(b"/smuggled", os.O_RDWR) >= 0 else []
for family, address in ((socket.AF_UNIX, "\0smuggled"), (socket.AF_INET, ("127.0.0.1", 4711))):
    try:
        socket.socket(family).connect(address)
        found.append(address)
    except OSError: pass
found += [name for name in os.listdir("/dev/pts") if name != "ptmx"]
found += [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid())]
print(found)
"""


@pytest.fixture
async def boxes() -> AsyncIterator[WarmSandboxes]:
    made = WarmSandboxes(uid=UID, ready=0, preload=())
    await made.start(ENTRY)
    yield made
    await made.close()


@pytest.fixture(scope="module")
def libraries() -> tuple[str, ...]:
    return ("numpy",)


@pytest.fixture
async def runner(libraries: tuple[str, ...]) -> AsyncIterator[WarmRunner]:
    made = WarmRunner(uid=UID, parallel=4, ready=1, preload=libraries)
    await made.start()
    yield made
    await made.close()


async def run(runner: WarmRunner, code: str, limits: RunLimits = PATIENT) -> RunResult:
    return await runner.run([code], limits=limits)


def groups(name: str) -> list[Path]:
    """Control groups that were made under this name."""
    # Not by a pattern: that fails when a group of others goes away while it looks.
    found = [Path(folder, each) for folder, names, _ in os.walk("/sys/fs/cgroup") for each in names]
    return [path for path in found if path.name.startswith(f"learnflow-{name}")]


def keeper_pid(box: WarmSandbox) -> int:
    for line in Path(f"/proc/self/fdinfo/{box._keeper}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    raise AssertionError("no process behind the descriptor")


class TestContract:
    async def test_it_is_one(self, boxes: WarmSandboxes) -> None:
        promised: Sandboxes = boxes
        box: Sandboxed = await promised.open(ENTRY, limits=PATIENT)
        with pytest.raises(BlockingIOError):
            box.channel.recv(1)
        await box.close()
        assert (await box.wait()).status == 128 + signal.SIGKILL
        await box.close()
        assert box.channel.fileno() == -1

    async def test_the_channel_is_connected_and_the_end_is_seen(self, boxes: WarmSandboxes) -> None:
        box = await boxes.open(ENTRY, limits=PATIENT)
        box.channel.shutdown(socket.SHUT_WR)  # it waits for a task
        assert await asyncio.get_running_loop().sock_recv(box.channel, 100) == b""
        assert (await box.wait()).status == 1
        await box.close()

    async def test_time_runs_out(self, boxes: WarmSandboxes) -> None:
        box = await boxes.open(ENTRY, limits=RunLimits(wall_s=0.3))
        ending = await box.wait()
        assert (ending.limit, ending.status) == ("time", 137)
        await box.close()

    @pytest.mark.parametrize("entry", ["learnflow_kernels.nowhere:f", "nonsense", "a.b:", ":f", "os:a b"])
    async def test_a_function_that_is_not_there(self, boxes: WarmSandboxes, entry: str) -> None:
        with pytest.raises(BadRequest):
            await boxes.open(entry)
        box = await boxes.open(ENTRY)
        await box.close()

    async def test_what_the_grader_needs_is_shown_only_where_it_is_asked_for(self) -> None:
        for packages, there in (((), False), (("learnflow_grading",), True)):
            made = WarmSandboxes(uid=UID, ready=0, preload=(), packages=packages)
            try:
                if there:
                    await (await made.open("learnflow_grading.names:nothing")).close()
                else:
                    with pytest.raises(BadRequest):
                        await made.open("learnflow_grading.names:nothing")
            finally:
                await made.close()

    async def test_it_is_closed_once_and_for_all(self, boxes: WarmSandboxes) -> None:
        box = await boxes.open(ENTRY, limits=PATIENT)
        pid = keeper_pid(box)
        await boxes.close()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        await boxes.close()

    async def test_cancelling_leaves_nothing(self, boxes: WarmSandboxes) -> None:
        before = len(os.listdir("/proc/self/fd"))
        for delay in (0, 0.001, 0.005, 0.01):
            task = asyncio.create_task(boxes.open(ENTRY))
            await asyncio.sleep(delay)
            task.cancel()
            try:
                box = await task
            except asyncio.CancelledError:
                continue
            await box.close()
        await boxes.close()
        assert len(os.listdir("/proc/self/fd")) <= before
        assert groups(boxes._name) == []

    @pytest.mark.parametrize("delay", [0, 0.003, 0.01, 0.02])
    async def test_closing_while_some_are_opened_leaves_nothing(
        self, boxes: WarmSandboxes, delay: float
    ) -> None:
        boxes._ready_wanted = 2
        opening = [asyncio.create_task(boxes.open(ENTRY)) for _ in range(4)]
        await asyncio.sleep(delay)
        await boxes.close()
        # Then, not some time later: who closes ends the event loop next.
        assert groups(boxes._name) == []
        assert all(task.done() for task in opening)
        for outcome in await asyncio.gather(*opening, return_exceptions=True):
            assert isinstance(outcome, SandboxUnavailable | WarmSandbox)
            assert isinstance(outcome, SandboxUnavailable) or not outcome.alive

    @pytest.mark.parametrize("delay", [0, 0.05, 0.3])
    async def test_closing_while_it_starts_leaves_nothing(self, delay: float) -> None:
        made = WarmSandboxes(uid=UID, ready=2, preload=())
        starting = asyncio.create_task(made.start(ENTRY))
        await asyncio.sleep(delay)
        await made.close()
        assert groups(made._name) == []
        assert starting.done()
        assert isinstance(starting.exception(), SandboxUnavailable | None)
        assert (made._nursery, made.ready) == (None, 0)

    async def test_closing_goes_on_when_nobody_waits_for_it(self, boxes: WarmSandboxes) -> None:
        await boxes.open(ENTRY, limits=PATIENT)
        closing = asyncio.create_task(boxes.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        await boxes.close()
        assert groups(boxes._name) == []

    async def test_some_wait_for_work(self, runner: WarmRunner) -> None:
        assert runner._sandboxes.ready == 1
        assert (await run(runner, "print(1)")).stdout == "1\n"
        await runner._sandboxes.start()
        assert runner._sandboxes.ready == 1


class TestFromOneStudentToTheNext:
    async def test_nothing_is_left(self, runner: WarmRunner) -> None:
        planted = await run(runner, PLANT)
        assert planted.stdout == "planted\n", planted
        for _ in range(2):  # one that waited meanwhile, and one that is forked afterwards
            assert (await run(runner, LOOK)).stdout == "[]\n"

    async def test_their_random_numbers_differ(self, runner: WarmRunner) -> None:
        code = "import random\nfrom numpy.random import rand, default_rng\n"
        code += "print(random.random(), rand(), default_rng().random())"
        lines = [(await run(runner, code)).stdout.split() for _ in range(4)]
        for column in zip(*lines, strict=True):
            assert len(set(column)) == 4

    async def test_each_has_a_user_of_its_own(self, boxes: WarmSandboxes) -> None:
        opened = [await boxes.open(ENTRY, limits=PATIENT) for _ in range(3)]
        real = {user_of(keeper_pid(box)) for box in opened}
        assert len(real) == (3 if os.geteuid() == 0 else 1)
        assert 0 not in real
        for box in opened:
            await box.close()


def user_of(pid: int) -> int:
    """The host's id of the user a process runs as."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[1])
    raise AssertionError("no such process")


ATTACK = r"""
import ctypes, os, resource, signal
libc = ctypes.CDLL(None, use_errno=True)
held = []
def attempt(name, function):
    try:
        result = function()
        held.append((name, result)) if result is not None else None
    except (OSError, ValueError): pass
for number in (9, 15, 19, 2, 17):
    attempt("signal", lambda: os.kill(1, number))
attempt("memory", lambda: open("/proc/1/mem", "rb").read(1))
attempt("files", lambda: os.listdir("/proc/1/fd"))
attempt("environment", lambda: open("/proc/1/environ", "rb").read(1))
attempt("root", lambda: os.listdir("/proc/1/root"))
attempt("ptrace", lambda: libc.ptrace(16, 1, 0, 0) == 0 or None)
attempt("vm", lambda: libc.process_vm_readv(1, 0, 0, 0, 0, 0) >= 0 or None)
attempt("unshare", lambda: libc.unshare(0x10000000) == 0 or None)
attempt("mount", lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) == 0 or None)
attempt("umount", lambda: libc.umount2(b"/proc", 2) == 0 or None)
attempt("chroot", lambda: os.chroot("/tmp") or "done")
attempt("namespaces", lambda: open("/proc/sys/user/max_user_namespaces", "w").write("9"))
attempt("root again", lambda: os.setuid(0) or "done")
attempt("limits", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (500, 500)) or "done")
attempt("host", lambda: os.listdir("/root/.ssh") or None)
attempt("written", lambda: open("/usr/bin/left", "w") and "done")
print(held, os.getuid(), [n for n in os.listdir("/proc/self/fd") if int(n) > 4], flush=True)
attempt("everybody", lambda: os.kill(-1, 9))
attempt("myself", lambda: os.kill(os.getpid(), 9))
"""


class TestAgainstTheParent:
    async def test_it_cannot_be_reached_and_tells_the_truth(self, runner: WarmRunner) -> None:
        done = await run(runner, ATTACK)
        assert done.stdout == "[] 1000 []\n"
        assert done.error is not None
        assert "killed" in done.error.message
        assert (await run(runner, "print('fine')")).stdout == "fine\n"

    async def test_nothing_of_the_parent_is_in_reach_of_a_frame(self, runner: WarmRunner) -> None:
        code = (
            "import sys, socket\nframe, found = sys._getframe(), []\nwhile frame:\n"
            "    found += [v for v in frame.f_locals.values() if isinstance(v, socket.socket)]\n"
            "    frame = frame.f_back\nprint(len({v.fileno() for v in found}))"
        )
        assert (await run(runner, code)).stdout == "1\n"  # its own channel

    async def test_when_it_is_killed_the_next_run_has_a_new_one(self, runner: WarmRunner) -> None:
        lost = asyncio.create_task(run(runner, "import time; time.sleep(50)"))
        await asyncio.sleep(0.3)
        nursery = runner._sandboxes._nursery
        assert nursery is not None
        os.kill(nursery.pid, signal.SIGKILL)
        done = await lost
        assert done.error is not None or done.limit is not None
        assert (await run(runner, "print('again')")).stdout == "again\n"


LEFT_ALONE = """
import asyncio, sys, time
from learnflow_kernels.warm.sandboxes import WarmSandboxes
from learnflow_kernels.warm.runner import ENTRY
from learnflow_ext.contracts.runner import RunLimits

async def main():
    boxes = WarmSandboxes(uid=int(sys.argv[1]), ready=1, preload=())
    await boxes.start(ENTRY)
    await boxes.open(ENTRY, limits=RunLimits(wall_s=600))
    print(boxes._nursery.pid, flush=True)
    time.sleep(60)

asyncio.run(main())
"""


def below(pid: int) -> set[int]:
    """All processes below one, itself included."""
    found, fresh = {pid}, [pid]
    while fresh:
        listing = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(fresh.pop())], capture_output=True, text=True, check=False
        )
        new = {int(word) for word in listing.stdout.split()} - found
        found |= new
        fresh += new
    return found


def test_all_end_with_a_server_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LEFT_ALONE, str(UID)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        family = below(int(server.stdout.readline()))
        assert len(family) >= 5
        server.kill()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in family):
        assert time.monotonic() < deadline
        time.sleep(0.05)
