"""What hostile code tries at the seams: calls that are rare or new, descriptors, what it says of itself, and
what it leaves for whoever clears up. As `test_hostile_runs`, for every sandbox; and for notebooks' kernels.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
from learnflow_kernels.processes import kernel_process
from learnflow_kernels.seccomp import DENIED, MACHINES

from .conftest import Box, Notebook, Starter, all_refused, run, works

pytestmark = pytest.mark.timeout(600)  # the first with a container may have to build the image

CANARY = f"canary-{secrets.token_hex(8)}"

FORGE = r"""
import os, struct, sys
frame, mark = sys._getframe(), b""
while frame:
    mark = getattr(frame.f_locals.get("boxed"), "mark", mark)
    frame = frame.f_back
body = BODY
for fd in range(3, 20):
    try: os.write(fd, mark + struct.pack(">I", len(body)) + body if mark else body)
    except OSError: pass
os._exit(0)
"""
"""Speaks for the sandbox's own half: over every descriptor, behind the mark where there is one."""


@pytest.fixture
def opened() -> Iterator[tuple[int, int]]:
    """What a careless server could hand on: a file with a secret and a port, both to be inherited."""
    with tempfile.TemporaryFile() as file, socket.create_server(("127.0.0.1", 0)) as server:
        file.write(CANARY.encode())
        file.flush()
        os.set_inheritable(file.fileno(), True)
        server.set_inheritable(True)
        yield file.fileno(), server.getsockname()[1]


class TestCalls:
    async def test_none_that_attacks_begin_with_and_none_that_is_newer_than_the_filter(
        self, box: Box
    ) -> None:
        column = MACHINES[os.uname().machine].column
        numbers = [number for row in DENIED.values() if (number := row[column]) is not None]
        numbers += [435, 463, 467, 470, 500]  # clone3, and some that came later or will
        await all_refused(
            box,
            f"for number in {numbers}:\n    attempt(number, lambda: call(number, 0, 0, 0, 0, 0, 0))\n",
            len(numbers),
        )

    async def test_nothing_is_typed_into_a_terminal(self, box: Box) -> None:
        done = await run(
            box,
            "import fcntl\nfor number in (0x5412, 0x541C):\n"
            "    try: fcntl.ioctl(0, number, b'x')\n    except PermissionError: print('refused')",
        )
        assert done.stdout == "refused\n" * 2

    async def test_a_program_made_in_memory_is_as_confined(self, box: Box) -> None:
        done = await run(
            box,
            "import os, subprocess\nfd = os.memfd_create('x')\n"
            "os.write(fd, open('/bin/cat', 'rb').read())\nos.fchmod(fd, 0o6755)\n"
            "said = subprocess.run([f'/proc/self/fd/{fd}', '/proc/self/status'], pass_fds=[fd],"
            " capture_output=True, text=True)\nprint(said.stdout)",
        )
        status = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)
        assert (status["NoNewPrivs"], status["Seccomp"], status["CapPrm"]) == ("1", "2", "0" * 16)
        assert "0" not in status["Uid"].split()


class TestDescriptors:
    async def test_nothing_that_the_server_has_open_is_there(self, box: Box, opened: tuple[int, int]) -> None:
        _, port = opened
        done = await run(
            box,
            "import os, socket\nfor fd in range(256):\n"
            "    for look in (lambda: os.pread(fd, 99, 0), lambda: os.readlink(f'/proc/self/fd/{fd}'),\n"
            "                 lambda: socket.socket(fileno=os.dup(fd)).getsockname()):\n"
            "        try: print(look())\n        except OSError: pass\n",
        )
        assert done.error is None
        assert CANARY not in done.stdout
        assert str(port) not in done.stdout

    async def test_those_that_code_sends_out_are_not_taken(self, box: Box) -> None:
        await works(box)
        before = len(os.listdir("/proc/self/fd"))
        await run(
            box,
            "import os, socket\nfor fd in range(256):\n    try:\n"
            "        door = socket.socket(fileno=os.dup(fd))\n        door.setblocking(False)\n"
            "        for _ in range(20): socket.send_fds(door, [b'x'], [0] * 50)\n"
            "    except OSError: pass\n",
        )
        await works(box)
        assert len(os.listdir("/proc/self/fd")) <= before


class TestWhatItSaysOfItself:
    @pytest.mark.parametrize(
        "body",
        [
            "b'\\x81\\xa5value' + b'\\x91' * 50_000 + b'\\xc0'",
            "b'\\x81\\xa5value' + b'\\x81\\xa1a' * 19_000 + b'\\xc0'",
            "b'\\x81\\xa5value\\xc7\\x03\\x05abc'",
            "b'\\x81\\xa5value\\xd6\\xff\\x00\\x00\\x00\\x01'",
            "b'\\x81\\xa5value\\x81\\x91\\x01\\x01'",
        ],
        ids=["deep", "deep-keys", "extension", "date", "odd-key"],
    )
    async def test_what_is_no_plain_data_is_no_report(self, box: Box, body: str) -> None:
        done = await run(box, FORGE.replace("BODY", body))
        assert done.error is not None
        assert (done.error.exception, done.value) == ("ProgramEnded", None)

    async def test_a_value_that_nobody_asked_for_is_dropped(self, box: Box) -> None:
        done = await run(box, FORGE.replace("BODY", "b'\\x81\\xa5value\\xa4mine'"))
        assert (done.error, done.value) == (None, None)

    async def test_output_of_any_bytes_is_text(self, box: Box) -> None:
        done = await run(
            box, r"import os; os.write(1, b'\x00\x1b]52;c;eA==\x07\xff\xed\xa0\x80\xe2\x82 no end')"
        )
        assert done.stdout.startswith("\0\x1b]52;c;eA==\x07\ufffd")
        assert done.stdout.endswith(" no end")
        assert msgspec.json.decode(msgspec.json.encode(done))["stdout"] == done.stdout


