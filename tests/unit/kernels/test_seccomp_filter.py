"""The filter of system calls, run by a small machine of our own."""

from __future__ import annotations

import errno
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_kernels import seccomp
from learnflow_kernels.seccomp import ALLOW, DENIED, ERRNO, MACHINES, NAMESPACES, program

EPERM, ENOSYS, EAFNOSUPPORT = (ERRNO | number for number in (errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT))


def verdict(name: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the filter for machine `name` says about a call."""
    code = program(name)
    assert code is not None
    steps = list(struct.iter_unpack("<HBBI", code))
    padded = [*arguments, *[0] * (6 - len(arguments))]
    shown = struct.pack("<IIQ6Q", number, MACHINES[name].audit if audit is None else audit, 0, *padded)
    place, loaded = 0, 0
    while True:
        op, then, otherwise, value = steps[place]
        place += 1
        if op == 0x06:
            return int(value)
        if op == 0x20:
            (loaded,) = struct.unpack_from("<I", shown, value)
            continue
        holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[op]
        place += then if holds else otherwise


@pytest.mark.parametrize("name", MACHINES)
class TestEachMachine:
    def test_what_attacks_begin_with_is_denied(self, name: str) -> None:
        for call, row in DENIED.items():
            number = row[MACHINES[name].column]
            if number is not None:
                assert verdict(name, number) == EPERM, call

    def test_no_namespaces_but_threads_and_processes(self, name: str) -> None:
        clone = (56, 220)[MACHINES[name].column]
        assert verdict(name, clone, 0x10000000) == EPERM
        assert verdict(name, clone, 0x00020000 | 17) == EPERM
        assert verdict(name, clone, 0x3D0F00) == ALLOW  # a thread, as the C library starts it
        assert verdict(name, clone, 0x01200011) == ALLOW  # fork
        assert verdict(name, 435) == ENOSYS

    def test_sockets_of_the_usual_families_only(self, name: str) -> None:
        socket = (41, 198)[MACHINES[name].column]
        assert [verdict(name, socket, family) for family in (1, 2, 10, 16)] == [ALLOW] * 4
        assert {verdict(name, socket, family) for family in (0, 17, 38, 40)} == {EAFNOSUPPORT}

    def test_no_typing_into_a_terminal(self, name: str) -> None:
        ioctl = (16, 29)[MACHINES[name].column]
        assert verdict(name, ioctl, 0, 0x5412) == EPERM
        assert verdict(name, ioctl, 0, 0xFFFFFFFF_00005412) == EPERM, "the kernel looks at the low half too"
        assert verdict(name, ioctl, 0, 0x5401) == ALLOW

    def test_nobody_is_kept_from_a_file_that_all_share(self, name: str) -> None:
        fcntl = (72, 25)[MACHINES[name].column]
        assert [verdict(name, fcntl, 3, command) for command in (1024, 1026)] == [EPERM] * 2
        assert verdict(name, fcntl, 3, 0xFFFFFFFF_00000400) == EPERM, "the kernel looks at the low half too"
        assert [verdict(name, fcntl, 3, command) for command in (1, 2, 3, 4, 6, 1030, 1031)] == [ALLOW] * 7

    def test_programs_of_another_architecture_get_nothing(self, name: str) -> None:
        assert verdict(name, 0, audit=0x40000003) == ENOSYS

    def test_a_jump_fits_and_the_program_too(self, name: str) -> None:
        code = program(name)
        assert code is not None
        assert len(code) // 8 < 256


@given(number=st.integers(0, 600), arguments=st.lists(st.integers(0, 2**64 - 1), max_size=6))
def test_every_call_has_a_verdict(number: int, arguments: list[int]) -> None:
    assert verdict("x86_64", number, *arguments) in (ALLOW, EPERM, ENOSYS, EAFNOSUPPORT)


def test_calls_by_the_x32_numbers_are_unknown() -> None:
    assert verdict("x86_64", 0x40000000 | 101) == ENOSYS


def test_numbers_are_those_of_this_machines_headers() -> None:
    """Spot checks against the kernel's own tables, from memory of two architectures."""
    assert (DENIED["unshare"], DENIED["ptrace"], DENIED["mount"]) == ((272, 97), (101, 117), (165, 40))
    assert NAMESPACES == sum((0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000))


def test_no_filter_for_a_machine_we_do_not_know() -> None:
    assert program("riscv64") is None
    assert seccomp.filter_fd("riscv64") is None


def test_the_file_starts_at_its_beginning_and_is_not_inherited_by_accident() -> None:
    fd = seccomp.filter_fd("x86_64")
    assert fd is not None
    try:
        assert os.read(fd, 100_000) == program("x86_64")
        assert not os.get_inheritable(fd)
    finally:
        os.close(fd)
