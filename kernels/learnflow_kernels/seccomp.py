"""A seccomp filter for kernels: system calls that no notebook needs and that attacks on Linux begin with.

Built by hand, as a classic BPF program, because the libraries for it need libseccomp installed. Calls fail
with EPERM instead of killing the process, so a student sees an ordinary `PermissionError`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

NAMESPACES = 0x7E020000
"""The flags of `clone` that make a namespace: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET."""
SOCKETS = (1, 2, 10, 16)
"""Families of sockets that may be made: unix, IPv4, IPv6, netlink. Others, as vsock, ignore namespaces."""
TERMINAL_IOCTLS = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX, which type into somebody else's terminal."""

WATCHING_FCNTLS = (1024, 1026)
"""F_SETLEASE, by which who owns a file makes others wait up to 45 s to open it, and F_NOTIFY: where we are
not root, the files of the Python that all sandboxes share belong to the user that all of them run as."""

# name: (number on x86_64, number on aarch64); None where there is no such call
DENIED: dict[str, tuple[int | None, int | None]] = {
    "_sysctl": (156, None),
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "create_module": (174, None),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "get_kernel_syms": (177, None),
    "init_module": (175, 105),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "listmount": (458, 458),
    "lookup_dcookie": (212, 18),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "query_module": (178, None),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "remap_file_pages": (216, 234),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "statmount": (457, 457),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "sysfs": (139, None),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, None),
    "userfaultfd": (323, 282),
    "ustat": (136, None),
    "vhangup": (153, 58),
}
_CLONE, _CLONE3, _IOCTL, _SOCKET, _FCNTL = (56, 220), (435, 435), (16, 29), (41, 198), (72, 25)

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
"""Offsets in what the filter is shown: number, architecture, arguments of 8 bytes each, low half first."""
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
_UNREAD = 463
"""The first number, on every architecture, of calls that nobody has looked at for this filter (Linux 6.13 has
some). Programs take them for missing, as on an older Linux. The x32 numbers of x86_64 lie above, too."""
_NO_NEW_PRIVS, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_STEP_BYTES = 8


@dataclass(frozen=True)
class Machine:
    """An architecture the filter is known for."""

    audit: int
    """The kernel's number for it."""
    column: int
    """Its place in the tables of call numbers."""


MACHINES = {"x86_64": Machine(0xC000003E, 0), "aarch64": Machine(0xC00000B7, 1)}


@dataclass(frozen=True)
class _Step:
    code: int
    value: int
    then: str = ""
    """Label to go to when a test holds; empty for the next step."""
    otherwise: str = ""
    label: str = ""


def _refuse(number: int) -> int:
    return ERRNO | number


def _steps(machine: Machine) -> list[_Step]:
    own = machine.column
    denied = sorted(number for row in DENIED.values() if (number := row[own]) is not None)
    steps = [_Step(_LOAD, _ARCH), _Step(_EQUAL, machine.audit, otherwise="unknown"), _Step(_LOAD, _NUMBER)]
    steps.append(_Step(_AT_LEAST, _UNREAD, then="unknown"))
    # Its flags lie in memory, out of a filter's sight; the C library falls back to `clone`.
    steps.append(_Step(_EQUAL, _CLONE3[own], then="unknown"))
    steps += [
        _Step(_EQUAL, _CLONE[own], then="clone"),
        _Step(_EQUAL, _IOCTL[own], then="ioctl"),
        _Step(_EQUAL, _SOCKET[own], then="socket"),
        _Step(_EQUAL, _FCNTL[own], then="fcntl"),
    ]
    steps += [_Step(_EQUAL, number, then="denied") for number in denied]
    steps += [_Step(_RETURN, ALLOW), _Step(_LOAD, _ARGUMENTS, label="clone")]
    steps += [_Step(_ANY_BIT, NAMESPACES, then="denied", otherwise="granted")]
    steps += [_Step(_LOAD, _ARGUMENTS + 8, label="ioctl")]
    steps += [_Step(_EQUAL, request, then="denied") for request in TERMINAL_IOCTLS]
    steps += [_Step(_RETURN, ALLOW), _Step(_LOAD, _ARGUMENTS + 8, label="fcntl")]
    steps += [_Step(_EQUAL, command, then="denied") for command in WATCHING_FCNTLS]
    steps += [_Step(_RETURN, ALLOW), _Step(_LOAD, _ARGUMENTS, label="socket")]
    steps += [_Step(_EQUAL, family, then="granted") for family in SOCKETS]
    return [
        *steps,
        _Step(_RETURN, _refuse(errno.EAFNOSUPPORT)),
        _Step(_RETURN, ALLOW, label="granted"),
        _Step(_RETURN, _refuse(errno.EPERM), label="denied"),
        _Step(_RETURN, _refuse(errno.ENOSYS), label="unknown"),
    ]


def _assembled(steps: Sequence[_Step]) -> bytes:
    places = {step.label: place for place, step in enumerate(steps) if step.label}

    def jump(place: int, label: str) -> int:
        return places[label] - place - 1 if label else 0

    return b"".join(
        struct.pack("<HBBI", step.code, jump(place, step.then), jump(place, step.otherwise), step.value)
        for place, step in enumerate(steps)
    )


def program(machine: str) -> bytes | None:
    """The filter for a machine as `platform.machine()` names it; None where no filter is known."""
    known = MACHINES.get(machine)
    return None if known is None else _assembled(_steps(known))


def filter_fd(machine: str | None = None) -> int | None:
    """A file to read the filter from, for bubblewrap's `--seccomp`; the caller closes it. None for none."""
    code = program(platform.machine() if machine is None else machine)
    if code is None:
        return None
    fd = os.memfd_create("seccomp", os.MFD_CLOEXEC)
    os.write(fd, code)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class _Program(ctypes.Structure):
    _fields_: ClassVar = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def install(machine: str | None = None) -> bool:
    """Put the filter around this process and all it will start, for good, beside any that is there already.

    For sandboxes whose engine knows no more than its own filter. False when none is known for this
    architecture, or the system refuses. To be called before there is a second thread.
    """
    code = program(platform.machine() if machine is None else machine)
    if code is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    own = _Program(len(code) // _STEP_BYTES, code)
    return int(libc.prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(own), 0, 0)) == 0
