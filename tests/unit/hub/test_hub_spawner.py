"""The confined spawner: what it starts, for whom, with which environment, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from learnflow_hub import spawner as module
from learnflow_hub.folders import UserFolders
from learnflow_hub.processes import inner_process, is_alive, tree
from learnflow_hub.spawner import MIB, ConfinedSpawner, StartRefused, confined_argv
from learnflow_hub.teaching import teaches
from learnflow_kernels import cgroups
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.limits import FOR_ADMINS, KERNELS_ENV
from learnflow_kernels.owner import tag
from learnflow_kernels.provisioner import SandboxProvisioner
from traitlets import TraitError

from learnflow_ext.contracts.assignments import TEACHES

STUBBORN = "import signal,time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
OBEDIENT = "import time; print('up', flush=True); time.sleep(600)"
PARENT = (
    "import subprocess,sys,time\n"
    "subprocess.Popen([sys.executable,'-c','import time; time.sleep(600)'], start_new_session=True)\n"
    "print('up', flush=True); time.sleep(600)"
)

HOG = (
    "import os,time\n"
    "for _ in range(12):\n"
    "    if os.fork() == 0:\n"
    "        held = bytearray(b'x' * 30_000_000); time.sleep(600)\n"
    "print('up', flush=True); time.sleep(600)"
)
"""Many small children: each stays below any limit that is one process's."""

Make = Callable[..., ConfinedSpawner]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a spawner of a user, on a hub that listens nowhere."""
    monkeypatch.setattr(module, "font_list", lambda place: place / "fontlist-v1.json")
    users = tmp_path / "users"
    users.mkdir(mode=0o700)

    def spawner(name: str = "ada", courses: tuple[str, ...] = (), **traits: Any) -> ConfinedSpawner:
        hub = SimpleNamespace(
            public_host="", api_url="http://127.0.0.1:9/hub/api", base_url="/hub/", server=None
        )
        groups = [SimpleNamespace(name=f"nbgrader-{course}") for course in courses]
        user = SimpleNamespace(name=name, url=f"/user/{name}/", spawners={}, escaped_name=name, groups=groups)
        orm_spawner = SimpleNamespace(server=None, name="", state={})
        return ConfinedSpawner(
            user=user,
            hub=hub,
            orm_spawner=orm_spawner,
            users_dir=str(users),
            api_token="the-token",
            oauth_client_id="jupyterhub-user-ada",
            oauth_access_scopes=[],
            oauth_client_allowed_scopes=[],
            **traits,
        )

    return spawner


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has the spawner run a few lines of Python, in a sandbox without walls, instead of a server."""

    def replace(code: str) -> None:
        argv = ["bwrap", "--dev-bind", "/", "/", "--", sys.executable, "-c", code]
        monkeypatch.setattr(module, "confined_argv", lambda folders, uid, fonts: argv)

    return replace


def test_a_teachers_server_is_told_so_and_a_students_is_not(make: Make) -> None:
    student = make("ada", courses=("python-basics",), environment={TEACHES: teaches})
    assert student.get_env()[TEACHES] == ""
    student.user.groups.append(SimpleNamespace(name="formgrade-python-basics"))
    assert student.get_env()[TEACHES] == "1"


async def started(spawner: ConfinedSpawner, processes: int = 3) -> list[psutil.Process]:
    """Start it, and wait for its processes: bubblewrap, and what runs inside."""
    await spawner.start()
    for _ in range(200):
        found = tree(spawner.pid)
        inner = inner_process(spawner.pid)
        if len(found) >= processes - 1 and inner is not None:
            await asyncio.sleep(0.3)
            return tree(spawner.pid)
        await asyncio.sleep(0.05)
    raise AssertionError("it did not start")


