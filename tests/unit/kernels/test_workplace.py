from __future__ import annotations

from pathlib import Path

import pytest
from learnflow_kernels.bubblewrap import HOME
from learnflow_kernels.workplace import UnsuitableFolder, kernel_env, require_open, working_place

SYSTEM = (Path("/usr"),)


def place(work_dir: str, cwd: str | None, private: tuple[Path, ...] = ()) -> tuple[Path | None, Path]:
    return working_place(work_dir, cwd, system=SYSTEM, private=private)


def test_the_notebooks_folder_by_default(tmp_path: Path) -> None:
    assert place("", str(tmp_path)) == (tmp_path, tmp_path)


def test_the_setting_wins_and_the_notebooks_folder_is_where_it_starts(tmp_path: Path) -> None:
    (tmp_path / "week1").mkdir()
    assert place(str(tmp_path), str(tmp_path / "week1")) == (tmp_path, tmp_path / "week1")


def test_a_start_outside_the_setting_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    for elsewhere in (str(tmp_path), str(tmp_path / "work" / "gone"), None):
        assert place(str(tmp_path / "work"), elsewhere) == (tmp_path / "work", tmp_path / "work")


def test_a_link_out_of_the_work_folder_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "out").symlink_to("/etc")
    assert place(str(tmp_path / "work"), str(tmp_path / "work" / "out"))[1] == tmp_path / "work"


def test_no_folder_at_all_means_an_empty_home() -> None:
    assert place("", None) == (None, HOME)


@pytest.mark.parametrize("folder", ["/", "/usr", "/usr/share"])
def test_the_system_is_never_a_work_folder(folder: str) -> None:
    with pytest.raises(UnsuitableFolder, match="folder of its own"):
        place("", folder)


def test_a_folder_around_something_private_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableFolder):
        place("", str(tmp_path), (tmp_path / "keys",))
    assert place("", str(tmp_path), (tmp_path.parent,))[0] == tmp_path


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableFolder, match="'gone'"):
        place("", str(tmp_path / "gone"))


def test_a_folder_closed_to_the_kernels_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(UnsuitableFolder, match="closed to user id 54321"):
        require_open(tmp_path, 54_321)
    tmp_path.chmod(0o755)
    require_open(tmp_path, 54_321)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    require_open(tmp_path, 54_321)


def test_the_environment_takes_next_to_nothing_along() -> None:
    env = kernel_env("/venv/bin/python", 5, {"TZ": "UTC", "JUPYTERHUB_API_TOKEN": "t", "PYTHONPATH": "/x"})
    assert env["TZ"] == "UTC"
    assert env["PATH"].startswith("/venv/bin:")
    assert not {"JUPYTERHUB_API_TOKEN", "PYTHONPATH"} & set(env)
