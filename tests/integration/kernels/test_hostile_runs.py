"""What hostile code tries from a runner's sandbox, case by case, and what is seen of it from outside.

The same for bubblewrap (cold and warm) and for containers; `test_ordinary_user` repeats bubblewrap's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Box, all_refused, groups_can_be_made, held_by_runs, run, works

pytestmark = pytest.mark.timeout(600)  # the first with a container may have to build the image

CANARY = f"canary-{secrets.token_hex(8)}"


@pytest.fixture
def secret() -> Iterator[Path]:
    """Another's file, open to all of this machine."""
    folder = Path(tempfile.mkdtemp(prefix="other-student-"))
    folder.chmod(0o755)
    file = folder / "gradebook.db"
    file.write_text(CANARY)
    file.chmod(0o666)
    yield file
    shutil.rmtree(folder)


def _text_and_names(path: Path) -> tuple[str, int]:
    return path.read_text(), path.stat().st_nlink


@pytest.fixture
def neighbour() -> Iterator[None]:
    """Another program of this machine's, with a secret in its environment."""
    child = subprocess.Popen(["sleep", "60"], env={**os.environ, "SECRET": CANARY})
    yield
    child.kill()
    child.wait()


class TestNetwork:
    async def test_tcp_udp_dns_and_the_metadata_address(self, box: Box) -> None:
        heard = []
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            for listening in (server, udp):
                listening.settimeout(0.2)
            tcp_port, udp_port = server.getsockname()[1], udp.getsockname()[1]
            code = (
                f"for host in ('127.0.0.1', '169.254.169.254', '1.1.1.1', '172.17.0.1'):\n"
                f"    attempt('tcp', lambda: socket.create_connection((host, {tcp_port}), timeout=1))\n"
                "attempt('dns', lambda: socket.getaddrinfo('example.org', 80))\n"
                "s = socket.socket(type=socket.SOCK_DGRAM)\n"
                "attempt('udp', lambda: s.sendto(b'x', ('169.254.169.254', 53)))\n"
                f"try: s.sendto(b'x', ('127.0.0.1', {udp_port}))\nexcept OSError: pass\n"
            )
            await all_refused(box, code, 6)
            for what in (server.accept, lambda: udp.recv(9)):
                with contextlib.suppress(TimeoutError):
                    heard.append(what())
        assert heard == []

    async def test_abstract_and_path_sockets_of_the_host(self, box: Box, secret: Path) -> None:
        name, path = f"\0learnflow-{CANARY}", str(secret.with_name("s"))
        with socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as bound:
            abstract.bind(name)
            bound.bind(path)
            os.chmod(path, 0o777)
            for server in (abstract, bound):
                server.listen()
            await all_refused(
                box,
                f"for to in ({name!r}, {path!r}, '/var/run/docker.sock', '/run/docker.sock',"
                " '/run/containerd/containerd.sock', '/run/dbus/system_bus_socket'):\n"
                "    attempt('unix', lambda: socket.socket(socket.AF_UNIX).connect(to))\n",
                6,
            )

    async def test_sockets_of_other_kinds(self, box: Box) -> None:
        await all_refused(
            box,
            "for family in (socket.AF_PACKET, socket.AF_VSOCK, socket.AF_ALG):\n"
            "    for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):\n"
            "        attempt('family', lambda: socket.socket(family, kind))\n"
            "attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))\n",
            10,
        )

    async def test_no_interface_can_be_made(self, box: Box) -> None:
        done = await run(box, "import socket; print([name for _, name in socket.if_nameindex()])")
        names = set(done.stdout.replace("'", "").strip("[]\n").split(", "))
        # A kernel with tunnels built in puts these into every namespace; they are down, and have no route.
        tunnels = {"tunl0", "sit0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "ip6gre0"}
        assert names - tunnels == {"lo"}


class TestFilesAndSecrets:
    async def test_other_students_files_and_the_hubs_database(self, box: Box, secret: Path) -> None:
        await all_refused(
            box,
            f"for path in ({str(secret)!r}, {str(secret.parent)!r}, '/proc/1/root' + {str(secret)!r}):\n"
            "    attempt('open', lambda: open(path, 'r+').read())\n"
            f"attempt('link', lambda: os.link({str(secret)!r}, 'mine'))\n"
            f"os.symlink({str(secret)!r}, 'soft')\nattempt('soft', lambda: open('soft').read())\n",
            5,
        )
        assert _text_and_names(secret) == (CANARY, 1)

    async def test_tokens_in_any_environment_or_command(
        self, box: Box, monkeypatch: pytest.MonkeyPatch, neighbour: None
    ) -> None:
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", CANARY)
        done = await run(
            box,
            "import glob, os\nprint(dict(os.environ))\n"
            "for name in glob.glob('/proc/[0-9]*/*'):\n"
            "    if name.rsplit('/')[-1] in ('environ', 'cmdline', 'mountinfo'):\n"
            "        try: print(open(name, errors='replace').read())\n        except OSError: pass\n",
            output_bytes=3_000_000,
        )
        assert done.limit is None
        assert CANARY not in done.stdout + done.stderr
        assert "sleep" not in done.stdout

    async def test_proc_sys_and_sys_stay_as_they_are(self, box: Box) -> None:
        watched = [Path("/proc/sys/kernel/core_pattern"), Path("/proc/sys/vm/overcommit_memory")]
        before = [path.read_text() for path in watched]
        await all_refused(
            box,
            "for path in ('/proc/sys/kernel/core_pattern', '/proc/sys/vm/overcommit_memory',"
            " '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', '/sys/kernel/uevent_helper',"
            " '/sys/fs/cgroup/release_agent', '/sys/fs/cgroup/memory/memory.limit_in_bytes',"
            " '/proc/kcore', '/dev/mem', '/proc/1/mem'):\n"
            "    attempt(path, lambda: os.write(os.open(path, os.O_RDWR), b'1'))\n",
            10,
        )
        assert [path.read_text() for path in watched] == before

    async def test_device_nodes(self, box: Box) -> None:
        await all_refused(
            box,
            "disk, char = stat.S_IFBLK, stat.S_IFCHR\n"
            "for kind, major, minor in ((disk, 8, 0), (disk, 254, 0), (char, 1, 1)):\n"
            "    attempt('mknod', lambda: os.mknod('d', kind | 0o666, os.makedev(major, minor)))\n",
            3,
        )
        done = await run(
            box,
            "import os\nprint([n for n in os.listdir('/dev') if n[:2] in ('sd', 'vd', 'kv') or n == 'fuse'])",
        )
        assert done.stdout == "[]\n"

    async def test_the_system_cannot_be_written_to(self, box: Box) -> None:
        done = await run(
            box,
            "import os, sys, learnflow_kernels\n"
            "for folder in ('/', '/usr', '/etc', '/usr/bin', '/run', sys.prefix, sys.base_prefix,"
            " learnflow_kernels.__path__[0]):\n"
            "    try: open(os.path.join(folder, 'x'), 'w'); print('written', folder)\n"
            "    except OSError: pass\n",
        )
        assert (done.stdout, done.error) == ("", None)


class TestPrivileges:
    async def test_no_way_to_become_more(self, box: Box) -> None:
        await all_refused(
            box,
            "attempt('setuid', lambda: os.setuid(0))\nattempt('setgid', lambda: os.setgid(0))\n"
            "attempt('groups', lambda: os.setgroups([0]))\nattempt('chroot', lambda: os.chroot('/'))\n"
            "attempt('nice', lambda: os.nice(-5))\nattempt('host', lambda: socket.sethostname('x'))\n",
            6,
        )
        done = await run(box, "print(open('/proc/self/status').read())")
        status = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)
        assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} <= {"0" * 16}
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        assert "0" not in status["Uid"].split()

    async def test_setuid_programs(self, box: Box) -> None:
        done = await run(
            box,
            "import os, shutil, subprocess\n"
            "shutil.copy('/bin/sh', 'sh'); os.chmod('sh', 0o6755)\n"
            "def said(*argv):\n"
            "    try: return subprocess.run(argv, capture_output=True, text=True, input='').stdout\n"
            "    except OSError: return ''\n"
            "print(said('./sh', '-p', '-c', 'id -u'))\n"
            "for name in ('su', 'sudo', 'mount', 'passwd', 'newgrp', 'pkexec'):\n"
            "    path = shutil.which(name)\n"
            "    if path: print(said(path, '-c', 'id -u'))\n",
        )
        assert done.error is None
        assert "0" not in done.stdout.split()

    async def test_ptrace_keyrings_and_new_namespaces(self, box: Box) -> None:
        # ptrace(TRACEME), process_vm_readv, add_key, keyctl, request_key, unshare(USER|NET|NS), setns,
        # mount, pivot_root, bpf, userfaultfd, io_uring_setup, perf_event_open, open_by_handle_at
        if os.uname().machine != "x86_64":
            numbers = "117, 270, 217, 219, 218, 97, 97, 97, 268, 40, 41, 280, 282, 425, 241, 265"
        else:
            numbers = "101, 310, 248, 250, 249, 272, 272, 272, 308, 165, 155, 321, 323, 425, 298, 304"
        flags = "[0x10000000 if i == 5 else 0x40000000 if i == 6 else 0x20000 if i == 7 else 0]"
        await all_refused(
            box,
            f"for i, number in enumerate([{numbers}]):\n"
            f"    attempt(number, lambda: call(number, {flags}[0], 0, 0, 0, 0))\n",
            16,
        )


