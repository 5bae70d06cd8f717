"""What is cleared away after a killed server, and what is left alone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from learnflow_kernels import owner, rundir
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.janitor import Swept, keep_clean, sweep

V2 = "0::/system.slice/hub.service\n"


def dead_tag() -> str:
    """The tag of a process that has ended."""
    code = "from learnflow_kernels import owner; print(owner.tag())"
    return subprocess.check_output([sys.executable, "-c", code], text=True).strip()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    folder = tmp_path / "cgroup"
    (folder / "system.slice" / "hub.service").mkdir(parents=True)
    return folder


def left(place: Path, name: str) -> Path:
    """A run folder with a socket's place in it."""
    folder = place / name
    (folder / "s").mkdir(parents=True)
    (folder / "passwd").write_text("x")
    return folder


class TestOwner:
    def test_we_live_and_the_dead_are_dead(self) -> None:
        assert not owner.surely_dead(f"lf-{owner.tag()}-abc")
        assert owner.surely_dead(f"lf-{dead_tag()}-abc")

    def test_an_id_that_is_used_again_is_somebody_else(self) -> None:
        pid, start, namespace = owner.tag().split(".")
        assert owner.surely_dead(f"lf-{pid}.{int(start) + 1}.{namespace}-abc")

    @pytest.mark.parametrize("name", ["lf-abc", "", "lf-1.2", "lf-1.2.3.4-x"])
    def test_without_a_tag_nobody_knows(self, name: str) -> None:
        assert not owner.surely_dead(name)

    def test_another_namespace_is_not_ours_to_judge(self) -> None:
        assert not owner.surely_dead("lf-999999.1.1-abc")

    def test_a_process_whose_name_is_meant_to_confuse(self, tmp_path: Path) -> None:
        (tmp_path / "7").mkdir()
        (tmp_path / "7/stat").write_text("7 (a) b) S " + " ".join(str(n) for n in range(1, 40)))
        assert owner._started(7, tmp_path) == 19


class TestFolders:
    def test_only_those_of_the_dead_go(self, place: Path, groups: Path) -> None:
        gone, ours = left(place, f"lf-{dead_tag()}-a"), left(place, f"lf-{owner.tag()}-a")
        others = left(place, "lf-somebody"), left(place, f"other-{dead_tag()}")
        assert sweep(place=place, root=groups, table=V2, young_s=0) == Swept(folders=1)
        assert not gone.exists()
        assert all(folder.exists() for folder in (ours, *others))

    def test_a_young_one_is_left_for_later(self, place: Path, groups: Path) -> None:
        left(place, f"lf-{dead_tag()}-a")
        assert not sweep(place=place, root=groups, table=V2)

    def test_a_link_leads_nowhere(self, place: Path, groups: Path, tmp_path: Path) -> None:
        precious = left(tmp_path, "precious")
        (place / f"lf-{dead_tag()}-a").symlink_to(precious)
        inside = left(place, f"lf-{dead_tag()}-b")
        (inside / "s" / "link").symlink_to(precious)
        assert sweep(place=place, root=groups, table=V2, young_s=0) == Swept(folders=1)
        assert (precious / "passwd").exists()

    def test_a_real_one_has_its_owner_in_its_name(self) -> None:
        run = rundir.make(os.geteuid())
        try:
            assert owner.tag() in run.root.name
            assert not owner.surely_dead(run.root.name)
            assert len(f"{run.ip}-5") < 100
        finally:
            run.remove()

    def test_no_folder_at_all(self, groups: Path, tmp_path: Path) -> None:
        assert not sweep(place=tmp_path / "nowhere", root=groups, table=V2)


class TestGroups:
    def test_only_those_of_the_dead_go(self, place: Path, groups: Path) -> None:
        beside = groups / "system.slice"
        for name in (f"learnflow-warm-{dead_tag()}-1", f"learnflow-warm-{owner.tag()}-1", "learnflow-x"):
            (beside / name).mkdir()
        assert sweep(place=place, root=groups, table=V2, young_s=0) == Swept(groups=1)
        assert len(list(beside.glob("learnflow-*"))) == 2

    def test_what_still_runs_in_one_is_ended(self, place: Path, groups: Path) -> None:
        group = groups / "system.slice" / f"learnflow-lf-{dead_tag()}-a-1"
        group.mkdir()
        with subprocess.Popen(["/bin/sleep", "100"]) as sleeper:
            (group / "cgroup.procs").write_text(f"{sleeper.pid}\n")
            sweep(place=place, root=groups, table=V2, young_s=0)
            assert sleeper.wait(10) == -9


async def test_an_engine_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learnflow_kernels.janitor.sweep", Swept)
    asked: asyncio.Queue[int] = asyncio.Queue()

    async def also() -> list[str]:
        await asked.put(1)
        raise SandboxUnavailable("There is no engine.")

    cleaning = asyncio.create_task(keep_clean(0.01, also=also))
    async with asyncio.timeout(30):
        for _ in range(3):
            await asked.get()
    assert not cleaning.done()
    cleaning.cancel()
