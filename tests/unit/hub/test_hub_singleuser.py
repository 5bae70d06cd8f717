"""The program of a user's server: with our configuration, or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import jupyterhub.singleuser
import pytest
from learnflow_hub import bundle, singleuser
from traitlets.config.loader import PyFileConfigLoader


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The arguments of each server that would have run; everything the program changes is put back."""
    runs: list[list[str]] = []
    monkeypatch.setattr(jupyterhub.singleuser, "main", lambda: runs.append(sys.argv[1:]))
    monkeypatch.chdir(tmp_path)
    for name in ("JUPYTERHUB_DISABLE_USER_CONFIG", "JUPYTERHUB_SINGLEUSER_EXTENSION"):
        monkeypatch.setenv(name, "0")
    monkeypatch.setenv("TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR", "0")
    return runs


def test_the_server_reads_our_file_only(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config.py"
    config.touch()
    monkeypatch.setattr(sys, "argv", ["singleuser.py", str(config)])
    singleuser.main()
    assert ran == [[f"--config={config}"]]
    assert os.environ["JUPYTERHUB_DISABLE_USER_CONFIG"] == "1"
    assert os.environ["TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR"] == "1"


def test_it_works_where_no_user_can_leave_a_file(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config.py"
    config.touch()
    monkeypatch.setattr(sys, "argv", ["singleuser.py", str(config)])
    singleuser.main()
    assert Path.cwd() == Path("/")


def test_without_the_file_there_is_no_server(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["singleuser.py", str(tmp_path / "config.py")])
    with pytest.raises(SystemExit, match=r"config\.py is missing: reinstall LearnFlow"):
        singleuser.main()
    assert ran == []


def test_the_configuration_puts_kernels_to_work_in_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_ROOT_DIR", "/state/users/ada/work")
    config = PyFileConfigLoader("singleuser_config.py", path=str(bundle.PACKAGE)).load_config()
    assert config.ServerApp.root_dir == "/state/users/ada/work"
    assert config.SandboxProvisioner.work_dir == "/state/users/ada/work"
    assert config.ServerApp.terminals_enabled is False
    assert "network" not in config.SandboxProvisioner


def test_the_configuration_takes_what_the_admin_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_ROOT_DIR", "/state/users/ada/work")
    monkeypatch.setenv("LEARNFLOW_KERNELS", '{"memory_mb": 1024.0, "cpus": 0.5, "network": "full"}')
    config = PyFileConfigLoader("singleuser_config.py", path=str(bundle.PACKAGE)).load_config()
    chosen = config.SandboxProvisioner
    assert (chosen.memory_mb, chosen.cpus, chosen.network) == (1024, 0.5, "full")
    assert type(chosen.memory_mb) is int


class TestWhatShips:
    def test_the_course_and_the_configuration_are_found(self) -> None:
        assert bundle.config_file().name == "jupyterhub_config.py"
        assert Path(bundle.course_folder("python-basics"), "source").is_dir()

    def test_what_is_missing_is_named(self) -> None:
        with pytest.raises(bundle.NotShipped, match="no-such-course is missing"):
            bundle.course_folder("no-such-course")
