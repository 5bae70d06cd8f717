"""The parts around a start: specs, manager, mounts, run folder, the check, finding the process."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_client.kernelspec import NoSuchKernel
from learnflow_kernels import check, launch, rundir
from learnflow_kernels.check import SandboxUnavailable, require_sandbox
from learnflow_kernels.imports import let_students_import_their_files
from learnflow_kernels.manager import SandboxKernelManager
from learnflow_kernels.paths import kernel_mounts, package_folder, server_mounts
from learnflow_kernels.processes import kernel_process
from learnflow_kernels.specs import SandboxKernelSpecManager
from traitlets.config import Config

REPOSITORY = Path(__file__).parents[3]


class TestSpecs:
    def test_one_kernel_and_no_other(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        planted = tmp_path / "kernels" / "python3"
        planted.mkdir(parents=True)
        (planted / "kernel.json").write_text('{"argv": ["sh"], "display_name": "mine", "language": "sh"}')
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
        manager = SandboxKernelSpecManager()
        assert list(manager.get_all_specs()) == ["python3"]
        spec = manager.get_kernel_spec("python3")
        assert spec.display_name == "Python 3 (LearnFlow)"
        assert spec.metadata["kernel_provisioner"]["provisioner_name"] == "learnflow-sandbox"
        assert spec.argv[:3] == [sys.executable, "-I", "-m"]
        for name in ("ir", "python", "../python3", "Python3"):
            with pytest.raises(NoSuchKernel):
                manager.get_kernel_spec(name)

    def test_the_logo_is_there(self) -> None:
        (folder,) = SandboxKernelSpecManager().find_kernel_specs().values()
        assert (Path(folder) / "logo-64x64.png").is_file()

    def test_graders_get_no_tutor_unless_they_ask(self) -> None:
        quiet = SandboxKernelManager().kernel_spec_manager.get_kernel_spec("python3")
        asked = SandboxKernelManager(tutor=True).kernel_spec_manager.get_kernel_spec("python3")
        assert not any("tutor" in word for word in quiet.argv)
        assert any("tutor" in word for word in asked.argv)


class TestMounts:
    def test_a_kernel_gets_python_and_what_explains_errors(self) -> None:
        shown = kernel_mounts().read_only
        assert Path("/usr") in shown
        assert Path(sys.prefix) in shown or sys.prefix.startswith("/usr")
        ours = package_folder("learnflow_ext")
        for hidden in (ours / "service", ours / "server", REPOSITORY / "notebooks", REPOSITORY / ".git"):
            assert not any(hidden.is_relative_to(path) for path in shown if path != Path(sys.prefix))
        assert not any(REPOSITORY.is_relative_to(path) for path in shown)

    def test_a_server_gets_all_of_its_extension_and_name_lookup(self) -> None:
        shown = server_mounts().read_only
        ours = package_folder("learnflow_ext")
        assert any((ours / "server").is_relative_to(path) for path in shown)
        assert Path("/etc/hosts") in shown
        assert not any((REPOSITORY / "notebooks").is_relative_to(path) for path in shown)

    def test_a_package_that_is_not_there(self) -> None:
        with pytest.raises(ModuleNotFoundError):
            package_folder("learnflow_nowhere")


class TestRunDir:
    def test_private_short_and_removed(self) -> None:
        run = rundir.make(os.geteuid())
        try:
            assert stat.S_IMODE(run.root.stat().st_mode) == 0o700
            assert len(f"{run.ip}-5") < 100
            run.write(b"{}", os.geteuid())
            assert all(source.is_file() for source in run.files.values())
            assert stat.S_IMODE(run.connection_file.stat().st_mode) == 0o600
            (run.sockets / "k-1").touch()
            (run.sockets / "folder").mkdir()
            (run.sockets / "link").symlink_to("/etc")
            run.clear_sockets()
            assert list(run.sockets.iterdir()) == []
            assert Path("/etc").is_dir()
        finally:
            run.remove()
        run.remove()
        run.clear_sockets()
        assert not run.root.exists()


class TestCheck:
    @pytest.fixture
    def bin_only(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PATH", str(tmp_path))
        return tmp_path

    def tool(self, folder: Path, name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    def test_it_works_here(self) -> None:
        assert require_sandbox(199_999 if os.geteuid() == 0 else 0).size

    def test_what_is_missing_is_named(self, bin_only: Path) -> None:
        with pytest.raises(
            SandboxUnavailable, match=r"`bwrap` is not installed.*apt-get install bubblewrap"
        ) as caught:
            require_sandbox()
        assert caught.value.status == 503

    def test_a_bubblewrap_that_may_not_work_says_what_to_allow(self, bin_only: Path) -> None:
        self.tool(bin_only, "bwrap", "echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
        self.tool(bin_only, "prlimit", "exit 0")
        self.tool(bin_only, "setpriv", "exit 0")
        with pytest.raises(SandboxUnavailable, match=r"No permissions to create.*unprivileged_userns_clone"):
            require_sandbox()

    def test_an_old_one_is_known_by_its_help(self, bin_only: Path) -> None:
        self.tool(bin_only, "bwrap", "echo --unshare-user")
        features = check._features(str(bin_only / "bwrap"))
        assert not features.disable_userns
        assert not features.size

    def test_silence_is_explained_too(self) -> None:
        assert "it gave no reason" in check._why_not("")


class TestFindingTheProcess:
    def test_below_a_chain_of_bubblewraps(self, tmp_path: Path) -> None:
        for pid, name, below in ((10, "bwrap", "11 12"), (11, "bwrap", "13"), (13, "python", "14")):
            (tmp_path / str(pid) / "task" / str(pid)).mkdir(parents=True)
            (tmp_path / str(pid) / "comm").write_text(f"{name}\n")
            (tmp_path / str(pid) / "task" / str(pid) / "children").write_text(below)
        assert kernel_process(10, tmp_path) == 13
        (tmp_path / "11" / "task" / "11" / "children").write_text("")
        assert kernel_process(10, tmp_path) is None
        assert kernel_process(99, tmp_path) is None


class TestLaunch:
    def test_student_modules_come_after_the_standard_library(self) -> None:
        path = ["/lib/python3.11", "/venv/lib/site-packages", "/repo"]
        let_students_import_their_files(path)
        assert path == ["/lib/python3.11", "", "/venv/lib/site-packages", "/repo"]
        bare = ["/lib"]
        let_students_import_their_files(bare)
        assert bare == ["/lib", ""]

    def test_main_starts_the_kernel_with_history_in_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        given: list[Config] = []
        monkeypatch.setattr(launch, "end_with_the_server", lambda: None)
        monkeypatch.setattr(launch, "be_the_first_to_go", lambda: None)
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.setattr(launch.SandboxKernelApp, "launch_instance", lambda config: given.append(config))
        launch.main()
        assert given[0]["HistoryManager"]["hist_file"] == ":memory:"
        assert "" in sys.path

    def test_it_ends_when_its_standard_input_does(self) -> None:
        code = "import time\nfrom learnflow_kernels.launch import end_with_the_server as watch\nwatch()\n"
        code += "print(repr(input.__name__), flush=True)\ntime.sleep(60)"
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "'input'\n"
            assert process.poll() is None
            process.stdin.close()
            assert process.wait(timeout=10) == 1

    def test_a_closed_lifeline_ends_nothing(self) -> None:
        launch._wait_for_the_end(-1)

    def test_before_it_runs_it_lets_go_of_the_servers_streams(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = (tmp_path / "log").open("wb")
        monkeypatch.setattr(sys, "stderr", SimpleNamespace(_original_stdstream_copy=file.fileno()))
        monkeypatch.setattr("ipykernel.kernelapp.IPKernelApp.start", lambda self: None)
        make: Any = launch.SandboxKernelApp
        make().start()
        with file:
            file.write(b"too late")
        assert (tmp_path / "log").read_bytes() == b""

    def test_its_session_is_bounded(self) -> None:
        make: Any = launch.SandboxKernelApp
        assert type(make().session).__name__ == "BoundedSession"
