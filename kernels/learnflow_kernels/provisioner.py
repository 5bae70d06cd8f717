"""Starts kernels inside bubblewrap, for jupyter_client: the classroom's `python3`."""

from __future__ import annotations

import asyncio
import math
import os
import random
import signal
import subprocess
from pathlib import Path
from typing import IO, Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Enum, Float, Integer, Unicode

from learnflow_kernels import caches, cgroups, rundir, seccomp
from learnflow_kernels.bubblewrap import RUN, Features, KernelBox, Limits, drop_to, kernel_argv
from learnflow_kernels.check import require_sandbox
from learnflow_kernels.clock import SECONDS_ENV
from learnflow_kernels.endings import why_ended
from learnflow_kernels.limits import limits_env
from learnflow_kernels.paths import kernel_mounts
from learnflow_kernels.processes import kernel_process
from learnflow_kernels.reach import reach_prefix
from learnflow_kernels.workplace import kernel_env, require_open, working_place

MIB = 2**20
# Libraries map far more than they use: 512 MiB of address space would not even start ipykernel.
_ADDRESS_SPACE_FACTOR = 4
_ADDRESS_SPACE_EXTRA = 2**30
_OWN_PROCESSES = 8
"""bubblewrap's own, which are in the kernel's control group too."""


def last_words(pipe: IO[bytes], limit: int = 2000) -> str:
    """The end of what is left in the pipe, as one line; the pipe is then closed. Never waits for more.

    Code inside may have written it: in a log it is to look like no other line, and to steer no terminal.
    """
    with pipe:
        os.set_blocking(pipe.fileno(), False)
        said = pipe.read() or b""
    text = said.decode(errors="replace").strip()[-limit:]
    return "".join(char if char.isprintable() else " " for char in text)


def some_cores(count: float) -> tuple[int, ...]:
    """As many of the processor cores that we may use, chosen at random; empty for all of them."""
    ours = sorted(os.sched_getaffinity(0))
    wanted = math.ceil(count)
    if not wanted or wanted >= len(ours):
        return ()
    return tuple(sorted(random.sample(ours, wanted)))


