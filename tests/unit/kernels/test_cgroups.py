from __future__ import annotations

from pathlib import Path

import pytest
from learnflow_kernels import cgroups

V1 = "9:name=systemd:/\n8:pids:/\n4:memory,other:/box\n0::/\n"
V2 = "0::/user.slice/app.scope\n"


class Kernfs:
    """A folder that behaves as the kernel's: making a group brings its files along."""

    def __init__(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, tuple[str, ...]]
    ) -> None:
        self.root = root
        mkdir = Path.mkdir

        def with_files(path: Path, *args: object, **kwargs: object) -> None:
            mkdir(path)
            for place, names in files.items():
                if path.is_relative_to(root / place):
                    for name in names:
                        (path / name).write_text("")

        monkeypatch.setattr(Path, "mkdir", with_files)
        monkeypatch.setattr(Path, "rmdir", self.rmdir)

    @staticmethod
    def rmdir(path: Path) -> None:
        if not path.exists():
            raise FileNotFoundError(path)
        if (path / "cgroup.procs").exists() and (path / "cgroup.procs").read_text():
            raise OSError(16, "busy")
        for file in path.iterdir():
            file.unlink()
        path.joinpath("gone").touch()
        path.rename(path.with_name(path.name + "-removed"))


def test_our_place_by_controller() -> None:
    assert cgroups.own_path(V1, "memory") == "/box"
    assert cgroups.own_path(V1, "") == "/"
    assert cgroups.own_path(V2, "memory") is None


class TestVersion1:
    def test_memory_swap_and_processes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "memory" / "box").mkdir(parents=True)
        (tmp_path / "pids").mkdir()
        names = ("cgroup.procs", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
        Kernfs(tmp_path, monkeypatch, {"memory": names, "pids": ("cgroup.procs", "pids.max")})
        group = cgroups.create("k", memory=1000, processes=9, root=tmp_path, table=V1)
        memory, pids = group.folders
        assert (memory / "memory.limit_in_bytes").read_text() == "1000"
        assert (memory / "memory.memsw.limit_in_bytes").read_text() == "1000"
        assert (pids / "pids.max").read_text() == "9"
        assert group.limits_memory
        assert str(memory / "cgroup.procs") in group.enter_argv()[1]
        (memory / "cgroup.procs").write_text("12\n13\n")
        assert group.members() == {12, 13}
        assert not group.remove()
        (memory / "cgroup.procs").write_text("")
        assert group.remove()
        assert group.remove()

    def test_a_controller_that_is_not_ours(self, tmp_path: Path) -> None:
        group = cgroups.create("k", memory=1, processes=1, root=tmp_path / "nowhere", table=V1)
        assert group is cgroups.NONE
        assert group.enter_argv() == []
        assert group.remove()
        assert group.members() == set()

    def test_a_setting_that_fails_leaves_no_group(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "memory" / "box").mkdir(parents=True)
        real = Path.write_text

        def refuse(path: Path, text: str) -> int:
            if path.name == "memory.limit_in_bytes":
                raise PermissionError(path)
            return real(path, text)

        monkeypatch.setattr(Path, "write_text", refuse)
        assert cgroups.create("k", memory=1, processes=1, root=tmp_path, table=V1) is cgroups.NONE
        assert list((tmp_path / "memory" / "box").iterdir()) == []


class TestVersion2:
    def test_a_group_beside_our_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "user.slice" / "app.scope").mkdir(parents=True)
        Kernfs(tmp_path, monkeypatch, {"user.slice": ("cgroup.procs", "memory.max", "pids.max")})
        group = cgroups.create("k", memory=1000, processes=9, root=tmp_path, table=V2)
        (folder,) = group.folders
        assert folder == tmp_path / "user.slice" / "learnflow-k"
        assert (folder / "memory.max").read_text() == "1000"
        assert (folder / "pids.max").read_text() == "9"

    @pytest.mark.parametrize("together", [True, False])
    def test_all_of_it_ends_for_want_of_memory_or_one_process(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: bool
    ) -> None:
        (tmp_path / "user.slice" / "app.scope").mkdir(parents=True)
        names = ("cgroup.procs", "memory.max", "memory.oom.group")
        Kernfs(tmp_path, monkeypatch, {"user.slice": names})
        group = cgroups.create("k", memory=1, processes=1, together=together, root=tmp_path, table=V2)
        assert (group.folders[0] / "memory.oom.group").read_text() == str(int(together))

    def test_none_at_all(self, tmp_path: Path) -> None:
        assert cgroups.create("k", memory=1, processes=1, root=tmp_path, table="") is cgroups.NONE
        assert cgroups.create("k", memory=1, processes=1, root=tmp_path, table=V2) is cgroups.NONE


