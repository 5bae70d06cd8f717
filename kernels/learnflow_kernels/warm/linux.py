"""The few calls to Linux that Python 3.11 does not offer. Each raises OSError when the system refuses."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct

NEW_MOUNTS, NEW_CGROUP, NEW_UTS, NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEW_USER, NEW_PIDS, NEW_NET = 0x10000000, 0x20000000, 0x40000000
NOSUID, NODEV, NOEXEC, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
SETGID, SETUID, SYS_ADMIN = 6, 7, 21
"""Numbers of capabilities."""
_SET_DUMPABLE, _SET_SECCOMP, _CAPBSET_DROP, _NO_NEW_PRIVS, _CAP_AMBIENT = 4, 22, 24, 38, 47
_AMBIENT_CLEAR, _SECCOMP_FILTER, _CAP_VERSION_3 = 4, 2, 0x20080522
_GET_FLAGS, _SET_FLAGS, _IFF_UP = 0x8913, 0x8914, 1
_LAST_CAPABILITY = 63

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Move into new namespaces; new process ids count for children only."""
    _checked(_libc.unshare(flags), "unshare")


def mount(kind: str, target: str, options: str = "", *, flags: int = 0) -> None:
    """Mount a new file system of this kind."""
    _checked(
        _libc.mount(kind.encode(), target.encode(), kind.encode(), flags, options.encode()), f"mount {target}"
    )


def bind(source: str, target: str) -> None:
    """Show `source`, and what is mounted below it, at `target` too; what was read-only stays so."""
    _checked(_libc.mount(source.encode(), target.encode(), None, BIND | RECURSIVE, None), f"bind {target}")


def keep_mounts_private() -> None:
    """Neither send nor receive mounts from here on."""
    _checked(_libc.mount(b"none", b"/", None, PRIVATE | RECURSIVE, None), "private mounts")


def set_dumpable(dumpable: bool) -> None:
    """Whether others of the same user may look into this process."""
    _checked(_libc.prctl(_SET_DUMPABLE, int(dumpable), 0, 0, 0), "dumpable")


def no_new_privileges() -> None:
    """No program that is started from here on gains rights."""
    _checked(_libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


def set_capabilities(kept: int = 0) -> None:
    """Keep just the capabilities in this bit mask, for good. Bounding set and ambient ones go too."""
    for number in range(_LAST_CAPABILITY + 1):
        if not kept >> number & 1 and _libc.prctl(_CAPBSET_DROP, number, 0, 0, 0) < 0:
            if ctypes.get_errno() == errno.EINVAL:
                break  # past the last one that this system knows
            if ctypes.get_errno() != errno.EPERM:  # without the right to, there is nothing to bound either
                _checked(-1, "bounding set")
    _libc.prctl(_CAP_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    header = struct.pack("Ii", _CAP_VERSION_3, 0)
    data = struct.pack("6I", low, low, 0, high, high, 0)
    _checked(_libc.capset(header, data), "capabilities")


def has_capability(number: int) -> bool:
    """Whether this process has that capability in effect."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> number & 1)
    return False


def install_filter(code: bytes) -> None:
    """Put a seccomp filter, a classic BPF program, on this process and all that it starts."""
    program = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(program))
    buffer = ctypes.create_string_buffer(described, len(described))
    _checked(
        _libc.prctl(_SET_SECCOMP, _SECCOMP_FILTER, ctypes.addressof(buffer), 0, 0), "filter of system calls"
    )


def loopback_up() -> None:
    """Switch on the one interface of a new network namespace, for programs that talk to themselves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh22x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(sock, _GET_FLAGS, request), 16)
        fcntl.ioctl(sock, _SET_FLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def threads() -> int:
    """Number of threads of this process."""
    return len(os.listdir("/proc/self/task"))


def memory_in_use() -> tuple[int, int]:
    """Bytes of private data, and of address space, of this process, as the resource limits count them."""
    sizes = {}
    with open("/proc/self/status") as status:
        for line in status:
            name, _, value = line.partition(":")
            if name in ("VmData", "VmSize"):
                sizes[name] = int(value.split()[0]) * 1024
    return sizes["VmData"], sizes["VmSize"]