class SandboxProvisioner(LocalProvisioner):
    """One kernel in one sandbox: no network, its own processes, and of the files only its work folder.

    Without a working sandbox nothing starts: `pre_launch` raises SandboxUnavailable.
    """

    memory_mb = Integer(
        512,
        min=64,
        help="""Memory of a kernel, in MiB. A kernel that needs more is ended (where control groups can be
        used) or gets a MemoryError (elsewhere, and then each of its processes may use this much). 512 is
        plenty for teaching; raise it for courses with large tables.""",
    ).tag(config=True)

    processes = Integer(
        64, min=16, help="Processes and threads one kernel may have. Below 32 numpy may fail to load."
    ).tag(config=True)

    open_files = Integer(1024, min=64, help="Files and sockets one process of a kernel may have open.").tag(
        config=True
    )

    file_size_mb = Integer(
        100,
        min=1,
        help="Size, in MiB, of the largest file student code may write. Not a quota on all its files.",
    ).tag(config=True)

    scratch_mb = Integer(
        64,
        min=1,
        help="Size, in MiB, of each temporary folder inside: home, /tmp, /dev/shm. They live in memory.",
    ).tag(config=True)

    output_kb = Integer(
        1000,
        min=1,
        help="""Text one cell may print, in kB; the rest is dropped and a sentence says so. Pictures and
        tables may be ten times as large.""",
    ).tag(config=True)

    cpus = Float(
        2.0,
        min=0.0,
        help="""Processor cores a kernel may keep busy at a time; 0 for all. It is enforced by a control group
        where one can be made. Elsewhere a kernel starts on that many cores, rounded up, and hostile code
        could choose others.""",
    ).tag(config=True)

    cell_seconds = Float(
        600.0,
        min=0.0,
        help="""Seconds one cell may run; 0 for no limit. It is interrupted then, with a sentence that says
        so, and if it takes no notice its kernel is ended. Raise it for courses that train models or wait for
        long calculations. Grading has a limit of its own, which is shorter.""",
    ).tag(config=True)

    network = Enum(
        ["none", "full"],
        default_value="none",
        help="""What a kernel reaches: `none`, not even this machine; `full`, all that the machine reaches,
        its own local services included (databases, other people's servers, which then rely on their passwords
        alone). Choose `full` only for courses that need it. Only an admin can: students' servers read no
        configuration of theirs.""",
    ).tag(config=True)

    work_dir = Unicode(
        "",
        help="""Folder that kernels may read and write, for instance the notebook server's root. Empty
        takes the folder of the notebook, so that code sees no other.""",
    ).tag(config=True)

    run_as_uid = Integer(
        199_999,
        min=1,
        help="""The user (and group) id that kernels run as when we are root; ignored otherwise. The work
        folder must be open to it. Give parallel kernels of different people different ids: the limit on
        processes counts by id.""",
    ).tag(config=True)

    why_it_ended: str = ""
    """A sentence for the student, once `poll` has seen that the kernel is gone; empty while it lives."""

    _run: rundir.RunDir | None = None
    _group: cgroups.Group = cgroups.NONE
    _launches = 0
    _may_have_network = True
    _lifeline: int | None = None
    _filter: int | None = None

    @property
    def _uid(self) -> int:
        return self.run_as_uid if os.geteuid() == 0 else os.geteuid()

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Make the folder for the sockets, have the connection file written, and wrap the command.

        SandboxUnavailable without a sandbox, UnsuitableFolder for a folder no kernel may have; then nothing
        is left behind.
        """
        features = await asyncio.to_thread(require_sandbox, self._uid)
        cwd = kwargs.pop("cwd", None)
        # A restart that fails may be tried again: with the same sockets, for its clients know these.
        again = self._run is not None
        if self._run is None:
            self._run = await asyncio.to_thread(rundir.make, self._uid)
        try:
            manager = self.parent
            assert manager is not None
            manager.transport, manager.cache_ports, manager.ip = "ipc", False, self._run.ip
            kwargs = await self._with_what_is_allowed(manager, kwargs)
            kwargs = await super().pre_launch(**kwargs)
            command = [str(part) for part in kwargs["cmd"]]
            connection = Path(manager.connection_file)
            start_in = None if cwd is None else str(cwd)
            kwargs["cmd"] = await asyncio.to_thread(self._wrapped, command, connection, start_in, features)
        except BaseException:
            await self.cleanup(restart=again)
            raise
        kwargs["env"] = {"PATH": os.environ.get("PATH", os.defpath)}
        kwargs["cwd"] = "/"
        kwargs["pass_fds"] = () if self._filter is None else (self._filter,)
        return kwargs

    async def _with_what_is_allowed(self, manager: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        """`kwargs` with what the server lets this kernel have just now, where it has a word in that.

        `manager.allowed_now()` says which further extensions it loads, and whether it may have a network.
        """
        ask = getattr(manager, "allowed_now", None)
        extensions, self._may_have_network = await ask() if ask is not None else ((), True)
        more = [*kwargs.pop("extra_arguments", []), *(f"--ext={name}" for name in extensions)]
        return {**kwargs, "extra_arguments": more}

    @property
    def online(self) -> bool:
        """Whether the kernel has, or would get, a network."""
        return self.network == "full" and self._may_have_network

    def _wrapped(
        self, command: list[str], connection: Path, cwd: str | None, features: Features
    ) -> list[str]:
        """The command that runs `command` in a sandbox; makes the kernel's files and its control group."""
        assert self._run is not None
        online = self.online
        mounts = kernel_mounts(network=online)
        work, start = working_place(
            self.work_dir, cwd, system=mounts.read_only, private=(Path.home(), self._run.root)
        )
        if work is not None:
            require_open(work, self._uid)
        self._run.write(connection.read_bytes(), self._uid)
        inside = str(RUN / "connection.json")
        command = [part.replace(os.path.realpath(connection), inside) for part in command]
        self._group.remove()
        self._launches += 1
        self._group = cgroups.create(
            f"{self._run.root.name}-{self._launches}",
            memory=self.memory_mb * MIB,
            processes=self.processes + _OWN_PROCESSES,
            cpus=self.cpus,
        )
        self._close_filter()
        self._filter = seccomp.filter_fd() if features.seccomp else None
        prepared = caches.files_in_home()
        box = KernelBox(
            mounts=mounts,
            sockets=self._run.sockets,
            command=tuple(command),
            env=kernel_env(command[0], self.output_kb * 1000, os.environ)
            | limits_env(
                memory_mb=self.memory_mb,
                processes=self.processes,
                open_files=self.open_files,
                file_size_mb=self.file_size_mb,
            )
            | ({SECONDS_ENV: str(self.cell_seconds)} if self.cell_seconds else {}),
            files=self._run.files_for(online=online) | prepared,
            work=work,
            chdir=start,
            limits=self._limits(),
            features=features,
            network=online,
            cores=() if self._group.limits_cpu else some_cores(self.cpus),
            seccomp_fd=self._filter,
        )
        needed = [*mounts.read_only, self._run.root, *prepared.values(), *([work] if work else [])]
        become = drop_to(self._uid) if os.geteuid() == 0 else []
        return [*self._group.enter_argv(), *reach_prefix(needed, self._uid), *become, *kernel_argv(box)]

    def _limits(self) -> Limits:
        data = None if self._group.limits_memory else self.memory_mb * MIB
        return Limits(
            processes=self.processes,
            open_files=self.open_files,
            file_size=self.file_size_mb * MIB,
            data=data,
            address_space=None if data is None else data * _ADDRESS_SPACE_FACTOR + _ADDRESS_SPACE_EXTRA,
            scratch=self.scratch_mb * MIB,
        )

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the command that `pre_launch` made.

        What it says before the kernel is up is kept in a pipe until it dies: 64 KiB at most, and no file that
        code inside could fill.
        """
        self._let_go()
        self.why_it_ended = ""
        theirs, self._lifeline = os.pipe()
        try:
            kwargs |= {"stdin": theirs, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
            return await super().launch_kernel(cmd, **kwargs)
        finally:
            os.close(theirs)
            self._close_filter()

    def _close_filter(self) -> None:
        """Close our copy of the filter of system calls, which bubblewrap has read or never will."""
        if self._filter is not None:
            os.close(self._filter)
            self._filter = None

    def _let_go(self) -> None:
        """Close our end of the kernel's standard input, which it reads only to learn that we are gone."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    async def poll(self) -> int | None:
        """None while the kernel lives, then its status; 137 when it was killed, as for want of memory."""
        status = await super().poll()
        if status is not None and self.process is not None and not self.why_it_ended:
            oom = await asyncio.to_thread(self._group.out_of_memory)
            self.why_it_ended = why_ended(
                status, memory_mb=self.memory_mb, out_of_memory=oom, cell_s=self.cell_seconds
            )
        pipe = None if self.process is None else self.process.stderr
        if status is not None and pipe is not None and not pipe.closed:
            self.log.info("Kernel %s ended with status %s. %s", self.kernel_id, status, last_words(pipe))
        return status

    async def send_signal(self, signum: int) -> None:
        """Interrupts reach the Python process itself; any other signal goes to all of the sandbox.

        (An interrupt of bubblewrap would end the kernel. Jupyter sends it by message first.)
        """
        if signum == signal.SIGINT and self.process is not None:
            kernel = await asyncio.to_thread(kernel_process, self.process.pid)
            if kernel is not None:
                os.kill(kernel, signum)
            return
        await super().send_signal(signum)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove sockets, files and control group. jupyter_client calls twice; the second finds nothing."""
        self._let_go()
        self._close_filter()
        for _ in range(50):
            if await asyncio.to_thread(self._group.remove):
                self._group = cgroups.NONE
                break
            await asyncio.sleep(0.02)
        else:
            self.log.warning("Kernel %s: its control group is still in use.", self.kernel_id)
        if self._run is not None:
            if restart:
                await asyncio.to_thread(self._run.clear_sockets)
            else:
                await asyncio.to_thread(self._run.remove)
                self._run = None
        await super().cleanup(restart=restart)