class TestProcesses:
    async def test_a_fork_bomb(self, box: Box) -> None:
        done = await run(
            box,
            "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "while True:\n    try: os.fork()\n    except OSError: pass\n",
            wall_s=2,
            processes=24,
        )
        assert done.limit == "time"
        await works(box)

    async def test_many_threads(self, box: Box) -> None:
        done = await run(
            box,
            "import threading, time\nwhile True:\n"
            "    threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
            processes=24,
        )
        assert done.limit == "processes"

    async def test_signals_to_the_parent_and_everybody(self, box: Box) -> None:
        me = os.getpid()
        await run(
            box,
            f"import os, signal\nfor pid in ({me}, os.getppid() or 1, 1, -1):\n"
            "    for number in (signal.SIGSTOP, signal.SIGHUP, signal.SIGKILL, signal.SIGTERM):\n"
            "        try: os.kill(pid, number)\n        except OSError: pass\n",
            wall_s=4,
        )
        await works(box)  # and this process, its parent, goes on

    async def test_killing_the_first_process(self, box: Box) -> None:
        done = await run(
            box,
            "import os, time\nfor number in range(1, 65):\n"
            "    try: os.kill(1, number)\n    except OSError: pass\ntime.sleep(0.5)\nprint('on')",
            wall_s=5,
        )
        assert done.stdout in ("on\n", "")
        await works(box)

    async def test_a_daemon_that_would_stay(self, box: Box) -> None:
        done = await run(
            box,
            "import os, signal, time\n"
            "for n in (1, 2, 3, 13, 15, 20, 21, 22): signal.signal(n, signal.SIG_IGN)\n"
            "if os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n"
            "    for fd in range(3, 64):\n        try: os.close(fd)\n        except OSError: pass\n"
            "    time.sleep(600)\nprint('left', flush=True)",
            wall_s=6,
        )
        assert done.stdout == "left\n"
        await works(box)

    async def test_endings_without_a_word(self, box: Box) -> None:
        for code in ("os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()", "ctypes.string_at(0)"):
            done = await run(box, f"import ctypes, os\n{code}")
            assert done.error is not None
            assert done.error.exception == "ProgramEnded"
        await works(box)


