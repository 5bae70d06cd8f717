"""Whole servers in containers, as DockerSpawner makes them from our profile, on a real engine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from docker.models.networks import Network
from dockerspawner import DockerSpawner
from engine import Engine
from learnflow_hub import use_docker
from learnflow_hub.containers import LearnFlowContainers
from traitlets.config import Config

pytestmark = pytest.mark.timeout(900)  # the first with a container may have to build the image
TOKEN = "the-token-of-the-server"
ASLEEP = ["python", "-c", "import signal; signal.sigwait([signal.SIGTERM])"]

ATTACKS = r"""
import ctypes, glob, json, os, socket
libc = ctypes.CDLL(None, use_errno=True)
held = {}
def attempt(name, function):
    try:
        result = function()
    except OSError:
        return
    if result not in (None, False, [], ""):
        held[name] = repr(result)
attempt("root", lambda: os.setuid(0) or "done")
attempt("mount", lambda: libc.mount(b"none", b"/mnt", b"tmpfs", 0, None) == 0)
attempt("disk", lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(254, 0)) or "done")
attempt("kernel memory", lambda: open("/dev/mem", "rb"))
attempt("key", lambda: libc.syscall(248, b"user", b"k", b"v", 1, -1) >= 0)
attempt("setting", lambda: open("/proc/sys/kernel/core_pattern", "w").write("|/bin/sh"))
attempt("written", lambda: open("/usr/bin/left", "w"))
attempt("group", lambda: os.mkdir("/sys/fs/cgroup/left") or "done")
engines = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd")
attempt("engine", lambda: [path for path in engines if os.path.exists(path)])
attempt("setuid", lambda: [p for d in ("/bin", "/usr/bin", "/usr/sbin") for p in glob.glob(d + "/*")
                           if os.stat(p).st_mode & 0o6000])
attempt("others", lambda: [pid for pid in os.listdir("/proc") if pid.isdigit()
                           and os.stat("/proc/" + pid).st_uid != os.getuid()])
attempt("network", lambda: socket.create_connection(("1.1.1.1", 53), timeout=2))
attempt("metadata", lambda: socket.create_connection(("169.254.169.254", 80), timeout=2))
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
print(json.dumps({"held": held, "uid": os.getuid(), "work": os.listdir("."),
                  "rights": status["CapEff"].strip(), "gains": status["NoNewPrivs"].strip(),
                  "environment": sorted(os.environ), "secret": %r in str(os.environ)}))
"""

KERNEL = r"""
import asyncio, json, os, sys
from learnflow_kernels.manager import SandboxKernelManager
from traitlets.config import Config

async def main():
    config = Config({"SandboxProvisioner": {"work_dir": "/home/jovyan/work"}})
    manager = SandboxKernelManager(kernel_name="python3", config=config)
    await manager.start_kernel(cwd="/home/jovyan/work")
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    said = []
    def hook(message):
        said.append(message["content"].get("text", "") or str(message["content"].get("traceback", "")))
    await client.execute_interactive(sys.argv[1], timeout=60, output_hook=hook)
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    print("".join(said))

asyncio.run(main())
"""
SPY = r"""
import glob, os
found = []
for path in glob.glob("/proc/*/environ") + glob.glob("/home/jovyan/*") + glob.glob("/home/jovyan/.*"):
    try: found.append(open(path, "rb").read())
    except OSError: pass
print("leak" if %r.encode() in b"".join(found) else "tight")
"""

FONTS = r"""
import logging
from pathlib import Path
logging.basicConfig(level="INFO")
print(len(list(Path.home().glob(".cache/matplotlib/fontlist-*.json"))), end=" ")
import matplotlib.font_manager as fonts
print(len(fonts.fontManager.ttflist) > 10)
"""
LISTEN = "import socket; door = socket.create_server(('0.0.0.0', 8888))\nwhile True: door.accept()[0].close()"
ALSO_LISTENING = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {LISTEN!r}])"
REACHES = r"""
import json, socket, sys, time
def reached(address, until):
    while True:
        try:
            socket.create_connection((address, 8888), timeout=2).close()
            return True
        except OSError:
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
patience = time.monotonic() + float(sys.argv[1])
print(json.dumps({address: reached(address, patience) for address in sys.argv[2:]}))
"""


class Server:
    """One user's container."""

    def __init__(self, spawner: Any) -> None:
        self.spawner = spawner

    async def run(self, code: str, *arguments: str) -> str:
        """Run Python in it as its user, as the server itself might; what it prints."""
        api = self.spawner.client
        made = await asyncio.to_thread(
            api.exec_create,
            self.spawner.container_id,
            ["python", "-c", code, *arguments],
            environment={"JUPYTERHUB_API_TOKEN": TOKEN},
        )
        said = await asyncio.to_thread(api.exec_start, made["Id"])
        ended = await asyncio.to_thread(api.exec_inspect, made["Id"])
        text = bytes(said).decode()
        assert ended["ExitCode"] == 0, text
        return text


class Spawner(DockerSpawner):
    """Without a hub to talk to."""

    def get_env(self) -> dict[str, str]:
        return {**self.environment, "JUPYTERHUB_API_TOKEN": TOKEN, "JUPYTERHUB_ROOT_DIR": self.notebook_dir}


