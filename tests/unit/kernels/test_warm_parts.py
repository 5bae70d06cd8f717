"""The parts that run inside warm sandboxes, each by itself: what they do, in which order, and refuse."""

from __future__ import annotations

import atexit
import gc
import os
import platform
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from learnflow_kernels.warm import keeper, linux, sealing, wire, zygote
from learnflow_kernels.warm.wire import Config, Fork, Start, Told

Pair = tuple[socket.socket, socket.socket]
START = Start(entry="trusted_for_test:function", processes=8, open_files=64, file_size=1000, cpu=3)


class Exited(BaseException):
    """In place of the end of a process."""


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        yield ours, theirs


@pytest.fixture(autouse=True)
def _nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(status: int) -> None:
        raise Exited(status)

    monkeypatch.setattr(os, "_exit", leave)


class TestWire:
    def test_a_message_comes_whole_with_its_descriptors(self, pair: Pair) -> None:
        ours, theirs = pair
        reader, writer = os.pipe()
        wire.send(ours, Fork(modules=("a",), uid=7), (writer,))
        os.close(writer)
        data, fds = wire.receive(theirs)
        assert msgspec.msgpack.decode(data, type=Fork) == Fork(modules=("a",), uid=7)
        os.write(fds[0], b"x")
        assert os.read(reader, 1) == b"x"
        assert not os.get_inheritable(fds[0])
        wire.close_all([*fds, reader])

    def test_nobody_there(self, pair: Pair) -> None:
        ours, theirs = pair
        theirs.close()
        assert wire.receive(ours) == (b"", [])
        with pytest.raises(BrokenPipeError):
            wire.send(ours, Told(what="ready"))


class TestLinux:
    def test_what_the_system_refuses_is_an_error_with_a_name(self) -> None:
        with pytest.raises(OSError, match="mount /nowhere"):
            linux.mount("nosuchfs", "/nowhere")
        with pytest.raises(OSError, match="unshare"):
            linux.unshare(1)
        with pytest.raises(OSError, match="filter"):
            linux.install_filter(b"")

    def test_what_it_tells_of_this_process(self) -> None:
        assert linux.threads() >= 1
        data, space = linux.memory_in_use()
        assert 2**20 < data < space
        if os.geteuid() != 0:
            assert not linux.has_capability(linux.SYS_ADMIN)


