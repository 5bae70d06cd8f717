"""What a student's kernel can and cannot do, as whoever runs the tests; `test_ordinary_user` repeats it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from learnflow_kernels.bubblewrap import drop_to
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.manager import SandboxKernelManager
from learnflow_kernels.paths import Mounts, kernel_mounts
from learnflow_kernels.workplace import UnsuitableFolder

from learnflow_ext.contracts.help import ERROR_MIME

from .conftest import Notebook, Starter

REPOSITORY = Path(__file__).parents[3]


def commands() -> str:
    """The command lines of all processes, a line each."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return "\n".join(lines)


async def test_the_first_cell_runs(notebook: Notebook) -> None:
    assert (await notebook.run("1 + 1")).text == "2"


async def test_files_land_in_the_students_folder(notebook: Notebook) -> None:
    await notebook.run("with open('made.txt', 'w') as file: file.write('here')")
    assert (notebook.work / "made.txt").read_text() == "here"


async def test_students_import_their_own_modules(notebook: Notebook) -> None:
    (notebook.work / "helpers.py").write_text("answer = 42\n")
    assert (await notebook.run("import helpers; helpers.answer")).text == "42"


async def test_plots_find_a_list_of_fonts_that_no_kernel_can_change(start: Starter) -> None:
    """It is there before matplotlib is, in every kernel; whatever one does to its own reaches no other."""
    look = (
        "from pathlib import Path; import hashlib\n"
        "[kept] = Path.home().glob('.cache/matplotlib/fontlist-*.json')\n"
        "print(hashlib.sha256(kept.read_bytes()).hexdigest())"
    )
    first = await start()
    seen = await first.run(look)
    used = await first.run(
        "import logging; logging.basicConfig(level='INFO')\n"
        "import matplotlib.font_manager as fonts; print(len(fonts.fontManager.ttflist) > 10)"
    )
    assert "True" in used.text
    assert "generated new fontManager" not in used.text
    hostile = await first.run(
        "import os, shutil\n"
        "for job in (lambda: kept.write_text('{}'), kept.unlink, lambda: kept.chmod(0o666),\n"
        "            lambda: kept.with_name('x').replace(kept), lambda: shutil.rmtree(kept.parent),\n"
        "            lambda: os.truncate(kept, 0), lambda: os.utime(kept)):\n"
        "    kept.with_name('x').write_text('{}')\n"
        "    try: job()\n"
        "    except OSError: continue\n"
        "    print('done')"
    )
    assert (hostile.text, hostile.error) == ("", "")
    await first.run("(kept.parent / 'mine.json').write_text('{}')")
    second = await start()
    assert (await second.run(look)).text == seen.text
    assert (await second.run("print(len(list(kept.parent.iterdir())))")).text == "1\n"