class TestResources:
    @pytest.mark.parametrize(
        "code",
        [
            "hoard = []\nwhile True: hoard.append(bytearray(4_000_000))",
            "import mmap\nhoard = []\nwhile True:\n    hoard.append(mmap.mmap(-1, 4_000_000))\n"
            "    hoard[-1].write(b'x' * 4_000_000)",
            "import os, time\nfor n in range(12):\n    if os.fork() == 0:\n"
            "        held = bytearray(b'x' * 40_000_000); time.sleep(60)\nwhile True: time.sleep(1)",
        ],
        ids=["heap", "shared", "children"],
    )
    async def test_memory(self, box: Box, code: str) -> None:
        before, taken = held_by_runs(), 0

        async def watch() -> None:
            nonlocal taken
            while True:
                taken = max(taken, await asyncio.to_thread(held_by_runs) - before)
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        done = await run(box, code, memory_mb=128, wall_s=6)
        watching.cancel()
        assert done.limit in ("memory", "time") or done.error is not None
        # Without control groups, as for an ordinary user, the limit is one for each process.
        assert taken < (200 * 2**20 if groups_can_be_made() else 6 * 2**30)
        await works(box)

    async def test_filling_every_folder(self, box: Box) -> None:
        done = await run(
            box,
            "import os\nfor folder in ('.', '/tmp', '/dev/shm', '/var/tmp', '/run'):\n"
            "    size = 0\n    try:\n        for n in range(500):\n"
            "            with open(f'{folder}/f{n}', 'wb') as file: size += file.write(bytes(1_000_000))\n"
            "    except OSError: pass\n    print(size < 80_000_000)\n",
            memory_mb=1024,
        )
        assert done.stdout.split() == ["True"] * 5, done

    async def test_output_to_both_streams_and_to_every_descriptor(self, box: Box) -> None:
        done = await run(
            box,
            "import os\nwhile True:\n    for fd in range(1, 30):\n"
            "        try: os.write(fd, b'y' * 100_000)\n        except OSError: pass",
            output_bytes=50_000,
            wall_s=8,
        )
        assert done.limit in ("output", "time")
        assert max(len(done.stdout), len(done.stderr)) <= 50_000
        await works(box)

    async def test_every_descriptor_taken(self, box: Box) -> None:
        done = await run(box, "import os\nkept = []\nwhile True: kept.append(os.pipe())", open_files=64)
        assert done.limit == "open_files"
        await works(box)

    async def test_an_endless_task_that_will_not_be_interrupted(self, box: Box) -> None:
        done = await run(
            box,
            "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
            wall_s=1.5,
        )
        assert done.limit == "time"