class TestFilling:
    async def test_names_without_end_and_a_file_of_holes(self, box: Box) -> None:
        before, taken = psutil.virtual_memory().available, 0

        async def watch() -> None:
            nonlocal taken
            while True:
                taken = max(taken, before - psutil.virtual_memory().available)
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        done = await run(
            box,
            "import os\ntry:\n    with open('holes', 'wb') as file: file.truncate(10**13)\n"
            "    print('huge', flush=True)\nexcept OSError: pass\n"
            "n = 0\nwhile True:\n    n += 1\n    for folder in ('.', '/tmp', '/dev/shm'):\n"
            "        try: os.symlink('x' * 100, f'{folder}/{n:0250}')\n        except OSError: pass\n",
            memory_mb=128,
            wall_s=2,
        )
        watching.cancel()
        assert done.stdout == ""
        assert done.limit is not None or done.error is not None
        assert taken < 2 * 2**30
        await works(box)


def score(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


class TestKernel:
    async def test_odd_characters_and_outputs_spoil_nothing(self, notebook: Notebook) -> None:
        odd = (
            "print('\\0\\x1b]0;x\\x07', end='')",
            "print('\\ud800 alone')",
            "import os, sys; os.write(1, b'\\xff\\xfe\\x00'); sys.stderr.write('\\udcff')",
            "raise ValueError('\\ud800\\0')",
            "deep = []\nfor _ in range(10_000): deep = [deep]\n"
            "from IPython.display import display\ndisplay({'application/json': deep}, raw=True)",
            "display({f'x/{n}': n for n in range(50_000)}, raw=True)",
            "display({'text/plain': {'a': float('nan')}, 'image/png': b'x' * 3_000_000}, raw=True)",
            "display({7: object()}, metadata={'x': {1, 2}}, raw=True)",
        )
        for code in odd:
            await notebook.run(code)
        assert (await notebook.run("print('next')")).text == "next\n"

    async def test_files_planted_for_the_next_start_run_nowhere(
        self, start: Starter, work: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        evil = f"open({str(work / 'ran.txt')!r}, 'a').write(__file__)\n"
        names = (
            "~/.ipython/profile_default/startup/00.py",
            "~/.ipython/profile_default/ipython_config.py",
            "~/.jupyter/jupyter_server_config.py",
            "~/.local/lib/python3.{minor}/site-packages/usercustomize.py",
            "~/.local/lib/python3.{minor}/site-packages/evil.pth",
            "sitecustomize.py",
            ".ipython/profile_default/startup/00.py",
            "evil.pth",
        )
        for name, value in (
            ("LD_PRELOAD", str(work / "evil.so")),
            ("PYTHONSTARTUP", str(work / "sitecustomize.py")),
            ("PYTHONPATH", str(work)),
            ("PYTHONINSPECT", "1"),
            ("BASH_ENV", str(work / "sitecustomize.py")),
        ):
            monkeypatch.setenv(name, value)
        notebook = await start()
        seen = await notebook.run(
            f"import os, sys\nfor name in {names!r}:\n"
            "    path = os.path.expanduser(name.format(minor=sys.version_info.minor))\n"
            "    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)\n"
            f"    open(path, 'w').write({evil!r})\n"
            "print(sorted(set(os.environ) & {'LD_PRELOAD', 'PYTHONSTARTUP', 'PYTHONPATH', 'BASH_ENV'}))"
        )
        assert seen.text == "[]\n"
        await notebook.manager.restart_kernel(now=True)
        await notebook.client.wait_for_ready(timeout=60)
        again = await start()
        for one in (notebook, again):
            assert (await one.run("import os; print(os.listdir(os.path.expanduser('~/.local')))")).error
        assert not (work / "ran.txt").exists()

    async def test_where_memory_runs_out_a_kernel_goes_before_its_server(self, notebook: Notebook) -> None:
        process = notebook.provisioner.process
        assert process is not None
        kernel = kernel_process(process.pid)
        assert score(kernel) == 1000 > score(os.getpid())

    async def test_folders_without_end_are_cleared_away(self, start: Starter) -> None:
        notebook = await start()
        kept = notebook.provisioner._run
        assert kept is not None
        seen = await notebook.run(
            f"import os\nos.chdir({str(kept.sockets)!r})\n"
            "for _ in range(3000):\n    os.mkdir('d'); os.chdir('d')\nprint('made')"
        )
        assert seen.text == "made\n"
        await notebook.manager.shutdown_kernel(now=True)
        assert not kept.root.exists()