class TestOutOfMemory:
    @pytest.mark.parametrize(
        ("file", "text", "killed"),
        [
            ("memory.events", "low 0\nmax 7\noom 1\noom_kill 1\n", True),
            ("memory.events", "max 7\noom_kill 0\n", False),
            ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", True),
            ("memory.oom_control", "oom_kill_disable 0\noom_kill x\n", False),
            ("other", "oom_kill 1\n", False),
        ],
    )
    def test_the_systems_counters_tell(self, tmp_path: Path, file: str, text: str, killed: bool) -> None:
        (tmp_path / file).write_text(text)
        assert cgroups.Group((tmp_path,)).out_of_memory() is killed

    def test_nothing_is_known_without_a_group(self) -> None:
        assert cgroups.NONE.out_of_memory() is False


class TestProcessorCores:
    def test_version_2(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        names = ("cgroup.procs", "memory.max", "pids.max", "cpu.max")
        (tmp_path / "user.slice/app.scope").mkdir(parents=True)
        Kernfs(tmp_path, monkeypatch, {"user.slice": names})
        group = cgroups.create("x", memory=1, processes=2, cpus=1.5, root=tmp_path, table=V2)
        assert group.limits_cpu
        assert (tmp_path / "user.slice/learnflow-x/cpu.max").read_text() == "150000 100000"

    def test_version_1(self, tmp_path: Path) -> None:
        for controller in ("memory", "pids", "cpu"):
            (tmp_path / controller / "a").mkdir(parents=True)
        table = "3:memory:/a\n2:pids:/a\n1:cpu:/a\n"
        group = cgroups.create("x", memory=1, processes=2, cpus=1.5, root=tmp_path, table=table)
        assert group.limits_cpu
        assert (tmp_path / "cpu/a/learnflow-x/cpu.cfs_quota_us").read_text() == "150000"
        assert not cgroups.create("y", memory=1, processes=2, root=tmp_path, table=table).limits_cpu
        assert len(cgroups.existing(tmp_path, table)) == 5

    @pytest.mark.parametrize(("text", "limited"), [("max 100000\n", False), ("50000 100000\n", True)])
    def test_a_controller_without_a_bound_limits_nothing(
        self, tmp_path: Path, text: str, limited: bool
    ) -> None:
        (tmp_path / "cpu.max").write_text(text)
        assert cgroups.Group((tmp_path,)).limits_cpu is limited


class TestShareOfABusyProcessor:
    """Who answers somebody goes before code that is tried or graded."""

    def test_version_2(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "user.slice/app.scope").mkdir(parents=True)
        Kernfs(tmp_path, monkeypatch, {"user.slice": ("cgroup.procs", "memory.max", "cpu.weight", "cpu.max")})
        cgroups.create("x", memory=1, processes=2, share=0.5, root=tmp_path, table=V2)
        assert (tmp_path / "user.slice/learnflow-x/cpu.weight").read_text() == "50"

    def test_version_2_without_that_controller(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "user.slice/app.scope").mkdir(parents=True)
        Kernfs(tmp_path, monkeypatch, {"user.slice": ("cgroup.procs", "memory.max")})
        assert cgroups.create("x", memory=1, processes=2, share=0.5, root=tmp_path, table=V2).limits_memory

    def test_version_1(self, tmp_path: Path) -> None:
        for controller in ("memory", "pids", "cpu"):
            (tmp_path / controller / "a").mkdir(parents=True)
        table = "3:memory:/a\n2:pids:/a\n1:cpu:/a\n"
        group = cgroups.create("x", memory=1, processes=2, share=0.5, root=tmp_path, table=table)
        assert (tmp_path / "cpu/a/learnflow-x/cpu.shares").read_text() == "512"
        assert tmp_path / "cpu/a/learnflow-x" in group.folders
        assert not group.limits_cpu


class TestLeftByAnEarlierHub:
    def test_what_nothing_runs_in_goes_and_what_is_anothers_stays(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "memory" / "box").mkdir(parents=True)
        Kernfs(tmp_path, monkeypatch, {"memory": ("cgroup.procs",)})
        folder = tmp_path / "memory" / "box"
        for name in ("learnflow-server-a-1", "learnflow-server-a-2", "learnflow-server-b-1"):
            (folder / name).mkdir()
        (folder / "learnflow-server-a-2" / "cgroup.procs").write_text("12\n")
        cgroups.remove_empty("server-a-", tmp_path, V1)
        left = sorted(path.name for path in folder.iterdir() if not path.name.endswith("-removed"))
        assert left == ["learnflow-server-a-2", "learnflow-server-b-1"]