class TestNothingOfTheHost:
    async def test_the_repository_with_its_solutions_is_out_of_sight(self, notebook: Notebook) -> None:
        seen = await notebook.run(
            f"import os\nfor folder, _, files in os.walk({str(REPOSITORY)!r}):\n"
            "    if '.venv' not in folder and '__pycache__' not in folder:\n"
            "        for name in ('', *files): print(os.path.join(folder, name))"
        )
        assert "provisioner.py" in seen.text
        places = {
            part for path in seen.text.split() for part in path.removeprefix(str(REPOSITORY)).split("/")
        }
        for hidden in ("notebooks", "grading", "hub_config", ".git", "tests", "service", "store"):
            assert hidden not in places
        assert "ipynb" not in seen.text

    async def test_the_shipped_course_is_masked_in_the_environment(self, notebook: Notebook) -> None:
        seen = await notebook.run(
            "import sys, glob\nfor root in sys.path:\n"
            "    for name in ('learnflow_hub', 'learnflow_grading'):\n"
            "        print(len(glob.glob(f'{root}/{name}/**/*', recursive=True)))"
        )
        assert set(seen.text.split()) == {"0"}

    async def test_neighbouring_folders_are_not_there(self, notebook: Notebook, tmp_path: Path) -> None:
        secret = tmp_path / "gradebook.db"
        secret.write_text("marks")
        beside = notebook.work.parent / "other-student"
        seen = await notebook.run(
            f"import os; print(os.path.exists({str(secret)!r}), os.path.exists({str(beside)!r}),"
            f" os.listdir({str(notebook.work.parent)!r}))"
        )
        assert seen.text.startswith("False False")
        assert sorted(os.listdir(notebook.work.parent)) != [notebook.work.name]
        assert str(tmp_path.name) not in seen.text

    async def test_a_link_to_the_shadow_file_reads_nothing(self, notebook: Notebook) -> None:
        (notebook.work / "link").symlink_to("/etc/shadow")
        assert (await notebook.run("open('link').read()")).error == "FileNotFoundError"

    async def test_no_processes_but_its_own(self, notebook: Notebook) -> None:
        seen = await notebook.run(
            "import os\nfor pid in filter(str.isdigit, os.listdir('/proc')):\n"
            "    print(open(f'/proc/{pid}/cmdline').read().split('\\0')[0])"
        )
        assert {Path(line).name for line in seen.text.split()} <= {"bwrap", "python"}

    async def test_no_token_in_any_environment(self, start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t0ken-of-the-server")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "t0ken-of-the-cloud")
        notebook = await start()
        seen = await notebook.run(
            "import os, glob\nprint(dict(os.environ))\n"
            "for name in glob.glob('/proc/[0-9]*/environ'):\n"
            "    try: print(open(name).read())\n"
            "    except OSError as error: print(error)"
        )
        assert "t0ken" not in seen.text
        assert "JUPYTERHUB" not in seen.text

    async def test_the_system_cannot_be_written_to(self, notebook: Notebook) -> None:
        seen = await notebook.run(
            "import os, sys, learnflow_kernels\n"
            "ours = learnflow_kernels.__path__[0]\n"
            "for folder in ('/', '/usr', '/etc', '/dev', '/run', sys.prefix, ours):\n"
            "    try: open(os.path.join(folder, 'x'), 'w'); print('written', folder)\n"
            "    except OSError as error: print(error.strerror)"
        )
        assert "written" not in seen.text
        assert len(seen.text.splitlines()) == 7

    async def test_no_way_back_to_root(self, notebook: Notebook) -> None:
        seen = await notebook.run("import os; print(os.getuid() != 0); os.setuid(0)")
        assert seen.text.startswith("True")
        assert seen.error in ("OSError", "PermissionError")


class TestDangerousCalls:
    async def test_they_are_refused(self, notebook: Notebook) -> None:
        seen = await notebook.run(
            "import ctypes, errno, os, platform\n"
            "from learnflow_kernels.seccomp import DENIED, MACHINES\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "own = MACHINES[platform.machine()].column\n"
            "for name, row in DENIED.items():\n"
            "    if row[own] is not None:\n"
            "        assert libc.syscall(row[own], 0, 0, 0, 0, 0) == -1, name\n"
            "        assert ctypes.get_errno() == errno.EPERM, (name, ctypes.get_errno())\n"
            "print(len(DENIED), libc.syscall((56, 220)[own], 0x10000011, 0, 0, 0, 0), ctypes.get_errno())\n"
            "print(open('/proc/self/status').read().split('Seccomp:')[1].split()[0])"
        )
        assert (seen.error, seen.text.split()[1:]) == ("", ["-1", "1", "2"])

    async def test_sockets_past_the_namespaces_are_refused(self, notebook: Notebook) -> None:
        seen = await notebook.run(
            "import errno, socket\nfor family in (socket.AF_VSOCK, socket.AF_ALG, socket.AF_PACKET):\n"
            "    try: socket.socket(family, socket.SOCK_STREAM)\n"
            "    except OSError as error: print(errno.errorcode[error.errno])"
        )
        assert seen.text.split() == ["EAFNOSUPPORT"] * 3

    async def test_ordinary_work_goes_on(self, notebook: Notebook) -> None:
        seen = await notebook.run(
            "import concurrent.futures, multiprocessing, subprocess, asyncio, socket, tempfile, threading\n"
            "print(subprocess.check_output(['echo', 'child'], text=True), end='')\n"
            "with concurrent.futures.ThreadPoolExecutor(4) as pool: print(sum(pool.map(abs, range(-9, 0))))\n"
            "def square(n): return n * n\n"
            "with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(square, [2, 3]))\n"
            "a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))\n"
            "with tempfile.NamedTemporaryFile() as file: file.write(b'x'); file.flush(); print('file')\n"
            "await asyncio.sleep(0.01); print('slept')"
        )
        assert seen.error == ""
        assert seen.text.split("\n")[:6] == ["child", "45", "[4, 9]", "b'x'", "file", "slept"]


def told_to_others(secret: bytes) -> list[Path]:
    """Where it stands in /proc: command lines can be read by all, environments by all of one user."""
    found = []
    for place in ("cmdline", "environ"):
        for path in Path("/proc").glob(f"[0-9]*/{place}"):
            with contextlib.suppress(OSError):
                found += [path] if secret in path.read_bytes() else []
    return found


def content(path: str) -> bytes:
    return Path(path).read_bytes()


class TestConnectionFile:
    """Who has it can run code as the student: the key in it signs all that a kernel is told."""

    async def test_nobody_else_on_the_machine_can_read_it(self, notebook: Notebook) -> None:
        run = notebook.provisioner._run
        assert run is not None
        key = json.loads(run.connection_file.read_text())["key"].encode()
        assert len(key) >= 32
        owner = notebook.provisioner._uid
        for path in (run.root, run.sockets, run.connection_file, Path(notebook.manager.connection_file)):
            status = path.stat()
            assert status.st_mode & 0o077 == 0, path
            assert status.st_uid in (owner, os.geteuid()), path
        if os.geteuid() == 0:
            other = [*drop_to(owner - 1), "cat", str(run.connection_file)]
            read = subprocess.run(other, capture_output=True, check=False)  # noqa: ASYNC221
            assert (read.returncode, read.stdout) == (1, b"")
        assert told_to_others(key) == []

    async def test_a_kernel_that_changes_its_own_changes_nothing_for_the_server(
        self, notebook: Notebook
    ) -> None:
        ours = notebook.manager.connection_file
        before = content(ours)
        seen = await notebook.run(
            "import os, sys\n"
            "words = open('/proc/self/cmdline').read().split('\\0')\n"
            "path = [word for word in words if word.endswith('.json')][0]\n"
            "for attempt in (lambda: open(path, 'w').write('{}'), lambda: os.remove(path),\n"
            "                lambda: os.rename(path, path + '2'), lambda: os.symlink('/etc/passwd', path)):\n"
            "    try: attempt()\n"
            "    except OSError as error: print(type(error).__name__)\n"
            "print(path)"
        )
        assert ours not in seen.text, "the kernel has a copy of its own"
        assert content(ours) == before
        assert (await notebook.run("print(20 + 22)")).text == "42\n"
        await notebook.manager.restart_kernel(now=True)
        await notebook.client.wait_for_ready(timeout=60)
        assert (await notebook.run("print('again')")).text == "again\n"


class TestNoNetwork:
    async def test_the_internet_is_out_of_reach(self, notebook: Notebook) -> None:
        seen = await notebook.run("import socket; socket.create_connection(('1.1.1.1', 53), timeout=3)")
        assert seen.error == "OSError"
        assert "internet" in seen.explained["diagnosis"]["cause"]

    async def test_the_hosts_own_ports_are_out_of_reach(self, notebook: Notebook) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            seen = await notebook.run(
                f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=3)"
            )
        assert seen.error == "ConnectionRefusedError"

    async def test_abstract_sockets_of_the_host_are_out_of_reach(self, notebook: Notebook) -> None:
        name = f"\0learnflow-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(name)
            server.listen()
            seen = await notebook.run(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})")
        assert seen.error == "ConnectionRefusedError"


