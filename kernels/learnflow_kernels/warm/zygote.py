"""The warm process, inside bubblewrap: `python -I -m learnflow_kernels.warm.zygote <config>`.

It loads libraries and trusted modules, never runs anything of a student's, and forks a sealed sandbox for
each request. It has one thread, or a fork would inherit locks that nobody opens.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import cast

import msgspec

from learnflow_kernels.bubblewrap import HOME
from learnflow_kernels.warm import keeper, linux, sealing
from learnflow_kernels.warm.wire import Config, Fork, Start, Told, close_all, receive, send

Entry = Callable[[socket.socket], object]


def prepare(config: Config) -> None:
    """Load what can be loaded, and give up what is not needed to fork."""
    if linux.has_capability(linux.SYS_ADMIN):
        # bubblewrap covers parts of it, and only a whole one lets sandboxes mount their own.
        linux.mount("proc", "/proc", flags=linux.NOSUID | linux.NODEV | linux.NOEXEC)
    root = os.geteuid() == 0
    linux.set_capabilities((1 << linux.SETUID | 1 << linux.SETGID) if root else 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # a fork's first process ends at once
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in config.preload:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)


def load(modules: tuple[str, ...]) -> None:
    """Import trusted modules, and let them get ready. RuntimeError when something has started a thread."""
    for name in modules:
        warm_up = getattr(importlib.import_module(name), "warm_up", None)
        if warm_up is not None:
            warm_up()
    if linux.threads() != 1:
        raise RuntimeError("a module has started a thread")
    gc.collect()
    gc.freeze()  # else the collector would write to, and so copy, every page of every fork


def serve(control: socket.socket, config: Config) -> tuple[Start, socket.socket]:
    """Fork sandboxes until the server has gone. Returns only inside of one, when it is told to start."""
    while True:
        data, fds = receive(control)
        if not data:
            os._exit(0)
        try:
            request = msgspec.msgpack.decode(data, type=Fork)
            load(tuple(name for name in request.modules if name not in sys.modules))
        except Exception as error:
            # Whatever a module does when it is imported: the request fails, not the zygote.
            with socket.socket(fileno=fds.pop(0)) as outside, contextlib.suppress(OSError):
                send(outside, Told(what="failed", message=f"{type(error).__name__}: {error}"[:500]))
            close_all(fds)
            continue
        if os.fork() == 0:
            control.detach()
            return sandbox(fds[0], fds[1:], request, config)
        close_all(fds)


def sandbox(fd: int, groups: list[int], request: Fork, config: Config) -> tuple[Start, socket.socket]:
    """In the fork: shut ourselves off, wait for the word, and return in the process that may run anything."""
    outside = socket.socket(fileno=fd)
    try:
        sealing.only({0, 1, 2, fd, *groups})
        for name in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        sealing.enter(groups, request.uid)
        if os.fork():
            os._exit(0)
        sealing.seal(config)
        sealing.silence()
        wake = keeper.watch_for_children()
        child = os.fork()
    except Exception as error:
        # The boundary of a process: all that is left to do is to say why.
        with contextlib.suppress(OSError):
            send(outside, Told(what="failed", message=f"{type(error).__name__}: {error}"[:500]))
        os._exit(1)
    if child:
        keeper_of(outside, wake, child)
    try:
        keeper.forget_children()
        sealing.only({0, 1, 2, fd})
        linux.set_dumpable(True)  # its own /proc/self should work; nobody else can see it
        os.setsid()
        os.chdir(HOME)
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")  # the keeper has something to say afterwards
        with outside:
            data, fds = receive(outside)
        if not data:
            os._exit(0)
        return msgspec.msgpack.decode(data, type=Start), socket.socket(fileno=fds[0])
    except Exception:
        os._exit(1)  # the keeper reports it


def keeper_of(outside: socket.socket, wake: int, child: int) -> None:
    """Say that the sandbox is ready, then keep it."""
    try:
        send(outside, Told(what="ready"))
        keeper.keep(outside, wake, child)
    finally:
        os._exit(1)


def reseed() -> None:
    """Other random numbers than every other fork's."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def finish() -> None:
    """What an interpreter does when its program has ended. All of it may have been tampered with by now."""
    for end in (threading._shutdown, atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):  # type: ignore[attr-defined]
        with contextlib.suppress(BaseException):
            end()


def call(start: Start, channel: socket.socket) -> int:
    """Call the function, with nothing but its limits between it and the namespaces; the exit status."""
    os.environ.update(start.env)
    reseed()
    module, _, name = start.entry.partition(":")
    entry = cast(Entry, getattr(sys.modules[module], name))
    atexit._clear()
    sealing.limit(start)
    status = 0
    try:
        entry(channel)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        status = 1
    finish()
    return status


def main() -> None:
    """Load, serve; and in each sandbox, run."""
    config = msgspec.json.decode(sys.argv[1], type=Config)
    control = socket.socket(fileno=config.control)
    control.set_inheritable(False)
    prepare(config)
    load(config.modules)
    linux.set_dumpable(False)
    send(control, Told(what="ready"))
    start, channel = serve(control, config)
    del config, control
    sys.argv[:] = ["program.py"]
    os._exit(call(start, channel) & 0xFF)


if __name__ == "__main__":
    main()