class TestSealing:
    @pytest.fixture
    def steps(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Names of the calls that would have been made, in order."""
        made: list[str] = []

        def noted(name: str) -> Callable[..., None]:
            return lambda *args, **_: made.append(" ".join([name, *map(str, args)]).strip())

        for name in (
            "keep_mounts_private",
            "mount",
            "bind",
            "loopback_up",
            "set_capabilities",
            "set_dumpable",
            "no_new_privileges",
            "unshare",
            "install_filter",
        ):
            monkeypatch.setattr(linux, name, noted(name))
        monkeypatch.setattr(socket, "sethostname", noted("hostname"))
        monkeypatch.setattr(Path, "write_text", lambda path, text: made.append(f"{path}={text}"))
        for name in ("setgroups", "setresgid", "setresuid"):
            monkeypatch.setattr(os, name, noted(name))
        return made

    def test_rights_go_after_the_mounts_and_the_filter_comes_last(self, steps: list[str]) -> None:
        sealing.seal(Config(control=0, scratch=5))
        kinds = [step.split()[0] for step in steps]
        assert kinds.index("set_capabilities") > max(i for i, kind in enumerate(kinds) if kind == "mount")
        assert kinds[-1] == "install_filter"
        assert "/proc/sys/user/max_user_namespaces=0" in steps
        mounted = " ".join(step for step in steps if step.startswith("mount"))
        for folder in ("/proc", "/tmp", "/home/student", "/dev/shm", "/dev/pts"):
            assert f" {folder}" in mounted

    def test_a_python_below_tmp_is_still_there(self, steps: list[str], tmp_path: Path) -> None:
        """Its folder is opened before an empty one covers it, and shown again after."""
        sealing.seal(Config(control=0, shown=(str(tmp_path),)))
        (bound,) = [step for step in steps if step.startswith("bind")]
        assert bound.startswith("bind /proc/self/fd/") and str(tmp_path) in bound
        covered = next(i for i, step in enumerate(steps) if step.startswith("mount tmpfs /tmp"))
        assert covered < steps.index(bound) < steps.index("set_capabilities")

    def test_without_a_filter_for_this_machine_there_is_no_sandbox(
        self, steps: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(platform, "machine", lambda: "riscv64")
        with pytest.raises(OSError, match="riscv64"):
            sealing.seal(Config(control=0))
        sealing.seal(Config(control=0, seccomp=False))
        assert not any(step.startswith("install_filter") for step in steps)

    @pytest.mark.parametrize("root", [True, False])
    def test_it_becomes_somebody_before_it_leaves(
        self, steps: list[str], monkeypatch: pytest.MonkeyPatch, root: bool
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 77)
        reader, writer = os.pipe()
        sealing.enter([writer], 4711)
        assert os.read(reader, 5) == b"0"
        os.close(reader)
        left = next(i for i, step in enumerate(steps) if step.startswith("unshare"))
        assert ("setresuid 4711 4711 4711" in steps[:left]) is root
        assert f"/proc/self/uid_map={sealing.INSIDE} {0 if root else 77} 1" in steps

    def test_limits_are_never_raised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_to: dict[int, tuple[int, int]] = {}
        monkeypatch.setattr(resource, "setrlimit", lambda name, pair: set_to.update({name: pair}))
        monkeypatch.setattr(resource, "getrlimit", lambda name: (10, 10))
        sealing.limit(START)
        assert set_to[resource.RLIMIT_NOFILE] == (10, 10)
        assert set_to[resource.RLIMIT_CPU] == (3, 3)
        assert resource.RLIMIT_DATA not in set_to
        monkeypatch.setattr(resource, "getrlimit", lambda name: (resource.RLIM_INFINITY,) * 2)
        sealing.limit(msgspec.structs.replace(START, memory=1000))
        assert set_to[resource.RLIMIT_DATA][0] > 1000
        assert set_to[resource.RLIMIT_NPROC] == (9, 9)

    def test_files_are_closed_and_streams_silenced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        closed: list[int] = []
        copied: list[tuple[int, int]] = []
        monkeypatch.setattr(os, "listdir", lambda _: ["0", "1", "7", "8"])
        monkeypatch.setattr(os, "close", closed.append)
        monkeypatch.setattr(os, "dup2", lambda a, b: copied.append((a, b)))
        sealing.only({0, 1, 8})
        assert closed == [7]
        sealing.silence()
        assert [target for _, target in copied] == [0, 1, 2]
        monkeypatch.undo()
        os.close(copied[0][0])


class TestKeeper:
    @pytest.fixture
    def wake(self) -> Iterator[int]:
        reader = keeper.watch_for_children()
        yield reader
        writer = signal.set_wakeup_fd(-1)
        keeper.forget_children()
        os.close(reader)
        os.close(writer)

    def test_it_reports_how_the_program_ended(
        self, pair: Pair, wake: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with subprocess.Popen(["/bin/sh", "-c", "sleep 0.2; exit 3"]) as child:
            real = os.waitpid
            monkeypatch.setattr(os, "waitpid", lambda _, options: real(child.pid, options))
            with pytest.raises(Exited) as end:
                keeper.keep(pair[0], wake, child.pid)
            monkeypatch.undo()
            child.returncode = 3
        assert end.value.args == (0,)
        data, _ = wire.receive(pair[1])
        assert msgspec.msgpack.decode(data, type=Told) == Told(what="ended", status=3)

    def test_it_ends_when_the_server_lets_go(
        self, pair: Pair, wake: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "waitpid", lambda *_: (0, 0))
        pair[1].close()
        with pytest.raises(Exited):
            keeper.keep(pair[0], wake, 99)


class TestZygote:
    @pytest.fixture(autouse=True)
    def _harmless(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gc, "freeze", lambda: None)
        monkeypatch.setattr(atexit, "_clear", lambda: None)
        monkeypatch.setattr(atexit, "_run_exitfuncs", lambda: None)
        monkeypatch.setattr(threading, "_shutdown", lambda: None)
        monkeypatch.setattr(sealing, "limit", lambda _: None)
        monkeypatch.setattr(linux, "threads", lambda: 1)

    def ask(self, control: socket.socket, *modules: str) -> socket.socket:
        """Ask for a fork; our end of what it would talk to."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            wire.send(control, Fork(modules=modules), (theirs.fileno(),))
        return ours

    def test_it_forks_for_each_request_and_ends_with_its_server(
        self, pair: Pair, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forked: list[int] = []

        def fork() -> int:
            forked.append(4711)
            return 4711

        monkeypatch.setattr(os, "fork", fork)
        asked = [self.ask(pair[0], "json"), self.ask(pair[0])]
        pair[0].close()
        with pytest.raises(Exited):
            zygote.serve(pair[1], Config(control=0))
        assert len(forked) == 2
        for ours in asked:
            assert wire.receive(ours)[0] == b"", "its own copy is closed"
            ours.close()

    def test_a_module_that_cannot_be_loaded_fails_its_own_request_only(
        self, pair: Pair, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "fork", lambda: 4711)
        with self.ask(pair[0], "no_such_module") as bad, self.ask(pair[0]):
            pair[0].close()
            with pytest.raises(Exited):
                zygote.serve(pair[1], Config(control=0))
            told = msgspec.msgpack.decode(wire.receive(bad)[0], type=Told)
        assert told.what == "failed"
        assert "no_such_module" in told.message

    def test_a_second_thread_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(linux, "threads", lambda: 2)
        with pytest.raises(RuntimeError, match="thread"):
            zygote.load(("json",))

    def test_it_keeps_the_right_to_choose_users_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kept: list[int] = []
        monkeypatch.setattr(linux, "has_capability", lambda _: True)
        monkeypatch.setattr(linux, "mount", lambda *_, **__: None)
        monkeypatch.setattr(linux, "set_capabilities", kept.append)
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        for uid in (0, 5):
            monkeypatch.setattr(os, "geteuid", lambda uid=uid: uid)
            zygote.prepare(Config(control=0, preload=("json", "no_such_module")))
        assert kept == [1 << linux.SETUID | 1 << linux.SETGID, 0]

    @pytest.mark.parametrize(
        ("ends", "status"),
        [(None, 0), (SystemExit(3), 3), (SystemExit(), 0), (SystemExit("x"), 1), (KeyError(), 1)],
    )
    def test_the_status_is_the_functions(
        self, pair: Pair, monkeypatch: pytest.MonkeyPatch, ends: BaseException | None, status: int
    ) -> None:
        module: Any = ModuleType("trusted_for_test")

        def function(channel: socket.socket) -> None:
            assert channel is pair[0]
            if ends is not None:
                raise ends

        module.function = function
        monkeypatch.setitem(sys.modules, "trusted_for_test", module)
        monkeypatch.setattr(zygote, "reseed", lambda: None)
        assert zygote.call(START, pair[0]) == status

    def test_what_a_program_broke_does_not_stop_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(threading, "_shutdown", lambda: 1 / 0)
        zygote.finish()

    def test_seeds_differ(self) -> None:
        state = random.getstate()
        drawn = set()
        for _ in range(3):
            random.seed(1)
            zygote.reseed()
            drawn.add(random.random())
        random.setstate(state)
        assert len(drawn) == 3