class TestHostileWorkFolder:
    async def test_files_named_like_modules_neither_run_nor_stop_the_start(
        self, start: Starter, work: Path
    ) -> None:
        startup = work / ".ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "00-evil.py").write_text("open('ran.txt', 'a').write('startup')")
        for name in ("ipykernel", "json", "sitecustomize", "usercustomize", "learnflow_kernels", "IPython"):
            (work / f"{name}.py").write_text(f"open('ran.txt', 'a').write({name!r})")
        (work / "ipython_config.py").write_text("open('ran.txt', 'a').write('config')")
        notebook = await start()
        assert (await notebook.run("1 + 1")).text == "2"
        assert not (work / "ran.txt").exists()

    async def test_a_folder_of_the_system_is_refused(self) -> None:
        manager = SandboxKernelManager(kernel_name="python3")
        for folder in ("/", "/usr/share", str(REPOSITORY), str(Path.home()), "/tmp"):
            with pytest.raises(UnsuitableFolder, match="a folder of its own"):
                await manager.start_kernel(cwd=folder)


class TestExplanation:
    async def test_line_cause_and_variables(self, notebook: Notebook) -> None:
        seen = await notebook.run("\n\nprices = [3, 5]\nplace = 7\nprint(prices[place])")
        found = seen.explained
        assert (seen.error, found["exception"], found["line"]) == ("IndexError", "IndexError", 5)
        assert found["diagnosis"]["source_line"] == "print(prices[place])"
        assert "`7`" in found["diagnosis"]["cause"]
        values = {item["name"]: item["value"] for item in found["variables"]}
        assert (values["prices"], values["place"]) == ("[3, 5]", "7")

    async def test_a_missing_colon(self, notebook: Notebook) -> None:
        found = (await notebook.run("while True print('x')")).explained
        assert (found["exception"], found["line"]) == ("SyntaxError", 1)
        assert "colon" in found["diagnosis"]["cause"]

    async def test_a_function_from_an_earlier_cell(self, notebook: Notebook) -> None:
        await notebook.run("def third(items):\n    return items[2]")
        found = (await notebook.run("x = 1\nthird([x])")).explained
        assert found["line"] == 2
        assert "Another cell, line 2, in third" in found["traceback"]
        assert found["variables"][0] == {"name": "items", "type": "list", "value": "[1]"}

    async def test_no_host_path_in_it(self, notebook: Notebook) -> None:
        found = (await notebook.run("from math import sine")).explained
        assert str(REPOSITORY) not in str(found)
        assert "/root" not in str(found)

    async def test_hostile_objects_change_nothing_but_their_own_cell(self, notebook: Notebook) -> None:
        seen = await notebook.run(
            "class Evil(Exception):\n"
            "    def __repr__(self): raise SystemExit\n"
            "    __str__ = __repr__\n"
            "    def __getattribute__(self, name): raise KeyboardInterrupt\n"
            "x = Evil\n"
            "evil = Evil()\n"
            "x + 1"
        )
        assert seen.error == "TypeError"
        assert (await notebook.run("'still ' + 'here'")).text == "'still here'"

    async def test_graders_kernels_explain_nothing(self, start: Starter) -> None:
        notebook = await start(tutor=False)
        seen = await notebook.run("1 / 0")
        assert seen.error == "ZeroDivisionError"
        assert seen.bundles == []


