"""Starts each user's Jupyter server with only its own files in sight, and as its own uid where possible."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import psutil
from jupyterhub.spawner import LocalProcessSpawner, SpawnException
from jupyterhub.traitlets import ByteSpecification
from learnflow_kernels import cgroups
from learnflow_kernels.bubblewrap import drop_to, server_argv
from learnflow_kernels.caches import GIVEN, font_list
from learnflow_kernels.check import SandboxUnavailable, known_features, require_sandbox
from learnflow_kernels.limits import FOR_ADMINS, KERNELS_ENV
from learnflow_kernels.paths import server_mounts
from learnflow_kernels.provisioner import SandboxProvisioner
from learnflow_kernels.reach import reach_prefix
from traitlets import Bool, Dict, Enum, Float, Integer, List, Unicode, default

from .bundle import PACKAGE
from .folders import FolderTaken, UserFolders
from .names import UnusableName
from .ports import SERVERS, free_ports
from .processes import inner_process, is_alive, kill_all, started_at, tree
from .services import search_path
from .uids import UidRegistry

INSIDE = Path("/run/learnflow")
"""Where the server's program and configuration appear inside its sandbox."""
PROGRAM = "singleuser.py"
CONFIG = "singleuser_config.py"
CACHES = ".caches"
"""Folder below `users_dir` for what is made once for all kernels; no user's name begins with a dot."""
LOOK_EVERY_S = 0.05
MIB = 2**20
OF_A_SERVER_MB = 768
"""Memory that a server may take beside its kernels, in MiB."""
PROCESSES_OF_A_SERVER = 256
KERNELS_AT_A_TIME = 4
"""How many kernels, each at its own limit, the bounds of one server are made for."""
REMOVED_WITHIN_S = 5.0


class StartRefused(SpawnException):
    """A server that must not start; the sentence is on the page that the user waits at."""

    def __init__(self, sentence: str, *, reason: str, status_code: int, log_message: str = "") -> None:
        super().__init__(sentence, reason=reason, status_code=status_code, log_message=log_message)
        # The hub's page for a failed start shows this attribute, and not SpawnException's own.
        self.jupyterhub_message = sentence