class TestCommand:
    def test_the_server_runs_our_program_with_our_configuration(self, tmp_path: Path) -> None:
        argv = confined_argv(UserFolders(tmp_path / "work", tmp_path / "server"), os.geteuid())
        inside = argv[len(argv) - argv[::-1].index("--") :]
        assert inside == [
            sys.executable,
            "-P",
            "/run/learnflow/singleuser.py",
            "/run/learnflow/singleuser_config.py",
        ]

    def test_only_the_users_two_folders_are_writable(self, make: Make) -> None:
        argv = make().prepare()
        inner = argv[len(argv) - argv[::-1].index("bwrap") :]
        bound = [inner[index + 1] for index, word in enumerate(inner) if word == "--bind"]
        users = Path(make().users_dir)
        assert bound == [str(users / "ada" / "work"), str(users / "ada" / "server")]

    def test_the_list_of_fonts_is_the_same_for_all_and_closed_to_each(self, make: Make) -> None:
        for name in ("ada", "ben"):
            argv = make(name).prepare()
            inner = argv[len(argv) - argv[::-1].index("bwrap") :]
            place = inner.index("/run/learnflow/caches/fontlist-v1.json")
            fonts = Path(make(name).users_dir) / ".caches" / "fontlist-v1.json"
            assert inner[place - 2 : place] == ["--ro-bind", str(fonts)]

    def test_no_token_is_on_the_command_line_for_all_to_see(self, make: Make) -> None:
        assert "the-token" not in " ".join(make().prepare())

    def test_root_gives_each_user_a_uid_and_keeps_no_right(
        self, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        first = make("ada").uid
        for number, name in enumerate(["ada", "ben"]):
            uid = make(name).uid
            assert uid == first + number
            argv = confined_argv(UserFolders(tmp_path / "work", tmp_path / "server"), uid)
            assert "--die-with-parent" not in argv, "a hub that is started again finds them"
            place = argv.index("setpriv")
            assert argv[place : place + 7] == [
                *("setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--no-new-privs")
            ]

    def test_an_ordinary_user_starts_the_sandbox_directly(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        argv = confined_argv(UserFolders(Path("/w"), Path("/s")), 1000)
        assert argv[0] == "bwrap"
        assert "setpriv" not in argv
        assert make().uid == 1000


class TestFolders:
    def test_they_are_made_closed_and_belong_to_the_user(self, make: Make) -> None:
        spawner = make()
        spawner.prepare()
        own = Path(spawner.users_dir) / "ada"
        for folder in (own / "work", own / "server"):
            assert folder.stat().st_mode & 0o777 == 0o700
            assert folder.stat().st_uid == spawner.uid
        assert own.stat().st_uid == os.geteuid()

    def test_a_second_start_keeps_the_files(self, make: Make) -> None:
        make().prepare()
        notebook = Path(make().users_dir) / "ada" / "work" / "mine.ipynb"
        notebook.write_text("{}")
        make().prepare()
        assert notebook.read_text() == "{}"

    def test_a_link_in_place_of_a_folder_stops_the_start(self, make: Make, tmp_path: Path) -> None:
        own = Path(make().users_dir) / "ada"
        own.mkdir()
        (own / "work").symlink_to(tmp_path)
        with pytest.raises(StartRefused, match="work does not belong to uid") as failure:
            make().prepare()
        assert "not in order" in failure.value.jupyterhub_message
        assert str(tmp_path) not in failure.value.jupyterhub_message


class TestEnvironment:
    def test_only_what_is_meant_to_reaches_the_server(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("CONFIGPROXY_AUTH_TOKEN", "PYTHONPATH", "OPENAI_API_KEY", "LD_LIBRARY_PATH"):
            monkeypatch.setenv(name, "secret")
        env = make().get_env()
        assert "secret" not in env.values()
        assert env["JUPYTERHUB_API_TOKEN"] == "the-token"

    def test_users_code_stays_out_of_the_server(self, make: Make) -> None:
        spawner = make()
        env = spawner.get_env()
        work = Path(spawner.users_dir) / "ada" / "work"
        assert env["PYTHONNOUSERSITE"] == env["PYTHONSAFEPATH"] == "1"
        assert env["JUPYTERHUB_DISABLE_USER_CONFIG"] == "1"
        assert env["JUPYTERHUB_ROOT_DIR"] == str(work)
        for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            assert not Path(env[name]).is_relative_to(work)


class TestRefusals:
    def test_without_a_sandbox_the_spawn_page_says_what_to_install(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def missing(uid: int) -> None:
            raise SandboxUnavailable("`bwrap` is not here. To install it: apt-get install bubblewrap.")

        monkeypatch.setattr(module, "require_sandbox", missing)
        with pytest.raises(StartRefused) as failure:
            make().prepare()
        assert failure.value.status_code == 503
        assert "apt-get install bubblewrap" in failure.value.jupyterhub_message
        assert not (Path(make().users_dir) / "ada").exists()

    @pytest.mark.parametrize("name", ["../ben", ".ssh", "uids.json", "a b"])
    def test_names_that_are_no_folder_names(self, make: Make, name: str) -> None:
        with pytest.raises(StartRefused) as failure:
            make(name).prepare()
        assert failure.value.status_code == 400
        assert "cannot be used here" in failure.value.jupyterhub_message


class TestEnd:
    async def test_the_server_is_asked_before_it_is_killed(
        self, make: Make, instead: Callable[[str], None]
    ) -> None:
        instead(OBEDIENT)
        spawner = make()
        processes = await started(spawner)
        assert await spawner.poll() is None
        await spawner.stop()
        assert await spawner.poll() is not None
        assert not any(is_alive(process) for process in processes)

    async def test_one_that_will_not_listen_is_killed(
        self, make: Make, instead: Callable[[str], None]
    ) -> None:
        instead(STUBBORN)
        spawner = make(stop_seconds=0.3)
        processes = await started(spawner)
        await spawner.stop()
        assert not any(is_alive(process) for process in processes)
        assert spawner.pid == 0

    async def test_now_means_now(self, make: Make, instead: Callable[[str], None]) -> None:
        instead(STUBBORN)
        spawner = make(stop_seconds=60)
        await started(spawner)
        await asyncio.wait_for(spawner.stop(now=True), 10)
        assert spawner.pid == 0

    async def test_what_the_server_left_behind_goes_too(
        self, make: Make, instead: Callable[[str], None]
    ) -> None:
        instead(PARENT)
        spawner = make()
        processes = await started(spawner, processes=4)
        assert len(processes) >= 3
        await spawner.stop()
        assert not any(is_alive(process) for process in processes)

    async def test_a_server_that_died_by_itself_is_noticed(
        self, make: Make, instead: Callable[[str], None]
    ) -> None:
        instead("raise SystemExit(3)")
        spawner = make()
        await spawner.start()
        for _ in range(200):
            if (status := await spawner.poll()) is not None:
                break
            await asyncio.sleep(0.05)
        assert status == 3
        await spawner.stop()


class TestHubRestart:
    async def test_a_server_that_goes_on_is_found_again_and_can_be_stopped(
        self, make: Make, instead: Callable[[str], None]
    ) -> None:
        instead(OBEDIENT)
        before = make()
        processes = await started(before)
        after = make()
        after.load_state(before.get_state())
        assert await after.poll() is None
        await after.stop()
        assert not there(before.control_groups)
        assert before.proc is not None
        before.proc.wait(5)
        assert not any(is_alive(process) for process in processes)
        assert await after.poll() == 0

    async def test_a_number_that_is_another_process_by_now_is_left_alone(self, make: Make) -> None:
        spawner = make()
        spawner.load_state({"pid": os.getpid(), "started": 1.0})
        assert await spawner.poll() == 0
        await spawner.stop()

    def test_state_is_empty_before_the_first_start(self, make: Make) -> None:
        assert make().get_state() == {}

    async def test_a_signal_to_nobody_says_so(self, make: Make) -> None:
        spawner = make()
        spawner.pid = 2**22 - 7
        assert await spawner._signal(signal.SIGTERM) is False
        assert await spawner._signal(0) is False


def group_can_be_made() -> bool:
    group = cgroups.create(f"probe-{tag()}", memory=64 * MIB, processes=16)
    group.remove()
    return group.limits_memory


def there(groups: list[str]) -> list[str]:
    return [group for group in groups if Path(group).exists()]


class TestBoundsOfAServer:
    def test_they_are_made_for_some_kernels_and_can_be_set(self, make: Make) -> None:
        assert make().bounds() == ((4 * 512 + 768) * MIB, 512, 3.0)
        roomy = make(kernel_limits={"memory_mb": 1024, "cpus": 0, "processes": 100})
        assert roomy.bounds() == ((4 * 1024 + 768) * MIB, 656, 0.0)
        assert make(mem_limit="2G", cpu_limit=1.5).bounds() == (2048 * MIB, 512, 1.5)

    def test_an_admin_may_do_without(self, make: Make) -> None:
        spawner = make(mem_limit=0)
        assert "/bin/sh" not in spawner.prepare()
        assert spawner.control_groups == []

    def test_where_it_runs_out_of_memory_its_processes_end_one_by_one(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[dict[str, object]] = []

        def create(name: str, **how: object) -> cgroups.Group:
            asked.append(how)
            return cgroups.NONE

        monkeypatch.setattr(cgroups, "create", create)
        make().prepare()
        assert [how["together"] for how in asked] == [False]

    async def test_many_small_processes_stay_within_it_together(
        self, make: Make, instead: Callable[[str], None]
    ) -> None:
        instead(HOG)
        spawner = make(mem_limit="128M")
        await spawner.start()
        groups = spawner.control_groups
        assert bool(groups) is group_can_be_made()
        looks = []
        for _ in range(30):
            looks.append(sum(own_memory(process) for process in tree(spawner.pid)))
            await asyncio.sleep(0.05)
        await spawner.stop()
        # One look takes a while: what one process gives back and the next takes meanwhile is counted twice.
        assert statistics.median(looks) < 130 * MIB or not groups, "all together want 360 MB"
        assert max(looks) < 200 * MIB or not groups
        assert not there(groups)

    async def test_a_hub_that_was_killed_leaves_no_group_behind(
        self, make: Make, instead: Callable[[str], None]
    ) -> None:
        instead(OBEDIENT)
        lost = make()
        await started(lost)
        groups = lost.control_groups
        for process in tree(lost.pid):
            process.kill()
        assert lost.proc is not None
        lost.proc.wait(5)
        after = make()  # of the next hub, which found no server to take over
        await started(after)
        assert not there(groups)
        await after.stop()


def own_memory(process: psutil.Process) -> int:
    """Bytes that no other process shares; 0 when it is gone."""
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


class TestKernelsOfAServer:
    def test_what_an_admin_sets_reaches_the_server(self, make: Make) -> None:
        spawner = make(kernel_limits={"memory_mb": 1024, "cell_seconds": 1.5})
        assert json.loads(spawner.get_env()[KERNELS_ENV]) == {"memory_mb": 1024, "cell_seconds": 1.5}

    def test_a_network_comes_with_the_course_that_has_one(self, make: Make) -> None:
        for courses, traits in ((("web",), {"network": "full"}), (("py",), {}), ((), {})):
            spawner = make(courses=courses, network_courses=["web"])
            assert json.loads(spawner.get_env()[KERNELS_ENV]) == traits
        assert json.loads(make(courses=("web",)).get_env()[KERNELS_ENV]) == {}

    @pytest.mark.parametrize("wrong", [{"network": "full"}, {"memory": 1}, {"cpus": -1}, {"run_as_uid": 0}])
    def test_nothing_but_limits_can_be_set(self, make: Make, wrong: dict[str, Any]) -> None:
        with pytest.raises(TraitError):
            make(kernel_limits=wrong)

    def test_each_is_a_setting_of_the_provisioner(self) -> None:
        assert set(FOR_ADMINS) <= set(SandboxProvisioner.class_trait_names(config=True))
