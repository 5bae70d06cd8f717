"""The command lines, as plain data: nothing here starts a process."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_kernels.bubblewrap import (
    Features,
    KernelBox,
    Limits,
    drop_to,
    group_text,
    kernel_argv,
    passwd_text,
    prlimit_argv,
    server_argv,
)
from learnflow_kernels.paths import Mounts

MOUNTS = Mounts(
    read_only=(Path("/usr"), Path("/opt/app/venv")),
    symlinks=(("usr/bin", "/bin"),),
    masked=(Path("/opt/app/venv/secret"),),
)


def box(**changes: object) -> KernelBox:
    made = {
        "mounts": MOUNTS,
        "sockets": Path("/tmp/lf-1/s"),
        "command": ("python", "-m", "kernel"),
        "env": {"HOME": "/home/student"},
        "files": {Path("/etc/passwd"): Path("/tmp/lf-1/passwd")},
        "work": Path("/srv/state/users/ada/work"),
        "chdir": Path("/srv/state/users/ada/work/week1"),
    }
    return KernelBox(**{**made, **changes})  # type: ignore[arg-type]  # the fields' own types, mixed


def pairs(argv: list[str], option: str) -> list[tuple[str, str]]:
    """What follows each `option` in `argv`."""
    return [(argv[i + 1], argv[i + 2]) for i, word in enumerate(argv) if word == option]


class TestKernel:
    def test_a_file_in_its_home_lies_in_folders_of_its_own(self) -> None:
        fonts = Path("/home/student/.cache/matplotlib/list.json")
        argv = kernel_argv(box(files={fonts: Path("/srv/list.json")}))
        assert ("/srv/list.json", str(fonts)) in pairs(argv, "--ro-bind")
        assert argv.index(str(fonts)) > argv.index("/home/student"), "after the home is mounted"
        assert str(fonts.parent) not in argv

    @pytest.mark.parametrize(
        "option",
        [
            "--unshare-user",
            "--unshare-ipc",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-uts",
            "--disable-userns",
            "--new-session",
            "--die-with-parent",
            "--clearenv",
        ],
    )
    def test_it_is_sealed_off(self, option: str) -> None:
        assert option in kernel_argv(box())

    def test_only_work_folder_and_sockets_are_writable(self) -> None:
        assert pairs(kernel_argv(box()), "--bind") == [
            ("/tmp/lf-1/s", "/tmp/lf-1/s"),
            ("/srv/state/users/ada/work", "/srv/state/users/ada/work"),
        ]

    def test_the_root_is_read_only_in_the_end(self) -> None:
        argv = kernel_argv(box())
        assert argv.index("/srv/state/users/ada/work") < argv.index("--remount-ro", argv.index("/dev"))
        assert ("--remount-ro", "/") in pairwise(argv)

    def test_masked_folders_are_covered_after_the_mount_that_shows_them(self) -> None:
        argv = kernel_argv(box())
        assert argv.index("/opt/app/venv/secret") > argv.index("/opt/app/venv")

    def test_parents_of_every_mount_can_be_passed_by_anybody(self) -> None:
        argv = kernel_argv(box())
        made = [(argv[i + 1], argv[i - 1]) for i, word in enumerate(argv) if word == "--dir"]
        folders = {folder for folder, _ in made}
        assert {"/opt", "/opt/app", "/srv", "/srv/state/users/ada", "/etc", "/tmp/lf-1"} <= folders
        assert {mode for _, mode in made} == {"0755"}

    def test_limits_are_set_inside(self) -> None:
        argv = kernel_argv(box())
        assert argv.index("prlimit") > argv.index("--chdir")
        assert argv[-3:] == ["python", "-m", "kernel"]

    def test_without_a_work_folder_it_starts_in_an_empty_home(self) -> None:
        argv = kernel_argv(box(work=None, chdir=Path("/home/student")))
        assert argv[argv.index("--chdir") + 1] == "/home/student"
        assert len(pairs(argv, "--bind")) == 1

    def test_an_old_bubblewrap_gets_no_options_it_does_not_know(self) -> None:
        argv = kernel_argv(box(features=Features(disable_userns=False, size=False)))
        assert "--disable-userns" not in argv
        assert "--size" not in argv

    @given(st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), st.text(max_size=20), max_size=5))
    def test_the_environment_is_just_what_was_given(self, env: dict[str, str]) -> None:
        assert dict(pairs(kernel_argv(box(env=env)), "--setenv")) == env


class TestLimits:
    def test_what_is_none_is_left_alone(self) -> None:
        assert prlimit_argv(Limits(processes=None, open_files=None, file_size=None)) == [
            "prlimit",
            "--core=0",
            "--",
        ]

    def test_bytes_and_numbers(self) -> None:
        argv = prlimit_argv(Limits(processes=5, data=1000, address_space=4000))
        assert {"--nproc=5", "--data=1000", "--as=4000"} <= set(argv)


class TestServer:
    def argv(self, **changes: object) -> list[str]:
        return server_argv(
            ["jupyterhub-singleuser"],
            mounts=MOUNTS,
            work=Path("/srv/state/users/ada/work"),
            home=Path("/tmp/state/users/ada/server"),
            **changes,  # type: ignore[arg-type]  # optional arguments of several types
        )

    def test_it_keeps_network_and_processes_and_outlives_the_hub(self) -> None:
        argv = self.argv()
        assert not {"--unshare-net", "--unshare-pid", "--die-with-parent", "--clearenv"} & set(argv)
        assert ("/proc", "/proc") in pairs(argv, "--dev-bind")

    def test_it_sees_its_own_two_folders(self) -> None:
        assert [source for source, _ in pairs(self.argv(), "--bind")] == [
            "/srv/state/users/ada/work",
            "/tmp/state/users/ada/server",
        ]

    def test_more_folders_files_and_an_environment(self) -> None:
        argv = self.argv(
            read_only=(Path("/srv/conf"),),
            files={Path("/etc/hub.py"): Path("/x/hub.py")},
            env={"A": "b"},
        )
        assert {("/srv/conf", "/srv/conf"), ("/x/hub.py", "/etc/hub.py")} <= set(pairs(argv, "--ro-bind"))
        assert pairs(argv, "--setenv") == [("A", "b")]
        assert argv[-1] == "jupyterhub-singleuser"


def test_accounts_and_the_way_down_from_root() -> None:
    assert passwd_text(7, 8) == "student:x:7:8:Student:/home/student:/bin/sh\n"
    assert group_text(8) == "student:x:8:\n"
    assert drop_to(7)[:5] == ["setpriv", "--reuid", "7", "--regid", "7"]
    assert {"--clear-groups", "--no-new-privs"} <= set(drop_to(7))