@pytest.fixture
def network(engine: Engine) -> Iterator[Network]:
    """Of students' servers, as the help of `c.LearnFlowContainers.network` tells an admin to make it."""
    with contextlib.closing(engine.client()) as client:
        made = client.networks.create(
            LearnFlowContainers().network,
            internal=True,
            options={"com.docker.network.bridge.enable_icc": "false"},
        )
        made.reload()
        yield made
        made.remove()


@pytest.fixture
async def servers(engine: Engine, student_image: str, network: Network) -> AsyncIterator[dict[str, Server]]:
    """Ada's and Ben's, running."""
    made: dict[str, Server] = {}
    for number, name in enumerate(("ada", "ben"), 1):
        c = Config()
        c.LearnFlowContainers.image = student_image
        c.LearnFlowContainers.service_url = "http://hub/services/learnflow/"
        use_docker(c)
        c.Spawner.cmd = ASLEEP
        c.DockerSpawner.client_kwargs = {"base_url": engine.url}
        spawner = Spawner(config=c, user=SimpleNamespace(name=name, id=number))
        spawner.object_id = (await spawner.create_object())["Id"]
        await spawner.start_object()
        made[name] = Server(spawner)
    yield made
    for server in made.values():
        await asyncio.to_thread(
            server.spawner.client.remove_container, server.spawner.container_id, force=True
        )
        await asyncio.to_thread(server.spawner.client.remove_volume, f"learnflow-{server.spawner.user.name}")


async def test_a_server_starts_nothing_mounts_nothing_and_reaches_nobody(servers: dict[str, Server]) -> None:
    ada, ben = servers["ada"], servers["ben"]
    await ben.run("open('/home/jovyan/work/diary.txt', 'w').write('of ben')")
    told = json.loads(await ada.run(ATTACKS % "no-such-secret"))
    assert told["held"] == {}
    assert (told["uid"], told["rights"], told["gains"]) == (1000, "0" * 16, "1")
    assert told["work"] == []  # nothing of Ben's, and writable:
    await ada.run("open('/home/jovyan/work/mine.txt', 'w').write('x')")
    assert (await ben.run("import os; print(os.listdir('/home/jovyan/work'))")).strip() == "['diary.txt']"

    # Its kernels: in bubblewrap, without the server's token.
    told = json.loads(await ada.run(KERNEL, ATTACKS % TOKEN))
    assert told["held"] == {}
    assert (told["secret"], told["work"]) == (False, ["mine.txt"])
    assert not [name for name in told["environment"] if name.startswith("JUPYTERHUB")]
    assert (await ada.run(KERNEL, SPY % TOKEN)).strip() == "tight"
    assert (await ada.run(SPY % TOKEN)).strip() == "leak", "this spy would find it"

    # What takes long to make is in the image.
    told = await ada.run(KERNEL, FONTS)
    assert (told.strip(), "generated new fontManager" in told) == ("1 True", False)

    # As the engine tells it.
    seen = await asyncio.to_thread(ada.spawner.client.inspect_container, ada.spawner.container_id)
    host = seen["HostConfig"]
    assert (host["ReadonlyRootfs"], host["Privileged"], host["CapDrop"]) == (True, False, ["ALL"])
    assert host["Memory"] == host["MemorySwap"] == 1024 * 2**20
    assert [mount["Destination"] for mount in seen["Mounts"] if mount["Type"] != "tmpfs"] == [
        "/home/jovyan/work"
    ]


async def test_servers_reach_the_hub_s_machine_and_not_each_other(
    servers: dict[str, Server], engine: Engine, network: Network
) -> None:
    """The hub runs on the engine's machine, which is the gateway of the network."""
    network.reload()
    hub = network.attrs["IPAM"]["Config"][0]["Gateway"]
    addresses = {
        container["Name"].rpartition("-")[2]: container["IPv4Address"].partition("/")[0]
        for container in network.attrs["Containers"].values()
    }
    await servers["ben"].run(ALSO_LISTENING)
    assert json.loads(await servers["ben"].run(REACHES, "30", addresses["ben"])) == {addresses["ben"]: True}
    listening = await asyncio.create_subprocess_exec(*engine.beside([sys.executable, "-c", LISTEN]))
    try:
        assert json.loads(await servers["ada"].run(REACHES, "30", hub)) == {hub: True}
        told = json.loads(await servers["ada"].run(REACHES, "3", addresses["ben"]))
        assert told == {addresses["ben"]: False}
    finally:
        listening.terminate()
        await listening.wait()


async def test_the_image_holds_no_solutions_and_its_configuration_loads(servers: dict[str, Server]) -> None:
    told = await servers["ada"].run(
        "import importlib.util, os, pwd\n"
        "from traitlets.config import PyFileConfigLoader\n"
        "os.environ['JUPYTERHUB_ROOT_DIR'] = '/home/jovyan/work'\n"
        "c = PyFileConfigLoader('singleuser_config.py', '/opt/learnflow-server').load_config()\n"
        "assert c.SandboxProvisioner.work_dir == c.ServerApp.root_dir == '/home/jovyan/work'\n"
        "assert pwd.getpwuid(os.getuid()).pw_name == 'jovyan'\n"
        "for name in ('learnflow_hub', 'learnflow_ext.service', 'learnflow_ext.store'):\n"
        "    assert importlib.util.find_spec(name) is None, name\n"
        "print([f for _, _, names in os.walk('/opt/learnflow') for f in names if f.endswith('.ipynb')"
        " and 'learnflow' in f])"
    )
    assert told.strip() == "[]"