class TestOutputFlood:
    async def test_fifty_megabytes_are_cut_to_one(self, notebook: Notebook) -> None:
        seen = await notebook.run("for _ in range(50): print('x' * 1_000_000)")
        assert len(seen.text) < 1_100_000
        assert seen.text.count("This cell printed more than 1 MB, so the rest is not shown.") == 1
        assert (await notebook.run("print('next cell')")).text == "next cell\n"

    async def test_a_huge_value_and_a_huge_error(self, notebook: Notebook) -> None:
        assert len((await notebook.run("'x' * 50_000_000")).text) < 1_100_000
        seen = await notebook.run("raise ValueError('y' * 5_000_000)")
        assert seen.error == "ValueError"
        assert len(str(seen.bundles)) < 30_000


class TestInterruptRestartAndDeath:
    async def test_an_endless_loop_is_interrupted_and_the_kernel_lives(self, notebook: Notebook) -> None:
        request = notebook.client.execute("kept = 1\nwhile True: pass")
        await asyncio.sleep(0.5)
        await notebook.manager.interrupt_kernel()
        seen = await asyncio.wait_for(notebook.collect(request), 10)
        assert seen.error == "KeyboardInterrupt"
        assert "never ends by itself" in seen.bundles[0][ERROR_MIME]["diagnosis"]["cause"]
        assert (await notebook.run("kept")).text == "1"

    async def test_a_signal_reaches_python_and_not_bubblewrap(self, notebook: Notebook) -> None:
        request = notebook.client.execute("import time\ntime.sleep(60)")
        await asyncio.sleep(0.5)
        await notebook.provisioner.send_signal(signal.SIGINT)
        assert (await asyncio.wait_for(notebook.collect(request), 10)).error == "KeyboardInterrupt"
        assert await notebook.manager.is_alive()

    async def test_a_restart_gives_a_fresh_kernel(self, notebook: Notebook) -> None:
        await notebook.run("old = 1")
        await notebook.manager.restart_kernel(now=True)
        await notebook.client.wait_for_ready(timeout=30)
        assert (await notebook.run("old")).error == "NameError"

    async def test_a_shutdown_leaves_nothing_behind(self, start: Starter) -> None:
        notebook = await start()
        run = notebook.provisioner._run
        groups = notebook.provisioner._group.folders
        assert run is not None
        assert run.root.is_dir()
        await notebook.manager.shutdown_kernel()
        assert not run.root.exists()
        assert not any(folder.exists() for folder in groups)
        assert not await asyncio.to_thread(os.path.lexists, notebook.manager.connection_file)

    async def test_a_memory_bomb_ends_in_the_kernel(self, start: Starter) -> None:
        notebook = await start(memory_mb=128)
        limited = notebook.provisioner._group.limits_memory
        code = "held = []\nwhile True: held.append(bytearray(10_000_000))"
        if limited:
            notebook.client.execute(code)
            assert await notebook.death() == 137
        else:
            assert (await notebook.run(code)).error == "MemoryError"

    async def test_a_fork_bomb_meets_its_limit(self, start: Starter) -> None:
        notebook = await start(processes=40)
        seen = await notebook.run(
            "import os, time\nmade = 0\ntry:\n"
            "    while made < 200:\n"
            "        if os.fork() == 0: time.sleep(20); os._exit(0)\n"
            "        made += 1\n"
            "except OSError as error: print(made < 60, error.strerror)"
        )
        assert seen.text.startswith("True")

    async def test_a_kernel_that_ends_itself_is_noticed(self, notebook: Notebook) -> None:
        notebook.client.execute("import os; os._exit(3)")
        await notebook.death()

    async def test_a_start_that_fails_says_why_in_the_log(
        self, work: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        system = kernel_mounts()
        bare = Mounts(tuple(path for path in system.read_only if path == Path("/usr")), system.symlinks)
        monkeypatch.setattr("learnflow_kernels.provisioner.kernel_mounts", lambda **_: bare)
        manager = SandboxKernelManager(kernel_name="python3")
        with caplog.at_level(logging.INFO, logger="traitlets"):
            await manager.start_kernel(cwd=str(work))
            assert manager.provisioner is not None
            await asyncio.wait_for(manager.provisioner.wait(), 10)
            await manager.shutdown_kernel(now=True)
        assert "prlimit: failed to execute" in caplog.text

    async def test_its_end_takes_its_children_along(self, notebook: Notebook) -> None:
        await notebook.run("import subprocess; subprocess.Popen(['sleep', '4321'])")
        await notebook.manager.shutdown_kernel(now=True)
        await asyncio.sleep(0.3)
        assert "sleep 4321" not in await asyncio.to_thread(commands)


class TestNoSandbox:
    async def test_without_bubblewrap_no_kernel_starts(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        manager = SandboxKernelManager(kernel_name="python3")
        with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
            await manager.start_kernel()

    async def test_a_kernel_without_a_folder_gets_an_empty_home(self) -> None:
        manager = SandboxKernelManager(kernel_name="python3")
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=30)
            notebook = Notebook(manager, client, Path("/nowhere"))
            assert (await notebook.run("import os; os.getcwd()")).text == "'/home/student'"
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)


async def test_starting_does_not_block_the_event_loop(start: Starter) -> None:
    """The longest pause of the loop while a kernel starts stays far below what a user would feel."""
    pauses: list[float] = []
    done = threading.Event()

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while not done.is_set():
            before = loop.time()
            await asyncio.sleep(0.005)
            pauses.append(loop.time() - before)

    watcher = asyncio.create_task(watch())
    await start()
    done.set()
    await watcher
    assert max(pauses) < 0.5


async def test_visualize_runs_the_cell_in_the_students_own_names(notebook: Notebook) -> None:
    await notebook.run("%%visualize\na = [1]\nb = a\nb.append(2)")
    assert (await notebook.run("a")).text == "[1, 2]"
