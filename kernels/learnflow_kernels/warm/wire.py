"""What is said between the server, the zygote and a sandbox, over sockets that keep messages apart."""

from __future__ import annotations

import array
import os
import socket

import msgspec

MAX_MESSAGE = 65_536
MAX_FDS = 8


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What the zygote is started with, as JSON on its command line."""

    control: int
    """Descriptor of its socket."""
    preload: tuple[str, ...] = ()
    """Modules to load if they are installed."""
    modules: tuple[str, ...] = ()
    """Trusted modules to load ahead of the first request for them."""
    seccomp: bool = True
    scratch: int = 64 * 2**20
    """Bytes of each temporary folder."""
    shown: tuple[str, ...] = ()
    """Read-only places that a temporary folder would hide: Python's, when it is installed below /tmp."""


class Fork(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the zygote: make a sandbox. Comes with its socket and, after that, control groups to enter."""

    modules: tuple[str, ...] = ()
    """To be loaded first; one that cannot be fails the request."""
    uid: int = 0
    """Its user on the host, where the zygote may choose one."""


class Start(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To a sandbox that waits: call the function. Comes with the channel."""

    entry: str
    processes: int
    open_files: int
    file_size: int
    """Bytes."""
    cpu: int
    """Seconds."""
    memory: int | None = None
    """Bytes of private memory of each process beyond what the zygote has; None where a group limits it."""
    env: dict[str, str] = {}


class Told(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """From the zygote or a sandbox's keeper."""

    what: str
    """`ready`, `failed` (with a message) or `ended` (with a status)."""
    message: str = ""
    status: int = 0


def send(sock: socket.socket, message: msgspec.Struct, fds: tuple[int, ...] = ()) -> None:
    """Send one message, with copies of descriptors. OSError when nobody is there."""
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    sock.sendmsg([msgspec.msgpack.encode(message)], rights, socket.MSG_NOSIGNAL)


def receive(sock: socket.socket) -> tuple[bytes, list[int]]:
    """One message and its descriptors; empty when the other side has gone."""
    data, ancillary, _, _ = sock.recvmsg(MAX_MESSAGE, socket.CMSG_SPACE(MAX_FDS * 4), socket.MSG_CMSG_CLOEXEC)
    fds: list[int] = []
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            got = array.array("i")
            got.frombytes(content[: len(content) - len(content) % got.itemsize])
            fds += got
    return data, fds


def close_all(fds: list[int]) -> None:
    """Close descriptors."""
    for fd in fds:
        os.close(fd)