class ConfinedSpawner(LocalProcessSpawner):
    """A server in a bubblewrap sandbox that shares the network, and nothing else that is not the user's own.

    Kernels run in tighter sandboxes inside. Where the hub is root, each user has a uid of their own.
    """

    users_dir = Unicode(
        "",
        help="""Folder with a folder for each user: `work`, their notebooks, and `server`, the home of their
        Jupyter server. `setup_learnflow` puts it below `LearnFlow.state_dir`.""",
    ).tag(config=True)

    first_uid = Integer(
        0,
        min=0,
        help="""First of the uids given to users when the hub runs as root. 0 picks, for each state folder, a
        block of numbers that nobody else uses. Set one where only some uids exist, as in a container with a
        user namespace; nobody on the machine may have one from there on. Never change it later.""",
    ).tag(config=True)

    kernel_limits = Dict(
        key_trait=Enum(FOR_ADMINS),
        value_trait=Float(min=0),
        help="""Limits of students' kernels that shall differ from the defaults, by the name of the trait of
        `SandboxProvisioner`, which `learnflow_kernels.provisioner` explains: for instance
        `{"memory_mb": 1024, "cpus": 1, "cell_seconds": 120}`. They hold from a server's next start.""",
    ).tag(config=True)

    mem_limit = ByteSpecification(
        None,
        allow_none=True,
        help=f"""Memory of one server and all its kernels together, as in `2G`, by a control group; where none
        can be made (`learnflow doctor` tells) each process has only the kernels' own limit. Reaching it ends
        a kernel. The default is {KERNELS_AT_A_TIME} times a kernel's memory and {OF_A_SERVER_MB} MiB for the
        server. 0 sets no limit: then one student's code may take all memory of this machine.""",
    ).tag(config=True)

    cpu_limit = Float(
        None,
        allow_none=True,
        help="""Processor cores that one server and all its kernels may keep busy, by a control group. The
        default is one more than a kernel may (`kernel_limits`); 0 is for all there are.""",
    ).tag(config=True)

    network_courses = List(
        Unicode(),
        help="""Courses whose people's kernels reach the network: all that this machine reaches, its own local
        services included. Empty, the default, gives nobody's kernel a network; then code that is pasted from
        somewhere can fetch and send nothing. It counts for all notebooks of whoever is in such a course. In
        an exam of any of their courses a student's kernels have no network; those that have one when it
        begins are started afresh.""",
    ).tag(config=True)

    stop_seconds = Float(
        10.0,
        help="""Seconds a server has to shut its kernels down when it is stopped; then it is killed. Unsaved
        work is in the browser, not in the server, and is not lost by that.""",
    ).tag(config=True)

    # The base class has an admin choose these; here they are the confinement.
    disable_user_config = Bool(True, help="Always on: users' files never configure their server.")
    env_keep = List(
        Unicode(),
        ["LANG", "LC_ALL", "TZ", "LEARNFLOW_TEST_BROWSER"],
        help="Variables of the hub that servers get; nothing else of its environment reaches them.",
    ).tag(config=True)

    control_groups = List(Unicode(), help="Control groups of the server that runs; empty for none.")
    started = Float(0.0, help="When the process `pid` began, in seconds since the epoch; 0 for not yet.")

    @default("ip")
    def _default_ip(self) -> str:
        return "127.0.0.1"

    @property
    def uid(self) -> int:
        """The uid the server runs under: the user's own when the hub is root, else the hub's. May block."""
        if os.geteuid() != 0:
            return os.geteuid()
        return UidRegistry(Path(self.users_dir), self.first_uid).uid_of(self.user.name)

    def kernel_traits(self, groups: Iterable[str]) -> dict[str, float | str]:
        """Traits of the kernels of somebody who is in these groups of the hub."""
        theirs = {
            name for course in self.network_courses for name in (f"nbgrader-{course}", f"formgrade-{course}")
        }
        online: dict[str, float | str] = {"network": "full"} if theirs.intersection(groups) else {}
        return {**self.kernel_limits, **online}

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """`env` with what belongs to the user; nobody needs an account on the machine."""
        folders = UserFolders.of(Path(self.users_dir), self.user.name)
        return {
            "LANG": "C.UTF-8",
            **env,
            **folders.environment(),
            "USER": self.user.name,
            "SHELL": "/bin/false",
            "PATH": search_path(),
            KERNELS_ENV: json.dumps(self.kernel_traits(group.name for group in self.user.groups)),
        }

    def prepare(self) -> list[str]:
        """Make the user's folders; the command that starts the server. Blocks.

        StartRefused when the server must not start.
        """
        try:
            folders = UserFolders.of(Path(self.users_dir), self.user.name)
            uid = self.uid
            require_sandbox(uid)
            folders.create(uid)
        except SandboxUnavailable as error:
            raise StartRefused(str(error), reason="sandbox", status_code=503) from error
        except UnusableName as error:
            raise StartRefused(str(error), reason="username", status_code=400) from error
        except FolderTaken as error:
            raise StartRefused(
                "Your folder on this machine is not in order. Please tell whoever runs this hub.",
                reason="folder",
                log_message=str(error),
                status_code=500,
            ) from error
        fonts = font_list(Path(self.users_dir) / CACHES)
        return [*self._enter_group(), *confined_argv(folders, uid, fonts)]

    def bounds(self) -> tuple[int, int, float]:
        """Of a server and its kernels together: bytes of memory, processes and threads, cores (0: all)."""
        own = SandboxProvisioner.class_traits()
        kernel = {name: self.kernel_limits.get(name, own[name].default_value) for name in FOR_ADMINS}
        memory: int | None = self.mem_limit
        cores: float | None = self.cpu_limit
        if memory is None:
            memory = (KERNELS_AT_A_TIME * int(kernel["memory_mb"]) + OF_A_SERVER_MB) * MIB
        if cores is None:
            cores = kernel["cpus"] + 1 if kernel["cpus"] else 0.0
        return memory, KERNELS_AT_A_TIME * int(kernel["processes"]) + PROCESSES_OF_A_SERVER, cores

    def _enter_group(self) -> list[str]:
        """Arguments that put what follows into a control group of its own; none where none can be made.

        Its name says whose it is and nothing about the hub's process, which it may outlive: no janitor
        takes it for a leftover. What an earlier hub left of this user's is removed here.
        """
        whose = hashlib.sha256(f"{self.users_dir}/{self.user.name}".encode()).hexdigest()[:12]
        cgroups.remove_empty(f"server-{whose}-")
        memory, processes, cores = self.bounds()
        group = cgroups.NONE
        if memory:
            name = f"server-{whose}-{secrets.token_hex(3)}"
            # A kernel that takes too much is to end, and not the server and all other kernels with it.
            group = cgroups.create(name, memory=memory, processes=processes, cpus=cores, together=False)
        self.control_groups = [str(folder) for folder in group.folders]
        return group.enter_argv()

    def _leave_group(self) -> None:
        """Remove the control group, once what was killed in it is gone."""
        group, self.control_groups = cgroups.Group(tuple(map(Path, self.control_groups))), []
        began = time.monotonic()
        while not group.remove() and time.monotonic() - began < REMOVED_WITHIN_S:
            time.sleep(0.02)

    async def start(self) -> tuple[str, int]:
        """Start the server; address and port it will listen on."""
        if not self.port:
            self.port: int = free_ports(1, SERVERS)[0]
        argv = await asyncio.to_thread(self.prepare)
        self.log.info("Starting the server of %s in %s", self.user.name, self.users_dir)
        self._launch(argv)
        return self.ip, self.port

    def _launch(self, argv: list[str]) -> None:
        env = self.get_env()
        self.proc = Popen(argv, env=env, stdin=DEVNULL, cwd="/", start_new_session=True, umask=0o077)
        self.pid = self.proc.pid
        self.started = started_at(self.pid) or 0.0

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over a server that an earlier hub started, unless its number is another process's now."""
        super().load_state(state)
        self.started = state.get("started", 0.0)
        self.control_groups = state.get("groups", [])
        if self.pid and started_at(self.pid) != self.started:
            self.pid = 0

    def get_state(self) -> dict[str, Any]:
        """What `load_state` needs."""
        state: dict[str, Any] = super().get_state()
        return {**state, "started": self.started, "groups": self.control_groups} if self.pid else state

    async def _signal(self, sig: int) -> bool:
        """Send `sig` to the server inside its sandbox; True while there is one."""
        if sig == 0:
            return any(is_alive(process) for process in await asyncio.to_thread(tree, self.pid))
        inner = await asyncio.to_thread(inner_process, self.pid)
        if inner is None:
            return bool(await super()._signal(sig))
        try:
            inner.send_signal(sig)
        except psutil.NoSuchProcess:
            return False
        return True

    async def stop(self, now: bool = False) -> None:
        """Stop the server, its kernels and whatever they started; none of it is left afterwards."""
        if not self.pid:
            return
        # While the tree is whole: its parts lose their parent, and with it the way to find them.
        processes = await asyncio.to_thread(tree, self.pid)
        if not now and await self.poll() is None:
            await self._signal(signal.SIGTERM)
            await self._wait_for_end()
        left = await asyncio.to_thread(kill_all, [process for process in processes if is_alive(process)])
        if left:
            self.log.error("Processes %s of %s could not be killed", left, self.user.name)
        await asyncio.to_thread(self._leave_group)
        await self.poll()

    async def _wait_for_end(self) -> None:
        # The hub's own wait_for_death backs off to seconds between two looks.
        for _ in range(int(self.stop_seconds / LOOK_EVERY_S)):
            if await self.poll() is not None:
                return
            await asyncio.sleep(LOOK_EVERY_S)


def confined_argv(folders: UserFolders, uid: int, fonts: Path | None = None) -> list[str]:
    """The command that runs the server of the user with `folders` as `uid`.

    `fonts` is matplotlib's list of fonts for all the kernels of all users, which none of them can write.
    """
    mounts = server_mounts()
    files = {INSIDE / name: PACKAGE / name for name in (PROGRAM, CONFIG)}
    if fonts is not None:
        files[GIVEN / fonts.name] = fonts
    argv = server_argv(
        [sys.executable, "-P", str(INSIDE / PROGRAM), str(INSIDE / CONFIG)],
        mounts=mounts,
        work=folders.work,
        home=folders.server,
        files=files,
        features=known_features(),
    )
    if os.geteuid() != 0:
        return argv
    # A hub that was ended without asking for it, or is to leave servers alone, finds them when it is back.
    reach = reach_prefix(
        [*mounts.read_only, *files.values(), folders.work, folders.server], uid, outlives=True
    )
    return [*reach, *drop_to(uid), *argv]
